"""The stage `extract` of an audience's sync: what Mailchimp holds now, into the warehouse.

Written in this order: staged members, former e-mails, members, watermark, pins. Killed between any two, the next try
reads from the old watermark again and ends in the same state (G04).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from include.errors import FatalError, StoppedByCheck
from include.mailchimp.member_table import KEY_FIELDS, STATE_FIELDS
from include.pipelines import emptied, watermarks
from include.pipelines.elsewhere import read_elsewhere
from include.pipelines.find_audience import find_audience, known_list
from include.pipelines.identity import connect_mailchimp, connect_salesforce, note_planned_for
from include.pipelines.members import OWN_TAGS, Look, MemberTable
from include.pipelines.missing_audience import mark_missing
from include.pipelines.requests import read_requests
from include.pipelines.run import pinned
from include.pipelines.selections import read_selections
from include.pipelines.tag_reading import TagReader
from include.warehouse.tables import MEMBERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from include.mailchimp.audience import Listing
    from include.mailchimp.client import MailchimpClient
    from include.pipelines.run import SyncRun
    from include.schema import AudienceSchema

MARGIN = timedelta(minutes=10)
"""By how much two reads overlap: the vendor's servers need not agree on the time, nor show a change at once (G10)."""
ROWS_PER_FILE = 100_000
SINGLE_READS = 500
"""Members that are looked up one by one; more cost a full read."""
SECOND_LOOK = 10**12
"""What is read to settle a doubt is numbered from here: it was seen after everything else."""
ARCHIVED = "archived"
TAGGED_FIELDS = (*STATE_FIELDS, "tags")


def extract(run: SyncRun) -> dict[str, object]:
    """Read the audience and its members, full the first time, then what changed; pin what the run reads.

    The run can ask to read everything again, or what changed since an earlier time (`Rerun`).

    Raises:
        ConfigError: no such audience; the message names those that exist.
        FatalError: the audience was there before and is gone (R04).
        StoppedByCheck: another account or org than the connected one; or Mailchimp shows no member at all where there
            were some; ApprovalNeeded of these where a person can say that it is right (G06).
    """
    project, client = run.project, run.project.mailchimp()
    identities = [connect_mailchimp(project, client)]
    if not run.dry_run:
        identities.append(connect_salesforce(project, project.salesforce()))
    note_planned_for(run, *identities)
    listings = client.audiences()
    listing = _found(run, listings)
    read_at = client.server_time()
    schema = client.audience_schema(listing.list_id)
    run.save_schema(schema)
    fields_hash = _fields_hash(schema)
    before = watermarks.latest(project, schema.list_id, "members")
    known_until = watermarks.find(project, schema.list_id, "members", fields_hash=fields_hash)
    since = run.rerun.reads_from(known_until)
    reader = _Reader(run, client, schema.list_id, read_at)
    counts = reader.read(since, "members", complete=True)
    watermarks.save(project, schema.list_id, "members", read_at - MARGIN, fields_hash=fields_hash, before=before)
    run.save_pins(pinned(run, read_at))
    counts["selected_in_salesforce"] = read_selections(run, schema)
    counts["requests"] = read_requests(run, schema)
    counts["subscribed_elsewhere"] = read_elsewhere(run, client, listings)
    return counts | {"full": since is None, "calls": client.calls}


def _found(run: SyncRun, listings: list[Listing]) -> Listing:
    """The audience; where it is gone, the run ends here and the mirror shows it."""
    try:
        return find_audience(run, listings)
    except FatalError:
        known = known_list(run)
        if known is not None and not run.dry_run:
            mark_missing(run, known)
        raise


