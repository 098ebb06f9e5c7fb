"""What all DAG files share: the asset that joins them, pools, tags, and how tasks are tried again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from time import monotonic, sleep
from typing import Any

from airflow.sdk import Asset, ExceptionRetryPolicy, Param, RetryAction, RetryRule

from include.errors import DeferredError, SyncError, TransientError
from include.pipelines.rerun import PERSON, SINCE

PEOPLE = Asset(name="salesforce_people", uri="salesforce://people", group="sync")
"""Everyone in Salesforce, extracted to staging; each new version starts the audiences' runs."""


STARTED = frozenset({"running", "success", "failed", "up_for_retry"})
"""States of a task that got its slots."""


class Pool(StrEnum):
    """Slots that hold the vendors' limits over all DAGs; their sizes are in `airflow_settings.yaml`."""

    MAILCHIMP = "mailchimp"
    SALESFORCE = "salesforce"
    HARVEST = "harvest"


class Tag(StrEnum):
    """The tags a DAG may carry."""

    SALESFORCE = "salesforce"
    MAILCHIMP = "mailchimp"
    AUDIENCE = "audience"
    ACTIVITY = "activity"


DEFAULT_ARGS: dict[str, Any] = {
    "owner": "data-engineering",
    "retries": 3,
    "retry_delay": timedelta(seconds=15),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(hours=2),
    # Time helps against a transient error or a killed process; against our other errors only a change helps.
    "retry_policy": ExceptionRetryPolicy(
        rules=[
            RetryRule(exception=TransientError, action=RetryAction.RETRY, reason="transient"),
            RetryRule(exception=SyncError, action=RetryAction.FAIL, reason="trying again would fail again"),
        ]
    ),
}
"""Arguments of every task."""


WHOM = {
    "person": Param(
        None,
        type=["null", "string"],
        pattern=PERSON,
        description="This person alone. A Salesforce Id (contact, lead or person account), or Mailchimp's member hash: "
        "the MD5 of the e-mail in lower case. Never an e-mail address: parameters of runs are kept.",
    ),
    "quarantined": Param(
        False, type="boolean", description="Only what is quarantined now; what was refused too often is tried again."
    ),
}
"""Params that restrict a run's plan to some people (M04)."""
READING = {
    "since": Param(
        None,
        type=["null", "string"],
        format="date-time",
        pattern=SINCE,
        description="Read again what changed since this time, also what was read before. The plan is for everybody. "
        "The form shows times in the time zone that Airflow's page is set to. Through the API also a day, 2026-11-22: "
        "from its midnight in `time_zone`.",
    ),
    "full_refresh": Param(False, type="boolean", description="Read everything again."),
}
"""Params that say how far back a run reads (M04)."""


@contextmanager
def rest_to_the_next_run() -> Iterator[None]:
    """Skip the task, and with it those after it, once the budget of calls is used up: no failure (G08)."""
    from airflow.sdk.exceptions import AirflowSkipException

    try:
        yield
    except DeferredError as deferred:
        raise AirflowSkipException(str(deferred)) from deferred


def started(context: Any, tasks: dict[str, str], within: timedelta = timedelta(minutes=10)) -> dict[str, bool]:
    """Which tasks of this run started, by the name they are given under; waits for those that did not yet.

    A task can't ask Airflow for its pools: it has no access to the database. Whether another one starts there it can.
    """
    wanted = {"dag_id": context["dag"].dag_id, "task_ids": list(tasks.values()), "run_ids": [context["run_id"]]}
    end = monotonic() + within.total_seconds()
    while True:
        found = context["ti"].get_task_states(**wanted).get(context["run_id"], {})
        seen = {name: found.get(task_id) in STARTED for name, task_id in tasks.items()}
        if all(seen.values()) or monotonic() > end:
            return seen
        sleep(1)
