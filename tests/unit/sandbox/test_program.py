"""`python -m include.sandbox` as a program: it starts, resumes and ends without leftovers."""

import os
import signal
import time
from pathlib import Path

import requests

from include.sandbox.mailchimp.credentials import API_KEY
from tests.contract.mailchimp.account_state import ANN, LIST, account_state, member_id
from tests.sandbox_fixture import Sandbox

PATH = f"/3.0/lists/{LIST}/members/{member_id(ANN)}"


def children(sandbox: Sandbox) -> list[int]:
    listing = Path(f"/proc/{sandbox.process.pid}/task/{sandbox.process.pid}/children")
    return [int(pid) for pid in listing.read_text().split()]


def await_end(pids: list[int]) -> list[int]:
    deadline = time.monotonic() + 10
    while (left := [pid for pid in pids if alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_both_servers_hold_one_world_and_end_with_the_program() -> None:
    sandbox = Sandbox(["--people", "50", "--seed", "3", "--now", "2026-11-23T09:00:00+00:00"])
    try:
        planted = [sandbox.control(server, "GET", "planted").json() for server in sandbox.servers]
        assert planted[0] == planted[1] != {}
        health = sandbox.control("mailchimp", "GET", "health").json()
        assert health["now"].startswith("2026-11-23T09:0")
        pids = children(sandbox)
        assert len(pids) == 2
    finally:
        status = sandbox.stop()
    assert (status, await_end(pids)) == (0, [])


def test_a_server_that_dies_ends_the_program_with_an_error() -> None:
    sandbox = Sandbox()
    try:
        pids = children(sandbox)
        os.kill(pids[0], signal.SIGKILL)
        assert sandbox.process.wait(10) == 1
        assert await_end(pids) == []
    finally:
        sandbox.stop()


def test_the_servers_do_not_outlive_a_killed_program() -> None:
    sandbox = Sandbox()
    try:
        pids = children(sandbox)
        sandbox.process.kill()
        assert await_end(pids) == []
    finally:
        sandbox.stop()


def test_a_state_folder_is_resumed_after_a_kill_and_not_seeded_again(tmp_path: Path) -> None:
    arguments = ["--state", str(tmp_path / "state"), "--people", "20"]
    first = Sandbox(arguments, only="mailchimp")
    first.put_state(mailchimp=account_state())
    auth = ("x", API_KEY)
    requests.patch(first.mailchimp + PATH, json={"merge_fields": {"FNAME": "New"}}, auth=auth, timeout=10)
    before = first.state("mailchimp")
    first.process.kill()
    first.stop()
    second = Sandbox(arguments, only="mailchimp")
    after = second.state("mailchimp")
    second.stop()
    assert after == before
