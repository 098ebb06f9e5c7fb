"""Builders: people, members and findings as small in-memory tables, and the plan that comes of them."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection

from include.config.models import Audience
from include.keys import email_key
from include.schema import (
    AudienceSchema,
    Interest,
    MergeField,
    PicklistValue,
    SalesforceField,
    SalesforceObject,
    SalesforceSchema,
)
from include.transform.inputs import Inputs, lead_defaults
from include.transform.plan import make_plan
from include.transform.values import lead_candidates, map_people
from include.warehouse.store import connect
from include.warehouse.tables import ASSIGNMENTS, EMAILS, MEMBERS, PEOPLE, SYNCED_VALUES

LIST = "a1b2c3d4e5"
BORN = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = date(2026, 11, 22)
TIERS = (PicklistValue("gold", "Gold"), PicklistValue("silver", "Silver"))
FIELD_TYPES = {
    "Id": "id", "FirstName": "string", "LastName": "string", "Email": "email", "Description": "textarea",
    "Tier__c": "picklist",
    "Interests__c": "multipicklist", "Agreed__c": "boolean", "Spend__c": "double", "Birthdate": "date",
    "CreatedDate": "datetime", "OwnerId": "reference",
}  # fmt: skip
PARTS = ("Street", "City", "State", "PostalCode", "Country")


def org() -> SalesforceSchema:
    """Contact and Lead with one field of each type, and Account behind Contact."""

    def described(name: str, extra: dict[str, str]) -> SalesforceObject:
        fields = {
            name: SalesforceField(name, name, kind, picklist=TIERS if name == "Tier__c" else ())
            for name, kind in (FIELD_TYPES | extra).items()
        }
        if "AccountId" in fields:
            fields["AccountId"] = SalesforceField(
                "AccountId", "Account", "reference", reference_to=("Account",), relationship="Account"
            )
        return SalesforceObject(name, fields)

    mailing = {f"Mailing{part}": "string" for part in PARTS} | {"MailingAddress": "address", "AccountId": "reference"}
    lead = dict.fromkeys(PARTS, "string") | {"Address": "address", "Company": "string", "LeadSource": "picklist"}
    account = SalesforceObject("Account", {"Name": SalesforceField("Name", "Name", "string")})
    return SalesforceSchema(
        {"Contact": described("Contact", mailing), "Lead": described("Lead", lead), "Account": account}
    )


def schema(**merge_fields: MergeField) -> AudienceSchema:
    """The audience: a merge field of each type, checkbox and radio groups, one tag."""
    fields = [
        MergeField("FNAME", "First name", "text"),
        MergeField("LNAME", "Last name", "text"),
        MergeField("COMPANY", "Company", "text"),
        MergeField("TIER", "Tier", "dropdown", choices=("Gold", "Silver")),
        MergeField("SPEND", "Spend", "number"),
        MergeField("BIRTH", "Birth", "date", date_format="MM/DD/YYYY"),
        MergeField("ADDRESS", "Address", "address"),
        MergeField("TOPICS", "Topics", "text"),
        MergeField("AGREED", "Agreed", "text"),
    ]
    interests = [
        Interest("i-news", "c-topics", "Topics", "News", "checkboxes"),
        Interest("i-events", "c-topics", "Topics", "Events", "checkboxes"),
        Interest("i-daily", "c-pace", "Pace", "Daily", "radio"),
        Interest("i-weekly", "c-pace", "Pace", "Weekly", "radio"),
    ]
    by_tag = {merge_field.tag: merge_field for merge_field in fields} | merge_fields
    return AudienceSchema(LIST, "Newsletter", by_tag, {i.path: i for i in interests}, {"Customer": 1})


FIELDS: dict[str, Any] = {
    "FNAME": {"contact": "FirstName", "lead": "FirstName"},
    "LNAME": {"contact": "LastName", "lead": "LastName"},
}
EVERYONE: dict[str, Any] = {"name": "everyone", "object": "Contact"}


def audience(**settings: Any) -> Audience:
    """An audience of all Contacts, without a consent field, unless said otherwise."""
    defaults: dict[str, Any] = {
        "stem": "newsletter", "audience": "Newsletter", "policy": "legacy_parity", "consent": "none",
        "fields": FIELDS, "queries": [EVERYONE],
    }  # fmt: skip
    return Audience.model_validate(defaults | settings)


@dataclass
class World:
    """Both sides and what earlier runs remember."""

    people: list[dict[str, Any]] = field(default_factory=list)
    members: list[dict[str, Any]] = field(default_factory=list)
    emails: list[dict[str, Any]] = field(default_factory=list)
    synced: dict[str, dict[str, str]] = field(default_factory=dict)
    assignments: list[dict[str, Any]] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    selections: list[dict[str, str]] = field(default_factory=list)
    requests: list[dict[str, str | None]] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def person(self, email: str | None, kind: str = "Contact", **columns: Any) -> str:
        """Add a person; `columns` are those of `people`, or field paths with `__` for no dot. Returns its id."""
        number = next(self.numbers)
        identity = columns.pop("id", f"{'003' if kind == 'Contact' else '00Q'}{number:015d}")
        row = {
            "object": kind, "id": identity, "email": email, "email_key": email_key(email) if email else None,
            "created_at": BORN + timedelta(days=number), "modified_at": BORN, "is_deleted": False,
            "master_record_id": None, "is_converted": False, "converted_contact_id": None, "account_id": None,
            "is_person_account": False, "opted_out": False, "mc_key": None,
        }  # fmt: skip
        self.people.append(row | columns)
        return str(identity)

    def member(self, email: str, status: str = "subscribed", **columns: Any) -> str:
        """Add a member; merge_fields is a mapping. Returns its hash."""
        key = email_key(email)
        row = {
            "list_id": LIST, "email_key": key, "contact_id": f"contact-{email}", "email": email, "status": status,
            "timestamp_opt": BORN, "last_changed": BORN, "rating": 3, "merge_fields": {}, "groups": [], "tags": [],
        } | columns  # fmt: skip
        self.members.append(row | {"merge_fields": json.dumps(row["merge_fields"])})
        return key

    def former_email(self, holder: str, email: str, source: str = "salesforce") -> None:
        """Note that a person (or, with a list id as source, a Mailchimp contact) had an e-mail before."""
        self.emails.append({"source": source, "holder_id": holder, "email_key": email_key(email), "until": BORN})

    def request(
        self, status: str | None = None, *groups: str, member: str | None = None, person: str | None = None, **more: Any
    ) -> str:
        """Ask for something on the row of a member (by e-mail), or on a user's row for a person. Returns its Id."""
        row_id = f"a01{next(self.numbers):015d}"
        key = email_key(member) if member else None
        contact_id = f"contact-{member}" if member else None
        self.requests.append({
            "row_id": row_id, "member_key": key, "contact_id": contact_id, "person_id": person,
            "requested_status": status, "requested_groups": "\n".join(groups) or None, "of_audience": True,
        } | more)  # fmt: skip
        return row_id

    def finding(self, key: str, rule: str, *gates: str, field: str | None = None, side: str = "salesforce") -> None:
        """Note what validation found."""
        self.findings.append({
            "side": side, "object": "Contact" if side == "salesforce" else "member", "key": key, "email_key": None,
            "field": field, "rule": rule, "reason": "wrong", "gates": list(gates),
        })  # fmt: skip

    def connection(self) -> DuckDBPyConnection:
        """A connection with everything but the derived views."""
        connection = connect()
        fixed = PEOPLE.schema()
        paths = sorted({column for row in self.people for column in row} - set(fixed.names))
        people = pa.schema([*fixed, *((path, pa.string()) for path in paths)])
        synced = [
            {
                "list_id": LIST,
                "email_key": key,
                "field_values": json.dumps(values, sort_keys=True, separators=(",", ":")),
            }
            for key, values in self.synced.items()
        ]
        tables = {
            "people": pa.Table.from_pylist(self.people, people),
            "members": pa.Table.from_pylist(self.members, MEMBERS.schema()),
            "emails": pa.Table.from_pylist(self.emails, EMAILS.schema()),
            "synced_values": pa.Table.from_pylist(synced, SYNCED_VALUES.schema()),
            "assignments": pa.Table.from_pylist(self.assignments, ASSIGNMENTS.schema()),
            "elsewhere": pa.table({"email_key": pa.array(map(email_key, self.elsewhere), pa.string())}),
            "findings": pa.Table.from_pylist(self.findings, FINDINGS),
            "selections": pa.Table.from_pylist(self.selections, SELECTIONS),
            "requests": pa.Table.from_pylist(self.requests, REQUESTS),
        }
        for name, table in tables.items():
            connection.register(f"{name}_rows", table)
            connection.execute(f"CREATE TEMP VIEW {name} AS FROM {name}_rows")
        return connection


