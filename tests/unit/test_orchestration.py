"""What all DAGs share."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from include.errors import DeferredError, StoppedByCheck
from include.orchestration import rest_to_the_next_run


def test_g08_a_task_whose_budget_of_calls_is_used_up_is_skipped() -> None:
    with pytest.raises(AirflowSkipException, match="the next run"), rest_to_the_next_run():
        raise DeferredError("used up; the next run goes on")


def test_other_errors_stay_errors() -> None:
    with pytest.raises(StoppedByCheck), rest_to_the_next_run():
        raise StoppedByCheck("an empty source")
