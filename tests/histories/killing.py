"""Kills a stage between two calls of a vendor: right before one, or right after, its answer unread (G04)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import requests
from requests.adapters import HTTPAdapter

from tests.unit.pipelines.killing import Killed


@contextmanager
def killed_at_call(number: int, *, answered: bool) -> Iterator[None]:
    """Within, whoever talks to a vendor is killed at its `number`-th call, log-ins included.

    `answered`: the vendor does what it is asked, and nobody hears of it; otherwise it is not asked. A process that was
    killed calls nobody any more, on no thread.
    """
    send, calls, lock = HTTPAdapter.send, [0], threading.Lock()

    def mortal(self: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        with lock:
            calls[0] += 1
            mine = calls[0]
        if mine > number or (mine == number and not answered):
            raise Killed(f"before call {mine}")
        response = send(self, request, *args, **kwargs)
        if mine == number:
            response.close()
            raise Killed(f"after call {mine}")
        return response

    with patch.object(HTTPAdapter, "send", mortal):
        yield
