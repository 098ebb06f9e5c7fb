"""The console's pages about everything that runs: what they show, to whom, and what they say where there is nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from airflow.api_fastapi.app import get_auth_manager
from fastapi.testclient import TestClient

from include.config.load import audience_stems, load_pipeline
from include.warehouse.store import Warehouse
from include.warehouse.tables import (
    CONNECTION_CHECKS,
    DIVERGENCES,
    POLICY_COMPARISONS,
    QUARANTINE,
    QUERIES,
    QUERY_PREVIEWS,
    RUNS,
    Table,
)
from tests.unit.quality.test_page import Page

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
PATHS = (
    "/console/", "/console/queries/sync_newsletter/", "/console/policies/sync_newsletter/",
    "/console/runs/check_connections/c1/", "/console/runs/reconcile/r1/", "/console/runs/preview_queries/p1/",
    "/console/runs/extract_salesforce/e1/",
)  # fmt: skip
FILE = """\
audience: Newsletter
policy: legacy_parity
consent: none
fields: {FNAME: {contact: FirstName}}
queries:
  - {name: customers, object: Contact, tags: [Customer]}
"""


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration of one audience with one query."""
    folder = tmp_path / "config"
    (folder / "audiences").mkdir(parents=True)
    (folder / "pipeline.yaml").write_text("time_zone: Europe/Paris\n", "utf-8")
    (folder / "audiences" / "newsletter.yaml").write_text(FILE, "utf-8")
    monkeypatch.setenv("SYNC_CONFIG", str(folder))
    audience_stems.cache_clear()
    load_pipeline.cache_clear()
    yield folder
    audience_stems.cache_clear()
    load_pipeline.cache_clear()


def put(warehouse: Warehouse, table: Table, *rows: dict[str, Any]) -> None:
    blank = dict.fromkeys(table.schema().names)
    warehouse.append(table, pa.Table.from_pylist([blank | row for row in rows], schema=table.schema()))


def ran(pipeline: str, run_id: str, state: str = "success", hours: int = 0, **columns: Any) -> dict[str, Any]:
    counts = json.dumps(columns.pop("counts", {}))
    begun = NOW + timedelta(hours=hours)
    return {
        "run_id": run_id, "pipeline": pipeline, "state": state, "started_at": begun, "ended_at": begun,
        "config_hash": "c0ffee", "counts": counts,
    } | columns  # fmt: skip


