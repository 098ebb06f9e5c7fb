"""Reads who has which tag. A member's own answer lists at most 50 tags, so memberships come from the tags' segments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from include.staging.store import Partition

if TYPE_CHECKING:
    import pyarrow as pa

    from include.mailchimp.audience import Tag
    from include.mailchimp.client import MailchimpClient
    from include.staging.store import StagingStore

CHEAP = 20_000
"""Memberships that are read again in every run (about 20 calls). Beyond, only tags that changed are."""


@dataclass(frozen=True, slots=True)
class TagReading:
    """What was read.

    Attributes:
        memberships: columns email_key, tag; of the tags that were read.
        kept: names of the tags that were not read again, because they have not changed.
        tags: all tags of the audience.
    """

    memberships: pa.Table
    kept: tuple[str, ...]
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class TagReader:
    """Reads the tags of one audience; remembers how many members each had, to find out which have changed."""

    client: MailchimpClient
    staging: StagingStore
    list_id: str

    def read(self, since: datetime | None) -> TagReading:
        """Memberships of the tags that changed since an instant; of all where there is none."""
        tags = self.client.tags(self.list_id)
        cheap = sum(tag.member_count for tag in tags) <= CHEAP
        known = self._known()
        changed = [tag for tag in tags if since is None or cheap or _changed(tag, known, since)]
        return TagReading(
            memberships=self._memberships(changed),
            kept=tuple(tag.name for tag in tags if tag not in changed),
            tags=tuple(tags),
        )

    def remember(self, reading: TagReading) -> None:
        """Note the counts, once the memberships are in the warehouse."""
        counts = {str(tag.segment_id): [tag.name, tag.member_count] for tag in reading.tags}
        self.staging.write_document(tag_memory(self.list_id), counts)

    def _known(self) -> dict[str, list[object]]:
        if not self.staging.committed(tag_memory(self.list_id)):
            return {}
        return cast("dict[str, list[object]]", self.staging.document(tag_memory(self.list_id)))

    def _memberships(self, tags: list[Tag]) -> pa.Table:
        import pyarrow as pa

        schema = pa.schema([("email_key", pa.string()), ("tag", pa.string())])
        tables = [schema.empty_table()]
        for tag in tags:
            keys = list(self.client.segment_members(self.list_id, tag.segment_id))
            tables.append(pa.table([pa.array(keys, pa.string()), pa.repeat(tag.name, len(keys))], schema=schema))
        return pa.concat_tables(tables)


def tag_memory(list_id: str) -> Partition:
    """The staged document that remembers how many members each tag of an audience had."""
    return Partition("mailchimp", "tags", list_id)


def _changed(tag: Tag, known: dict[str, list[object]], since: datetime) -> bool:
    """Whether name, number of members or time of change tell so; a tag without a time may have changed."""
    counted = known.get(str(tag.segment_id)) == [tag.name, tag.member_count]
    return not counted or not tag.updated_at or datetime.fromisoformat(tag.updated_at) >= since
