"""Finds the rows that a duplicate rule forbids, and says so in the vendor's shape.

The shape is that of recorded answers of versions 50 (public code: rudderlabs, errors of its destinations) and 37
(gitlab-org/customers-gitlab-com issue 7138); they have the misspelt key `duplicateResut`. Rows of one save are not
compared with each other (https://salesforce.stackexchange.com/questions/118979), and an update only where it changes a
compared field.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from include.sandbox.controls import Switch, SwitchValue
from include.sandbox.salesforce.dml.changes import Change, select_by
from include.sandbox.salesforce.dml.options import SaveOptions
from include.sandbox.salesforce.duplicate_rules import Action, DuplicateRule, Match, column_of
from include.sandbox.salesforce.errors import RowError
from include.sandbox.salesforce.schema import Schema, SObject
from include.sandbox.salesforce.values import Stored, to_json

SWITCHES = {
    "duplicate_key_misspelt": Switch(
        True,
        "the details of a duplicate stand under `duplicateResut` (public answers of v37 to v54), "
        "else `duplicateResult`",
    ),
    "rows_tell_duplicates": Switch(
        False,
        "save results of collections carry those details too; the documented ones have code, message and fields only",
    ),
    "all_duplicate_rules": Switch(
        False, "a row that several duplicate rules refuse tells each, else the first by `sortOrder` and name"
    ),
    "duplicates_of_converted_leads": Switch(False, "converted leads count as duplicates"),
    "duplicates_of_person_contacts": Switch(True, "the contacts of person accounts count as duplicates"),
}
Values = Mapping[str, Stored]
Refusals = dict[str, tuple[RowError, ...]]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The duplicate rules at work.

    Attributes:
        schema: of the org.
        rules: by object.
        options: of the save.
        switches: the sandbox's.
    """

    schema: Schema
    rules: Mapping[str, Sequence[DuplicateRule]]
    options: SaveOptions
    switches: Mapping[str, SwitchValue]

    def forbidden(self, connection: sqlite3.Connection, sobject: SObject, changes: Iterable[Change]) -> Refusals:
        """The refusals by record id of the changes that a rule forbids."""
        refusals: Refusals = {}
        rules = self.rules.get(sobject.name, ())
        if not rules:
            return refusals
        rows = {one.record_id: one for one in changes}
        values = _values(connection, sobject, rows.values())
        every = self.switches["all_duplicate_rules"]
        for rule in rules:
            asked = {
                record_id: action
                for record_id, change in rows.items()
                if (every or record_id not in refusals) and (action := self._action(rule, change)) != "report"
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
        refusals: Refusals,
    ) -> None:
        converted = bool(self.switches["duplicates_of_converted_leads"])
        persons = bool(self.switches["duplicates_of_person_contacts"]) or not self.schema.person_accounts
        found = [
            (match, match.find(connection, values, converted=converted, persons=persons)) for match in rule.matches
        ]
        for record_id, action in actions.items():
            results = [self._result(connection, match, ids[record_id]) for match, ids in found if record_id in ids]
            if results:
                refusal = self._refusal(rule, action, results)
                refusals[record_id] = (*refusals.get(record_id, ()), refusal)

    def _result(self, connection: sqlite3.Connection, match: Match, ids: Sequence[str]) -> dict[str, object]:
        url = f"{self.options.base}/sobjects/{match.sobject}"
        records = self._records(connection, self.schema.objects[match.sobject], ids)
        matched = [
            {
                "additionalInformation": [],
                "fieldDiffs": [],
                "matchConfidence": 100.0,
                "record": {"attributes": {"type": match.sobject, "url": f"{url}/{one}"}, **records[one]},
            }
            for one in ids
        ]
        return {
            "entityType": match.sobject,
            "errors": [],
            "matchEngine": "ExactMatchEngine",
            "matchRecords": matched,
            "rule": match.rule,
            "size": len(ids),
            "success": True,
        }

    def _records(
        self, connection: sqlite3.Connection, sobject: SObject, ids: Sequence[str]
    ) -> dict[str, dict[str, object]]:
        """The matched records by id: the id alone, or all fields with `includeRecordDetails`."""
        fields = sobject.columns() if self.options.include_record_details else [sobject.fields["Id"]]
        rows = select_by(connection, sobject, sobject.fields["Id"], ids, ["Id", *(one.name for one in fields)])
        return {
            str(row[0]): {one.name: to_json(one, value) for one, value in zip(fields, row[1:], strict=True)}
            for row in rows
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
