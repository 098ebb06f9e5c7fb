"""G06 in a real Airflow: a run waits on the approval page, and ends by the answer or without one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag

from include.config.load import audience_stems, load_pipeline
from include.pipelines import extract_salesforce
from include.wiring import load_project
from tests.integration.sync.people import NEWS, WEB, audience, contact, subscriber
from tests.integration.sync.rig import NOW
from tests.sandbox_fixture import Sandbox, connections

FILE = """\
audience: Newsletter
policy: legacy_parity
consent: none
fields:
  FNAME: {contact: FirstName}
  LNAME: {contact: LastName}
queries:
  - {name: web, object: Contact, where: {field: LeadSource, equals: Web}}
"""


@pytest.fixture(scope="module")
def world(
    sandbox_servers: Sandbox, airflow_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sandbox]:
    """One new person for an audience whose first load waits; Salesforce is read."""
    folder = tmp_path_factory.mktemp("approval")
    (folder / "config" / "audiences").mkdir(parents=True)
    (folder / "config" / "pipeline.yaml").write_text("time_zone: Europe/Paris\n", "utf-8")
    (folder / "config" / "audiences" / "newsletter.yaml").write_text(FILE, "utf-8")
    sandbox_servers.reset()
    sandbox_servers.put_state(
        salesforce={"Contact": [contact("ann", **WEB)]},
        mailchimp={"lists": [audience("Newsletter", NEWS, subscriber("bob"))]},
    )
    sandbox_servers.set_clock(NOW.isoformat())
    with pytest.MonkeyPatch.context() as patch:
        places = {"SYNC_CONFIG": str(folder / "config"), "SYNC_ROOT": str(folder / "root")}
        for name, value in (connections(sandbox_servers) | places).items():
            patch.setenv(name, value)
        _forget_configuration()
        extract_salesforce.extract("extract", load_project())
        yield sandbox_servers
    _forget_configuration()
    sandbox_servers.reset()


def _forget_configuration() -> None:
    audience_stems.cache_clear()
    load_pipeline.cache_clear()


class Person:
    """Answers the run's question as soon as it waits; looks until the run has ended, however slow the machine is."""

    def __init__(self, act: Callable[[Any, Any], None]) -> None:
        self.seen: list[str] = []
        self._act = act
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Person:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session
        from sqlalchemy import select
        from sqlalchemy.orm import joinedload

        while not self._over.wait(0.5):
            with create_session() as session:
                task = session.scalar(
                    select(TaskInstance)
                    .where(TaskInstance.state == "awaiting_input")
                    .options(joinedload(TaskInstance.hitl_detail))
                )
                if task is None:
                    continue
                self.seen.append(task.hitl_detail.body)
                self._act(task, session)
                return


def answering(option: str) -> Callable[[Any, Any], None]:
    """What Airflow's API does when a user answers."""

    def act(task: Any, session: Any) -> None:
        from airflow._shared.timezones import timezone
        from airflow.models.trigger import handle_event_submit
        from airflow.triggers.base import TriggerEvent

        detail = task.hitl_detail
        detail.responded_by, detail.responded_at = {"id": "1", "name": "ann"}, timezone.utcnow()
        detail.chosen_options = [option]
        handle_event_submit(TriggerEvent(detail.as_resume_event_payload()), task_instance=task, session=session)

    return act


def run_out_of_time(task: Any, session: Any) -> None:
    """What the scheduler does once the time is over."""
    from airflow.jobs.job import Job
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner

    task.trigger_timeout -= timedelta(days=2)
    session.commit()
    SchedulerJobRunner(Job()).check_awaiting_input_timeouts()


@pytest.mark.soak
@pytest.mark.parametrize(
    ("act", "said"),
    [(answering("Reject"), "the plan was rejected"), (run_out_of_time, "nobody approved the plan within 24 hours")],
    ids=["rejected", "timed out"],
)
def test_g06_without_a_yes_nothing_is_written_and_the_report_says_why(
    world: Sandbox, act: Callable[[Any, Any], None], said: str
) -> None:
    world.reset_calls()
    with Person(act) as person:
        run = DagBag(str(Path(__file__).parents[2] / "dags")).dags["sync_newsletter"].test()
    (question,) = person.seen
    assert "members to add" in question
    assert "@" not in question
    states = {task.task_id: str(task.state) for task in run.get_task_instances()}
    assert (run.state, states["breaker"], states["load_audience"]) == ("failed", "failed", "upstream_failed")
    assert states["report"] == "success"
    assert world.writes() == 0
    assert said in (_report_of(run.run_id)).read_text("utf-8")


@pytest.mark.soak
def test_g06_an_approved_plan_is_carried_out(world: Sandbox) -> None:
    with Person(answering("Approve")) as person:
        run = DagBag(str(Path(__file__).parents[2] / "dags")).dags["sync_newsletter"].test()
    assert person.seen
    assert run.state == "success"
    (newsletter,) = world.state("mailchimp")["lists"]
    assert len(newsletter["members"]) == 2


def _report_of(run_id: str) -> Path:
    from include.pipelines.run import report_folder

    project = load_project()
    return Path(project.storage.path(*report_folder("newsletter", run_id), "report.html"))
