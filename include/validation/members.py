"""The checks of Mailchimp's side: members as they were read, and the Leads that members would become."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date

from include.config.models import Rule
from include.schema import SalesforceField, SalesforceObject
from include.validation.checks import Check, Gate, Suite, filled, quoted
from include.validation.people import REFUSED, rule_check

STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived")
"""What a member that is there can be (Mailchimp API, list members)."""
LEAD_CANDIDATE = "Lead candidate"

_LEAD: tuple[Gate, ...] = ("create_lead",)


def member_suite() -> Suite:
    """The checks of the members that Mailchimp still has; reads the view `members`."""
    gates: tuple[Gate, ...] = ("update", "create_lead")
    checks = (
        Check("member_without_email", "email", filled("email"), "filled", "the member has no e-mail address", gates),
        Check("member_without_contact", "contact_id", "contact_id", "filled", "the member has no contact_id", gates),
        Check("unknown_status", "status", "status", "choice", "the status is none we know", gates, choices=STATUSES),
    )
    return Suite(
        "Member", "mailchimp", "member", "email_key", "email_key", "members WHERE status <> 'forgotten'", checks
    )


def lead_suite(
    lead: SalesforceObject, columns: Collection[str], rules: Iterable[Rule], today: date, time_zone: str
) -> Suite:
    """The checks of the Leads that subscribed members would become; reads the view `lead_candidates`.

    Args:
        lead: Lead as the org describes it.
        columns: the columns of `lead_candidates`: `email_key`, `email`, then Lead fields.
        rules: the configured rules; those on Lead that gate `create_lead` count.
        today: what `today` means in a rule.
        time_zone: IANA name; a rule sees a date and time as its day there.
    """
    checks = list(_describe_checks(lead, columns))
    checks += [
        rule_check(rule, _column(rule.path, columns), _LEAD, today, time_zone)
        for rule in rules
        if "create_lead" in rule.gates
    ]
    return Suite(LEAD_CANDIDATE, "mailchimp", "member", "email_key", "email_key", "lead_candidates", tuple(checks))


def _describe_checks(lead: SalesforceObject, columns: Collection[str]) -> Iterator[Check]:
    """What Salesforce would refuse the whole record for: a required field blank, a text too long, a wrong entry."""
    yield Check("invalid_email", "email: is an address", "email", "email", REFUSED, _LEAD)
    for field in lead.fields.values():
        if field.required_on_create:
            reason = f"{field.name} is required in Salesforce and blank"
            column = filled(_column(field.name, columns))
            yield Check("missing_required_field", field.name, column, "filled", reason, _LEAD)
        if field.name in columns or field.name == "Email":
            yield from _value_checks(field, columns)


def _value_checks(field: SalesforceField, columns: Collection[str]) -> Iterator[Check]:
    # A Lead is its e-mail: without that field there is nothing to create.
    left_out, held = (None, False) if field.name == "Email" else (field.name, field.required_on_create)
    column = _column(field.name, columns)
    if field.length and field.type not in {"picklist", "multipicklist"}:
        yield Check(
            name="text_too_long",
            column=f"{field.name}: characters",
            sql=f"length({column})",
            kind="at_most",
            reason=f"the value of {field.name} is longer than the {field.length} characters that Salesforce takes",
            gates=_LEAD,
            field=left_out,
            holds_record=held,
            maximum=field.length,
        )
    if field.restricted_picklist and field.type == "picklist":
        yield Check(
            name="unknown_picklist_value",
            column=field.name,
            sql=filled(column),
            kind="choice",
            reason=f"the value is none of the restricted picklist {field.name}",
            gates=_LEAD,
            field=left_out,
            holds_record=held,
            choices=tuple(entry.value for entry in field.picklist if entry.active),
        )


def _column(name: str, columns: Collection[str]) -> str:
    """SQL: a Lead field of the candidate; null where neither mapping nor default fills it."""
    if name == "Email":
        return "email"
    return quoted(name) if name in columns else "CAST(NULL AS VARCHAR)"
