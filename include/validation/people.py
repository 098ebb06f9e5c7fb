"""The checks of people: their mapped values against the merge fields, and the configured rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from include.config.dates import resolve
from include.config.models import Rule
from include.config.object_fields import GroupField
from include.config.queries import giver_of_groups
from include.schema import PERSON_OBJECTS, AudienceSchema, MergeField, PersonObject
from include.validation.checks import Check, Gate, Suite, filled, quoted

TEXT_LIMIT = 255
"""Bytes of UTF-8 that Mailchimp keeps of a text; it cuts off the rest (Mailchimp, merge field limits)."""

REFUSED = "email-validator refuses the e-mail address"
PERSON_ACCOUNT = "Person account"
_EVERYTHING: tuple[Gate, ...] = ("add", "update")


def people_suites(
    audience: AudienceSchema,
    mapped: Iterable[str],
    rules: Iterable[Rule],
    today: date,
    time_zone: str,
    groups_from: Mapping[str, GroupField] | None = None,
) -> tuple[Suite, ...]:
    """The suites of Contacts, Leads and person accounts.

    Args:
        audience: the merge fields.
        mapped: the mapped merge tags.
        rules: the configured rules; those on Account look at person accounts, through their Contact.
        today: what `today` means in a rule.
        time_zone: IANA name; a rule sees a date and time as its day there.
        groups_from: category to the field that lists a record's groups of it.

    Reads the views `mapped` and `people` (see `map_people` and the table `people`).
    """
    fields = [audience.merge_fields[tag] for tag in sorted(mapped)]
    rules = [rule for rule in rules if set(rule.gates) & set(_EVERYTHING)]
    suites = [
        _suite(
            name,
            name,
            f"m.object = '{name}'",
            [
                *_value_checks(fields),
                *_group_checks(groups_from or {}, audience, name),
                *_rule_checks(rules, name, today, time_zone),
            ],
        )
        for name in PERSON_OBJECTS
    ]
    on_account = list(_rule_checks(rules, "Account", today, time_zone))
    if on_account:
        suites.append(_suite(PERSON_ACCOUNT, "Contact", "m.object = 'Contact' AND p.is_person_account", on_account))
    return tuple(suites)


def rule_check(rule: Rule, column: str, gates: tuple[Gate, ...], today: date, time_zone: str) -> Check:
    """A configured rule over a column (SQL) that holds the field as text."""
    if rule.between is None:
        reason = f"{rule.path} is required and blank"
        return Check(rule.name, f"{rule.object}.{rule.path}", filled(column), "filled", reason, gates)
    first, last = (resolve(bound, today) for bound in rule.between)
    return Check(
        name=rule.name,
        column=f"{rule.object}.{rule.path}: day",
        sql=_day(column, time_zone),
        kind="period",
        reason=f"{rule.path} is not between {first} and {last}",
        gates=gates,
        period=(first, last),
    )


def _suite(name: str, object_name: str, condition: str, checks: Iterable[Check]) -> Suite:
    source = f"mapped m JOIN people p ON p.object = m.object AND p.id = m.id WHERE {condition}"
    return Suite(name, "salesforce", object_name, "m.id", "m.email_key", source, tuple(checks))


def _value_checks(fields: Iterable[MergeField]) -> Iterator[Check]:
    yield Check("invalid_email", "email: is an address", "p.email", "email", REFUSED, ("add",))
    for field in fields:
        yield from _field_checks(field)


def _field_checks(field: MergeField) -> Iterator[Check]:
    tag, column = field.tag, f"m.{quoted(field.tag)}"
    if field.required:
        yield Check(
            "required_merge_field", tag, column, "filled", f"{tag} is required in Mailchimp and blank", ("add",)
        )
    if field.type in {"dropdown", "radio"}:
        reason = f"the value is none of the choices of {tag} in Mailchimp"
        check = Check("unknown_dropdown_value", tag, column, "choice", reason, _EVERYTHING, choices=field.choices)
    elif field.type == "text":
        reason, size = f"the value of {tag} is longer than {TEXT_LIMIT} bytes", f"octet_length(encode({column}))"
        check = Check("text_too_long", f"{tag}: bytes", size, "at_most", reason, _EVERYTHING, maximum=TEXT_LIMIT)
    elif (kind := _condition(field)) in _CONDITIONS:
        name, what, condition, reason = _CONDITIONS[kind]
        holds = f"CASE WHEN {column} IS NOT NULL THEN coalesce({condition.format(column)}, false) END"
        check = Check(name, f"{tag}: {what}", holds, "holds", reason.format(tag), _EVERYTHING)
    else:
        return
    yield replace(check, field=tag, holds_record=field.required)


def _condition(field: MergeField) -> str:
    """The key of a field's condition: the type, with the format where that matters."""
    formats = {"birthday": field.date_format == "DD/MM" and "DD/MM", "phone": field.phone_format == "US" and "US"}
    form = formats.get(field.type)
    return f"{field.type} {form}" if form else field.type


