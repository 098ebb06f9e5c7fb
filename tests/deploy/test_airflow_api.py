"""Watching runs outlives a look that is lost; what changes something is never sent twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deploy.airflow_api import AirflowApi
from deploy.errors import StackError


class Busy(ThreadingHTTPServer):
    """Hangs up at the first call, and answers from the second on."""

    calls = 0


class Handler(BaseHTTPRequestHandler):
    server: Busy

    def do_GET(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.server.calls += 1
        if self.server.calls > 1:
            body = b'{"completed_at": "2026-11-22T00:00:00Z"}'
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def busy() -> Iterator[Busy]:
    server = Busy(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_look_that_is_lost_is_repeated(busy: Busy) -> None:
    assert AirflowApi(f"http://127.0.0.1:{busy.server_port}").backfill_finished(1)
    assert busy.calls == 2


def test_a_call_that_changes_something_is_not(busy: Busy) -> None:
    with pytest.raises(StackError, match="does not answer any more"):
        AirflowApi(f"http://127.0.0.1:{busy.server_port}").set_pools([])
    assert busy.calls == 1