def refresh_members(run: SyncRun, schema: AudienceSchema, since: datetime) -> dict[str, object]:
    """Read again what changed since an instant (the vendor's clock) and merge it; the watermark stays."""
    client = run.project.mailchimp()
    reader = _Reader(run, client, schema.list_id, client.server_time())
    return reader.read(since - MARGIN, "members_refreshed", complete=False) | {"calls": client.calls}


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one audience at one time."""

    run: SyncRun
    client: MailchimpClient
    list_id: str
    read_at: datetime

    def read(self, since: datetime | None, name: str, *, complete: bool) -> dict[str, object]:
        """Read what changed, and, where asked for completeness, find out who is gone; then merge."""
        tags = TagReader(self.client, self.run.project.staging, self.list_id)
        tagged = tags.read(since)
        read, files = self._stage(name, self._changed(since))
        look = Look(files, tagged.memberships, tagged.kept)
        table = MemberTable(self.run.project.warehouse, self.list_id)
        if complete:
            look = self._completed(table, look, name)
        counts = table.merge(look, self.read_at)
        tags.remember(tagged)
        return {"read": read, **counts}

    def _changed(self, since: datetime | None) -> Iterator[pa.Table]:
        """Members in every status. Archived ones last: who was archived meanwhile is archived."""
        yield from self.client.members(self.list_id, fields=STATE_FIELDS, since_last_changed=since)
        for status in OWN_TAGS:
            yield from self.client.members(self.list_id, fields=TAGGED_FIELDS, status=status, since_last_changed=since)

    def _completed(self, table: MemberTable, look: Look, name: str) -> Look:
        """The look with what it missed, and with who is gone: `since_last_changed` shows neither (detail 8).

        The vendor's totals tell whether there is anything to look for.
        """
        import pyarrow as pa

        totals = (self.client.count_members(self.list_id), self.client.count_members(self.list_id, ARCHIVED))
        expected = table.counts(look)
        if sum(expected) and not sum(totals):
            self._ask_about_none(sum(expected))
        if totals == expected:
            return look
        scan = pa.concat_tables([*self._keys(None), *self._keys(ARCHIVED)])
        doubtful = table.doubtful(look, scan)
        _, files = self._stage(f"{name}_again", self._looked_up(doubtful), seen_from=SECOND_LOOK)
        look = replace(look, files=look.files + files)
        there = set(scan["email_key"].to_pylist()) | table.seen_since(look, SECOND_LOOK)
        return replace(look, gone=tuple(set(doubtful) - there))

    def _ask_about_none(self, known: int) -> None:
        """Go on where a person has accepted that the audience is empty; what does not sync asks nobody, and stops."""
        source, number = emptied.mailchimp(self.run), {MEMBERS.name: known}
        message = (
            f"Mailchimp shows no member of audience {self.list_id}, where {known:,} were known; nothing was changed. "
            "Check that the API key is of the right account and what happened to the audience there"
        )
        if not self.run.dry_run:
            emptied.ask_unless_accepted(source, number, message)
        elif not emptied.accepted(source, number):
            raise StoppedByCheck(message)

    def _keys(self, status: str | None) -> Iterator[pa.Table]:
        return self.client.members(self.list_id, fields=KEY_FIELDS, status=status)

    def _looked_up(self, keys: list[str]) -> Iterator[pa.Table]:
        """Members as a second look shows them; who is not among them is gone."""
        if len(keys) > SINGLE_READS:
            return self._changed(None)
        found = self.client.map(lambda key: self.client.member(self.list_id, key, fields=TAGGED_FIELDS), keys)
        return (table for table in found if table is not None)

    def _stage(self, name: str, tables: Iterable[pa.Table], *, seen_from: int = 0) -> tuple[int, tuple[str, ...]]:
        """Commit tables as a partition of the run; the number of rows, and the files."""
        staging, partition = self.run.project.staging, self.run.partition(name)
        rows = staging.write(partition, _in_files(_shaped(tables, seen_from)), schema=_staged_schema())
        return rows, tuple(staging.files(partition))


def _staged_schema() -> pa.Schema:
    """The columns of `members`, of one audience, and `seen`, a number that grows as rows are read."""
    import pyarrow as pa

    schema = MEMBERS.schema()
    return schema.remove(schema.get_field_index("list_id")).append(pa.field("seen", pa.int64()))


def _shaped(tables: Iterable[pa.Table], seen: int) -> Iterator[pa.Table]:
    """Pages in the staged columns; tags are null where they were not asked for."""
    import pyarrow as pa

    schema = _staged_schema()
    for table in tables:
        page = table.append_column("seen", pa.array(range(seen, seen + table.num_rows), pa.int64()))
        seen += table.num_rows
        if "tags" not in page.column_names:
            page = page.append_column("tags", pa.nulls(page.num_rows, schema.field("tags").type))
        yield page.select(schema.names).cast(schema)


def _in_files(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in tables large enough for a file each."""
    import pyarrow as pa

    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(page.num_rows for page in waiting) >= ROWS_PER_FILE:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _fields_hash(schema: AudienceSchema) -> str:
    """What a member's answer is made of: another merge field or group means a full read."""
    groups = sorted(interest.id for interest in schema.interests.values())
    parts = "\n".join([*STATE_FIELDS, *sorted(schema.merge_fields), *groups])
    return hashlib.sha256(parts.encode()).hexdigest()
