"""What SOQL accepts and refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.soql.parser import parse, quote
from include.sandbox.salesforce.soql.tree import Compare, In, Includes, Junction, Not


@pytest.mark.parametrize(
    "query",
    [
        "SELECT Id FROM Contact",
        "select id, name from contact c where c.name != null order by name desc nulls last limit 5 offset 3",
        "SELECT Account.Owner.Name FROM Contact WHERE Account.Owner.Name LIKE 'A%'",
        "SELECT COUNT() FROM Lead",
        "SELECT COUNT(Id) n, Status FROM Lead GROUP BY Status HAVING COUNT(Id) > 3 ORDER BY COUNT(Id) DESC",
        "SELECT COUNT_DISTINCT(Email), SUM(AnnualRevenue), AVG(AnnualRevenue), MIN(Name), MAX(Name) FROM Lead",
        "SELECT FIELDS(STANDARD) FROM Contact",
        "SELECT Id FROM Contact WHERE (A = 1 AND B = 2) OR (NOT C = 'x')",
        "SELECT Id FROM Contact WHERE NOT (A = TRUE OR B = false)",
        "SELECT Id FROM Contact WHERE A IN ('a', 'b') AND B NOT IN (1, 2.5, -3)",
        "SELECT Id FROM Contact WHERE A INCLUDES ('a;b', 'c') AND B EXCLUDES ('d')",
        "SELECT Id FROM Contact WHERE Id IN (SELECT Contact__c FROM MC_Subscriber__c WHERE Status__c = 'subscribed')",
        "SELECT Id FROM Contact WHERE A >= LAST_N_DAYS:30 AND B < TODAY AND C = this_month AND D = N_DAYS_AGO:3",
        "SELECT Id FROM Contact WHERE A > 2026-01-01 AND B <= 2026-01-01T00:00:00Z AND C = 2026-01-01T10:00:00.5+02:00",
        "SELECT Id FROM Contact WHERE Name = 'O\\'Hara \\\\ \\n \\u00e9'",
        "SELECT Id FROM Contact FOR VIEW",
        "SELECT Id FROM Contact LIMIT 3 ALL ROWS",
        "SELECT Order__c, From__c, Limits__c FROM Contact",
    ],
)
def test_query_is_accepted(query: str) -> None:
    assert parse(query).source.lower() in {"contact", "lead"}


@pytest.mark.parametrize(
    ("query", "token", "column"),
    [
        ("SELECT Id FROM Contact WHERE A = 1 AND B = 2 OR C = 3", "OR", 46),
        ("SELECT Id FROM Contact WHERE", "<EOF>", 29),
        ("SELECT Id FROM Contact WHERE A IS NULL", "IS", 32),
        ("SELECT Id FROM Contact WHERE A = B", "B", 34),
        ("SELECT Id Id2 Id3 FROM Contact", "Id3", 15),
        ("SELECT Id FROM Contact LIMIT -1", "-1", 30),
        ("DELETE FROM Contact", "DELETE", 1),
        ("", "<EOF>", 1),
        ("SELECT Id FROM Contact WHERE A = 1 AND NOT B = 2", "NOT", 40),
        ("SELECT SUM(MAX(A)) FROM Contact", "SUM", 8),
        ("SELECT FIELDS(SOME) FROM Contact", "SOME", 8),
    ],
)
def test_malformed_query_is_pointed_at(query: str, token: str, column: int) -> None:
    with pytest.raises(ApiError) as refusal:
        parse(query)
    assert (refusal.value.status, refusal.value.code) == (400, "MALFORMED_QUERY")
    assert str(refusal.value).endswith(f"ERROR at Row:1:Column:{column}\nunexpected token: '{token}'")


def test_message_shows_the_line_with_a_pointer_under_the_place() -> None:
    with pytest.raises(ApiError) as refusal:
        parse("SELECT Id\nFROM Contact\nWHERE A ~ 1")
    assert str(refusal.value) == "\nWHERE A ~ 1\n        ^\nERROR at Row:3:Column:9\nunexpected token: '~'"


def test_and_binds_conditions_in_their_order() -> None:
    where = parse("SELECT Id FROM Contact WHERE A = 1 AND (NOT B = 2) AND C IN (3) AND D INCLUDES ('x')").where
    assert isinstance(where, Junction)
    assert [type(one) for one in where.conditions] == [Compare, Not, In, Includes]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_every_text_can_be_quoted(text: str) -> None:
    where = parse(f"SELECT Id FROM Contact WHERE Name = {quote(text)}").where
    assert isinstance(where, Compare)
    assert where.value.text == text
