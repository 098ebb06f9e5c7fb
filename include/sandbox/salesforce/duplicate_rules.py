"""The org's active duplicate rules, read from its state, and the records that they find.

A rule is a record of `DuplicateRule`; what the vendor shows in its Metadata API stands in `Metadata`
(https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_duplicaterule.htm).
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from include.sandbox.salesforce.values import Stored

Action = Literal["refuse", "alert", "report"]
# The vendor's words where the administrator wrote none.
ALERT = "You're creating a duplicate record. We recommend you use an existing record instead."
MATCHING_RULES: Mapping[str, tuple[str, ...]] = {
    "Exact_Email": ("Email",),
    "Exact_Name_And_Company": ("FirstName", "LastName", "Company"),
}
"""Fields that must all be the same, without regard to case; a blank one is the same as nothing."""
_COMPANY_OF_CONTACT = '(SELECT a."Name" FROM "Account" AS a WHERE a."Id" = m."AccountId")'
_SELECT = """
SELECT "SobjectType", "DeveloperName", "Metadata" FROM "DuplicateRule"
WHERE "IsActive" AND NOT "IsDeleted" ORDER BY coalesce(json_extract("Metadata", '$.sortOrder'), 0), "DeveloperName"
"""
OBJECTS = ("Contact", "Lead")


@dataclass(frozen=True, slots=True)
class Match:
    """A matching rule, against the records of one object."""

    sobject: str
    rule: str

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that are compared."""
        return MATCHING_RULES[self.rule]

    def find(
        self,
        connection: sqlite3.Connection,
        rows: Mapping[str, Mapping[str, Stored]],
        *,
        converted: bool,
        persons: bool,
    ) -> dict[str, list[str]]:
        """The ids of the live records that match rows, per row (by its id) that has some.

        Args:
            connection: to read with.
            rows: what is compared, by record id.
            converted: whether converted leads match.
            persons: whether the contacts of person accounts match.
        """
        keys = [[name, *(values.get(field) for field in self.fields)] for name, values in rows.items()]
        complete = json.dumps([key for key in keys if None not in key])
        same = " AND ".join(
            f"{column_of(self.sobject, field)} = json_extract(j.value, '$[{place}]') COLLATE NOCASE"
            for place, field in enumerate(self.fields, start=1)
        )
        others = ' AND m."IsConverted" = 0' if self.sobject == "Lead" and not converted else ""
        others += ' AND m."IsPersonAccount" = 0' if self.sobject == "Contact" and not persons else ""
        sql = (
            f"SELECT json_extract(j.value, '$[0]') AS wanted, m.\"Id\" FROM json_each(?) AS j CROSS JOIN"
            f' "{self.sobject}" AS m ON {same} WHERE m."IsDeleted" = 0{others} AND m."Id" <> wanted'
            ' ORDER BY m."Id"'
        )
        found: dict[str, list[str]] = defaultdict(list)
        for name, record_id in connection.execute(sql, (complete,)):
            found[name].append(record_id)
        return found


def column_of(sobject: str, field: str) -> str:
    """A compared field in SQL, of the record `m`."""
    return _COMPANY_OF_CONTACT if (sobject, field) == ("Contact", "Company") else f'm."{field}"'


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """One active rule.

    Attributes:
        on_insert, on_update: what it does with a row that matches a record.
    """

    name: str
    sobject: str
    message: str
    on_insert: Action
    on_update: Action
    matches: tuple[Match, ...]


def load_duplicate_rules(connection: sqlite3.Connection) -> Mapping[str, Sequence[DuplicateRule]]:
    """The active rules by object, in the order in which they are asked.

    Raises:
        ValueError: a rule that is wrong or uses what is not served; the message names it.
    """
    rules: dict[str, list[DuplicateRule]] = defaultdict(list)
    for sobject, name, metadata in connection.execute(_SELECT):
        rules[sobject].append(_rule(sobject, name, json.loads(metadata or "{}")))
    return dict(rules)


def _rule(sobject: str, name: str, metadata: Mapping[str, object]) -> DuplicateRule:
    where = f"duplicate rule {name}"
    asked = metadata.get("duplicateRuleMatchRules")
    if sobject not in OBJECTS:
        raise ValueError(f"{where}: SobjectType {sobject} is not served; served are {', '.join(OBJECTS)}")
    if not isinstance(asked, list) or not asked:
        raise ValueError(f"{where}: its Metadata needs a list duplicateRuleMatchRules")
    matches = tuple(Match(str(one.get("matchRuleSObjectType")), str(one.get("matchingRule"))) for one in asked)
    for match in matches:
        if match.sobject not in OBJECTS or match.rule not in MATCHING_RULES:
            served = f"{' and '.join(OBJECTS)} by {' or '.join(MATCHING_RULES)}"
            raise ValueError(f"{where}: {match.sobject} by {match.rule} is not served; served are {served}")
    return DuplicateRule(
        name,
        sobject,
        str(metadata.get("alertText") or ALERT),
        _action(where, metadata, "Insert"),
        _action(where, metadata, "Update"),
        matches,
    )


def _action(where: str, metadata: Mapping[str, object], operation: str) -> Action:
    action, told = metadata.get(f"actionOn{operation}", "Allow"), metadata.get(f"operationsOn{operation}") or []
    if action not in {"Allow", "Block"} or not isinstance(told, list):
        raise ValueError(
            f"{where}: actionOn{operation} is Allow or Block, operationsOn{operation} a list of Alert, Report"
        )
    if action == "Block":
        return "refuse"
    return "alert" if "Alert" in told else "report"
