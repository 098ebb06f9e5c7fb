"""The ledger's vocabulary is closed, and documented (G03)."""

from __future__ import annotations

import re
from pathlib import Path

from include.transform.reasons import MEANINGS, Reason

DOCS = Path(__file__).parents[3] / "docs" / "transform.md"


def test_every_reason_has_a_state_and_a_meaning() -> None:
    assert set(MEANINGS) == set(Reason)


def test_g03_the_docs_list_every_reason_with_its_state_and_meaning() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", DOCS.read_text("utf-8"), re.MULTILINE)
    assert rows == [(str(reason), meaning.state, meaning.text) for reason, meaning in MEANINGS.items()]
