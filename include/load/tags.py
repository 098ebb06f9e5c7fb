"""Carries out `create_tag`, `add_tag`, `remove_tag`: tags are static segments, 500 members a call (R14, X01)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from include.errors import PermanentError
from include.keys import email_key
from include.load.chunks import in_chunks, send
from include.load.operations import Operation
from include.load.refusals import reason_of
from include.mailchimp.client import NOT_FOUND, WRITE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from include.load.pending import Pending
    from include.mailchimp.client import MailchimpClient

Answered = list[tuple["Sequence[Operation]", "dict[str, Any] | PermanentError"]]
"""Parts of a group, with what the vendor said of each."""


@dataclass(frozen=True, slots=True)
class TagLoad:
    """Creates and assigns the tags of one audience."""

    client: MailchimpClient
    list_id: str
    pending: Pending

    def create(self) -> None:
        """Create the planned tags that are not there yet."""
        for operation in self.pending.operations("create_tag"):
            self._create(operation)

    def assign(self) -> None:
        """Give the planned tags to their members."""
        by_tag = itertools.groupby(self.pending.operations("add_tag"), lambda operation: str(operation.after["tag"]))
        segments: dict[str, int] | None = None
        for tag, operations in by_tag:
            segments = self._segments() if segments is None else segments
            if tag in segments:
                self._assign(segments[tag], operations)
            else:
                for operation in operations:
                    self.pending.log.record(operation, "precondition_gone", "no_such_tag")

    def take_away(self) -> None:
        """Take the planned tags from their members."""
        by_tag = itertools.groupby(self.pending.operations("remove_tag"), lambda operation: str(operation.after["tag"]))
        segments: dict[str, int] | None = None
        for tag, operations in by_tag:
            segments = self._segments() if segments is None else segments
            if tag in segments:
                self._take(segments[tag], operations)
            else:
                for operation in operations:
                    self.pending.log.record(operation, "already_there", "no_such_tag")

    def _take(self, segment_id: int, operations: Iterable[Operation]) -> None:
        """Take one tag away. Members that the answers leave out have it no more, or are gone."""

        def take(chunk: Sequence[Operation]) -> dict[str, Any]:
            emails = [operation.after["email_address"] for operation in chunk]
            return self.client.remove_from_segment(self.list_id, segment_id, emails)

        def sent(chunk: Sequence[Operation]) -> Answered:
            return list(send(chunk, take, lambda error: error.code != NOT_FOUND))

        for answered in self.client.map(sent, in_chunks(operations, WRITE_LIMIT)):
            for part, answer in answered:
                for operation in self._record(part, answer, "members_removed"):
                    self.pending.log.record(operation, "already_there", "has_no_tag")

    def _segments(self) -> dict[str, int]:
        return {tag.name: tag.segment_id for tag in self.client.tags(self.list_id)}

    def _create(self, operation: Operation) -> None:
        """Create a tag, unless it is there: by hand, or by a try whose answer was lost."""
        tag = operation.after["tag"]
        if tag in self._segments():
            self.pending.log.record(operation, "already_there", "tag_exists")
            return
        try:
            self.client.create_segment(self.list_id, tag)
        except PermanentError as error:
            if tag in self._segments():
                self.pending.log.record(operation, "already_there", "tag_exists")
            else:
                self.pending.log.record(operation, "refused", reason_of(str(error), error.fields), code=error.code)
        else:
            self.pending.log.record(operation, "applied")

    def _assign(self, segment_id: int, operations: Iterable[Operation]) -> None:
        """Give one tag. Members that the answers leave out have it already, or are gone: read once, at the end."""

        def give(chunk: Sequence[Operation]) -> dict[str, Any]:
            return self.client.add_to_segment(
                self.list_id, segment_id, [operation.after["email_address"] for operation in chunk]
            )

        def sent(chunk: Sequence[Operation]) -> Answered:
            return list(send(chunk, give, lambda error: error.code != NOT_FOUND))

        unsaid: list[Operation] = []
        for answered in self.client.map(sent, in_chunks(operations, WRITE_LIMIT)):
            for part, answer in answered:
                unsaid += self._record(part, answer)
        holders = self.client.segment_members(self.list_id, segment_id) if unsaid else set()
        for operation in unsaid:
            if operation.email_key in holders:
                self.pending.log.record(operation, "already_there", "has_tag")
            else:
                self.pending.log.record(operation, "precondition_gone", "no_such_member")

    def _record(
        self, part: Sequence[Operation], answer: dict[str, Any] | PermanentError, changed: str = "members_added"
    ) -> list[Operation]:
        """Note who was refused and whose tag changed; returns the others."""
        if isinstance(answer, PermanentError):
            self.pending.log.record(part[0], "refused", reason_of(str(answer), answer.fields), code=answer.code)
            return []
        added = {email_key(member["email_address"]) for member in answer[changed]}
        for operation in part:
            if operation.email_key in added:
                self.pending.log.record(operation, "applied")
        return [operation for operation in part if operation.email_key not in added]
