"""New members whose add was carried out though nobody heard of it: the answer was lost, or the task was killed.

They are the run's own, as if the answer had come: what was given with them counts as given (X01), and their values as
synced. Somebody who joins in the same minutes is told apart by what the member shows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from include.load.ground import MARGIN, all_allowed
from include.mailchimp.member_table import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from include.load.operations import Operation
    from include.mailchimp.client import MailchimpClient

FIELDS = ("id", "status", "merge_fields", "interests")


def added_before(
    client: MailchimpClient, list_id: str, extracted_at: datetime, operations: Iterable[Operation]
) -> set[str]:
    """E-mail keys of the planned new members that an earlier call of the same plan has added.

    To be asked of operations only that such a call may have sent. A member is ours when it shows what was planned: its
    status, its values, these groups and no others. One whose values Mailchimp keeps in another form is not recognized.
    """
    planned = {operation.email_key: operation for operation in operations}
    found: set[str] = set()
    if not planned:
        return found
    for page in client.members(list_id, fields=FIELDS, since_last_changed=extracted_at - MARGIN):
        columns = [page[COLUMNS[field].name].to_pylist() for field in FIELDS]
        for key, status, merge_fields, groups in zip(*columns, strict=True):
            if key in planned and _is_as_planned(planned[key], status, merge_fields, groups):
                found.add(key)
    return found


def _is_as_planned(operation: Operation, status: str, merge_fields: str, groups: Sequence[str]) -> bool:
    after = operation.after
    given = {group for group, on in after.get("interests", {}).items() if on}
    values = {name: [value] for name, value in after.get("merge_fields", {}).items()}
    return status == after["status"] and {*groups} == given and all_allowed(json.loads(merge_fields), values)
