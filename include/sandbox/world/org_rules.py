"""The validation rules that the made-up company's administrators wrote, as the Tooling API shows them."""

from collections.abc import Iterator
from dataclasses import dataclass

from include.sandbox.world.calendar import DAY, salesforce_time
from include.sandbox.world.ids import salesforce_id
from include.sandbox.world.people import Population

_MADE_DAYS_AGO = 400


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule; it forbids the records for which the formula is true."""

    entity: str
    name: str
    formula: str
    message: str
    field: str | None = None
    active: bool = True


_RULES = (
    _Rule(
        "Contact",
        "Email_Is_Kept",
        "AND(NOT(ISBLANK(PRIORVALUE(Email))), ISBLANK(Email))",
        "An e-mail address can be changed, not removed.",
        "Email",
    ),
    _Rule(
        "Lead",
        "Way_To_Reach",
        "AND(ISNEW(), ISBLANK(Email), ISBLANK(Phone))",
        "A new lead needs an e-mail address or a phone number.",
    ),
    _Rule(
        "Account",
        "Born_In_The_Past",
        "/* person accounts only */ IsPersonAccount && PersonBirthdate > TODAY()",
        "The date of birth lies in the future.",
        "PersonBirthdate",
    ),
    _Rule("Contact", "Title_Needed", "ISBLANK(Title)", "A contact needs a title.", "Title", active=False),
)


def validation_rules(population: Population) -> Iterator[dict[str, object]]:
    """ValidationRule records, three active and one not."""
    made = salesforce_time(population.calendar.now - _MADE_DAYS_AGO * DAY)
    for number, rule in enumerate(_RULES):
        yield {
            "Id": salesforce_id("03d", number),
            "IsDeleted": False,
            "ValidationName": rule.name,
            "Active": rule.active,
            "EntityDefinitionId": rule.entity,
            "ErrorDisplayField": rule.field,
            "ErrorMessage": rule.message,
            "FullName": f"{rule.entity}.{rule.name}",
            "Metadata": {
                "active": rule.active,
                "description": None,
                "errorConditionFormula": rule.formula,
                "errorDisplayField": rule.field,
                "errorMessage": rule.message,
            },
            "CreatedDate": made,
            "LastModifiedDate": made,
            "SystemModstamp": made,
        }