_BIRTHDAY = (
    "regexp_full_match({{0}}, '[0-9]{{{{2}}}}/[0-9]{{{{2}}}}') AND try_strptime('2024/' || {{0}}, '{0}') IS NOT NULL"
)
"""2024 is a leap year; `29 February` is a birthday."""
_CONDITIONS = {
    "number": (
        "not_a_number",
        "is a number",
        "isfinite(try_cast({0} AS DOUBLE))",
        "the value of {0} is no number",
    ),
    "date": (
        "not_a_date",
        "is a date",
        "regexp_full_match({0}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') AND try_cast({0} AS DATE) IS NOT NULL",
        "the value of {0} is no date",
    ),
    "birthday": ("not_a_birthday", "is a day", _BIRTHDAY.format("%Y/%m/%d"), "the value of {0} is no day as MM/DD"),
    "birthday DD/MM": (
        "not_a_birthday",
        "is a day",
        _BIRTHDAY.format("%Y/%d/%m"),
        "the value of {0} is no day as DD/MM",
    ),
    "zip": (
        "not_a_zip_code",
        "is a zip code",
        "regexp_full_match({0}, '[0-9]{{5}}')",
        "the value of {0} is no US zip code of five digits",
    ),
    "phone US": (
        "not_a_us_phone",
        "is a US number",
        "regexp_full_match({0}, '[0-9]{{3}}-[0-9]{{3}}-[0-9]{{4}}')",
        "the value of {0} is no US phone number of ten digits",
    ),
    "url": (
        "not_a_url",
        "is a web address",
        "regexp_full_match({0}, 'https?://[^\\s/]+[.]\\S+') AND octet_length(encode({0})) <= " + str(TEXT_LIMIT),
        "the value of {0} is no web address with http:// or https://, or is longer than 255 bytes",
    ),
    "address": (
        "incomplete_postal_address",
        "is complete",
        " AND ".join(f"json_extract_string({{0}}, '$.{part}') <> ''" for part in ("addr1", "city", "zip")),
        "the postal address of {0} lacks its first line, city or zip",
    ),
}
"""Per merge-field type: rule, what the column tells, the condition (SQL) that Mailchimp sets, and the reason."""


def _group_checks(
    groups_from: Mapping[str, GroupField], audience: AudienceSchema, object_name: PersonObject
) -> Iterator[Check]:
    """An unknown name leaves the whole field out (R13)."""
    for category, source in groups_from.items():
        if path := source.field(object_name):
            known = [group.name for group in audience.interests.values() if group.category == category]
            column = f"m.{quoted(giver_of_groups(category))}"
            literal = ", ".join("'" + name.replace("'", "''") + "'" for name in known)
            holds = f"list_has_all(CAST([{literal}] AS VARCHAR[]), {column})"
            reason = f"{path} lists a group that the category {category} lacks in Mailchimp"
            check = Check("unknown_group", f"{path}: are groups of {category}", holds, "holds", reason, _EVERYTHING)
            yield replace(check, field=path)


def _rule_checks(rules: Iterable[Rule], object_name: str, today: date, time_zone: str) -> Iterator[Check]:
    for rule in rules:
        if rule.object == object_name:
            path = f"Account.{rule.path}" if rule.object == "Account" else rule.path
            gates = tuple(gate for gate in rule.gates if gate in _EVERYTHING)
            yield rule_check(rule, f"p.{quoted(path)}", gates, today, time_zone)


def _day(column: str, time_zone: str) -> str:
    """SQL: the day of a date, or of a date and time in the zone."""
    moment = f"try_cast(timezone('{time_zone}', try_cast({column} AS TIMESTAMPTZ)) AS DATE)"
    return f"CASE WHEN length({column}) > 10 THEN {moment} ELSE try_cast({column} AS DATE) END"
