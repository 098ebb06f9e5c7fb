"""Stopping a stack: every process of its session ends, and nobody else's."""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path

import psutil
import pytest

from deploy.sessions import Session

# A leader, and a child that has a process group of its own (as Airflow's tasks have) and ignores requests to end.
FAMILY = """
import subprocess, sys, time
stubborn = '''
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(99)
'''
subprocess.Popen([sys.executable, "-c", stubborn], process_group=0)
time.sleep(99)
"""


@pytest.fixture
def session(tmp_path: Path):
    log = tmp_path / "log"
    started = Session.start([sys.executable, "-c", FAMILY], env={}, cwd=tmp_path, log=log)
    deadline = time.monotonic() + 30
    while "ready" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    yield started
    started.stop(grace=0)


def test_a_stop_ends_the_tasks_too_and_those_that_do_not_listen(session: Session):
    assert len(session.processes()) == 2
    session.stop(grace=0.5)
    assert session.processes() == []


def test_a_stop_ends_what_a_killed_leader_left_behind(session: Session):
    psutil.Process(session.sid).kill()
    deadline = time.monotonic() + 10
    while session.leader_runs() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(session.processes()) == 1
    session.stop(grace=0)
    assert session.processes() == []


def test_a_stranger_that_was_given_the_same_number_is_left_alone(session: Session):
    earlier = dataclasses.replace(session, started=session.started - 1, leader=None)
    assert earlier.processes() == []
    earlier.stop(grace=0)
    assert session.leader_runs()


def test_a_session_is_found_again_by_its_record(session: Session, tmp_path: Path):
    record = tmp_path / "airflow.session.json"
    session.save(record)
    assert Session.recorded(record) == session
    assert Session.recorded(tmp_path / "none.json") is None
    record.write_text('{"sid": 1')
    assert Session.recorded(record) is None
