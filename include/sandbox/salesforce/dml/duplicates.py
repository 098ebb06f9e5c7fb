"""Finds the rows that a duplicate rule forbids, and says so in the vendor's shape.

The shape is that of a recorded answer of version 50 in public code (rudderlabs, errors of its destinations); it has
the misspelt key `duplicateResut`. Rows of one save are not compared with each other
(https://salesforce.stackexchange.com/questions/118979), and an update only where it changes a compared field.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from include.sandbox.controls import Switch, SwitchValue
from include.sandbox.salesforce.dml.changes import Change
from include.sandbox.salesforce.dml.options import SaveOptions
from include.sandbox.salesforce.duplicate_rules import Action, DuplicateRule, Match, column_of
from include.sandbox.salesforce.errors import RowError
from include.sandbox.salesforce.schema import SObject
from include.sandbox.salesforce.values import Stored

SWITCHES = {
    "duplicate_key_misspelt": Switch(
        True,
        "the details of a duplicate stand under `duplicateResut` (public code that reads answers of v48 to v54), "
        "else `duplicateResult`",
    ),
    "rows_tell_duplicates": Switch(
        False,
        "save results of collections carry those details too; the documented ones have code, message and fields only",
    ),
}
Values = Mapping[str, Stored]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The duplicate rules at work.

    Attributes:
        rules: by object.
        options: of the save.
        switches: the sandbox's.
    """

    rules: Mapping[str, Sequence[DuplicateRule]]
    options: SaveOptions
    switches: Mapping[str, SwitchValue]

    def forbidden(
        self, connection: sqlite3.Connection, sobject: SObject, changes: Iterable[Change]
    ) -> dict[str, RowError]:
        """The refusals by record id of the changes that a rule forbids."""
        refusals: dict[str, RowError] = {}
        rules = self.rules.get(sobject.name, ())
        if not rules:
            return refusals
        rows = {one.record_id: one for one in changes}
        values = _values(connection, sobject, rows.values())
        for rule in rules:
            asked = {
                record_id: action
                for record_id, change in rows.items()
                if record_id not in refusals and (action := self._action(rule, change)) != "report"
            }
            self._ask(connection, rule, {one: values[one] for one in asked}, asked, refusals)
        return refusals

    def _action(self, rule: DuplicateRule, change: Change) -> Action:
        if change.new:
            action = rule.on_insert
        else:
            compared = {field for match in rule.matches for field in match.fields}
            changed = compared & {"Company" if name == "AccountId" else name for name in change.values}
            action = rule.on_update if changed else "report"
        return "report" if action == "alert" and self.options.allow_duplicates else action

    def _ask(
        self,
        connection: sqlite3.Connection,
        rule: DuplicateRule,
        values: Mapping[str, Values],
        actions: Mapping[str, Action],
        refusals: dict[str, RowError],
    ) -> None:
        found = [(match, match.find(connection, values)) for match in rule.matches]
        for record_id, action in actions.items():
            results = [self._result(match, ids[record_id]) for match, ids in found if record_id in ids]
            if results:
                refusals[record_id] = self._refusal(rule, action, results)

    def _result(self, match: Match, ids: Sequence[str]) -> dict[str, object]:
        url = f"{self.options.base}/sobjects/{match.sobject}"
        records = [
            {
                "additionalInformation": [],
                "fieldDiffs": [],
                "matchConfidence": 100.0,
                "record": {"attributes": {"type": match.sobject, "url": f"{url}/{one}"}, "Id": one},
            }
            for one in ids
        ]
        return {
            "entityType": match.sobject,
            "errors": [],
            "matchEngine": "ExactMatchEngine",
            "matchRecords": records,
            "rule": match.rule,
            "size": len(records),
            "success": True,
        }

    def _refusal(self, rule: DuplicateRule, action: Action, results: list[dict[str, object]]) -> RowError:
        result = {
            "allowSave": action == "alert",
            "duplicateRule": rule.name,
            "duplicateRuleEntityType": rule.sobject,
            "errorMessage": rule.message,
            "matchResults": results,
        }
        key = "duplicateResut" if self.switches["duplicate_key_misspelt"] else "duplicateResult"
        in_rows = bool(self.switches["rows_tell_duplicates"])
        return RowError("DUPLICATES_DETECTED", rule.message, details={key: result}, details_in_rows=in_rows)


def _values(connection: sqlite3.Connection, sobject: SObject, changes: Iterable[Change]) -> dict[str, Values]:
    """What will be compared of each row: as it was sent, over what the record has."""
    names = ("FirstName", "LastName", "Email", "Company")
    changes = list(changes)
    columns = ", ".join(column_of(sobject.name, name) for name in names)
    known = json.dumps([change.record_id for change in changes if not change.new])
    before = {
        record_id: dict(zip(names, values, strict=True))
        for record_id, *values in connection.execute(
            f'SELECT m."Id", {columns} FROM "{sobject.name}" AS m WHERE m."Id" IN (SELECT value FROM json_each(?))',
            (known,),
        )
    }
    accounts = _account_names(connection, changes) if sobject.name == "Contact" else {}
    values: dict[str, Values] = {}
    for change in changes:
        sent = {name: change.values[name] for name in names if name in change.values}
        if "AccountId" in change.values and accounts:
            sent["Company"] = accounts.get(change.values["AccountId"])
        values[change.record_id] = before.get(change.record_id, {}) | sent
    return values


def _account_names(connection: sqlite3.Connection, changes: Iterable[Change]) -> dict[Stored, Stored]:
    ids = json.dumps([one for change in changes if (one := change.values.get("AccountId"))])
    sql = 'SELECT "Id", "Name" FROM "Account" WHERE "Id" IN (SELECT value FROM json_each(?))'
    return dict(connection.execute(sql, (ids,)))
