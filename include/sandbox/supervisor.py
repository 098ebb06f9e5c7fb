"""Runs the servers as child processes that never outlive their parent.

Each child holds the reading end of a pipe as its standard input: when the parent is gone, however it ended, the pipe
closes and the child stops (`stop_with_parent`).
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType

GRACE_SECONDS = 5.0
POLL_SECONDS = 0.05


def supervise(commands: Sequence[Sequence[str]]) -> int:
    """Runs the commands until a signal comes (returns 0) or one of them ends (returns 1); then all have ended."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    # A session of their own keeps Ctrl-C from the children: the parent decides when they end.
    children = [subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) for command in commands]  # noqa: S603 - our own interpreter and module
    try:
        while not stop.wait(POLL_SECONDS):
            ended = next((child for child in children if child.poll() is not None), None)
            if ended is not None:
                sys.stderr.write(f"a sandbox server ended by itself with status {ended.returncode}\n")
                return 1
        return 0
    finally:
        _end(children)


def stop_with_parent() -> None:
    """Ends this process in order as soon as its standard input closes; for children of `supervise`."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _end(children: Sequence["subprocess.Popen[bytes]"]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for child in children:
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdin:
            child.stdin.close()
