"""What formulas mean: formulon, an engine of others, gives what the sandbox gives.

Where the two differ the sandbox follows the vendor's own open engine (https://github.com/salesforce/formula-engine);
each difference is named here, and nothing else may differ. formulon has no ISNEW, ISCHANGED and PRIORVALUE.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.sandbox.salesforce.formulas.compiler import compile_formula
from include.sandbox.salesforce.formulas.kinds import FormulaFault, Kind, Row
from include.sandbox.salesforce.formulas.tree import FormulaRefusedError
from include.sandbox.salesforce.org_schema import load_schema
from tests.conformance.conftest import HERE, NODE

ENDING_SECONDS = 10
PRECISION = 1e-9
SCHEMA = load_schema(person_accounts=True)
RESULTS = (Kind.BOOLEAN, Kind.NUMBER, Kind.TEXT, Kind.DATE)
NAMES = {Kind.TEXT: "text", Kind.NUMBER: "number", Kind.DATE: "date", Kind.BOOLEAN: "checkbox"}
NAMES |= {Kind.PICKLIST: "picklist", Kind.MULTIPICKLIST: "multipicklist"}

Values = Mapping[str, Any]
Oracle = Callable[[str, Values], Any]
RECORD: Values = {
    "LastName": "Lee",
    "Email": "lee@x.example",
    "Phone": "+33 555 100",
    "Annual_Spend__c": Decimal("12.5"),
    "Birthdate": date(1980, 2, 29),
    "HasOptedOutOfEmail": True,
    "LeadSource": "Web",
    "Interests__c": "Events;Offers",
    "Account.Name": "ACME",
    "Account.Industry": "Banking",
}

CORPUS = r"""
1 + 2 * 3 - 4 / 8
-2 + 5
2 ^ 10
Annual_Spend__c * 2 >= 25
Annual_Spend__c <> 12.5 || HasOptedOutOfEmail
AND(HasOptedOutOfEmail, NOT(FALSE), 1 = 1, 1 <= 2)
OR(FALSE, 1 > 2, "a" = "A")
!HasOptedOutOfEmail && TRUE
IF(Annual_Spend__c > 10, "much", "little")
CASE(LeadSource, "Web", 1, "Other", 2, 3)
CASE(LEN(LastName), 1, "one", 3, "three", "?")
ISBLANK(Email)
ISBLANK("")
BLANKVALUE(Email, "none")
ISPICKVAL(LeadSource, "Web")
ISPICKVAL(Account.Industry, "web")
INCLUDES(Interests__c, "Events")
LEN(LastName & "x")
CONTAINS(Email, "@")
BEGINS(Phone, "+33")
BEGINS(Phone, "33")
REGEX(Phone, "[+][0-9]{2} .*")
REGEX(Phone, "[0-9]+")
REGEX("SW1A 1AA", "[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}")
VALUE("3.25") + 1
TEXT(12.5) & "-" & TEXT(Birthdate) & "-" & TEXT(LeadSource)
TODAY() - TODAY()
TODAY() > Birthdate
DATE(2026, 3, 1) - 1
YEAR(Birthdate) * 10000 + MONTH(Birthdate) * 100 + DAY(Birthdate)
Birthdate + 366
Birthdate = DATE(1980, 2, 29)
Account.Name = "ACME" && NOT(ISPICKVAL(Account.Industry, "Retail"))
""".strip().splitlines()

DIFFERENT = {
    "2 * 3 ^ 2": "the power binds looser than the product (FormulaGrammar.g)",
    'VALUE("12 apples") = 12': "a text that is not a number has no value (FunctionValue)",
    "1 / 0 > 1": "a division by zero has no value (OperatorDivide)",
    "DATE(2026, 2, 30) = DATE(2026, 3, 2)": "a day that does not exist has no value (FunctionDate)",
    "-(2 - 5) = 3": "a sign stands before anything, not only before a number (FormulaGrammar.g, unaryExpression)",
    "NOT HasOptedOutOfEmail": "NOT needs no parentheses (FormulaGrammar.g, unaryExpression)",
    'REGEX(Phone, "\\\\+\\\\d+ .*")': "a doubled backslash in a text is one (LexerRules.g4, ESC)",
    "/* a note */ 1 = 1": "comments stand anywhere (LexerRules.g4, COMMENT)",
    'LEN(TEXT(LeadSource)) = 3 && "a" < "b"': "texts have an order (OperatorComparison)",
}


@pytest.fixture(scope="module")
def oracle(node_modules: Path) -> Iterator[Oracle]:
    """Ask formulon; one Node process answers line by line."""
    command = [NODE, HERE / "formula_oracle.mjs"]
    process = subprocess.Popen(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout

    def ask(formula: str, record: Values) -> Any:
        values = {path.key: foreign(path.kind, record[path.key]) for path in compiled(formula).paths}
        process.stdin.write(json.dumps({"formula": formula, "values": values}) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        assert answer["type"] == "literal", (formula, answer)
        return answer["value"]

    with process:
        yield ask
        process.stdin.close()
        process.wait(ENDING_SECONDS)


def foreign(kind: Kind, value: Any) -> dict[str, Any]:
    """A value as formulon takes it."""
    options = {"length": 18, "scale": 4} if kind is Kind.NUMBER else {"length": 255}
    if isinstance(value, Decimal):
        value = float(value)
    elif isinstance(value, date):
        value = value.isoformat()
    elif kind is Kind.MULTIPICKLIST:
        value = value.split(";")
    return {"type": "literal", "dataType": NAMES[kind], "value": value, "options": options}


def compiled(formula: str) -> Any:
    """The formula, whatever type its result has."""
    for kind in RESULTS:
        try:
            return compile_formula(formula, SCHEMA, SCHEMA.objects["Contact"], kind)
        except FormulaRefusedError as error:
            refused = error
    raise refused


def ours(formula: str, record: Values) -> Any:
    """What the sandbox gives."""
    made = compiled(formula)
    row = {path.key: record[path.key] for path in made.paths}
    return made.evaluate(Row(row, None, True, datetime.now(UTC)))


def same(mine: Any, theirs: Any) -> bool:
    """Whether the two are one value; numbers of formulon are floats with 20 digits before."""
    if isinstance(mine, bool) or mine is None:
        return mine is theirs
    if isinstance(mine, Decimal):
        return abs(float(mine) - theirs) <= PRECISION * max(1.0, abs(theirs))
    if isinstance(mine, date):
        return str(theirs)[:10] == mine.isoformat()
    return bool(mine == theirs)


@pytest.mark.parametrize("formula", CORPUS)
def test_formula_means_what_it_means_elsewhere(oracle: Oracle, formula: str) -> None:
    assert same(ours(formula, RECORD), oracle(formula, RECORD))


@pytest.mark.parametrize("formula", DIFFERENT)
def test_named_difference_is_still_one(oracle: Oracle, formula: str) -> None:
    """Otherwise the name can go."""
    try:
        mine = ours(formula, RECORD)
    except FormulaFault:
        mine = FormulaFault
    try:
        theirs = oracle(formula, RECORD)
    except AssertionError:
        theirs = AssertionError
    assert mine is FormulaFault or theirs is AssertionError or not same(mine, theirs)


numbers = st.recursive(
    st.one_of(st.integers(0, 99).map(str), st.sampled_from(["Annual_Spend__c", "LEN(LastName)", "YEAR(Birthdate)"])),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(inner, st.integers(1, 9)).map(lambda parts: f"({parts[0]} / {parts[1]})"),
        inner.map(lambda one: f"IF({one} > 5, {one}, 2)"),
    ),
    max_leaves=5,
)
texts = st.recursive(
    st.one_of(st.sampled_from(["LastName", "Email", "Account.Name"]), st.sampled_from("abc").map('"{}"'.format)),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda parts: f"({parts[0]} & {parts[1]})"),
        st.tuples(inner, inner).map(lambda parts: f"IF(CONTAINS({parts[0]}, {parts[1]}), {parts[0]}, {parts[1]})"),
    ),
    max_leaves=4,
)
comparisons = st.one_of(
    st.tuples(numbers, st.sampled_from(["=", "==", "<>", "!=", "<", "<=", ">", ">="]), numbers).map(" ".join),
    st.tuples(texts, st.sampled_from(["=", "<>"]), texts).map(" ".join),
    st.tuples(texts, texts).map(lambda parts: f"BEGINS({parts[0]}, {parts[1]})"),
    st.integers(0, 500).map("Birthdate + {} > DATE(1981, 1, 1)".format),
    st.sampled_from(["HasOptedOutOfEmail", 'ISPICKVAL(LeadSource, "Web")', 'INCLUDES(Interests__c, "Offers")']),
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"AND({', '.join(parts)})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"OR({', '.join(parts)})"),
        inner.map("NOT({})".format),
    ),
    max_leaves=5,
)
records = st.fixed_dictionaries(
    {
        **{name: st.just(value) for name, value in RECORD.items()},
        "LastName": st.text("abLe", min_size=1, max_size=4),
        "Annual_Spend__c": st.integers(-10_000, 10_000).map(lambda cents: Decimal(cents) / 100),
        "Birthdate": st.dates(date(1900, 1, 1), date(2030, 1, 1)),
        "HasOptedOutOfEmail": st.booleans(),
        "LeadSource": st.sampled_from(["Web", "Other"]),
    }
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(conditions, records)
def test_any_condition_on_any_filled_record(oracle: Oracle, formula: str, record: Values) -> None:
    assert same(ours(formula, record), oracle(formula, record)), formula
