"""Carries out `create_tag` and `add_tag`: tags are static segments, filled up to 500 members a call (R14)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.errors import PermanentError
from include.keys import email_key
from include.load.operations import Operation, in_chunks
from include.mailchimp.client import WRITE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from include.load.pending import Pending
    from include.mailchimp.client import MailchimpClient


@dataclass(frozen=True, slots=True)
class TagLoad:
    """Creates and assigns the tags of one audience."""

    client: MailchimpClient
    list_id: str
    pending: Pending

    def create(self) -> None:
        """Create the planned tags that are not there yet."""
        present = self.client.audience_schema(self.list_id).tags
        for operation in self.pending.operations("create_tag"):
            if operation.after["tag"] in present:
                self.pending.log.record(operation.op_id, "already_there", "tag_exists")
            else:
                self.client.create_segment(self.list_id, operation.after["tag"])
                self.pending.log.record(operation.op_id, "applied")

    def assign(self) -> None:
        """Give the planned tags to their members."""
        pending = self.pending.operations("add_tag")
        first = next(pending, None)
        if first is None:
            return
        segments = self.client.audience_schema(self.list_id).tags
        by_tag: dict[str, list[Operation]] = {}
        for operation in itertools.chain([first], pending):
            by_tag.setdefault(operation.after["tag"], []).append(operation)
        for tag, operations in sorted(by_tag.items()):
            for chunk in in_chunks(iter(operations), WRITE_LIMIT):
                self._assign(segments[tag], chunk)

    def _assign(self, segment_id: int, chunk: Sequence[Operation]) -> None:
        emails = [operation.after["email_address"] for operation in chunk]
        try:
            answer = self.client.add_to_segment(self.list_id, segment_id, emails)
        except PermanentError as error:
            for operation in chunk:
                self.pending.log.record(operation.op_id, "refused", str(error), code=error.code)
            return
        added = {email_key(member["email_address"]) for member in answer["members_added"]}
        refused = {email_key(email) for error in answer["errors"] for email in error["email_addresses"]}
        unsaid = {operation.email_key for operation in chunk} - added - refused
        holders = set(self.client.segment_members(self.list_id, segment_id)) if unsaid or refused else set()
        for operation in chunk:
            if operation.email_key in added:
                self.pending.log.record(operation.op_id, "applied")
            elif operation.email_key in holders:
                self.pending.log.record(operation.op_id, "already_there", "has_tag")
            else:
                self.pending.log.record(operation.op_id, "precondition_gone", "no_such_member")
