"""Runs histories by numbered seeds: a number is the same histories everywhere, until the machine changes."""

from __future__ import annotations

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.histories.machine import History

SEEDS = (0,)
"""Of each of the two modules, with `A_FEW` histories each: eight in the default suite, some 15 s of CPU each."""
A_FEW = 4
COMMON = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    database=None,
    derandomize=False,
)


def run_a_few(histories: type[History], number: int, email_change: str) -> None:
    """The histories of a seed, short."""
    machine = seed(f"{email_change} {number}")(type("AFew", (histories,), {"email_change": email_change}))
    run_state_machine_as_test(machine, settings=settings(COMMON, max_examples=A_FEW, stateful_step_count=14))


def run_many(histories: type[History], email_change: str) -> None:
    """Hundreds, long, with a sync that has nothing to do after every sync; each time others."""
    machine = type("Many", (histories,), {"email_change": email_change, "always_again": True})
    run_state_machine_as_test(machine, settings=settings(COMMON, max_examples=200, stateful_step_count=25))
