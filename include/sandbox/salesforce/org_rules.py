"""What the org's administrators have ruled, read from its state."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from include.sandbox.salesforce.assignment_rules import AssignmentRule, load_assignment_rules
from include.sandbox.salesforce.duplicate_rules import DuplicateRule, load_duplicate_rules
from include.sandbox.salesforce.schema import Schema
from include.sandbox.salesforce.validation_rules import ObjectRules, load_rules

RULE_OBJECTS = ("ValidationRule", "DuplicateRule", "AssignmentRule")


@dataclass(frozen=True, slots=True)
class OrgRules:
    """The rules by kind, and there by object."""

    validation: Mapping[str, ObjectRules]
    duplicates: Mapping[str, Sequence[DuplicateRule]]
    assignment: Sequence[AssignmentRule]

    @classmethod
    def load(cls, connection: sqlite3.Connection, schema: Schema) -> "OrgRules":
        """The rules of the state.

        Raises:
            ValueError: a rule that is wrong or uses what is not served; the message names it.
        """
        return cls(
            load_rules(connection, schema), load_duplicate_rules(connection), load_assignment_rules(connection, schema)
        )
