"""The console as Airflow mounts it, with users that hold Airflow's own tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from airflow.api_fastapi.app import create_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from fastapi import FastAPI
from fastapi.testclient import TestClient

from include.storage import Storage
from include.warehouse.store import Warehouse
from plugins.console.plugin import APPS

RUN = "manual__2026-11-22T06:00:00+00:00"
FOLDER = "manual__2026-11-22T06_00_00+00_00"
PAGE = "<!doctype html><title>Newsletter</title>"


@pytest.fixture(scope="session")
def token(airflow_database: Path) -> Callable[[str], str]:
    """Tokens as Airflow's auth manager issues them, by role."""
    manager = create_auth_manager()
    manager.init()
    return lambda role: manager.generate_jwt(SimpleAuthManagerUser(username=role, role=role.upper()))


@pytest.fixture
def report(root: Path) -> Path:
    """A report's folder with a page, data and Data Docs; a file that is none of the report's lies above it."""
    folder = root / "reports" / "newsletter" / FOLDER
    (folder / "data_docs" / "static").mkdir(parents=True)
    (folder / "report.html").write_text(PAGE, "utf-8")
    (folder / "report.json").write_text('{"state": "success"}', "utf-8")
    (folder / "data_docs" / "index.html").write_text("<title>Data Docs</title>", "utf-8")
    (folder / "data_docs" / "static" / "page.css").write_text("p {}", "utf-8")
    (folder / "draft.txt").write_text("not served", "utf-8")
    (root / "secret.html").write_text("secret", "utf-8")
    return folder


@pytest.fixture
def warehouse(root: Path) -> Warehouse:
    """The tables below the root that the console reads."""
    return Warehouse(Storage(str(root)))


@pytest.fixture
def console(token: Callable[[str], str]) -> Iterator[TestClient]:
    """A client without a token."""
    server = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for app in APPS:
        server.mount(app["url_prefix"], app["app"])
    with TestClient(server) as client:
        yield client


@pytest.fixture
def viewer(console: TestClient, token: Callable[[str], str]) -> TestClient:
    """A client of a user who may only look."""
    console.headers["Authorization"] = f"Bearer {token('viewer')}"
    return console
