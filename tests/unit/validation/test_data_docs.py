"""Data Docs: pages with counts, and no record's value in any file."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from include.errors import FatalError
from include.schema import AudienceSchema, MergeField
from include.storage import Storage
from include.validation.data_docs import write_data_docs
from include.validation.people import people_suites
from include.validation.runner import Run
from include.warehouse.store import connect

AT = datetime(2026, 11, 22, tzinfo=UTC)
SECRETS = ("Platinum-Zebra", "Quagga", "zebra@mail.test", "1666-06-06")
AUDIENCE = AudienceSchema(
    "l1",
    "Newsletter",
    {
        "TIER": MergeField("TIER", "Tier", "dropdown", choices=("Gold",)),
        "BIRTH": MergeField("BIRTH", "Birth", "date"),
        "NAME": MergeField("NAME", "Name", "text", required=True),
    },
)


def a_run(tmp_path: Path, run_id: str) -> tuple[Run, list[Path]]:
    with connect() as connection:
        connection.execute(
            "CREATE TEMP TABLE mapped AS SELECT 'Contact' AS object, 'i' || n AS id, 'k' || n AS email_key, "
            f"'{SECRETS[0]}' AS TIER, '{SECRETS[3]}x' AS BIRTH, repeat('{SECRETS[1]}', 50) AS NAME FROM range(30) r(n)"
        )
        connection.execute(f"CREATE TEMP TABLE people AS SELECT object, id, '{SECRETS[2]}' AS email FROM mapped")
        run = Run(connection)
        suites = people_suites(AUDIENCE, AUDIENCE.merge_fields, (), date(2026, 11, 22), "UTC")
        assert sum(table.num_rows for table in run.findings(suites)) == 30 * (2 + 2 + 2 - 1)
    write_data_docs(run, Storage(str(tmp_path)), "reports", "newsletter", run_id=run_id, at=AT)
    return run, [path for path in (tmp_path / "reports").rglob("*") if path.is_file()]


def test_g09_the_pages_show_counts_and_no_value(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        run, files = a_run(tmp_path, "run1")
    (page,) = [path for path in files if "validations" in path.parts and "Contact" in path.parts]
    text = page.read_text(encoding="utf-8")
    assert "unknown_dropdown_value" in text
    assert "30" in text
    for secret in SECRETS:
        assert not [path for path in files if secret.encode() in path.read_bytes()]
        assert secret not in caplog.text
        assert all(secret not in str(outcome.result) for outcome in run.outcomes)


def test_writing_again_replaces_the_pages(tmp_path: Path) -> None:
    _, first = a_run(tmp_path, "run1")
    _, second = a_run(tmp_path, "run2")
    assert len(first) == len(second)
    assert not [path for path in second if "run1" in path.parts]


def test_docs_without_results_are_an_error(tmp_path: Path) -> None:
    with connect() as connection, pytest.raises(FatalError, match="no validation results yet"):
        write_data_docs(Run(connection), Storage(str(tmp_path)), "reports", run_id="r", at=AT)
