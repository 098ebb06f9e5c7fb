"""Findings about people: which record or field is held, by which rule, and from what."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.config.models import Rule
from include.config.object_fields import GroupField
from include.schema import AudienceSchema, Interest, MergeField
from include.validation.people import people_suites
from include.validation.runner import Run
from include.warehouse.store import connect

TODAY = date(2026, 11, 22)
TAGS = {
    "LNAME": "text",
    "COMPANY": "text",
    "TIER": "dropdown",
    "SPEND": "number",
    "BIRTHDATE": "date",
    "ADDRESS": "address",
}
FILLED = {
    "LNAME": "Lee",
    "COMPANY": "Acme",
    "TIER": "Gold",
    "SPEND": "12.5",
    "BIRTHDATE": "1980-02-03",
    "ADDRESS": json.dumps({"addr1": "1 Rue", "addr2": "", "city": "Paris", "country": "FR", "state": "-", "zip": "75"}),
}


def an_audience(*required: str) -> AudienceSchema:
    choices = ("Gold", "Silver")
    fields = [MergeField(tag, tag, kind, tag in required, choices) for tag, kind in TAGS.items()]
    return AudienceSchema("l1", "Newsletter", {field.tag: field for field in fields})


def a_person(number: int = 1, **values: Any) -> dict[str, Any]:
    """A Contact whose every value is fine; keywords change merge tags or people columns."""
    row = {"object": "Contact", "id": f"003{number}", "email": "ann@mail.example", "is_person_account": False}
    row |= {
        "LastName": "Lee",
        "Birthdate": "1980-02-03",
        "Account.Industry": "Energy",
        "CreatedDate": "2026-11-21T22:30:00.000Z",
    }
    return row | FILLED | values


def find(
    people: list[dict[str, Any]], *, required: tuple[str, ...] = (), rules: tuple[Rule, ...] = ()
) -> list[tuple[str, str | None, str, tuple[str, ...]]]:
    """The findings as (key, field, rule, gates), sorted."""
    with connect() as connection:
        mapped = [person | {"email_key": f"k{person['id']}"} for person in people]
        connection.register("mapped", _table(mapped, ("object", "id", "email_key", *TAGS)))
        columns = tuple(name for name in a_person() if name not in TAGS)
        connection.register("people", _table(people, columns))
        suites = people_suites(an_audience(*required), TAGS, rules, TODAY, "Europe/Paris")
        rows = [row for table in Run(connection).findings(suites) for row in table.to_pylist()]
    assert all(row["side"] == "salesforce" and row["email_key"] == f"k{row['key']}" for row in rows)
    return sorted(((row["key"], row["field"], row["rule"], tuple(row["gates"])) for row in rows), key=str)


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> pa.Table:
    types = {"is_person_account": pa.bool_()}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in columns])
    return pa.Table.from_pylist([{name: row[name] for name in columns} for row in rows], schema=schema)


def test_a_record_without_fault_has_no_finding() -> None:
    assert find([a_person(), a_person(2, object="Lead", **dict.fromkeys(TAGS))]) == []


def test_r13_an_unknown_group_leaves_out_the_field_that_lists_it() -> None:
    listed = {"1": ["News"], "2": ["News", "Nothing"], "3": None, "4": ["It's"]}
    interests = {f"Topics / {name}": Interest(name, "c", "Topics", name, "checkboxes") for name in ("News", "It's")}
    schema = dataclasses.replace(an_audience(), interests=interests)
    source = {"Topics": GroupField(contact="Interests__c")}
    with connect() as connection:
        people = pa.table({"object": ["Contact"] * 4, "id": list(listed), "email": ["ann@mail.example"] * 4})
        connection.register("people", people)
        mapped = people.drop_columns(["email"]).append_column("email_key", pa.array(listed))
        connection.register("mapped", mapped.append_column("groups_from Topics", pa.array(listed.values())))
        suites = people_suites(schema, (), (), TODAY, "Europe/Paris", source)
        (row,) = (row for table in Run(connection).findings(suites) for row in table.to_pylist())
    assert (row["key"], row["field"], row["rule"]) == ("2", "Interests__c", "unknown_group")
    assert row["reason"] == "Interests__c lists a group that the category Topics lacks in Mailchimp"
    assert row["gates"] == ["add", "update"]


REFUSED = (
    ("TIER", "Platinum", "unknown_dropdown_value"),
    ("TIER", "gold", "unknown_dropdown_value"),
    ("COMPANY", "x" * 256, "text_too_long"),
    ("COMPANY", "é" * 128, "text_too_long"),
    ("SPEND", "many", "not_a_number"),
    ("SPEND", "inf", "not_a_number"),
    ("BIRTHDATE", "1980-02-30", "not_a_date"),
    ("BIRTHDATE", "22/11/1980", "not_a_date"),
    ("ADDRESS", FILLED["ADDRESS"].replace("1 Rue", ""), "incomplete_postal_address"),
    ("ADDRESS", FILLED["ADDRESS"].replace("Paris", ""), "incomplete_postal_address"),
    ("ADDRESS", FILLED["ADDRESS"].replace('"75"', '""'), "incomplete_postal_address"),
)
"""Merge tag, a value that Mailchimp does not take, and the rule that says so."""


def test_r18_a_value_that_mailchimp_refuses_leaves_out_its_field_only() -> None:
    people = [a_person(number, **{tag: value}) for number, (tag, value, _) in enumerate(REFUSED)]
    gates = ("add", "update")
    fields = {(f"003{number}", tag, rule, gates) for number, (tag, _, rule) in enumerate(REFUSED)}
    assert set(find([*people, a_person(99)])) == fields
    records = {(key, None, rule, gates) for key, _, rule, _ in fields}
    found = find([*people, a_person(99)], required=tuple(TAGS))
    assert len(found) == 2 * len(REFUSED)
    assert set(found) == fields | records


FORMS = (
    (MergeField("IT", "It", "birthday", date_format="MM/DD"), "not_a_birthday", ("02/29", "12/31"), ("31/12", "2/9")),
    (MergeField("IT", "It", "birthday", date_format="DD/MM"), "not_a_birthday", ("29/02", "31/12"), ("12/31", "30/02")),
    (MergeField("IT", "It", "zip"), "not_a_zip_code", ("94105",), ("94105-1234", "9410", "SW1A 1AA")),
    (MergeField("IT", "It", "phone", phone_format="US"), "not_a_us_phone", ("415-555-0100",), ("+33 6 12", "5550100")),
    (MergeField("IT", "It", "phone", phone_format="none"), "", ("+33 6 12", "x"), ()),
    (
        MergeField("IT", "It", "url"), "not_a_url", ("https://a.example", "http://a.example/b?c"),
        ("www.a.example", "https://a", "https://a.example/ b", "https://a.example/" + "x" * 240),
    ),
    (MergeField("IT", "It", "radio", choices=("Web",)), "unknown_dropdown_value", ("Web",), ("web",)),
)  # fmt: skip
"""X15: merge field, rule, values that Mailchimp takes, values that it refuses."""


@pytest.mark.parametrize(("field", "rule", "taken", "refused"), FORMS, ids=lambda part: getattr(part, "type", None))
def test_x15_each_type_takes_its_form_alone(
    field: MergeField, rule: str, taken: tuple[str, ...], refused: tuple[str, ...]
) -> None:
    schema = dataclasses.replace(an_audience(), merge_fields={"IT": field})
    values = dict(enumerate((*taken, *refused)))
    with connect() as connection:
        people = pa.table({
            "object": ["Contact"] * len(values), "id": [str(number) for number in values],
            "email": ["ann@mail.example"] * len(values),
        })  # fmt: skip
        connection.register("people", people)
        mapped = people.drop_columns(["email"]).append_column("email_key", people["id"])
        connection.register("mapped", mapped.append_column("IT", pa.array(values.values())))
        suites = people_suites(schema, ("IT",), (), TODAY, "Europe/Paris")
        found = [row for table in Run(connection).findings(suites) for row in table.to_pylist()]
    assert {(row["key"], row["rule"]) for row in found} == {
        (str(number), rule) for number, value in values.items() if value in refused
    }


def test_a_text_of_255_bytes_is_fine() -> None:
    assert find([a_person(COMPANY="é" * 127 + "x")]) == []


def test_a_required_merge_field_that_is_blank_holds_the_new_member() -> None:
    assert find([a_person(LNAME=None)], required=("LNAME",)) == [("0031", None, "required_merge_field", ("add",))]


def test_an_email_that_the_library_refuses_is_not_added() -> None:
    people = [a_person(email="ann@mail.test"), a_person(2, email=None)]
    assert find(people) == [("0031", None, "invalid_email", ("add",))]


BIRTH = Rule(
    name="birth", object="Contact", field="Birthdate", between=("today - 120 years", "today"), gates=("update",)
)


def test_r17_a_date_has_to_lie_in_the_period_as_of_the_runs_day() -> None:
    good = ["1906-11-22", "2026-11-22", None]
    bad = ["1906-11-21", "2026-11-23", "1700-01-01"]
    people = [a_person(number, Birthdate=day) for number, day in enumerate([*good, *bad])]
    assert find(people, rules=(BIRTH,)) == [(f"003{number}", None, "birth", ("update",)) for number in (3, 4, 5)]


def test_r17_a_moment_counts_as_its_day_in_the_time_zone() -> None:
    rule = Rule(name="new", object="Contact", field="CreatedDate", between=("today", "today"), gates=("add",))
    people = [a_person(), a_person(2, CreatedDate="2026-11-22T23:30:00.000Z")]  # 00:30 in Paris, a day later
    people.append(a_person(3, CreatedDate="2026-11-21T23:30:00.000Z"))  # 00:30 in Paris on the 22nd
    assert [row[0] for row in find(people, rules=(rule,))] == ["0031", "0032"]


def test_r17_a_rule_looks_at_its_object_only() -> None:
    rule = Rule(name="last", object="Lead", require="LastName", gates=("add", "create_lead"))
    people = [a_person(LastName=" "), a_person(2, object="Lead", LastName=" \t"), a_person(3, object="Lead")]
    assert find(people, rules=(rule,)) == [("0032", None, "last", ("add",))]


def test_r17_a_rule_on_account_looks_at_person_accounts() -> None:
    rule = Rule(name="industry", object="Account", require="Industry", gates=("update",))
    blank = {"Account.Industry": None}
    people = [a_person(**blank), a_person(2, is_person_account=True, **blank), a_person(3, is_person_account=True)]
    assert find(people, rules=(rule,)) == [("0032", None, "industry", ("update",))]


def test_nobody_at_all_gives_no_finding() -> None:
    assert find([], required=("LNAME",), rules=(BIRTH,)) == []


_VALUES = st.one_of(st.none(), st.text(max_size=300), st.floats().map(str), st.dates().map(str))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(_VALUES, _VALUES, _VALUES), max_size=6))
def test_r18_findings_are_those_of_a_plain_reading(values: list[tuple[str | None, str | None, str | None]]) -> None:
    people = [
        a_person(number, COMPANY=_storable(text), TIER=_storable(tier), BIRTHDATE=_storable(day))
        for number, (text, tier, day) in enumerate(values)
    ]
    expected = {(person["id"], tag) for person in people for tag in _plainly_wrong(person)}
    assert {(key, str(field)) for key, field, _, _ in find(people)} == expected


def _storable(text: str | None) -> str | None:
    return None if text is None else text.encode("utf-8", "ignore").decode().replace("\0", "")


def _plainly_wrong(person: dict[str, Any]) -> Iterator[str]:
    if person["COMPANY"] is not None and len(person["COMPANY"].encode()) > 255:
        yield "COMPANY"
    if person["TIER"] not in {None, "Gold", "Silver"}:
        yield "TIER"
    try:
        if person["BIRTHDATE"] is not None and str(date.fromisoformat(person["BIRTHDATE"])) != person["BIRTHDATE"]:
            yield "BIRTHDATE"
    except ValueError:
        yield "BIRTHDATE"


def test_the_views_are_read_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("include.validation.runner.CHUNK_ROWS", 2)
    people = [a_person(number, TIER="Platinum" if number % 2 else "Gold") for number in range(7)]
    assert [row[0] for row in find(people)] == ["0031", "0033", "0035"]
