"""Both sandbox servers as one program on free ports, for tests that talk to them over HTTP."""

import io
import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from include.sandbox.mailchimp.credentials import API_KEY
from include.sandbox.salesforce import credentials

PROJECT = Path(__file__).parent.parent
START_SECONDS = 20
CALL_SECONDS = 60
SERVERS = ("salesforce", "mailchimp")


class Sandbox:
    """The running sandbox; `urls` has the address of each server, `tls_urls` that of HTTPS where `--tls` asked for it.

    Args:
        arguments: of `python -m include.sandbox`; by default it starts without a world.
        only: start just this server.
    """

    def __init__(self, arguments: Sequence[str] = ("--empty",), *, only: str | None = None) -> None:
        command = [
            sys.executable,
            "-m",
            "include.sandbox",
            "--salesforce-port",
            "0",
            "--mailchimp-port",
            "0",
            *arguments,
        ]
        self.servers = (only,) if only else SERVERS
        command += ["--only", only] if only else []
        self.process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, start_new_session=True)
        self.urls: dict[str, str] = {}
        self.tls_urls: dict[str, str] = {}
        timer = threading.Timer(START_SECONDS, self.process.kill)
        timer.start()
        try:
            for _ in self.servers:
                self._await_one()
        except BaseException:
            self.stop()
            raise
        finally:
            timer.cancel()

    def _await_one(self) -> None:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the sandbox ended before it served")
        ready = json.loads(line)
        self.urls[ready["server"]] = ready["url"]
        if "tls_url" in ready:
            self.tls_urls[ready["server"]] = ready["tls_url"]

    @property
    def salesforce(self) -> str:
        """The address of the org."""
        return self.urls["salesforce"]

    @property
    def mailchimp(self) -> str:
        """The address of the account, without /3.0."""
        return self.urls["mailchimp"]

    def control(self, server: str, method: str, path: str, **kwargs: Any) -> requests.Response:
        """A call of the control API; an error raises with the sandbox's reason."""
        url = f"{self.urls[server]}/_sandbox/{path}"
        response = requests.request(method, url, timeout=CALL_SECONDS, **kwargs)
        if not response.ok:
            raise ValueError(f"{method} {path} on {server}: {response.status_code} {response.text}")
        return response

    def put_state(
        self, *, salesforce: Mapping[str, Any] | None = None, mailchimp: Mapping[str, Any] | None = None
    ) -> None:
        """Replaces the state of the servers that are named."""
        for server, state in (("salesforce", salesforce), ("mailchimp", mailchimp)):
            if state is not None:
                self.control(server, "PUT", "state", data=io.BytesIO(json.dumps(state).encode()))

    def state(self, server: str) -> dict[str, Any]:
        """The whole state of one server."""
        return self.control(server, "GET", "state").json()

    def calls(self, server: str) -> dict[str, Any]:
        """The calls since the last `reset_calls`."""
        return self.control(server, "GET", "calls").json()

    def writes(self) -> int:
        """How many write calls both servers saw since the last `reset_calls`."""
        return sum(self.calls(server)["writes"] for server in self.servers)

    def reset_calls(self) -> None:
        """Starts counting anew on both servers."""
        for server in self.servers:
            self.control(server, "DELETE", "calls")

    def faults(self, server: str, *rules: Mapping[str, Any]) -> None:
        """Replaces the fault rules of one server; none takes them all away."""
        self.control(server, "PUT", "faults", json=list(rules))

    def switches(self, server: str, **values: Any) -> None:
        """Sets these switches of one server, and all others to their defaults."""
        self.control(server, "PUT", "switches", json=values)

    def set_clock(self, now: str | None, *, frozen: bool = False) -> None:
        """Sets the clock of both servers; None is the real time."""
        for server in self.servers:
            self.control(server, "PUT", "clock", json={"now": now, "frozen": frozen})

    def reset(self) -> None:
        """Empties both servers and puts their controls back."""
        self.put_state(**{server: {} for server in self.servers})
        self.set_clock(None)
        for server in self.servers:
            for control in ("faults", "latency", "switches", "calls"):
                self.control(server, "DELETE", control)

    def stop(self) -> int:
        """Ends both servers and returns the exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process.stdout.close()
        return status


def connections(sandbox: Sandbox) -> dict[str, str]:
    """The environment variables of both Airflow connections."""
    salesforce = {
        "conn_type": "salesforce",
        "login": credentials.USERNAME,
        "password": credentials.PASSWORD,
        "extra": {
            "security_token": credentials.SECURITY_TOKEN,
            "domain": "login",
            "endpoint": sandbox.urls["salesforce"],
        },
    }
    mailchimp = {"conn_type": "generic", "password": API_KEY, "extra": {"endpoint": sandbox.urls["mailchimp"]}}
    return {
        "AIRFLOW_CONN_SALESFORCE_DEFAULT": json.dumps(salesforce),
        "AIRFLOW_CONN_MAILCHIMP_DEFAULT": json.dumps(mailchimp),
    }
