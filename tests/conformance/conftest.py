"""Programs of others against the sandbox: Node and npm come with the development packages, the clients from npm."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conformance.document import document
from tests.conformance.programs import NODE, npm_installed, redirected
from tests.sandbox_fixture import Sandbox

HERE = Path(__file__).parent
PROGRAM_SECONDS, PRISM_SECONDS = 120, 90

Program = Callable[..., dict[str, Any]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.conformance)


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The clients, installed as package-lock.json says."""
    return npm_installed(HERE)


@pytest.fixture(scope="session")
def node(node_modules: Path) -> Program:
    """Run a Node program of this folder; it prints what it saw as JSON."""

    def run(program: str, *arguments: str) -> dict[str, Any]:
        command = [NODE, HERE / program, *arguments]
        ended = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=PROGRAM_SECONDS, check=False)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return run


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sandbox's certificates."""
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
def environment(world: Sandbox, certificates: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a program that finds the sandbox under the vendors' names."""
    return redirected(world, certificates, tmp_path)


@pytest.fixture(scope="module")
def world(certificates: Path) -> Iterator[Sandbox]:
    """Both vendors with a small made-up world, by HTTP and HTTPS."""
    sandbox = Sandbox(["--people", "200", "--tls", str(certificates)])
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="module")
def prism(node_modules: Path, world: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a proxy that refuses what Mailchimp's OpenAPI document does not allow, both ways.

    Prism leaves the document's base path out of its routes, so `/3.0` belongs to the upstream address alone.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    program = node_modules / "@stoplight" / "prism-cli" / "dist" / "index.js"
    upstream = f"{world.urls['mailchimp']}/3.0"
    described = tmp_path_factory.mktemp("prism") / "openapi.json"
    described.write_text(json.dumps(document()), "utf-8")
    command = [NODE, program, "proxy", described, upstream, "--port", str(port), "--errors"]
    environment = {**os.environ, "NO_COLOR": "1"}
    proxy = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        _await(address, proxy)
        yield address
    finally:
        os.killpg(proxy.pid, signal.SIGKILL)
        proxy.wait()


def _await(address: str, proxy: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PRISM_SECONDS
    while time.monotonic() < deadline and proxy.poll() is None:
        try:
            requests.get(f"{address}/ping", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.3)
        else:
            return
    raise RuntimeError("Prism does not serve")
