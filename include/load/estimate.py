"""How many calls a plan will take, before any is made (M05).

A call that has to be tried again, a group that is refused whole and halved, and what is read on the way to a refusal
come on top.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from include.calls import nested
from include.load.mirror_rows import UPSERT_CHUNK
from include.mailchimp.batches import OPERATIONS_LIMIT
from include.mailchimp.client import WRITE_LIMIT
from include.salesforce.rows import IDS_PER_CALL, ROWS_PER_CALL

if TYPE_CHECKING:
    from include.config.pipeline_settings import Limits

CALLS_PER_BATCH = 9
"""Starting a Mailchimp batch, and looking at it until it is done, some three minutes."""
CALLS_PER_JOB = 9
"""Creating, filling and closing a job of Bulk API 2.0, three looks at it, and its three results."""
SINGLE = ("update_member", "unsubscribe_member", "move_member", "archive_member")
"""Operations of one call each; all but moves go in batches when there are many."""
PEOPLE = ("opt_out_person", "update_person")
MIRROR, STAMP = "upsert_mirror", "stamp_audience"


def estimated_calls(
    planned: Mapping[tuple[str, str | None], int], mirror_rows: int, limits: Limits, *, stamps: bool = True
) -> dict[str, dict[str, int]]:
    """Calls by vendor and kind of operation; reading is not estimated.

    Args:
        planned: the number of operations by kind and tag (None: the kind has none).
        mirror_rows: rows of `MC_Subscriber__c` that will differ.
        limits: from where on batches and bulk jobs are used.
        stamps: whether the run says in the end that the audience was synced.
    """
    kinds: Counter[str] = Counter()
    for (kind, _), number in planned.items():
        kinds[kind] += number
    calls: Counter[tuple[str, str]] = Counter()
    calls["mailchimp", "add_member"] = _groups(kinds["add_member"], WRITE_LIMIT)
    for kind in SINGLE:
        batched = kinds[kind] > limits.batch_above and kind != "move_member"
        batches = _groups(kinds[kind], OPERATIONS_LIMIT) * CALLS_PER_BATCH
        calls["mailchimp", kind] = batches if batched else kinds[kind]
    calls["mailchimp", "create_tag"] = 2 * kinds["create_tag"]
    for kind in ("add_tag", "remove_tag"):
        groups = [_groups(number, WRITE_LIMIT) for (each, _), number in planned.items() if each == kind]
        calls["mailchimp", kind] = sum(groups) + bool(groups)  # and one to read the tags' ids
    calls["salesforce", "create_lead"] = _groups(kinds["create_lead"], ROWS_PER_CALL)
    for kind in PEOPLE:
        calls["salesforce", kind] = _records(kinds[kind], limits)
    calls["salesforce", "update_person"] += _groups(kinds["update_person"], IDS_PER_CALL)  # read just before
    calls["salesforce", "answer_request"] = _groups(kinds["answer_request"], IDS_PER_CALL) + _records(
        kinds["answer_request"], limits
    )
    calls["salesforce", MIRROR] = _records(mirror_rows, limits)
    calls["salesforce", STAMP] = int(stamps)
    return nested(+calls)


def _groups(number: int, size: int) -> int:
    return -(-number // size)


def _records(rows: int, limits: Limits) -> int:
    """Calls that change so many records."""
    if rows > limits.bulk_ingest_above:
        return _groups(rows, UPSERT_CHUNK) * CALLS_PER_JOB
    return _groups(rows, ROWS_PER_CALL)
