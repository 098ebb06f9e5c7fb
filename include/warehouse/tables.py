"""The tables that outlive a run: names, columns and their meaning. `docs/data_dictionary.md` is generated from here.

Types are Arrow's: `string`, `bool`, `int64`, `timestamp` (microseconds, UTC), `date`, `strings` (a list of text).
A column of JSON text says so in its description.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

ColumnType = Literal["string", "bool", "int64", "timestamp", "date", "strings"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its Arrow type and what it holds."""

    name: str
    type: ColumnType
    description: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `open` tables hold further text columns that the configuration decides (`people`)."""

    name: str
    description: str
    columns: tuple[Column, ...]
    partition_by: tuple[str, ...] = ()
    open: bool = False

    def schema(self) -> pa.Schema:
        """The Arrow schema of the fixed columns."""
        import pyarrow as pa

        types = {
            "string": pa.string(),
            "bool": pa.bool_(),
            "int64": pa.int64(),
            "timestamp": pa.timestamp("us", tz="UTC"),
            "date": pa.date32(),
            "strings": pa.list_(pa.string()),
        }
        return pa.schema([pa.field(column.name, types[column.type]) for column in self.columns])


def _table(name: str, description: str, *columns: str, by: tuple[str, ...] = (), open_: bool = False) -> Table:
    """Read columns written as `name type description`."""
    parsed = []
    for column in columns:
        column_name, column_type, meaning = column.split(" ", 2)
        parsed.append(Column(column_name, column_type, meaning))  # type: ignore[arg-type]  # checked by the table test
    return Table(name, description, tuple(parsed), by, open_)


PEOPLE = _table(
    "people",
    "Every Contact and Lead that was ever read, with its last known state. Further columns, one per Salesforce field "
    "that the configuration reads, are named by the field's path (`Account.Name`) and hold text as Bulk API 2.0 writes "
    "it.",
    "object string `Contact` or `Lead`; a person account is its shadow Contact",
    "id string Salesforce id, 18 characters",
    "email string E-mail address as Salesforce holds it, trimmed; null when blank",
    "email_key string MD5 of the trimmed, lower-cased e-mail: the member hash it would have in Mailchimp",
    "created_at timestamp CreatedDate",
    "modified_at timestamp SystemModstamp, and a microsecond more for each change that was seen in the same second",
    "reading int64 Number of the reading of Salesforce that first saw the record as modified at this time",
    "is_deleted bool In the recycle bin, or merged away",
    "master_record_id string Id of the record that a merge left, where this one lost",
    "is_converted bool A converted Lead",
    "converted_contact_id string Contact that the Lead became",
    "account_id string AccountId of a Contact",
    "is_person_account bool Shadow Contact of a person account",
    "opted_out bool HasOptedOutOfEmail",
    "mc_key string Lead.MC_Key__c: set on Leads that the sync created",
    open_=True,
)

MEMBERS = _table(
    "members",
    "Every member that was ever read, with its last known state; a member that is gone keeps its row as `forgotten`.",
    "list_id string Audience",
    "email_key string MD5 of the trimmed, lower-cased e-mail: the member's id in this audience",
    "contact_id string Mailchimp's id of the contact; stays when the e-mail changes",
    "email string E-mail address as Mailchimp holds it",
    "status string subscribed, unsubscribed, cleaned, pending, transactional, archived or forgotten",
    "timestamp_opt timestamp When the member confirmed the opt-in",
    "last_changed timestamp Profile Updated",
    "rating int64 Member rating, 0 to 5",
    "merge_fields string JSON object: merge tag to value as the API answers it",
    "groups strings Ids of the interests that are on, sorted",
    "tags strings Names of the tags (static segments), sorted",
    by=("list_id",),
)

EMAILS = _table(
    "emails",
    "Former e-mails: of a Salesforce person (from our own reads) and of a Mailchimp contact (same `contact_id`).",
    "source string `salesforce`, or the list id for a Mailchimp contact",
    "holder_id string Salesforce id of the person, or Mailchimp's contact_id",
    "email_key string MD5 of the former e-mail",
    "until timestamp When the change was seen",
    by=("source",),
)

SYNCED_VALUES = _table(
    "synced_values",
    "Per member, the Salesforce values as of the last sync: what tells a blanked field from one that was never filled, "
    "and an edit made in Mailchimp from a change made in Salesforce.",
    "list_id string Audience",
    "email_key string Member",
    "field_values string JSON object: merge tag to canonical text; blank values are left out, but for a field that is "
    'also written to Salesforce (X03): `""` where both sides were blank',
    by=("list_id",),
)

ASSIGNMENTS = _table(
    "assignments",
    "Which query gave whom its groups and tags, and on which state of the record: assignment happens once.",
    "list_id string Audience",
    "query string Query's name; `groups_from <category>` for groups that the record lists",
    "email_key string Member",
    "targets_hash string Hash of the query's groups and tags at that time, or of the names that the record lists",
    "person_modified_at timestamp Newest SystemModstamp among the matching people at that time",
    "owned_groups strings Ids of the query's groups that the sync itself gave the member, sorted",
    "owned_tags strings The query's tags that the sync itself gave the member, sorted",
    by=("list_id",),
)

PLANS = _table(
    "plans",
    "One row per intended change of a run.",
    "run_id string Run that made the plan",
    "op_id string Deterministic: the same change planned again has the same id",
    "kind string add_member, update_member, unsubscribe_member, archive_member, move_member, create_tag, add_tag, "
    "remove_tag, create_lead, opt_out_person, update_person, answer_request, upsert_mirror, upsert_activity, ...",
    "audience string File stem of the audience",
    "email_key string Member concerned",
    "person_id string Salesforce person concerned",
    "before string JSON: what is there now, of what would change",
    "after string JSON: what will be there",
    "precondition string JSON: what must still hold when it is made; a mirror row that gets another key: its Id",
    "behaviour string Id of the behaviour that asks for it (`R15`)",
    "query string Query that asks for it",
    "note string A remark for the reports: `mailchimp_edit_overwritten`, `email_changed`, `request_done`, ...",
    "planned_at timestamp When it was planned",
    "planned_by string Stage that planned it: transform, settle (for those whom the run has written to), load_mirror",
    by=("run_id",),
)

RESULTS = _table(
    "results",
    "What became of each planned operation; the newest row per operation counts.",
    "run_id string Run",
    "op_id string Planned operation",
    "state string applied, already_there, precondition_gone, refused, failed or deferred",
    "reason string Why, in one word or the vendor's message without personal data",
    "vendor_code string The vendor's own code",
    "vendor_id string Id of the record that was made or found (a Lead's)",
    "attempt int64 Task attempt",
    "at timestamp When",
    by=("run_id",),
)

ROW_LEDGER = _table(
    "row_ledger",
    "Every current person and every member of a run's audience, in exactly one state.",
    "run_id string Run",
    "audience string File stem of the audience",
    "side string salesforce or mailchimp",
    "key string Salesforce id, or member hash",
    "email_key string MD5 of the e-mail; null where there is none",
    "state string unchanged, changed, on_hold, quarantined, skipped, failed or deferred",
    "reason string Why; the worst of what happened to the row",
    by=("run_id",),
)

QUARANTINE = _table(
    "quarantine",
    "What is held back now: one row per record (or field of it) and rule.",
    "audience string File stem of the audience",
    "side string salesforce or mailchimp",
    "object string Contact, Lead, member, or MC_Subscriber__c for a refused mirror row",
    "key string Salesforce id, or member hash",
    "field string Merge tag or Salesforce field that is held back; null when it is the record",
    "rule string Name of the rule; of a refused operation, the reason in one word or the vendor's code",
    "reason string What is wrong, without the value",
    "gates strings What it holds back: add, update, create_lead, opt_out, update_person, archive, move, mirror",
    "first_seen timestamp First run that found it",
    "last_seen timestamp Newest run that found it",
    "attempts int64 Runs that found it, or writes that were refused",
    "op_id string The refused operation; null for a finding",
    by=("audience",),
)

RUNS = _table(
    "runs",
    "One row per run of a pipeline.",
    "run_id string Run",
    "pipeline string extract_salesforce, sync_audience, snapshot_activity, reconcile",
    "audience string File stem of the audience; null where it does not apply",
    "state string running, waiting (for approval), success, warning, stopped, deferred (no calls left) or failed",
    "started_at timestamp Start",
    "ended_at timestamp End; null while it runs",
    "config_hash string Hash of the configuration that the run used",
    "counts string JSON: counts by stage",
    by=("pipeline",),
)

QUERIES = _table(
    "queries",
    "What is known of each query: when it was first seen, and its last run; a run that was dry, failed or stopped is "
    "none. What was known of Salesforce then is told by the number of the reading (`people.reading`), not by a clock.",
    "audience string File stem of the audience",
    "query string Query's name",
    "first_seen_at timestamp Extraction of the run that first saw the query in the configuration",
    "first_seen_reading int64 Newest reading of Salesforce that this run knew",
    "last_run_at timestamp Extraction of the query's last run; null before its first",
    "last_run_reading int64 Newest reading of Salesforce that this run knew",
    "last_run_id string That run",
    "people int64 People with an e-mail that the query selected in it",
    by=("audience",),
)

QUERY_PREVIEWS = _table(
    "query_previews",
    "What previews showed: one row per query, and one without a query for the audience's next sync as a whole. emails "
    "= members + new_members + the sum of not_added.",
    "run_id string Preview",
    "audience string File stem of the audience",
    "query string Query's name; null for the next sync as a whole",
    "at timestamp When it was made",
    "config_hash string Hash of the configuration that it showed",
    "object string Whom the query selects: Contact, Lead, PersonAccount, CampaignMember",
    "run string automatic or manual",
    "people int64 People with an e-mail that the query selects",
    "in_salesforce int64 The same, counted by Salesforce; null where it was not",
    "not_counted string Why Salesforce did not count them",
    "emails int64 Different e-mails of these people",
    "members int64 Of them, members that are kept up to date",
    "new_members int64 Of them, those that would be added",
    "not_added string JSON object: reason of the ledger to the e-mails that are left alone for it",
    "changes string JSON object: kind of operation to their number; what several queries ask for counts for the first",
    "sample strings Salesforce Ids of a few of the people, new members first",
    by=("audience",),
)

POLICY_COMPARISONS = _table(
    "policy_comparisons",
    "What `compare-policies` found: one row per policy and kind of operation that any of the policies plans.",
    "run_id string Comparison; the dry run that it was made from",
    "audience string File stem of the audience",
    "at timestamp When it was made",
    "config_hash string Hash of the configuration that it was made with",
    "policy string legacy_parity or two_way",
    "kind string Kind of operation, as in `plans`",
    "planned int64 Operations that the policy plans",
    "only int64 Of them, those that no other policy plans",
    by=("audience",),
)

DIVERGENCES = _table(
    "divergences",
    "What full comparisons of both sides found (DAG `reconcile`): one row per record that was not as the warehouse had "
    "it, or mirror row that is not as it should be. Names of fields, no values.",
    "run_id string Comparison",
    "audience string File stem of the audience; null for people",
    "object string Contact, Lead, member, MC_Audience__c or MC_Subscriber__c",
    "key string Salesforce id, member hash, or the mirror row's external id",
    "cause string late_change, missed_change, missing_here, gone_there, formula_changed, parent_changed, "
    "unstamped_change, mirror_edited, mirror_missing, mirror_orphan or mirror_behind",
    "fields strings Fields that differ; none where the whole record is missing on one side",
    "at timestamp When",
    by=("run_id",),
)

APPROVALS = _table(
    "approvals",
    "What people answered to plans that the circuit breaker held, and about sources that showed nothing any more.",
    "audience string File stem of the audience; `salesforce` for its extraction",
    "run_id string Run that asked",
    "planned_at timestamp When the plan that was shown was made, or the source was seen",
    "decision string approved, rejected or timed_out",
    "decided_at timestamp When",
    "decided_by string User of Airflow, or of the command line; null for a time-out",
    "objections strings Names of the objections shown: changed_members, irreversible, ...; source_emptied",
    "counts string JSON object: operations by kind (of a source: its rows), as shown; later ones pass within them",
    "policy string JSON object: the audience's effective switches at that time",
    by=("audience",),
)

WATERMARKS = _table(
    "watermarks",
    "How far each source was read, by the vendor's clock; written after the data it covers.",
    "source string `salesforce`, or a list id",
    "object string Contact, Lead, members, MC_Subscriber__c, ...",
    "read_until timestamp Everything changed before this is in the tables",
    "fields_hash string Hash of the field set read; another set means a full read",
    by=("source", "object"),
)

CONNECTIONS = _table(
    "connections",
    "Which account the sync is connected to, one row per vendor; runs against another one stop until `disconnect`.",
    "vendor string `salesforce` or `mailchimp`",
    "account string Salesforce's organization id, or Mailchimp's account_id",
    "user string Salesforce's user id, or Mailchimp's login_id",
    "connection string Airflow connection",
    "connected_at timestamp When the identity was recorded",
)

CONNECTION_CHECKS = _table(
    "connection_checks",
    "What the connection checks found, one row per finding; no personal data.",
    "run_id string Check",
    "at timestamp When it ended",
    "severity string error, warning or info; an error stops the runs it is about",
    "subject string What was checked: a vendor, an object, a quota, a file and line of the configuration",
    "found string What is",
    "to_do string What to do about it; blank where nothing is",
)

SCHEMA_FINGERPRINTS = _table(
    "schema_fingerprints",
    "Both vendors' schemas as of each audience's last successful run, as far as they matter to it: changes are held "
    "against it (X08).",
    "audience string File stem of the audience",
    "list_id string Audience",
    "fingerprints string JSON object: field, merge field or group to its facts (type, required, choices, ...)",
    "at timestamp When it was stored",
    by=("audience",),
)

MIRROR = _table(
    "mirror",
    "The mirror rows as Salesforce last showed them, to write differences only.",
    "list_id string Audience",
    "object string MC_Audience__c or MC_Subscriber__c",
    "key string External id",
    "id string Salesforce id",
    "record string JSON object: field to value",
    by=("list_id", "object"),
)

CAMPAIGNS = _table(
    "campaigns",
    "Sent campaigns, and how far their activity was harvested.",
    "campaign_id string Campaign",
    "list_id string Audience",
    "title string Title",
    "send_time timestamp When it was sent",
    "emails_sent int64 Number of recipients",
    "harvested_until timestamp Activity before this is in `activity_events`; null when never harvested",
    "counted int64 Opens and clicks that Mailchimp counted at that harvest; while it counts no more, there is no more",
    by=("list_id",),
)

ACTIVITY_EVENTS = _table(
    "activity_events",
    "The event history, once per event.",
    "event_date date Local day (configured time zone) of the event",
    "list_id string Audience",
    "campaign_id string Campaign",
    "email_key string Member",
    "type string sent, open, click, bounce, unsubscribe",
    "at timestamp When",
    "url string Clicked address, without its query string",
    by=("event_date",),
)

ACTIVITY_SNAPSHOTS = _table(
    "activity_snapshots",
    "Per local day, the 50 newest events of each subscriber as of that midnight.",
    "day date Local day whose end the snapshot shows",
    "list_id string Audience",
    "email_key string Member",
    "rank int64 1 is the newest",
    "type string Event type",
    "at timestamp When",
    "campaign_id string Campaign",
    "url string Clicked address",
    by=("day",),
)

ACTIVITY_DAYS = _table(
    "activity_days",
    "What each snapshot was built from; written after it. Where the history has more events now, it is stale.",
    "day date Local day of the snapshot",
    "events int64 Events of this day and before that the history had",
    by=("day",),
)

TABLES: tuple[Table, ...] = (
    PEOPLE, MEMBERS, EMAILS, SYNCED_VALUES, ASSIGNMENTS, PLANS, RESULTS, ROW_LEDGER, QUARANTINE, RUNS, QUERIES,
    QUERY_PREVIEWS, POLICY_COMPARISONS, APPROVALS, WATERMARKS, CONNECTIONS, CONNECTION_CHECKS, SCHEMA_FINGERPRINTS,
    MIRROR, CAMPAIGNS, ACTIVITY_EVENTS, ACTIVITY_SNAPSHOTS, ACTIVITY_DAYS, DIVERGENCES,
)  # fmt: skip