@pytest.fixture
def filled(configured: Path, warehouse: Warehouse) -> None:
    """Something of everything."""
    api = {"salesforce": {"made": 17, "used": 2000, "limit": 100_000, "left": 98_000}, "mailchimp": {"made": 23}}
    put(
        warehouse,
        RUNS,
        ran("sync_audience", "good", audience="newsletter", counts={"api": api}),
        ran("sync_audience", "dry", audience="newsletter", hours=1, counts={"transform": {"dry_run": True}}),
        ran("extract_salesforce", "e1", "deferred", counts={"contacts_read": 1200, "nested": {"ok": True}, "api": api}),
        ran("reconcile", "r1", counts={"Contact": {"rows": 5, "missed_change": 2}, "api": api}),
        ran("reconcile", "r1", audience="newsletter", counts={"member": {"rows": 3, "gone_there": 1}}),
    )
    put(
        warehouse,
        DIVERGENCES,
        *(
            {"run_id": "r1", "object": "Contact", "key": f"003{n}", "cause": "missed_change", "fields": ["Title"]}
            for n in range(2)
        ),
        {"run_id": "r1", "audience": "newsletter", "object": "member", "key": "f" * 32, "cause": "gone_there"},
    )
    checked = {"subject": "Salesforce", "to_do": ""}
    put(
        warehouse,
        CONNECTION_CHECKS,
        checked | {"run_id": "c0", "at": NOW, "severity": "info", "found": "logged in"},
        checked | {"run_id": "c1", "at": NOW + timedelta(days=1), "severity": "warning", "found": "<b>few</b> left"},
        checked
        | {"run_id": "c1", "at": NOW + timedelta(days=1), "severity": "error", "found": "hidden", "to_do": "show it"},
    )
    preview = {"run_id": "p1", "audience": "newsletter", "at": NOW, "config_hash": "0ther"}
    put(
        warehouse,
        QUERY_PREVIEWS,
        preview
        | {"query": "customers", "object": "Contact", "run": "automatic", "people": 9, "emails": 8, "members": 3,
           "new_members": 4, "not_added": '{"no_consent": 1}', "changes": '{"add_tag": 6}', "sample": ["003A"]},
        preview | {"new_members": 4, "changes": '{"add_tag": 6, "add_member": 4}'},
    )  # fmt: skip
    put(
        warehouse,
        QUERIES,
        {"audience": "newsletter", "query": "customers", "first_seen_at": NOW, "last_run_at": NOW,
         "last_run_id": "good", "people": 7},
        {"audience": "newsletter", "query": "former", "first_seen_at": NOW},
    )  # fmt: skip
    compared = {"run_id": "dry", "audience": "newsletter", "at": NOW, "config_hash": "c0ffee"}
    put(
        warehouse,
        POLICY_COMPARISONS,
        compared | {"policy": "legacy_parity", "kind": "archive_member", "planned": 0, "only": 0},
        compared | {"policy": "two_way", "kind": "archive_member", "planned": 31, "only": 29},
        compared | {"policy": "legacy_parity", "kind": "add_member", "planned": 5, "only": 0},
        compared | {"policy": "two_way", "kind": "add_member", "planned": 5, "only": 0},
    )
    held = {"audience": "newsletter", "object": "Contact", "rule": "r"}
    put(warehouse, QUARANTINE, held | {"key": "003A", "field": "A"}, held | {"key": "003A", "field": "B"})


@pytest.mark.parametrize("path", PATHS)
def test_every_page_needs_a_log_in_and_a_role(
    console: TestClient, token: Callable[[str], str], filled: None, path: str
) -> None:
    assert console.get(path).status_code == 401
    answer = console.get(path, headers={"Authorization": f"Bearer {token('')}"})
    assert answer.status_code == 403 or "sync_newsletter" not in answer.text


@pytest.mark.parametrize("path", PATHS)
def test_every_page_is_well_formed_escaped_and_needs_nothing_from_elsewhere(
    viewer: TestClient, filled: None, path: str
) -> None:
    answer = viewer.get(path)
    assert answer.status_code == 200
    page = Page(answer.text)
    assert page.open == []
    assert "script" not in page.tags
    assert page.tags.count("caption") == page.tags.count("table")
    assert all(not address.startswith(("http", "/", "data:", "javascript:")) for address in page.addresses)
    assert "<b>few" not in answer.text


@pytest.mark.parametrize("path", PATHS)
def test_every_link_of_a_page_leads_to_a_page(viewer: TestClient, filled: None, path: str) -> None:
    from urllib.parse import urljoin

    for address in Page(viewer.get(path).text).addresses:
        answer = viewer.get(urljoin(path, address))
        unwritten = "has not come to its task" in answer.text  # the world has runs, and no report of them
        assert answer.status_code == 200 or unwritten


def test_the_first_page_shows_the_newest_of_everything(viewer: TestClient, filled: None) -> None:
    text = viewer.get("/console/").text
    assert "runs/sync_newsletter/dry/" in text
    assert "dry, or for some people or one query" in text
    assert "2026-11-22 06:00 UTC" in text  # the last good sync of everybody
    assert '<td class="n">98,000</td>' in text
    assert "missed change 2, gone there 1." in text
    assert "✗ 1 errors" in text
    assert '<td class="n">1</td>' in text  # one record in quarantine, for two fields


