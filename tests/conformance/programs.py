"""Programs of others: Python ones, each installed in an environment of its own, and where all find the sandbox.

Ours never imports them.

`locks/NAME.in` names the program, `locks/NAME.lock` its version and what it needs, with hashes; `locks/build.lock` has
what it takes to build one from its source. `make lock` resolves them.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tests.sandbox_fixture import Sandbox

HERE = Path(__file__).parent
LOCKS = HERE / "locks"
ENVIRONMENTS = HERE / ".programs"
UV = HERE.parents[1] / ".venv" / "uv" / "bin" / "uv"
INSTALL_SECONDS = 600
REDIRECT = HERE / "redirect"
DOMAINS = {"salesforce": "salesforce.com", "mailchimp": "mailchimp.com"}
OFFLINE_PYTHON = ("--no-python-downloads", "--no-config", "--quiet")


def installed(name: str) -> Path:
    """The folder of a program's commands; installed as its lock says, once until that or our Python changes.

    Safe to call from several processes: one installs, the others wait for it.

    Args:
        name: of the program, as in `locks/NAME.lock`.

    Raises:
        FileNotFoundError: there is no such lock.
        subprocess.CalledProcessError: the installation failed; uv has said why on standard error.
    """
    lock = LOCKS / f"{name}.lock"
    home = ENVIRONMENTS / name
    wanted = f"Python {sys.version}\n{lock.read_text('utf-8')}"
    ENVIRONMENTS.mkdir(exist_ok=True)
    with (ENVIRONMENTS / f"{name}.mutex").open("w") as mutex:
        fcntl.flock(mutex, fcntl.LOCK_EX)
        stamp = home / ".installed"
        if not (stamp.exists() and stamp.read_text("utf-8") == wanted):
            _install(lock, home)
            stamp.write_text(wanted, "utf-8")
    return home / "bin"


def redirected(sandbox: Sandbox, certificates: Path, home: Path, **more: str) -> dict[str, str]:
    """The environment of a program that finds the sandbox under the vendors' names, by HTTPS.

    A Python program has its connections led there and reaches no other host; a Node program is given the sandbox's
    address and trusts its certificate.

    Args:
        sandbox: started with `--tls`.
        certificates: the folder given to `--tls`.
        home: the program's HOME.
        more: variables on top.
    """
    ports = {DOMAINS[name]: urlsplit(url).port for name, url in sandbox.tls_urls.items()}
    trusted = home / "trusted.pem"
    trusted.write_text("".join((certificates / f"{name}.pem").read_text() for name in sandbox.tls_urls))
    trust = dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"), str(trusted))
    own = {"HOME": str(home), "PYTHONPATH": str(REDIRECT), "REDIRECT_HOSTS": json.dumps(ports)}
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **own, **trust, **more}


def _install(lock: Path, home: Path) -> None:
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    _uv("venv", "--clear", "--python", str(base), str(home))
    hashed = ("--require-hashes", "--build-constraints", str(LOCKS / "build.lock"))
    _uv("pip", "sync", "--python", str(home / "bin" / "python"), *hashed, str(lock))


def _uv(*arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    subprocess.run([UV, *arguments, *OFFLINE_PYTHON], env=environment, check=True, timeout=INSTALL_SECONDS)
