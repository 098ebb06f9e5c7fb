"""The stage `load_mirror`: what Salesforce shows of Mailchimp, brought up to date by differences (detail 7, G05)."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from include.calls import READING
from include.errors import FatalError, TransientError
from include.load.estimate import STAMP
from include.load.ground import Ground
from include.load.mirror import AUDIENCE, SUBSCRIBER, canonical, differences, shown_columns
from include.load.mirror_rows import MirrorLoad
from include.load.operations import Plan, show_plan
from include.load.pending import Pending
from include.load.requests import RequestLoad
from include.load.results import ResultLog
from include.pipelines import watermarks
from include.pipelines.current_plan import refuse_superseded
from include.pipelines.estimate import interests
from include.pipelines.held import held_of
from include.pipelines.identity import refuse_another_org
from include.pipelines.subscribers import who_is_who
from include.salesforce.refusals import TRANSIENT_CODES
from include.salesforce.storage import refuse_without_room
from include.transform.match import find_people, follow_successors, match_members
from include.warehouse.store import connect
from include.warehouse.tables import EMAILS, MEMBERS, MIRROR, PEOPLE, PLANS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from include.config.pipeline_settings import Limits
    from include.pipelines.run import SyncRun
    from include.salesforce.client import SalesforceClient
    from include.schema import AudienceSchema

OVERLAP = timedelta(minutes=10)
"""Salesforce commits late: rows can appear with a stamp before the last read."""


def load_mirror(run: SyncRun) -> dict[str, object]:
    """Answer requests, write the mirror rows that differ, then the stamp of the last sync; returns counts by state.

    Audiences with `data_sync: off` mirror their audience row only (R15); requests are answered all the same. A run for
    some people writes their rows, and does not say that the audience was synced. Raises TransientError where a retry
    can do more, StoppedByCheck where another run has planned since, where another org is connected by now and where it
    has no room for the rows, FatalError where Salesforce refuses the audience's row.
    """
    if run.dry_run:
        return {}
    refuse_superseded(run)
    client = run.project.salesforce()
    refuse_another_org(run, client)
    stage = MirrorStage(run, client, run.schema())
    counts = stage.answer_requests()
    if run.audience.data_sync:
        counts += stage.mirror_members()
    if not run.rerun.restricted:
        stage.stamp()
    return dict(counts)


@dataclass(frozen=True, slots=True)
class MirrorStage:
    """One audience's mirror: the run, the org and the audience as extraction found it."""

    run: SyncRun
    client: SalesforceClient
    schema: AudienceSchema

    def stamp(self) -> None:
        """Show the audience, its size and when it was last synced: the one write of a run without changes."""
        self.run.project.meter.purpose = STAMP
        self._upsert_audience({"Last_Sync__c": _instant(self.run.pins().extracted_at)})

    def answer_requests(self) -> Counter[str]:
        """Answer what users asked for; before the rows are read, as a user's row can become that of a new member."""
        if "answer_request" not in Plan(self.run.project.warehouse, self.run.run_id).counts():
            return Counter()
        with self._pending() as pending:
            RequestLoad(self.client, pending, self._limits.bulk_ingest_above).answer()
        self.run.project.meter.purpose = READING
        pending.log.account("salesforce")
        return pending.log.counts

    def mirror_members(self) -> Counter[str]:
        """Compare, plan and write the rows of `MC_Subscriber__c`."""
        audience_id = self.audience_id() or self._upsert_audience({})
        self.read_back()
        planned = self.differences(audience_id)
        refuse_without_room(self.client, SUBSCRIBER, planned["before"].null_count)
        self._save_plan(planned)
        return self._write()

    def differences(self, audience_id: str | None) -> pa.Table:
        """The rows to write, as `load.mirror.differences` answers them; of a restricted run, those that it covers."""
        connection, restricted = self._matched(), self.run.rerun.restricted
        connection.register("interests", interests(self.schema))
        if restricted:
            self.run.show_scope(connection)
        everyone = self.run.audience.mirror == "all"
        return differences(connection, audience_id=audience_id, everyone=everyone, restricted=restricted)

    def _matched(self) -> DuckDBPyConnection:
        """The newest members, whom they belong to, and the known mirror rows, as views."""
        connection, warehouse, list_id = connect(), self.run.project.warehouse, self.schema.list_id
        zone = self.run.project.configuration.pipeline.time_zone
        warehouse.view(connection, "members", MEMBERS, list_id=list_id)
        warehouse.view(connection, "mirror", MIRROR, list_id=list_id, object=SUBSCRIBER)
        warehouse.view(connection, "people", PEOPLE)
        warehouse.view(connection, "emails", EMAILS)
        inputs = who_is_who(self.run.audience, list_id, zone)
        find_people(connection, inputs)
        follow_successors(connection)
        match_members(connection, inputs)
        return connection

    def audience_id(self) -> str | None:
        """The Salesforce id of the audience's row; None where there is none."""
        found = list(self.client.query(f"SELECT Id FROM {AUDIENCE} WHERE List_Id__c = '{self.schema.list_id}'"))
        return str(found[0]["Id"]) if found else None

    def audience_row(self) -> dict[str, object]:
        """The audience's row as it should be, but for the time of the last sync."""
        return {
            "List_Id__c": self.schema.list_id,
            "Name": self.schema.name[:80],
            "Status__c": "active",
            "Member_Count__c": self.schema.member_count,
        }

    def _upsert_audience(self, extra: dict[str, object]) -> str:
        record = self.audience_row()
        (answer,) = self.client.upsert(AUDIENCE, "List_Id__c", [record | extra], bulk_above=1)
        if answer.success and answer.id:
            return answer.id
        refusal = f"Salesforce refused the {AUDIENCE} of list {self.schema.list_id}: {answer.code} {answer.message}"
        if answer.code in TRANSIENT_CODES:
            raise TransientError(refusal, vendor="salesforce", code=answer.code)
        raise FatalError(refusal)

    def read_back(self, *, full: bool = False) -> None:
        """Bring the table `mirror` up to what Salesforce shows: full the first time and when asked, else what changed.

        Rows are known by their key: the lookup to the audience can be changed by hand.
        """
        project, list_id = self.run.project, self.schema.list_id
        columns = shown_columns()
        before = watermarks.latest(project, list_id, SUBSCRIBER)
        mark = None if full else watermarks.find(project, list_id, SUBSCRIBER, fields_hash=columns)
        started = self.client.server_time()
        where = f"Key__c LIKE '{list_id}:%'"
        if mark is not None:
            where += f" AND SystemModstamp >= {_instant(mark - OVERLAP)}"
        shown = self._read(columns, where)
        if shown.num_rows or mark is None:
            self._merge(canonical(connect(), shown), keep=mark is not None)
        watermarks.save(project, list_id, SUBSCRIBER, started, fields_hash=columns, before=before)

    def _read(self, columns: str, where: str) -> pa.Table:
        """Rows as text columns; deleted ones too, because a row that was deleted by hand is made again."""
        import pyarrow as pa

        soql = f"SELECT {columns} FROM {SUBSCRIBER} WHERE {where}"
        names = columns.split(", ")
        schema = pa.schema([(name, pa.string()) for name in names])
        limit = self._limits.bulk_query_above
        count = self.client.count(f"SELECT COUNT() FROM {SUBSCRIBER} WHERE {where}", include_deleted=True)
        if count > limit:
            pages = [page.select(names).cast(schema) for page in self.client.bulk_query(soql, include_deleted=True)]
            return pa.concat_tables(pages) if pages else schema.empty_table()
        rows = [
            {name: None if row.get(name) is None else str(row[name]) for name in names}
            for row in self.client.query(soql, include_deleted=True)
        ]
        return pa.Table.from_pylist(rows, schema=schema)

    def _merge(self, rows: pa.Table, *, keep: bool) -> None:
        """Put rows (key, id, record, is_deleted) over the known ones; a row can have got another key."""
        warehouse, list_id = self.run.project.warehouse, self.schema.list_id

        def compute(version: int) -> pa.Table:
            connection = connect()
            warehouse.view(connection, "known", MIRROR, version, list_id=list_id, object=SUBSCRIBER)
            connection.register("fresh", rows)
            taken = "key IN (SELECT key FROM fresh) OR coalesce(id IN (SELECT id FROM fresh), false)"
            kept = f"NOT ({taken})" if keep else "false"
            return connection.sql(
                f"""SELECT * FROM known WHERE {kept} UNION ALL BY NAME
                SELECT $list_id AS list_id, $object AS object, key, id, record FROM fresh WHERE NOT is_deleted""",
                params={"list_id": list_id, "object": SUBSCRIBER},
            ).to_arrow_table()

        warehouse.update(MIRROR, compute, list_id=list_id, object=SUBSCRIBER)

    def _save_plan(self, planned: pa.Table) -> None:
        """Add the mirror's operations to the run's plan; a rerun replaces those that nobody has tried yet."""
        run, warehouse = self.run, self.run.project.warehouse

        def compute(version: int) -> pa.Table:
            connection = connect()
            show_plan(connection, warehouse, run.run_id, version)
            connection.register("planned", planned)
            return connection.sql(
                """
                WITH kept AS (
                    FROM plans WHERE kind <> 'upsert_mirror' OR op_id IN (SELECT op_id FROM results)
                ), fresh AS (
                    SELECT left(sha256(concat_ws(chr(31), $audience, 'upsert_mirror', key, "after")), 32) AS op_id,
                           email_key, person_id, "before", "after",
                           CASE WHEN row_id IS NOT NULL THEN json_object('row', row_id)::VARCHAR END AS precondition
                    FROM planned
                )
                FROM kept UNION ALL BY NAME
                SELECT *, $run_id AS run_id, 'upsert_mirror' AS kind, $audience AS audience, 'R09' AS behaviour,
                       $planned_at AS planned_at, 'load_mirror' AS planned_by
                FROM fresh ANTI JOIN kept USING (op_id)
                """,
                params={"run_id": run.run_id, "audience": run.stem, "planned_at": datetime.now(UTC)},
            ).to_arrow_table()

        warehouse.update(PLANS, compute, run_id=run.run_id)

    def _write(self) -> Counter[str]:
        """Upsert the planned rows and remember what Salesforce took."""
        with self._pending() as pending:
            MirrorLoad(self.client, self.schema.list_id, pending, self._limits.bulk_ingest_above).write()
        if pending.log.counts["applied"]:
            self._merge(self._taken(), keep=True)
        pending.log.account("salesforce")
        return pending.log.counts

    @property
    def _limits(self) -> Limits:
        return self.run.project.configuration.pipeline.limits

    @contextmanager
    def _pending(self) -> Iterator[Pending]:
        """What is left of the plan, with a log that is written at the end."""
        project = self.run.project
        with ResultLog(project.warehouse, self.run.run_id) as log:
            plan = Plan(project.warehouse, self.run.run_id)
            yield Pending(plan, Ground(), held_of(self.run), log, project.meter)

    def _taken(self) -> pa.Table:
        """The rows that Salesforce took in this run: key, id, record, is_deleted."""
        connection = connect()
        show_plan(connection, self.run.project.warehouse, self.run.run_id)
        return connection.sql(
            """
            SELECT $list_id || ':' || email_key AS key, vendor_id AS id, "after" AS record, false AS is_deleted
            FROM plans JOIN results USING (op_id) WHERE kind = 'upsert_mirror' AND state = 'applied'
            QUALIFY row_number() OVER (PARTITION BY key ORDER BY "at" DESC) = 1
            """,
            params={"list_id": self.schema.list_id},
        ).to_arrow_table()


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
