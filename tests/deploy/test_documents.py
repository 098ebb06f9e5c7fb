"""The tables in docs/sandbox.md show every switch of both servers."""

from pathlib import Path

import pytest

from deploy.documents import sandbox
from deploy.home import PROJECT


def test_every_switch_stands_in_the_document_with_its_default_and_meaning():
    text = sandbox.text(PROJECT)
    for switches in sandbox.TABLES.values():
        for name, switch in switches.items():
            row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
            assert row.endswith(f"| {switch.meaning} |")


def test_a_document_without_the_marks_is_refused(tmp_path: Path):
    (tmp_path / "docs").mkdir()
    (tmp_path / sandbox.DOCUMENT).write_text("# The sandbox\n", "utf-8")
    with pytest.raises(ValueError, match="switches of salesforce"):
        sandbox.text(tmp_path)
