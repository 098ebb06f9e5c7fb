"""Formulas: what they give, what they are refused for. The meanings are those of the vendor's open engine."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from include.sandbox.salesforce.formulas.compiler import compile_formula
from include.sandbox.salesforce.formulas.kinds import FormulaFault, Kind, Row
from include.sandbox.salesforce.formulas.tree import FormulaRefusedError
from include.sandbox.salesforce.org_schema import load_schema

NOW = datetime(2026, 11, 23, 9, 30, 15, tzinfo=UTC)
SCHEMA = load_schema(person_accounts=True)


def value(
    text: str, kind: Kind, *, sobject: str = "Contact", before: dict[str, Any] | None = None, **after: Any
) -> Any:
    """A formula's value for a record; fields that are not given are null."""
    formula = compile_formula(text, SCHEMA, SCHEMA.objects[sobject], kind)
    given = {name.replace("__dot__", "."): one for name, one in after.items()}
    row = {path.key: given.get(path.key) for path in formula.paths}
    known = None if before is None else {path.key: before.get(path.key) for path in formula.paths}
    return formula.evaluate(Row(row, known, before is None, NOW))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("2 * 3 ^ 2", 36),  # the vendor's grammar: the power binds looser than the product
        ("10 - 3 - 2", 5),
        ("-2 + 5", 3),
        ("1 / 4", Decimal("0.25")),
        ('LEN("abc") + LEN("")', 3),
        ('VALUE("1.50")', Decimal("1.50")),
        ("DATE(2026, 3, 1) - DATE(2026, 2, 1)", 28),
        ("YEAR(TODAY()) * 10000 + MONTH(TODAY()) * 100 + DAY(TODAY())", 20261123),
        ('CASE(LEN("ab"), 1, 10, 2, 20, 30)', 20),
        ("Annual_Spend__c + 1", None),
        ("BLANKVALUE(Annual_Spend__c, 7)", 7),
        ("/* why */ 1 /* so */", 1),
    ],
)
def test_numbers(text: str, expected: object) -> None:
    assert value(text, Kind.NUMBER) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Email = null", True),
        ('Email = ""', True),
        ('Email <> "a"', True),
        ('"a" = "A"', False),
        ("Annual_Spend__c <> 1", None),
        ("Annual_Spend__c < 1", None),
        ("NOT(Annual_Spend__c < 1)", None),
        ("AND(TRUE, Annual_Spend__c < 1)", False),
        ("OR(Annual_Spend__c < 1, TRUE)", True),
        ("TRUE && !FALSE || FALSE", True),
        ("IF(Annual_Spend__c < 1, TRUE, FALSE)", False),
        ("ISBLANK(Email)", True),
        ("ISNULL(Email)", False),
        ("ISNULL(Annual_Spend__c)", True),
        ('ISPICKVAL(LeadSource, "")', True),
        ('CONTAINS(Email, "x")', None),
        ('CONTAINS(LastName, "")', True),
        ('BEGINS("abc", "ab")', True),
        ('REGEX("12-34", "\\\\d{2}-\\\\d{2}")', True),
        ('REGEX("12-345", "\\\\d{2}-\\\\d{2}")', False),
        ('REGEX(Phone, "(\\\\d+)?")', True),
        ("HasOptedOutOfEmail", None),
        ("ISNEW()", True),
        ("ISCHANGED(Email)", False),
        ("NOW() > NOW() - 0.5", True),
        ('LASTNAME = ""', True),
    ],
)
def test_conditions_on_blank_fields(text: str, expected: object) -> None:
    assert value(text, Kind.BOOLEAN) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('TEXT(12.50) & "/" & TEXT(DATE(2026, 1, 2)) & "/" & TEXT(NOW())', "12.5/2026-01-02/2026-11-23 09:30:15Z"),
        ('Email & "x"', "x"),
        ("Email & FirstName", None),
        ("TEXT(LeadSource)", "Web"),
        ('CASE(LeadSource, "Other", "o", "Web", "w", "?")', "w"),
        ("Account.Name & ' of ' & Owner.Name", "ACME of Ann"),
        (r'"a\"b\\c"', 'a"b\\c'),
    ],
)
def test_texts(text: str, expected: object) -> None:
    given = {"LeadSource": "Web", "Account__dot__Name": "ACME", "Owner__dot__Name": "Ann"}
    assert value(text, Kind.TEXT, **given) == expected


def test_dates_move_by_whole_days_and_datetimes_by_fractions() -> None:
    assert value("DATE(2026, 2, 28) + 1.9", Kind.DATE) == date(2026, 3, 1)
    assert value("NOW() + 0.5", Kind.DATETIME) == datetime(2026, 11, 23, 21, 30, 15, tzinfo=UTC)


def test_changes_are_told_from_what_was() -> None:
    assert value("ISCHANGED(Email)", Kind.BOOLEAN, before={"Email": "a"}, Email="b") is True
    assert value("ISCHANGED(Email)", Kind.BOOLEAN, before={"Email": "a"}, Email="a") is False
    assert value("PRIORVALUE(Email)", Kind.TEXT, before={"Email": "a"}, Email="b") == "a"
    assert value("PRIORVALUE(Email)", Kind.TEXT, Email="b") == "b"
    assert value("ISNEW()", Kind.BOOLEAN, before={}) is False


@pytest.mark.parametrize("text", ["1 / 0 = 1", 'VALUE("x") = 1', "DATE(2026, 2, 30) = TODAY()", "2 ^ 0.5 = 1"])
def test_formula_without_a_value_says_so(text: str) -> None:
    with pytest.raises(FormulaFault):
        value(text, Kind.BOOLEAN)


@pytest.mark.parametrize(
    ("text", "sobject", "message"),
    [
        ('TRUE ||\nVLOOKUP("a")', "Contact", "line 2, column 1: the function VLOOKUP is not served"),
        ("Nope__c = 1", "Contact", "line 1, column 1: field Nope__c does not exist"),
        ("1 = 'a'", "Contact", "line 1, column 5: incorrect parameter type for operator '='"),
        ('LeadSource = "Web"', "Contact", "line 1, column 1: field LeadSource is a picklist field"),
        ('Owner.Name = "x"', "Lead", "line 1, column 1: field Owner.Name does not exist"),
        ("ISCHANGED(Account.Name)", "Contact", "line 1, column 11: function ISCHANGED() takes a field of the record"),
        ('$User.Alias = "a"', "Contact", "line 1, column 1: $User is not served"),
        ("AND(TRUE, 1)", "Contact", "line 1, column 11: incorrect parameter type for function AND()"),
        ("CASE(1, 2, 3)", "Contact", "line 1, column 1: incorrect number of parameters for function CASE()"),
        ("ISBLANK(HasOptedOutOfEmail)", "Contact", "line 1, column 9: incorrect parameter type"),
        ('INCLUDES(Interests__c, "Nope")', "Contact", "line 1, column 24: 'Nope' is not a value"),
        ('REGEX(Email, "\\\\p{L}+")', "Contact", "line 1, column 14: "),
        ("1 + ", "Contact", "line 1, column 5: syntax error: the formula ends too early"),
        ("TRUE FALSE", "Contact", "line 1, column 6: syntax error: 'FALSE' is not expected here"),
        ("1 + 1", "Contact", "line 1, column 3: the formula's result is Number"),
    ],
)
def test_wrong_formula_is_refused_with_its_place(text: str, sobject: str, message: str) -> None:
    with pytest.raises(FormulaRefusedError) as refused:
        value(text, Kind.BOOLEAN, sobject=sobject)
    assert str(refused.value).startswith(message)
