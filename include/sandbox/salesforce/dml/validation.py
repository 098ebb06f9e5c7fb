"""Writes rows, lets the validation rules look at what became of them, and takes back those that break one.

So a rule sees what the vendor's sees: defaults, names that are put together, formula fields, parents.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from include.sandbox.controls import Switch, SwitchValue
from include.sandbox.salesforce.dml.changes import Change, standing
from include.sandbox.salesforce.errors import RowError
from include.sandbox.salesforce.formulas.kinds import Row, Value
from include.sandbox.salesforce.schema import SObject
from include.sandbox.salesforce.validation_rules import ObjectRules

SWITCHES = {
    "all_validation_errors": Switch(
        True,
        "a record that breaks several validation rules tells all of them (vendor's documentation; jsforce issue 861), "
        "else the first",
    ),
    "faulty_formulas_refuse": Switch(
        True, "a validation rule without a value (division by zero, VALUE of a word) refuses the record, else it passes"
    ),
}
Records = Mapping[str, Mapping[str, Value]]


@dataclass(frozen=True, slots=True)
class Validation:
    """The rules that writes must pass.

    Attributes:
        rules: by object.
        now: the instant that TODAY() and NOW() go by.
        switches: the sandbox's.
    """

    rules: Mapping[str, ObjectRules]
    now: datetime
    switches: Mapping[str, SwitchValue]

    def write(
        self,
        connection: sqlite3.Connection,
        sobject: SObject,
        changes: list[Change],
        write: Callable[[Sequence[Change]], None],
        forbidden: Mapping[str, tuple[RowError, ...]],
    ) -> None:
        """Writes the changes that nothing forbids; the others are refused.

        Validation rules come before the others, as at the vendor
        (https://developer.salesforce.com/docs/atlas.en-us.apexcode.meta/apexcode/apex_triggers_order_of_execution.htm).

        Args:
            connection: in a write transaction.
            sobject: whose records change.
            changes: those that nothing else refuses.
            write: writes changes; it is called again without the forbidden ones where there are any.
            forbidden: the refusals, by record id, of those that pass the validation rules but not others.
        """
        watched = self._watched(sobject, changes)
        if not watched:
            _refuse(changes, forbidden)
            write(standing(changes))
            return
        before = {name: self._before(connection, name, subjects) for name, subjects in watched.items()}
        connection.execute("SAVEPOINT validated")
        write(changes)
        for name, subjects in watched.items():
            after = self.rules[name].reader.read(connection, subjects)
            for record_id, change in subjects.items():
                self._judge(self.rules[name], change, before[name].get(record_id, {}), after[record_id])
        _refuse(changes, forbidden)
        kept = standing(changes)
        if len(kept) < len(changes):
            connection.execute("ROLLBACK TO validated")
            write(kept)
        connection.execute("RELEASE validated")

    def _watched(self, sobject: SObject, changes: list[Change]) -> dict[str, dict[str, Change]]:
        """The changes by object whose rules they must pass and by the id of its record.

        A person account's rules are its Account's, also when its Contact is written
        (https://help.salesforce.com/s/articleView?id=sf.account_person_behavior.htm).
        """
        watched: dict[str, dict[str, Change]] = defaultdict(dict)
        for change in changes:
            person = sobject.name == "Contact" and change.before.get("IsPersonAccount")
            name = "Account" if person else sobject.name
            if name in self.rules:
                watched[name][str(change.before["AccountId"]) if person else change.record_id] = change
        return watched

    def _before(self, connection: sqlite3.Connection, name: str, subjects: Mapping[str, Change]) -> Records:
        if not self.rules[name].compares:
            return {}
        known = [record_id for record_id, change in subjects.items() if not change.new]
        return self.rules[name].reader.read(connection, known)

    def _judge(
        self, rules: ObjectRules, change: Change, before: Mapping[str, Value], after: Mapping[str, Value]
    ) -> None:
        row = Row(after, None if change.new else before, change.new, self.now)
        refuse = bool(self.switches["faulty_formulas_refuse"])
        broken = [error for rule in rules.rules if (error := rule.broken(row, faults_refuse=refuse))]
        change.errors += broken if self.switches["all_validation_errors"] else broken[:1]


def _refuse(changes: Sequence[Change], forbidden: Mapping[str, tuple[RowError, ...]]) -> None:
    for change in changes if forbidden else ():
        if change.record_id in forbidden and not change.errors:
            change.errors += forbidden[change.record_id]
