"""The newest snapshot in Salesforce: rows of `MC_Subscriber_Activity__c`, written and deleted by differences (G05).

A row never changes: its key holds all that it shows. So keys alone are compared.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from include.errors import StoppedByCheck, TransientError
from include.salesforce.refusals import TRANSIENT_CODES
from include.salesforce.storage import refuse_without_room
from include.warehouse.store import connect
from include.warehouse.tables import ACTIVITY_SNAPSHOTS, CAMPAIGNS, MIRROR

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from include.config.pipeline_settings import Limits
    from include.salesforce.client import SalesforceClient, WriteResult
    from include.warehouse.store import Warehouse

log = logging.getLogger(__name__)

ACTIVITY = "MC_Subscriber_Activity__c"
CAMPAIGN = "MC_Campaign__c"
SUBSCRIBER = "MC_Subscriber__c"
CHUNK = 50_000
"""Rows that are handed to the client at once."""
PASSING = {*TRANSIENT_CODES, "UNPROCESSED"}
_ISO = "strftime({0}, '%Y-%m-%dT%H:%M:%SZ')"


@dataclass(slots=True)
class ActivityLoad:
    """Brings Salesforce to the snapshot of a day (YYYY-MM-DD), one audience after the other."""

    client: SalesforceClient
    warehouse: Warehouse
    limits: Limits
    day: str
    counts: Counter[str] = field(default_factory=Counter)

    def load(self, list_id: str) -> None:
        """Write campaigns, then rows that are missing, then delete rows that left the snapshot.

        Subscribers without a row of `MC_Subscriber__c` are left out and counted. Raises StoppedByCheck where the
        snapshot is empty but Salesforce shows activity, or the org has no room for the rows.
        """
        connection = connect()
        self.warehouse.view(connection, "snapshot", ACTIVITY_SNAPSHOTS, day=self.day, list_id=list_id)
        self.warehouse.view(connection, "mirror", MIRROR, list_id=list_id, object=SUBSCRIBER)
        self.warehouse.view(connection, "campaigns", CAMPAIGNS, list_id=list_id)
        connection.execute(_WANTED)
        connection.register("shown", self._shown(list_id))
        self._stop_when_empty(connection, list_id)
        self._write_campaigns(connection, list_id)
        self._write_rows(connection)
        self._delete_rows(connection)
        left_out = connection.sql("SELECT count(DISTINCT subscriber) FROM wanted WHERE NOT mirrored").fetchall()
        self.counts["subscribers_without_mirror_row"] += left_out[0][0]

    def finish(self) -> None:
        """Raises TransientError where Salesforce refused rows for a passing reason; the next try writes them."""
        if self.counts["failed"]:
            raise TransientError(
                f"{self.counts['failed']} activity rows failed and can be tried again", vendor="salesforce"
            )

    def _shown(self, list_id: str) -> pa.Table:
        """What Salesforce shows of an audience: key, id."""
        import pyarrow as pa

        where = f"FROM {ACTIVITY} WHERE Key__c LIKE '{list_id}:%'"
        soql = f"SELECT Id, Key__c {where}"
        if self.client.count(f"SELECT COUNT() {where}") > self.limits.bulk_query_above:
            pages = [page.select(["Key__c", "Id"]) for page in self.client.bulk_query(soql)]
            if pages:
                return pa.concat_tables(pages).rename_columns(["key", "id"])
        rows = [{"key": row["Key__c"], "id": row["Id"]} for row in self.client.query(soql)]
        return pa.Table.from_pylist(rows, schema=pa.schema([("key", pa.string()), ("id", pa.string())]))

    def _stop_when_empty(self, connection: DuckDBPyConnection, list_id: str) -> None:
        ((wanted, shown),) = connection.sql(
            "SELECT (SELECT count(*) FROM wanted), (SELECT count(*) FROM shown)"
        ).fetchall()
        if shown and not wanted:
            raise StoppedByCheck(
                f"the snapshot of {self.day} has no activity for audience {list_id}, where Salesforce shows {shown} "
                f"rows; nothing was deleted. Check members and people of the last sync; if it is right, delete the "
                f"rows of {ACTIVITY} yourself"
            )

    def _write_campaigns(self, connection: DuckDBPyConnection, list_id: str) -> None:
        """The campaigns that the snapshot names, where their row is missing or differs."""
        shown = {
            row["Campaign_Id__c"]: (row["Name"], _seconds(row["Sent__c"]), row.get("Audience__r.List_Id__c"))
            for row in self.client.query(
                f"SELECT Campaign_Id__c, Name, Sent__c, Audience__r.List_Id__c FROM {CAMPAIGN}"
            )
        }
        named = connection.sql(_CAMPAIGNS).fetchall()
        records = [
            {
                "Campaign_Id__c": campaign_id,
                "Name": name,
                "Sent__c": sent,
                "Audience__r": {"List_Id__c": list_id},
            }
            for campaign_id, name, sent in named
            if shown.get(campaign_id) != (name, _seconds(sent), list_id)
        ]
        answers = self.client.upsert(CAMPAIGN, "Campaign_Id__c", records, self.limits.bulk_ingest_above)
        self._count("campaigns_written", answers if records else ())

    def _write_rows(self, connection: DuckDBPyConnection) -> None:
        missing = connection.sql(_MISSING).to_arrow_table()
        refuse_without_room(self.client, ACTIVITY, missing.num_rows)
        for start in range(0, missing.num_rows, CHUNK):
            records = [_record(row) for row in missing.slice(start, CHUNK).to_pylist()]
            self._count("written", self.client.upsert(ACTIVITY, "Key__c", records, self.limits.bulk_ingest_above))

    def _delete_rows(self, connection: DuckDBPyConnection) -> None:
        gone = connection.sql(_GONE).to_arrow_table()["id"].to_pylist()
        for start in range(0, len(gone), CHUNK):
            ids = gone[start : start + CHUNK]
            self._count("deleted", self.client.delete(ACTIVITY, ids, self.limits.bulk_ingest_above))

    def _count(self, done: str, answers: Iterable[WriteResult]) -> None:
        refused: Counter[str] = Counter()
        for answer in answers:
            if answer.success or answer.code == "ENTITY_IS_DELETED":
                self.counts[done] += 1
            elif answer.code in PASSING:
                self.counts["failed"] += 1
            else:
                self.counts["refused"] += 1
                refused[answer.code] += 1
        if refused:
            log.warning("Salesforce refused activity rows, by code: %s", dict(refused))


def _record(row: dict[str, str]) -> dict[str, object]:
    return {
        "Key__c": row["key"],
        "Subscriber__r": {"Key__c": row["subscriber"]},
        "Campaign__r": {"Campaign_Id__c": row["campaign_id"]},
        "Type__c": row["type"],
        "At__c": row["at"],
        "Url__c": row["url"],
    }


def _seconds(instant: object) -> str:
    """`2026-11-22T09:00:00` of a Salesforce datetime."""
    return str(instant)[:19]


_WANTED = f"""
CREATE TEMP TABLE wanted AS
SELECT subscriber || ':' || md5(concat_ws('|', type, "at", campaign_id, coalesce(url, ''))) AS key, subscriber,
       subscriber IN (SELECT key FROM mirror) AS mirrored, type, "at", campaign_id, left(url, 255) AS url
FROM (SELECT * REPLACE ({_ISO.format('"at"')} AS "at"), list_id || ':' || email_key AS subscriber FROM snapshot)
"""
_MISSING = "SELECT * FROM wanted WHERE mirrored AND key NOT IN (SELECT key FROM shown) ORDER BY key"
_GONE = "SELECT id FROM shown WHERE key NOT IN (SELECT key FROM wanted) ORDER BY id"
_CAMPAIGNS = f"""
SELECT campaign_id, left(coalesce(nullif(trim(title), ''), campaign_id), 80), {_ISO.format("send_time")}
FROM campaigns WHERE campaign_id IN (SELECT campaign_id FROM wanted WHERE mirrored) ORDER BY campaign_id
"""
