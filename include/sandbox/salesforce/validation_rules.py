"""The org's active validation rules, compiled when they are loaded.

A rule is a record of `ValidationRule` as the Tooling API shows it; its formula is in `Metadata.errorConditionFormula`
(https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/tooling_api_objects_validationrule.htm).
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from include.sandbox.salesforce.errors import RowError
from include.sandbox.salesforce.formulas.compiler import Formula, compile_formula
from include.sandbox.salesforce.formulas.kinds import FormulaFault, Kind, Row
from include.sandbox.salesforce.formulas.paths import Reader
from include.sandbox.salesforce.formulas.tree import FormulaRefusedError
from include.sandbox.salesforce.schema import Schema, SObject
from include.sandbox.salesforce.wordings import assumed

_SELECT = """
SELECT "QualifiedApiName", "ValidationName", "ErrorMessage", "ErrorDisplayField", "Metadata"
FROM "ValidationRule" AS rule LEFT JOIN "EntityDefinition" AS entity ON entity."Id" = rule."EntityDefinitionId"
WHERE rule."Active" AND NOT rule."IsDeleted" ORDER BY "QualifiedApiName", "ValidationName"
"""


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """One active rule.

    Attributes:
        field: where the message is shown; empty: at the top of the page.
    """

    name: str
    message: str
    field: str
    formula: Formula

    def broken(self, row: Row, *, faults_refuse: bool) -> RowError | None:
        """The refusal of a record for which the formula is true; with `faults_refuse` also where it has no value."""
        try:
            if self.formula.evaluate(row) is not True:
                return None
        except FormulaFault as fault:
            said = assumed("formula_without_value", rule=self.name, fault=fault)
            return RowError.assumed(said) if faults_refuse else None
        return RowError("FIELD_CUSTOM_VALIDATION_EXCEPTION", self.message, (self.field,) if self.field else ())


@dataclass(frozen=True, slots=True)
class ObjectRules:
    """The active rules of one object.

    Attributes:
        reader: reads what their formulas need.
        compares: whether one of them asks for values before the write.
    """

    rules: tuple[ValidationRule, ...]
    reader: Reader
    compares: bool


def load_rules(connection: sqlite3.Connection, schema: Schema) -> Mapping[str, ObjectRules]:
    """The active rules by object.

    Raises:
        ValueError: a rule that is wrong or uses what is not served; the message names it and the place in its formula.
    """
    found: dict[str, list[ValidationRule]] = defaultdict(list)
    for entity, name, message, field, metadata in connection.execute(_SELECT):
        sobject = schema.objects.get(entity)
        if sobject is None:
            raise ValueError(f"validation rule {name}: its EntityDefinitionId is no object of this org")
        try:
            found[entity].append(_rule(schema, sobject, name, message, field, metadata))
        except FormulaRefusedError as error:
            raise ValueError(f"validation rule {entity}.{name}, {error}") from error
    return {
        name: ObjectRules(
            tuple(rules),
            Reader(schema.objects[name], (path for rule in rules for path in rule.formula.paths)),
            compares=any(rule.formula.compares for rule in rules),
        )
        for name, rules in found.items()
    }


def _rule(
    schema: Schema, sobject: SObject, name: str, message: str, shown_at: str | None, metadata: str | None
) -> ValidationRule:
    described = json.loads(metadata or "{}")
    text = described.get("errorConditionFormula")
    if not text:
        raise ValueError(f"validation rule {sobject.name}.{name} has no errorConditionFormula in its Metadata")
    field = sobject.find(shown_at) if shown_at else None
    if shown_at and field is None:
        raise ValueError(f"validation rule {sobject.name}.{name} is shown at a field that is not there: {shown_at}")
    formula = compile_formula(text, schema, sobject, Kind.BOOLEAN)
    return ValidationRule(name, message, field.name if field else "", formula)
