"""What a check is: plain data, compiled to Great Expectations in `runner.py` only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Gate = Literal["add", "update", "create_lead"]
Side = Literal["salesforce", "mailchimp"]
Kind = Literal["filled", "choice", "at_most", "period", "holds", "email"]
"""filled: has a value; choice: one of `choices`; at_most: a number up to `maximum`; period: a day within `period`;
holds: a condition; email: an address that email-validator accepts. All but `filled` pass where there is no value."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question to every record of a suite, and what follows from a no.

    Attributes:
        name: the rule's name in findings and reports.
        column: the frame's column that is looked at; says what it holds (`COMPANY: bytes`).
        sql: DuckDB expression of that column over the suite's source.
        reason: what is wrong with a record that fails, without its value.
        gates: what a failing record, or its field, is held back from.
        field: merge tag or Lead field that a failing record leaves out; None where the record itself is held.
        holds_record: with `field`: hold the record as well, because it can't do without the field.
    """

    name: str
    column: str
    sql: str
    kind: Kind
    reason: str
    gates: tuple[Gate, ...]
    field: str | None = None
    holds_record: bool = False
    choices: tuple[str, ...] = ()
    maximum: int | None = None
    period: tuple[date, date] | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """The checks of one kind of record.

    Attributes:
        name: the suite's title in Data Docs.
        side: where the records come from.
        object: `Contact`, `Lead` or `member`, as findings name it.
        key: DuckDB expression of the record's key: Salesforce id, or member hash.
        email_key: DuckDB expression of the member hash of its e-mail.
        source: what stands behind FROM, conditions included.
    """

    name: str
    side: Side
    object: str
    key: str
    email_key: str
    source: str
    checks: tuple[Check, ...]

    @property
    def query(self) -> str:
        """SQL: `key`, `email_key`, then one column per distinct column of the checks."""
        columns = {check.column: check.sql for check in self.checks}
        selected = [f"{self.key} AS key", f"{self.email_key} AS email_key"]
        selected += [f"{sql} AS {quoted(column)}" for column, sql in columns.items()]
        return f"SELECT {', '.join(selected)} FROM {self.source}"


def quoted(identifier: str) -> str:
    """A column's name in SQL: a field path such as `Account.Name` is one name."""
    return '"' + identifier.replace('"', '""') + '"'


def filled(expression: str) -> str:
    """SQL: the text without white space around it, null where nothing is left."""
    return f"nullif(trim({expression}, E' \\t\\r\\n\\f\\v'), '')"
