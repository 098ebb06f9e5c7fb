"""The org's assignment rules: who becomes the owner of a lead.

A rule is a record of `AssignmentRule`; its entries, which the vendor shows in its Metadata API, stand in `Metadata` as
`ruleEntry`: the first one whose `formula` is true (or that has none) names the owner in `assignedTo`
(https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_assignmentrule.htm).
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from include.sandbox.controls import Switch
from include.sandbox.salesforce.dml.changes import Change
from include.sandbox.salesforce.dml.statements import update
from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.formulas.compiler import Formula, compile_formula
from include.sandbox.salesforce.formulas.kinds import FormulaFault, Kind, Row
from include.sandbox.salesforce.formulas.paths import Reader
from include.sandbox.salesforce.formulas.tree import FormulaRefusedError
from include.sandbox.salesforce.schema import Schema
from include.sandbox.salesforce.values import Stored, stamp
from include.sandbox.salesforce.wordings import assumed

OBJECT = "Lead"
SWITCHES = {
    "unknown_assignment_rules_refuse": Switch(
        True, "a call that asks for an assignment rule that is not there is refused, else no rule is applied"
    ),
    "default_lead_owner": Switch(
        "",
        "who gets a lead that no entry of its assignment rule takes (Lead Settings); empty: it keeps its owner",
    ),
}
_SELECT = """
SELECT "Id", "Name", "Active", "SobjectType", "Metadata" FROM "AssignmentRule" WHERE NOT "IsDeleted" ORDER BY "Id"
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """An owner, and the leads that become theirs (all without a formula)."""

    owner: str
    formula: Formula | None

    def takes(self, row: Row) -> bool:
        """Whether the lead becomes theirs; a formula without a value takes none."""
        try:
            return self.formula is None or self.formula.evaluate(row) is True
        except FormulaFault:
            return False


@dataclass(frozen=True, slots=True)
class AssignmentRule:
    """One rule; also an inactive one can be asked for by its id."""

    record_id: str
    active: bool
    entries: tuple[Entry, ...]


def load_assignment_rules(connection: sqlite3.Connection, schema: Schema) -> Sequence[AssignmentRule]:
    """The rules for leads.

    Raises:
        ValueError: a rule for another object, without entries, for an unknown owner, or with a formula that is wrong or
            not served; the message names it.
    """
    rules = []
    for record_id, name, active, sobject, metadata in connection.execute(_SELECT):
        where = f"assignment rule {name}"
        if sobject != OBJECT:
            raise ValueError(f"{where}: SobjectType {sobject} is not served; served is {OBJECT}")
        entries = json.loads(metadata or "{}").get("ruleEntry")
        if not entries:
            raise ValueError(f"{where}: its Metadata needs a list ruleEntry")
        rules.append(
            AssignmentRule(record_id, bool(active), tuple(_entry(connection, schema, where, one) for one in entries))
        )
    if sum(rule.active for rule in rules) > 1:
        raise ValueError("only one assignment rule for leads can be active")
    return rules


def _entry(connection: sqlite3.Connection, schema: Schema, where: str, entry: Mapping[str, object]) -> Entry:
    owner, text = entry.get("assignedTo"), entry.get("formula")
    if connection.execute('SELECT 1 FROM "User" WHERE "Id" = ?', (owner,)).fetchone() is None:
        raise ValueError(f"{where}: assignedTo is no user of this org: {owner}")
    if not text:
        return Entry(str(owner), None)
    try:
        return Entry(str(owner), compile_formula(str(text), schema, schema.objects[OBJECT], Kind.BOOLEAN))
    except FormulaRefusedError as error:
        raise ValueError(f"{where}, {error}") from error


def asked_for(rules: Sequence[AssignmentRule], assignment: str, *, must_exist: bool) -> AssignmentRule | None:
    """The rule that a request asks for; None: no rule is applied.

    Args:
        rules: of the org.
        assignment: `TRUE`, `FALSE` or a rule's id.
        must_exist: whether the id of a rule that is not there is refused, else no rule is applied.

    Raises:
        ApiError: INVALID_CROSS_REFERENCE_KEY: there is no rule with that id.
    """
    if assignment == "FALSE":
        return None
    if assignment == "TRUE":
        return next((rule for rule in rules if rule.active), None)
    for rule in rules:
        if rule.record_id == assignment:
            return rule
    if not must_exist:
        return None
    raise ApiError.assumed(400, assumed("no_such_rule"))


def assign(
    connection: sqlite3.Connection,
    schema: Schema,
    rule: AssignmentRule,
    changes: Sequence[Change],
    now: datetime,
    otherwise: str,
) -> None:
    """Gives written leads the owner that the rule names; `otherwise` owns those that no entry takes, if not empty."""
    lead = schema.objects[OBJECT]
    paths = [path for entry in rule.entries if entry.formula for path in entry.formula.paths]
    values = Reader(lead, paths).read(connection, [change.record_id for change in changes])
    owners: list[tuple[str, dict[str, Stored]]] = []
    for change in changes:
        row = Row(values[change.record_id], None, change.new, now)
        owner = next((entry.owner for entry in rule.entries if entry.takes(row)), otherwise)
        if owner:
            owners.append((change.record_id, {"OwnerId": owner}))
    update(connection, lead, owners, stamp(now))