def test_who_may_not_see_a_dag_does_not_see_what_its_runs_left(
    viewer: TestClient, filled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an auth manager with rights per DAG answers; the one of the tests gives a role all of them."""
    hidden = {"check_connections", "reconcile", "preview_queries"}
    manager = get_auth_manager()

    def allowed(*, details: Any, **_: Any) -> bool:
        return details.id not in hidden

    monkeypatch.setattr(manager, "is_authorized_dag", allowed)
    text = viewer.get("/console/").text
    assert "sync_newsletter" in text
    assert not [name for name in hidden if f"runs/{name}" in text]
    assert "No preview" in viewer.get(PATHS[1]).text or "None yet" in viewer.get(PATHS[1]).text
    assert {viewer.get(path).status_code for path in PATHS[3:6]} == {403}


def test_r19_a_check_shows_errors_first_with_what_to_do_and_the_checks_before_it(
    viewer: TestClient, filled: None
) -> None:
    text = viewer.get("/console/runs/check_connections/c1/").text
    assert text.index("hidden") < text.index("few&lt;/b&gt; left")
    assert "show it" in text
    assert 'href="../c0/"' in text
    assert "all is well" in viewer.get("/console/runs/check_connections/c0/").text


def test_g10_a_comparison_shows_its_differences_by_cause(viewer: TestClient, filled: None) -> None:
    text = viewer.get("/console/runs/reconcile/r1/").text
    assert "a silent loss" in text
    assert "All 2 keys" in text
    assert "audience newsletter" in text
    assert "Contact 5" in text


def test_x02_an_audiences_queries_show_their_state_and_the_newest_preview(viewer: TestClient, filled: None) -> None:
    text = viewer.get("/console/queries/sync_newsletter/").text
    assert "no longer in the file" in text
    assert "tag Customer" in text
    assert "not added: no consent 1" in text
    assert "The next sync in all: members to add: 4, tags to give: 6." in text
    assert "made with another configuration" in text


def test_x02_a_configuration_that_cannot_be_read_is_told_on_the_page(
    viewer: TestClient, filled: None, configured: Path
) -> None:
    (configured / "audiences" / "newsletter.yaml").write_text("audience: [\n", "utf-8")
    text = viewer.get("/console/queries/sync_newsletter/").text
    assert "can&#39;t be read" in text or "can't be read" in text
    assert "audiences/newsletter.yaml" in text


def test_x01_a_policy_comparison_shows_what_only_one_policy_plans(viewer: TestClient, filled: None) -> None:
    text = viewer.get("/console/policies/sync_newsletter/").text
    assert text.index("archive member") < text.index("add member")
    assert '<td class="n">31</td><td class="n">29</td>' in text
    assert "cannot be taken back" in text


def test_m05_a_run_of_another_dag_shows_its_counts_and_its_calls(viewer: TestClient, filled: None) -> None:
    text = viewer.get("/console/runs/extract_salesforce/e1/").text
    assert "98,000 of 100,000 are left" in text
    assert "contacts read" in text
    assert '<td class="n">1,200</td>' in text
    assert "nested.ok" in text


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/console/", 200, "never ran"),
        ("/console/", 200, "No check yet"),
        ("/console/", 200, "None has run yet"),
        (PATHS[1], 200, "None yet. The DAG <code>preview_queries</code> makes one"),
        (PATHS[2], 200, "No comparison yet"),
        (PATHS[3], 404, "left no record yet"),
        (PATHS[4], 404, "left no record yet"),
        (PATHS[6], 404, "left no record yet"),
        ("/console/queries/reconcile/", 404, "reconcile is none of them"),
        ("/console/policies/%3Cscript%3E/", 404, "&lt;script&gt; is none of them"),
    ],
)
def test_where_there_is_nothing_yet_a_page_says_what_makes_it(
    viewer: TestClient, configured: Path, root: Path, path: str, status: int, said: str
) -> None:
    answer = viewer.get(path)
    assert answer.status_code == status
    assert said in answer.text
    assert Page(answer.text).open == []
