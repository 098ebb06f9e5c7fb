"""Start a program in a session of its own, and later end every process of that session.

A running Airflow task has a process group of its own, so it outlives a signal to the group of the scheduler that
started it, and goes on writing. All of them stay in the same *session*, so that is what a stop enumerates.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

GRACE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Session:
    """A session by its id (the process id of its leader) and a mark of when the leader started.

    The mark tells a session of ours from a stranger that was given the same number later.
    """

    sid: int
    started: float
    leader: subprocess.Popen[bytes] | None = field(default=None, compare=False, repr=False)

    @classmethod
    def start(cls, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> Session:
        """Run `command` as the leader of a new session, its output going to the end of `log`."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            leader = subprocess.Popen(
                command,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return cls(leader.pid, _start_mark(leader.pid), leader)

    @classmethod
    def recorded(cls, record: Path) -> Session | None:
        """Return the session that `save` wrote to `record`, or None if there is none or it was cut off."""
        try:
            content = json.loads(record.read_text("utf-8"))
            return cls(sid=int(content["sid"]), started=float(content["started"]))
        except (OSError, ValueError, KeyError):
            return None

    def save(self, record: Path) -> None:
        """Remember this session in the file `record`."""
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps({"sid": self.sid, "started": self.started}), "utf-8")

    def processes(self) -> list[psutil.Process]:
        """List the living processes of the session; none if its number now belongs to somebody else."""
        with suppress(psutil.NoSuchProcess):
            if _start_mark(self.sid) != self.started:
                return []
        return list(self._members())

    def _members(self) -> Iterator[psutil.Process]:
        for process in psutil.process_iter():
            with suppress(ProcessLookupError, PermissionError, psutil.Error):
                if os.getsid(process.pid) == self.sid and process.status() != psutil.STATUS_ZOMBIE:
                    yield process

    def leader_runs(self) -> bool:
        """Tell whether the program that was started is still there."""
        return any(process.pid == self.sid for process in self.processes())

    def stop(self, grace: float = GRACE_SECONDS) -> None:
        """End every process of the session: first asked to, killed after `grace` seconds."""
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + grace
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.2)
        while self.processes():
            self._signal(signal.SIGKILL)
            time.sleep(0.1)
        if self.leader:
            self.leader.wait()

    def _signal(self, number: signal.Signals) -> None:
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)


def _start_mark(pid: int) -> float:
    """Return a number that stays the same while the process lives, also when the system's clock is set anew."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2]
    except FileNotFoundError:
        return float(psutil.Process(pid).create_time())
    return float(after_name.split()[19])
