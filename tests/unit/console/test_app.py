"""The console's pages behind Airflow's log-in: who sees what, and that nothing else can be reached."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.unit.console.conftest import PAGE, RUN

RUNS = f"/console/runs/sync_newsletter/{RUN}"
PATHS = (f"{RUNS}/", f"{RUNS}/report.json", f"{RUNS}/data_docs/index.html")


@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_nothing_is_shown(console: TestClient, report: Path, path: str) -> None:
    answer = console.get(path)
    assert answer.status_code == 401
    assert "Newsletter" not in answer.text


@pytest.mark.parametrize("path", PATHS)
def test_a_token_that_airflow_did_not_sign_is_refused(console: TestClient, report: Path, path: str) -> None:
    forged = "eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJhZG1pbiIsInJvbGUiOiJBRE1JTiJ9.AAAA"
    assert console.get(path, headers={"Authorization": f"Bearer {forged}"}).status_code == 403


@pytest.mark.parametrize("role", ["viewer", "admin"])
def test_who_may_see_the_dags_runs_sees_the_report(
    console: TestClient, token: Callable[[str], str], report: Path, role: str
) -> None:
    answer = console.get(PATHS[0], headers={"Authorization": f"Bearer {token(role)}"})
    assert (answer.status_code, answer.text) == (200, PAGE)
    assert answer.headers["content-type"].startswith("text/html")


def test_the_cookie_of_airflows_pages_counts_as_log_in(
    console: TestClient, token: Callable[[str], str], report: Path
) -> None:
    console.cookies.set("_token", token("viewer"))
    assert console.get(PATHS[0]).status_code == 200


def test_a_user_without_a_role_is_refused(console: TestClient, token: Callable[[str], str], report: Path) -> None:
    answer = console.get(PATHS[0], headers={"Authorization": f"Bearer {token('')}"})
    assert answer.status_code == 403


def test_the_reports_links_lead_to_its_data_and_its_data_docs(viewer: TestClient, report: Path) -> None:
    assert viewer.get(f"{RUNS}/report.json").json() == {"state": "success"}
    docs = viewer.get(f"{RUNS}/data_docs/index.html")
    assert "Data Docs" in docs.text
    style = viewer.get(f"{RUNS}/data_docs/static/page.css")
    assert style.headers["content-type"].startswith("text/css")


def test_the_run_id_may_come_as_the_browser_encodes_it(viewer: TestClient, report: Path) -> None:
    encoded = RUN.replace(":", "%3A").replace("+", "%2B")
    assert viewer.get(f"/console/runs/sync_newsletter/{encoded}/").text == PAGE


@pytest.mark.parametrize(
    "path",
    [
        f"{RUNS}/data_docs/%2e%2e/%2e%2e/%2e%2e/%2e%2e/secret.html",
        f"{RUNS}/data_docs/..%2f..%2f..%2f..%2fsecret.html",
        f"{RUNS}/data_docs/..%5c..%5csecret.html",
        f"{RUNS}/data_docs//secret.html",
        f"{RUNS}/data_docs/%00",
        f"{RUNS}/data_docs/",
        f"{RUNS}/%2e%2e/%2e%2e/%2e%2e/secret.html",
        f"{RUNS}/draft.txt",
        "/console/runs/sync_newsletter/%2e%2e%2f%2e%2e/secret.html",
        "/console/runs/sync_newsletter/%2e%2e/report.json",
        f"/console/runs/sync_..%2fnewsletter/{RUN}/report.json",
        "/console/runs/sync_%2e%2e/%2e%2e/report.json",
    ],
)
def test_no_path_leads_out_of_the_reports_folder(viewer: TestClient, report: Path, root: Path, path: str) -> None:
    (root / "reports" / "report.json").write_text("secret", "utf-8")
    (root / "report.json").write_text("secret", "utf-8")
    answer = viewer.get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_a_run_without_a_report_says_so(viewer: TestClient, root: Path) -> None:
    answer = viewer.get(PATHS[0])
    assert answer.status_code == 404
    assert "No quality report yet" in answer.text


def test_a_dag_of_others_has_an_explanation(viewer: TestClient, root: Path) -> None:
    answer = viewer.get(f"/console/runs/somebody_elses/{RUN}/")
    assert answer.status_code == 404
    assert "somebody_elses is none of them" in answer.text


def test_what_the_address_holds_is_escaped(viewer: TestClient, root: Path) -> None:
    answer = viewer.get("/console/runs/sync_newsletter/<script>alert(1)<script>/")
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("path", ["/console/docs", "/console/redoc", "/console/openapi.json"])
def test_nothing_describes_the_console(viewer: TestClient, path: str) -> None:
    assert viewer.get(path).status_code == 404


@pytest.mark.parametrize("path", [*PATHS, f"{RUNS}/data_docs/none.html"])
def test_pages_load_and_frame_nothing_from_elsewhere(viewer: TestClient, report: Path, path: str) -> None:
    headers = viewer.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "private, no-cache"


def test_a_refusal_carries_the_same_headers(console: TestClient) -> None:
    assert "frame-ancestors 'self'" in console.get(PATHS[0]).headers["content-security-policy"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_console_changes_nothing(viewer: TestClient, report: Path, method: str) -> None:
    assert viewer.request(method, PATHS[0]).status_code == 405