def compact(value: object) -> str:
    """JSON text as the warehouse holds it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


REQUESTS = pa.schema(
    [("of_audience", pa.bool_())]
    + [(name, pa.string()) for name in ("row_id", "member_key", "contact_id", "person_id")]
    + [(name, pa.string()) for name in ("requested_status", "requested_groups")]
)
SELECTIONS = pa.schema([("selection", pa.string()), ("id", pa.string())])
FINDINGS = pa.schema(
    [(name, pa.string()) for name in ("side", "object", "key", "email_key", "field", "rule", "reason")]
    + [("gates", pa.list_(pa.string()))]
)


@dataclass(frozen=True)
class Outcome:
    """A plan, with JSON decoded."""

    operations: list[dict[str, Any]]
    ledger: list[dict[str, Any]]
    assignments: list[dict[str, Any]]
    synced_values: list[dict[str, Any]]
    unwritable: list[dict[str, Any]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The operations of a kind."""
        return [operation for operation in self.operations if operation["kind"] == kind]

    def reason(self, key: str) -> str:
        """The reason of a person (by id) or a member (by hash)."""
        (row,) = (row for row in self.ledger if row["key"] == key)
        return str(row["reason"])

    def state(self, key: str) -> str:
        """The state of a person or a member."""
        (row,) = (row for row in self.ledger if row["key"] == key)
        return str(row["state"])


