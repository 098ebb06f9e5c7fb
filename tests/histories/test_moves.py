"""Random histories against the model, where members move with their people's e-mails."""

from __future__ import annotations

import pytest

from tests.histories.machine import History
from tests.histories.seeds import SEEDS, run_a_few, run_many


@pytest.mark.parametrize("number", SEEDS)
def test_g04_g05_every_sync_of_a_history_ends_as_the_model_says(histories: type[History], number: int) -> None:
    run_a_few(histories, number, "move")


@pytest.mark.soak
def test_g04_g05_every_sync_of_many_histories_ends_as_the_model_says(histories: type[History]) -> None:
    run_many(histories, "move")
