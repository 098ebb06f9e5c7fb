"""The golden world has every rule in it: its stories miss no kind of operation and no reason of the ledger."""

from __future__ import annotations

from include.pipelines.ending import LOADERS
from include.transform.reasons import Reason
from tests.golden.cast import FOLDER

ELSEWHERE = {
    Reason.DATA_SYNC_OFF: "a whole audience stays as it is (tests/unit/transform/test_precedence.py)",
    Reason.OTHER_QUERY: "a run for one query (tests/unit/transform/test_precedence.py)",
    Reason.REQUIRED_MERGE_FIELD: "validation holds the record back first (tests/unit/transform/test_additions.py)",
}
"""What these two whole syncs can't show."""


def test_every_operation_and_every_reason_has_a_part_in_the_golden_world() -> None:
    told = "".join((FOLDER / f"{policy}.txt").read_text("utf-8") for policy in ("legacy_parity", "two_way"))
    assert {kind for kind in LOADERS if f" plan {kind}" not in told} == set()
    missing = {reason for reason in Reason if f", {reason}\n" not in told}
    assert missing == set(ELSEWHERE), "give it one of the cast, or say why it has none"
