"""Carries out `create_tag`, `add_tag`, `remove_tag`: tags are static segments, 500 members a call (R14, X01)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from include.errors import PermanentError
from include.keys import email_key
from include.load.chunks import in_chunks, send
from include.load.operations import Operation
from include.load.refusals import reason_of
from include.mailchimp.client import NOT_FOUND, WRITE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from include.load.pending import Pending
    from include.load.results import ResultState
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
        for segment_id, operations in self._by_segment("add_tag", "precondition_gone"):
            self._assign(segment_id, operations)

    def take_away(self) -> None:
        """Take the planned tags from their members."""
        for segment_id, operations in self._by_segment("remove_tag", "already_there"):
            self._take(segment_id, operations)

    def _by_segment(self, kind: str, without_tag: ResultState) -> Iterator[tuple[int, Iterable[Operation]]]:
        """Operations by their tag's segment; those of a tag that is not there end in the given state."""
        segments: dict[str, int] | None = None
        for tag, operations in itertools.groupby(self.pending.operations(kind), lambda each: str(each.after["tag"])):
            segments = self._segments() if segments is None else segments
            if tag in segments:
                yield segments[tag], operations
            else:
                for operation in operations:
                    self.pending.log.record(operation, without_tag, "no_such_tag")

    def _unsaid(
        self, operations: Iterable[Operation], change: Callable[[list[str]], dict[str, Any]], changed: str
    ) -> Iterator[Operation]:
        """Change a tag of members, and note what the answers say; yields the operations that they leave out.

        `change` takes e-mails; `changed` is where its answers list whose tag it changed.
        """

        def call(chunk: Sequence[Operation]) -> dict[str, Any]:
            return change([operation.after["email_address"] for operation in chunk])

        def sent(chunk: Sequence[Operation]) -> Answered:
            return list(send(chunk, call, lambda error: error.code != NOT_FOUND))

        for answered in self.client.map(sent, in_chunks(operations, WRITE_LIMIT)):
            for part, answer in answered:
                yield from self._record(part, answer, changed)

    def _take(self, segment_id: int, operations: Iterable[Operation]) -> None:
        """Take one tag away. Members that the answers leave out have it no more, or are gone."""
        take = partial(self.client.remove_from_segment, self.list_id, segment_id)
        for operation in self._unsaid(operations, take, "members_removed"):
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
        give = partial(self.client.add_to_segment, self.list_id, segment_id)
        unsaid = list(self._unsaid(operations, give, "members_added"))
        holders = self.client.segment_members(self.list_id, segment_id) if unsaid else set()
        for operation in unsaid:
            if operation.email_key in holders:
                self.pending.log.record(operation, "already_there", "has_tag")
            else:
                self.pending.log.record(operation, "precondition_gone", "no_such_member")

    def _record(
        self, part: Sequence[Operation], answer: dict[str, Any] | PermanentError, changed: str
    ) -> list[Operation]:
        """Note who was refused and whose tag changed; returns the others."""
        if isinstance(answer, PermanentError):
            self.pending.log.record(part[0], "refused", reason_of(str(answer), answer.fields), code=answer.code)
            return []
        done = {email_key(member["email_address"]) for member in answer[changed]}
        for operation in part:
            if operation.email_key in done:
                self.pending.log.record(operation, "applied")
        return [operation for operation in part if operation.email_key not in done]
