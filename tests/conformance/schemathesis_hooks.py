"""Loaded by schemathesis, in its own environment: gives every call the same account, and accepts the listed failures.

From the environment: `SANDBOX`, the server's address; `STATE`, the file with the account; `CREDENTIALS`, the header
that opens the API; `NEEDED`, the file that is told which exceptions there were.
"""

from __future__ import annotations

import atexit
import json
import os
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis_exceptions import Objection

SANDBOX, CREDENTIALS = os.environ["SANDBOX"], os.environ["CREDENTIALS"]
STATE = Path(os.environ["STATE"]).read_bytes()
BATCH = {"operations": [{"method": "GET", "path": "/ping"}]}
BATCH_ID = "batchId"
READS = {"GET", "HEAD", "OPTIONS", "TRACE"}
SECONDS = 30


class Account:
    """The account, restored before a call when the one before may have changed it."""

    def __init__(self) -> None:
        self.changed = True
        self.batch = ""

    def restore(self) -> None:
        if self.changed:
            self._call("PUT", "/_sandbox/state", STATE)
            self.batch = self._call("POST", "/3.0/batches", json.dumps(BATCH).encode())["id"]
            self.changed = False

    def _call(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        headers = {"Authorization": CREDENTIALS, "Content-Type": "application/json"}
        request = urllib.request.Request(SANDBOX + path, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.loads(answer.read() or b"{}")


account = Account()
needed: Counter[str] = Counter()


@schemathesis.hook
def before_call(_context: object, case: Any, _kwargs: dict[str, Any]) -> None:
    """Gives the call the account, and the batch in it where it names one."""
    account.restore()
    account.changed = case.method.upper() not in READS
    if BATCH_ID in (case.path_parameters or {}):
        case.path_parameters[BATCH_ID] = account.batch


@schemathesis.hook
def filter_failure(_context: object, failure: Any, _case: Any, response: Any) -> bool:
    """Whether a failure counts: no listed exception explains it."""
    reasons = Objection.of(failure, response).reasons()
    needed.update(reasons or ())
    return reasons is None


@atexit.register
def tell() -> None:
    """Says which exceptions there were."""
    Path(os.environ["NEEDED"]).write_text(json.dumps(needed), "utf-8")
