"""What SOQL is: two parsers of others, jetstream's and Salesforce's own published one, say what is a query.

The sandbox accepts what both accept. What it accepts or refuses beyond that is named here, and nothing else may be.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.soql.parser import parse
from include.sandbox.salesforce.soql.unserved import UNSERVED
from tests.conformance.conftest import HERE, NODE

ENDING_SECONDS = 10
ALL_ROWS = re.compile(r"\ball\s+rows\s*$", re.IGNORECASE)
"""Of the reference, in neither parser."""
KINDER_THAN_JETSTREAM = re.compile(
    r"\b(?:group|order)(?:  +|\s*[\t\r\n]\s*)by\b"  # it knows only one space between the words
    r"|\b(?:where|having)\b.*\boffset\s+\d",  # it takes OFFSET right behind a condition for the next field
    re.IGNORECASE,
)
"""Where Salesforce's parser and the sandbox accept what jetstream's refuses."""

ACCEPTED = """
SELECT Id FROM Contact
select id, name from contact c where c.name != null order by name desc nulls last limit 5 offset 3
SELECT Account.Owner.Profile.CreatedBy.Manager.Name n FROM Contact
SELECT Order, Group, Count, All, End, View, Offset FROM Group
SELECT Id FROM Contact offset
SELECT Id FROM Contact offset WHERE offset.Name = 'x'
SELECT COUNT() FROM Lead
SELECT COUNT ( ) FROM Lead WHERE A = 1 LIMIT 3
SELECT COUNT(Id) n, Status FROM Lead GROUP BY Status HAVING COUNT(Id) > 3 AND (MAX(A) < 2 OR Status LIKE 'a%')
SELECT COUNT_DISTINCT(Email), SUM(A), avg(A), MIN(Name) low, max(Name) FROM Lead GROUP BY Name ORDER BY COUNT(Id) DESC
SELECT FIELDS(ALL) FROM Contact LIMIT 200
SELECT FIELDS(STANDARD), A__c FROM Contact
SELECT Id FROM A WHERE (B = 1 AND C <> 2) OR (NOT D >= 3) OR (NOT (E < 4 AND F <= 5))
SELECT Id FROM A WHERE NOT (B = TRUE OR C = false)
SELECT Id FROM A WHERE NOT B IN (1)
SELECT Id FROM A WHERE B IN ('a', null, -2.5, .5, TODAY, LAST_N_DAYS:3, 2026-01-01, USD100, true) AND C NOT IN (+1)
SELECT Id FROM A WHERE B INCLUDES ('a;b', 'c') AND C EXCLUDES ('d')
SELECT Id FROM A WHERE Id IN (SELECT ContactId FROM CampaignMember WHERE Status = 'Sent' AND (NOT CampaignId = null))
SELECT Id FROM A WHERE Id NOT IN (SELECT A__c FROM B__c c) AND D = 1
SELECT Id FROM A WHERE B = 2026-01-01 AND C > 2026-01-01T00:00:00Z AND D < 2026-01-01T10:00:00.5+02:00
SELECT Id FROM A WHERE B = 2026-13-41
SELECT Id FROM A WHERE B > 2026-01-01t00:00:00z AND C = 2026-01-01T00:00:00-0730
SELECT Id FROM A WHERE B = YESTERDAY OR B = tomorrow OR B = LAST_WEEK OR B = THIS_MONTH OR B = NEXT_QUARTER
SELECT Id FROM A WHERE B = LAST_90_DAYS OR B = NEXT_90_DAYS OR B = THIS_YEAR OR B = LAST_FISCAL_YEAR
SELECT Id FROM A WHERE B = THIS_FISCAL_QUARTER OR B = NEXT_FISCAL_QUARTER OR B = N_FISCAL_YEARS_AGO:1
SELECT Id FROM A WHERE B = NEXT_N_WEEKS:2 OR B = LAST_N_MONTHS:2 OR B = N_QUARTERS_AGO:2 OR B = NEXT_N_YEARS : 2
SELECT Id FROM A WHERE B = LAST_N_FISCAL_QUARTERS:2 OR B = NEXT_N_FISCAL_YEARS:2 OR B = N_FISCAL_QUARTERS_AGO:2
SELECT Id FROM A WHERE B > USD5000 AND C < eur10.5
SELECT Id FROM A WHERE B LIKE 'a\\%\\_%' AND C = 'it\\'s \\\\ \\n \\u00e9 é' AND D LIKE null
SELECT Id FROM A WHERE B='x'AND C=1AND D=2
SELECT Id FROM A WHERE(B=1)AND(C=2)
SELECT Id FROM A FOR VIEW
SELECT Id FROM A LIMIT 3 FOR REFERENCE
SELECT A. FROM B.C
SELECT Id FROM A ORDER BY B ASC NULLS FIRST, C.D DESC NULLS LAST, E
""".strip().splitlines()

NOT_SERVED = {
    "SELECT Id, (SELECT Id FROM Contacts WHERE A = 1 LIMIT 2) FROM Account": "child queries",
    "SELECT TYPEOF What WHEN Account THEN Phone, Name ELSE Name END FROM Event": "TYPEOF",
    "SELECT Id FROM A USING SCOPE mine WHERE B = 1": "USING SCOPE",
    "SELECT Id FROM A WHERE B = 1 WITH SECURITY_ENFORCED LIMIT 1": "WITH",
    "SELECT Id FROM A WITH DATA CATEGORY B__c ABOVE c__c AND D__c AT (e__c, f__c)": "WITH",
    "SELECT Id FROM A UPDATE TRACKING": "UPDATE TRACKING and UPDATE VIEWSTAT",
    "SELECT Id FROM A FOR VIEW UPDATE VIEWSTAT": "UPDATE TRACKING and UPDATE VIEWSTAT",
    "SELECT B FROM A GROUP BY ROLLUP(B, C) HAVING COUNT(Id) > 1": "GROUP BY ROLLUP and GROUP BY CUBE",
    "SELECT B FROM A GROUP BY CUBE(B)": "GROUP BY ROLLUP and GROUP BY CUBE",
    "SELECT toLabel(B) FROM A": "functions other than aggregates and FIELDS",
    "SELECT FORMAT(MIN(B)) b FROM A": "functions other than aggregates and FIELDS",
    "SELECT convertCurrency(B) FROM A": "functions other than aggregates and FIELDS",
    "SELECT CALENDAR_YEAR(B), COUNT(Id) FROM A GROUP BY CALENDAR_YEAR(B)": "functions other than aggregates and FIELDS",
    "SELECT Id FROM A WHERE DAY_ONLY(B) = 2026-01-01": "functions other than aggregates and FIELDS",
    "SELECT Id FROM A WHERE DISTANCE(B, GEOLOCATION(1, -2.5), 'km') < 3": "functions other than aggregates and FIELDS",
}

REFUSED_BY_BOTH = """
SELECT FROM Contact
SELECT * FROM Contact
SELECT Id,,Name FROM Contact
SELECT Id Name Foo FROM Contact
SELECT Id AS x FROM Contact
SELECT Limit FROM Contact
SELECT Id FROM From
SELECT Id FROM Contact WHERE
SELECT Id FROM Contact WHERE A
SELECT Id FROM Contact WHERE A = B
SELECT Id FROM Contact WHERE A IS NULL
SELECT Id FROM Contact WHERE A == 1
SELECT Id FROM Contact WHERE A = "x"
SELECT Id FROM Contact WHERE A = 'it''s'
SELECT Id FROM Contact WHERE A = 'open
SELECT Id FROM Contact WHERE A = 1.
SELECT Id FROM Contact WHERE A = 1e5
SELECT Id FROM Contact WHERE A = EURO100
SELECT Id FROM Contact WHERE A = 2026-1-1
SELECT Id FROM Contact WHERE A = 2026-01-01T00:00:00
SELECT Id FROM Contact WHERE A = 2026-01-01 00:00:00
SELECT Id FROM Contact WHERE A = LAST_N_DAYS:x
SELECT Id FROM Contact WHERE A IN ()
SELECT Id FROM Contact WHERE A IN ('a',)
SELECT Id FROM Contact WHERE A NOT LIKE 'a'
SELECT Id FROM Contact WHERE ((A = 1)
SELECT Id FROM Contact WHERE (A = 1))
SELECT Id FROM Contact WHERE Id IN :ids
SELECT Id FROM Contact WHERE 1 = 1
SELECT COUNT(*) FROM Contact
SELECT Name FROM Contact HAVING COUNT(Id) > 1
SELECT Name FROM Contact GROUP BY
SELECT Id FROM Contact ORDER BY Name DESC ASC
SELECT Id FROM Contact ORDER BY Name NULLS
SELECT Id FROM Contact LIMIT 5 ORDER BY Name
SELECT Id FROM Contact LIMIT 1.5
SELECT Id FROM Contact OFFSET 3 LIMIT 5
SELECT Id FROM Contact FOR FOO
SELECT Id FROM Contact -- all of them
DELETE FROM Contact
""".strip().splitlines()

JETSTREAM_ALONE = """
SELECT Id FROM A WHERE B = 1 AND C = 2 OR D = 3
SELECT Id FROM A WHERE B = 1 OR C = 2 AND D = 3
SELECT Id FROM A WHERE B = 1 AND NOT C = 2
SELECT Id FROM A WHERE NOT B = 1 AND C = 2
SELECT Id FROM A WHERE NOT NOT B = 1
SELECT Id FROM A WHERE B = 1 C = 2
SELECT Id FROM A WHERE AND B = 1
SELECT Id FROM A WHERE B IN 'a'
SELECT Id FROM A WHERE B LIKE ('a')
SELECT Id FROM A WHERE B INCLUDES (SELECT C FROM D)
SELECT Id FROM A WHERE B = (SELECT C FROM D)
SELECT Id FROM A WHERE B IN (SELECT C, D FROM E)
SELECT Id FROM A WHERE B IN (SELECT C FROM D LIMIT 3)
SELECT Id FROM A WHERE B = 'a\\qb'
SELECT Id FROM A WHERE B = 'a\\%b'
SELECT Id FROM A WHERE B = LAST_N_DAYS:-3
SELECT Id FROM A WHERE B = USD-100
SELECT COUNT() n FROM A
SELECT COUNT(), Id FROM A
SELECT COUNT(Id, Name) FROM A
SELECT SUM() FROM A
SELECT SUM(1) FROM A
SELECT Id FROM A FOR UPDATE
SELECT Id FROM bind
""".strip().splitlines()
"""What jetstream's parser accepts and Salesforce's own refuses: so does the sandbox."""

SALESFORCE_ALONE = """
SELECT Id FROM A AS b
SELECT b.Id FROM A b, b.Owner c
SELECT FIELDS(X) FROM A
SELECT foo(Id) FROM A
SELECT SUM(MAX(B)) FROM A
SELECT Id FROM A WHERE B < = 1
SELECT Id FROM A WHERE B = - 1
SELECT Id FROM A WHERE B = 007
SELECT Id FROM A WHERE B = 10:30:00Z
SELECT Id FROM A WHERE B + C > 1
SELECT Id FROM A WHERE B = LAST_N_DAYS
SELECT Id FROM A WHERE B = TODAY:3
SELECT Name FROM A GROUP BY COUNT(Id)
SELECT Id FROM A LIMIT -1
SELECT Id FROM A LIMIT 5 OFFSET -3
""".strip().splitlines()
"""What Salesforce's parser accepts and jetstream's refuses: the sandbox refuses it too, so as not to be kinder."""


class Oracle:
    """One Node process that judges query after query."""

    def __init__(self) -> None:
        command = [NODE, HERE / "soql_oracle.mjs"]
        self._process = subprocess.Popen(
            command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", bufsize=1
        )

    def __call__(self, query: str) -> tuple[bool, bool]:
        """Whether jetstream's parser and Salesforce's accept a query."""
        self._process.stdin.write(json.dumps(query) + "\n")
        answer = json.loads(self._process.stdout.readline())
        return answer["jetstream"], answer["salesforce"]

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(ENDING_SECONDS)


@pytest.fixture(scope="module")
def oracle(node_modules: Path) -> Iterator[Callable[[str], tuple[bool, bool]]]:
    """The two parsers."""
    judge = Oracle()
    yield judge
    judge.close()


def ours(query: str) -> str:
    """`accepted`, `refused`, or what the sandbox says that it does not serve."""
    try:
        parse(query)
    except ApiError as error:
        refusal = error
    else:
        return "accepted"
    assert (refusal.status, refusal.code) == (400, "MALFORMED_QUERY")
    told = re.search(r"the sandbox does not serve (.+)$", str(refusal))
    return told[1] if told else "refused"


@pytest.mark.parametrize("query", ACCEPTED)
def test_query_is_accepted_by_all(oracle: Oracle, query: str):
    assert (ours(query), oracle(query)) == ("accepted", (True, True))


@pytest.mark.parametrize("query", NOT_SERVED)
def test_what_is_not_served_is_refused_by_name(oracle: Oracle, query: str):
    assert (ours(query), oracle(query)) == (NOT_SERVED[query], (True, True))


def test_each_thing_that_is_not_served_has_its_example():
    assert set(NOT_SERVED.values()) == set(UNSERVED)


@pytest.mark.parametrize("query", REFUSED_BY_BOTH)
def test_query_is_refused_by_all(oracle: Oracle, query: str):
    assert (ours(query), oracle(query)) == ("refused", (False, False))


@pytest.mark.parametrize("query", JETSTREAM_ALONE)
def test_query_is_refused_that_salesforces_parser_refuses(oracle: Oracle, query: str):
    assert (ours(query), oracle(query)) == ("refused", (True, False))


@pytest.mark.parametrize("query", SALESFORCE_ALONE)
def test_query_is_refused_that_jetstreams_parser_refuses(oracle: Oracle, query: str):
    assert (ours(query), oracle(query)) == ("refused", (False, True))


@pytest.mark.parametrize(
    "query",
    [
        "SELECT Id FROM A LIMIT 3 ALL ROWS",
        "SELECT B FROM A GROUP \n BY B",
        "SELECT B FROM A ORDER  BY B",
        "SELECT B FROM A WHERE C = 1 OFFSET 2",
    ],
)
def test_known_exceptions_are_accepted(oracle: Oracle, query: str):
    assert ours(query) == "accepted"
    assert oracle(query) != (True, True)


NAMES = st.sampled_from(["Id", "Name", "A__c", "Account.Name", "c.Owner.Name", "Count", "Order", "Offset", "View"])
TEXTS = st.text(st.sampled_from('aé %_;"😀'), max_size=4)
LITERALS = st.one_of(
    TEXTS.map(lambda text: f"'{text}'"),
    st.sampled_from(
        [
            *("null", "TRUE", "false", "TODAY", "this_fiscal_year", "LAST_N_DAYS:3", "N_WEEKS_AGO:0", "2026-01-31"),
            *(
                "2026-01-31T10:00:00.1+0100",
                "0",
                "-07",
                ".5",
                "+1.25",
                "12",
                "USD100",
                "eur1.5",
                r"'a\'b'",
                r"'\u00e9'",
            ),
        ]
    ),
)
LISTS = st.lists(LITERALS, min_size=1, max_size=3).map(lambda some: f"({', '.join(some)})")
AGGREGATES = st.tuples(st.sampled_from(["COUNT", "count_distinct", "SUM", "MAX"]), NAMES).map(
    lambda of: "{}({})".format(*of)
)


@st.composite
def comparisons(draw: st.DrawFn, operands: st.SearchStrategy[str] = NAMES) -> str:
    """One comparison."""
    operator = draw(st.sampled_from(["=", "!=", "<>", "<", "<=", ">", ">=", "LIKE", "IN", "NOT IN", "INCLUDES"]))
    values = LISTS if operator[-1] in "NS" else LITERALS
    return f"{draw(operands)} {operator} {draw(values)}"


def conditions(operands: st.SearchStrategy[str] = NAMES) -> st.SearchStrategy[str]:
    """Conditions nested in parentheses."""

    def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        terms = st.lists(st.one_of(comparisons(operands), inner.map("({})".format)), min_size=1, max_size=3)
        joined = st.tuples(st.sampled_from([" AND ", " or "]), terms).map(lambda of: of[0].join(of[1]))
        return st.one_of(joined, inner.map("NOT ({})".format), comparisons(operands).map("not {}".format))

    return st.recursive(comparisons(operands), nested, max_leaves=6)


@st.composite
def queries(draw: st.DrawFn) -> str:
    """A query as the grammar has it."""
    grouped = draw(st.booleans())
    items = st.one_of(NAMES, AGGREGATES, AGGREGATES.map("{} total".format)) if grouped else NAMES
    text = f"SELECT {', '.join(draw(st.lists(items, min_size=1, max_size=3)))} FROM Contact"
    text += draw(st.sampled_from(["", " c", " offset"]))
    semi = conditions().map("SELECT A__c FROM B__c WHERE {}".format).map("Id IN ({})".format)
    text += draw(st.one_of(st.just(""), st.one_of(conditions(), semi).map(" WHERE {}".format)))
    if grouped:
        text += f" GROUP BY {', '.join(draw(st.lists(NAMES, min_size=1, max_size=2)))}"
        text += draw(st.one_of(st.just(""), conditions(st.one_of(NAMES, AGGREGATES)).map(" HAVING {}".format)))
    orders = st.tuples(NAMES, st.sampled_from(["", " DESC", " asc NULLS LAST", " NULLS first"])).map("".join)
    text += draw(
        st.one_of(
            st.just(""), st.lists(orders, min_size=1, max_size=2).map(lambda some: " ORDER BY " + ", ".join(some))
        )
    )
    for clause in (" LIMIT 10", " OFFSET 5", " FOR VIEW"):
        text += draw(st.sampled_from(["", clause]))
    return text


TOKEN = re.compile(r"'(?:[^'\\]|\\.)*'|[\w.:+-]+|<=|>=|<>|!=|\S")
FRAGMENTS = st.sampled_from(
    [
        *("(", ")", ",", "AND", "OR", "NOT", "IN", "LIKE", "=", "<", "'x'", "1", "null", "NULLS", "FIRST", "SELECT"),
        *("FROM", "WHERE", "GROUP", "BY", "HAVING", "ORDER", "LIMIT", "OFFSET", "FOR", "Id", "COUNT(Id)", "COUNT()"),
        *("TODAY", "LAST_N_DAYS:3", ":", ".", "'", "INCLUDES", "asc", "ALL", "ROWS", "USING", "SCOPE", "WITH"),
        *("TYPEOF", "toLabel(Id)"),
    ]
)


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """A query with one to three of its tokens left out, doubled, exchanged or replaced."""
    tokens = TOKEN.findall(draw(queries()))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(tokens) - 1))
        other = draw(st.integers(0, len(tokens) - 1))
        match draw(st.sampled_from(["drop", "double", "exchange", "replace", "insert"])):
            case "drop" if len(tokens) > 1:
                del tokens[place]
            case "double":
                tokens.insert(place, tokens[place])
            case "exchange":
                tokens[place], tokens[other] = tokens[other], tokens[place]
            case "replace":
                tokens[place] = draw(FRAGMENTS)
            case _:
                tokens.insert(place, draw(FRAGMENTS))
    return " ".join(tokens)


def judged(oracle: Oracle, query: str) -> None:
    """Compare our judgement of a query with the two parsers'."""
    verdict, (jetstream, salesforce) = ours(query), oracle(query)
    if verdict == "accepted":
        assert ALL_ROWS.search(query) or salesforce, query
        assert ALL_ROWS.search(query) or jetstream or KINDER_THAN_JETSTREAM.search(query), query
    elif verdict == "refused":
        assert not (jetstream and salesforce), query
    else:
        assert verdict in UNSERVED, query


MANY = settings(
    max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@MANY
@given(query=queries())
def test_made_up_queries_are_judged_alike(oracle: Oracle, query: str):
    judged(oracle, query)
    assert ours(query) == "accepted", query


@MANY
@given(query=mutations())
def test_broken_queries_are_judged_alike(oracle: Oracle, query: str):
    judged(oracle, query)