def inputs_for(configured: Audience, audience_schema: AudienceSchema | None = None, **more: Any) -> Inputs:
    """The inputs of a run on TODAY in Paris."""
    return Inputs(
        audience=configured,
        schema=audience_schema or schema(),
        org=more.pop("org", None) or org(),
        today=TODAY,
        time_zone="Europe/Paris",
        lead_defaults=lead_defaults({configured.stem: configured}),
        **more,
    )


def plan(
    world: World, configured: Audience | None = None, audience_schema: AudienceSchema | None = None, **more: Any
) -> Outcome:
    """Map, then plan."""
    return plan_with(world, inputs_for(configured or audience(), audience_schema, **more))


def plan_with(world: World, inputs: Inputs) -> Outcome:
    """Map, then plan, with these inputs."""
    connection = world.connection()
    connection.register("mapped", map_people(connection, inputs).to_arrow_table())
    connection.register("lead_candidates", lead_candidates(connection, inputs).to_arrow_table())
    planned = make_plan(connection, inputs)
    operations = planned.operations.to_arrow_table().to_pylist()
    for operation in operations:
        for column in ("before", "after", "precondition"):
            operation[column] = json.loads(operation[column]) if operation[column] else None
    tables = (planned.ledger, planned.assignments, planned.synced_values, planned.unwritable)
    return Outcome(operations, *(table.to_arrow_table().to_pylist() for table in tables))
