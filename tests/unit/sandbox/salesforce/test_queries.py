"""What queries find, and how the answers look."""

from __future__ import annotations

import pytest

from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.ids import make_id
from tests.unit.sandbox.salesforce.conftest import Bench

ACME = make_id("001", 900)


@pytest.fixture
def people(org: Bench) -> Bench:
    """Four contacts, one of them deleted, one with an account."""
    org.store.load(
        [
            ("Account", [{"Id": ACME, "Name": "Acme", "Industry": "Banking", "CreatedDate": "2026-11-01T00:00:00Z"}]),
            (
                "Contact",
                [
                    {
                        "FirstName": "Élodie",
                        "LastName": "Ada",
                        "AccountId": ACME,
                        "Email": "e@one.example",
                        "Interests__c": "Product news;Offers",
                        "MailingCity": "Paris",
                        "Annual_Spend__c": 10,
                        "HasOptedOutOfEmail": True,
                        "CreatedDate": "2026-11-23T08:00:00.000Z",
                    },
                    {"LastName": "Bob_x", "Title": "50%", "Interests__c": "Events", "Annual_Spend__c": 30.5},
                    {"LastName": "bob", "Birthdate": "1980-05-05", "CreatedDate": "2026-10-01T00:00:00+02:00"},
                    {"LastName": "Zoe", "IsDeleted": True},
                ],
            ),
        ]
    )
    return org


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("LastName = 'ADA'", ["Ada"]),
        ("FirstName = 'ÉLODIE'", ["Ada"]),
        ("LastName != 'ada'", ["Bob_x", "bob"]),
        ("LastName <> 'ada'", ["Bob_x", "bob"]),
        ("Email != 'other@one.example'", ["Ada", "Bob_x", "bob"]),
        ("Email = null", ["Bob_x", "bob"]),
        ("Email = ''", ["Bob_x", "bob"]),
        ("LastName LIKE 'bo%'", ["Bob_x", "bob"]),
        ("LastName LIKE 'b_b'", ["bob"]),
        ("LastName LIKE 'bob\\_%'", ["Bob_x"]),
        ("Title LIKE '50\\%'", ["Bob_x"]),
        ("FirstName LIKE 'é%'", ["Ada"]),
        ("NOT FirstName LIKE 'x%'", ["Ada", "Bob_x", "bob"]),
        ("Annual_Spend__c > 10", ["Bob_x"]),
        ("Annual_Spend__c >= 10 AND Annual_Spend__c < 30.5", ["Ada"]),
        ("Annual_Spend__c <= 10", ["Ada"]),
        ("NOT Annual_Spend__c > 10", ["Ada", "bob"]),
        ("LastName IN ('ada', 'BOB', 'x')", ["Ada", "bob"]),
        ("FirstName IN ('élodie')", ["Ada"]),
        ("FirstName NOT IN ('x')", ["Ada", "Bob_x", "bob"]),
        ("Email IN ('e@one.example', null)", ["Ada", "Bob_x", "bob"]),
        ("HasOptedOutOfEmail = true", ["Ada"]),
        ("Account.Industry = 'banking'", ["Ada"]),
        ("Account.Name = null", ["Bob_x", "bob"]),
        ("Account.IsPersonAccount = false", ["Ada", "Bob_x", "bob"]),
        ("Account.Owner.Username LIKE '%sandbox%'", ["Ada"]),
        (f"AccountId = '{ACME[:15]}'", ["Ada"]),
        ("AccountId IN (SELECT Id FROM Account WHERE Industry = 'Banking')", ["Ada"]),
        ("Id NOT IN (SELECT Contact__c FROM MC_Subscriber__c)", ["Ada", "Bob_x", "bob"]),
        ("Interests__c INCLUDES ('offers')", ["Ada"]),
        ("Interests__c INCLUDES ('Offers;Product news', 'Events')", ["Ada", "Bob_x"]),
        ("Interests__c INCLUDES ('Offers;Events')", []),
        ("Interests__c EXCLUDES ('Offers')", ["Bob_x", "bob"]),
        ("Birthdate = 1980-05-05", ["bob"]),
        ("Birthdate < LAST_YEAR", ["bob"]),
        ("CreatedDate = LAST_N_DAYS:1 AND Email != null", ["Ada"]),
        ("CreatedDate < LAST_MONTH", ["bob"]),
        ("CreatedDate != TODAY AND Birthdate != null", ["bob"]),
        ("CreatedDate >= 2026-11-23T09:00:00+01:00 AND Email != null", ["Ada"]),
        ("(LastName = 'ada' OR LastName = 'bob') AND (NOT Email = null)", ["Ada"]),
    ],
)
def test_condition_finds(people: Bench, where: str, found: list[str]) -> None:
    # The two that were loaded without a date bear the date of the loading, which no condition here looks at.
    assert people.values(f"SELECT LastName FROM Contact WHERE {where} ORDER BY LastName DESC") == sorted(
        found, key=str.casefold, reverse=True
    )


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("SELECT Foo FROM Contact", "INVALID_FIELD", "No such column 'Foo' on entity 'Contact'"),
        ("SELECT Id FROM Foo", "INVALID_TYPE", "sObject type 'Foo' is not supported"),
        ("SELECT Foo__r.Id FROM Contact", "INVALID_FIELD", "Didn't understand relationship 'Foo__r' in field path"),
        ("SELECT Id FROM Contact WHERE Name = 1", "INVALID_FIELD", "must be of type string and should be enclosed"),
        ("SELECT Id FROM Contact WHERE IsDeleted = 'x'", "INVALID_FIELD", "of type boolean and should not be enclosed"),
        ("SELECT Id FROM Contact WHERE CreatedDate = 2026-01-01", "INVALID_FIELD", "must be of type dateTime"),
        ("SELECT Id FROM Contact WHERE Name = TODAY", "INVALID_FIELD", "must be of type string"),
        ("SELECT Id FROM Contact WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: x"),
        ("SELECT Id FROM Contact WHERE Name > null", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator"),
        ("SELECT Id FROM Contact WHERE Birthdate LIKE '1%'", "INVALID_FIELD", "must be of type date"),
        ("SELECT Id FROM Contact WHERE Name INCLUDES ('x')", "INVALID_QUERY_FILTER_OPERATOR", "INCLUDES"),
        ("SELECT Id FROM Contact WHERE Description = 'x'", "INVALID_FIELD", "'Description' can not be filtered"),
        ("SELECT Id FROM Contact ORDER BY Description", "MALFORMED_QUERY", "can not be sorted"),
        ("SELECT CreatedDate FROM Contact GROUP BY CreatedDate", "MALFORMED_QUERY", "can not be grouped"),
        ("SELECT Name, COUNT(Id) FROM Contact", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"),
        ("SELECT SUM(Name) FROM Contact", "MALFORMED_QUERY", "does not support aggregate operator SUM"),
        ("SELECT Id, id FROM Contact", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Id i FROM Contact", "MALFORMED_QUERY", "unexpected token: 'i'"),
        ("SELECT FIELDS(ALL) FROM Contact", "MALFORMED_QUERY", "LIMIT"),
        ("SELECT Id FROM Contact OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"),
        ("SELECT A.B.C.D.E.F.G FROM Contact", "INVALID_FIELD", "more than 5 levels"),
        ("SELECT Id FROM Contact WHERE COUNT(Id) > 1", "MALFORMED_QUERY", "unexpected token: 'COUNT'"),
        ("SELECT Id FROM Contact ORDER BY COUNT(Id)", "MALFORMED_QUERY", "unexpected token: 'COUNT'"),
        ("SELECT COUNT(Id) FROM Contact ORDER BY Name", "MALFORMED_QUERY", "must be grouped or aggregated: Name"),
        (
            "SELECT LastName FROM Contact GROUP BY LastName HAVING FirstName = 'x'",
            "MALFORMED_QUERY",
            "must be grouped or aggregated: FirstName",
        ),
        ("SELECT Id FROM Contact WHERE Birthdate = 2026-02-30", "MALFORMED_QUERY", "invalid date: 2026-02-30"),
        ("SELECT Id FROM Contact WHERE CreatedDate > 2026-01-01T25:00:00Z", "MALFORMED_QUERY", "invalid date"),
        ("SELECT Id FROM Contact WHERE Birthdate = LAST_N_DAYS:9999999999", "MALFORMED_QUERY", "invalid date"),
        ("SELECT Id FROM Contact WHERE Name LIKE 1", "INVALID_FIELD", "must be of type string"),
        ("SELECT Id FROM Contact WHERE Interests__c INCLUDES (1)", "INVALID_FIELD", "must be of type string"),
        ("SELECT Id FROM Account WHERE AnnualRevenue > EUR5", "INVALID_FIELD", "invalid currency: EUR"),
        ("SELECT Id FROM Contact WHERE Name = USD5", "INVALID_FIELD", "must be of type string"),
        (
            "SELECT Id FROM Contact WHERE Name = 'x' OR Id IN (SELECT ContactId FROM CampaignMember)",
            "MALFORMED_QUERY",
            "Semi join sub-selects are not allowed with the 'OR' operator",
        ),
        (
            "SELECT Id FROM Contact WHERE Name = 'x' AND (NOT Id IN (SELECT ContactId FROM CampaignMember))",
            "MALFORMED_QUERY",
            "only allowed at the top level WHERE expressions",
        ),
        (
            "SELECT Id FROM Contact WHERE Name IN (SELECT ContactId FROM CampaignMember)",
            "MALFORMED_QUERY",
            "can only query id fields, not Name",
        ),
        (
            "SELECT Id FROM Contact WHERE Id IN (SELECT Status FROM CampaignMember)",
            "MALFORMED_QUERY",
            "can only query id fields, not Status",
        ),
        (
            "SELECT Id FROM Contact WHERE Id IN (SELECT ReportsToId FROM Contact)",
            "MALFORMED_QUERY",
            "should not be on the same object type",
        ),
        (
            (
                "SELECT Id FROM Contact WHERE Id IN (SELECT ContactId FROM CampaignMember WHERE CampaignId IN"
                " (SELECT Id FROM Campaign))"
            ),
            "MALFORMED_QUERY",
            "Nesting of semi join sub-selects is not supported",
        ),
        (
            (
                "SELECT Id FROM Contact WHERE Id IN (SELECT ContactId FROM CampaignMember) AND AccountId IN"
                " (SELECT Id FROM Account) AND AccountId NOT IN (SELECT ConvertedAccountId FROM Lead)"
            ),
            "MALFORMED_QUERY",
            "Maximum 2 semi join sub-selects",
        ),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "MALFORMED_QUERY", "does not serve child queries"),
    ],
)
def test_wrong_query_is_refused(org: Bench, query: str, code: str, message: str) -> None:
    with pytest.raises(ApiError) as refusal:
        org.records(query)
    assert (refusal.value.status, refusal.value.code) == (400, code)
    assert message in str(refusal.value)


def test_record_shows_fields_in_order_with_parents_nested(people: Bench) -> None:
    answer = people.queries.run(
        "SELECT Account.Owner.Name, MailingAddress, Annual_Spend__c, CreatedDate, Account.Name, HasOptedOutOfEmail"
        " FROM Contact WHERE LastName = 'Ada'",
        "/base",
        deleted=False,
    )
    (record,) = answer["records"]
    assert list(record) == [
        *("attributes", "Account", "MailingAddress", "Annual_Spend__c", "CreatedDate", "HasOptedOutOfEmail")
    ]
    account = record["Account"]
    assert account["attributes"] == {"type": "Account", "url": f"/base/sobjects/Account/{ACME}"}
    assert (account["Owner"]["Name"], account["Name"]) == ("Sandbox Admin", "Acme")
    assert record["MailingAddress"]["city"] == "Paris"
    assert record["CreatedDate"] == "2026-11-23T08:00:00.000+0000"
    assert (record["Annual_Spend__c"], record["HasOptedOutOfEmail"]) == (10.0, True)


def test_parent_that_is_not_there_is_null(people: Bench) -> None:
    soql = "SELECT Account.Owner.Name, MailingAddress FROM Contact WHERE LastName = 'bob'"
    assert people.records(soql) == [{"Account": None, "MailingAddress": None}]


def test_deleted_records_show_only_when_asked_for(people: Bench) -> None:
    soql = "SELECT LastName FROM Contact WHERE IsDeleted = true"
    assert (people.values(soql), people.values(soql, deleted=True)) == ([], ["Zoe"])


def test_all_rows_is_taken_by_query_all_alone(people: Bench) -> None:
    soql = "SELECT LastName FROM Contact WHERE IsDeleted = true ALL ROWS"
    assert people.values(soql, deleted=True) == ["Zoe"]
    with pytest.raises(ApiError, match="ALL ROWS not allowed in this context") as refusal:
        people.values(soql)
    assert (refusal.value.status, refusal.value.code) == (400, "MALFORMED_QUERY")


def test_nulls_sort_first_unless_said_otherwise(people: Bench) -> None:
    ascending = "SELECT Annual_Spend__c FROM Contact ORDER BY Annual_Spend__c"
    assert people.values(ascending) == [None, 10.0, 30.5]
    assert people.values(f"{ascending} NULLS LAST") == [10.0, 30.5, None]
    assert people.values(f"{ascending} DESC LIMIT 1 OFFSET 1") == [30.5]
    assert people.values(f"{ascending} DESC NULLS FIRST") == [None, 30.5, 10.0]
    assert people.values(f"{ascending} DESC NULLS LAST") == [30.5, 10.0, None]


def test_aggregates_come_as_aggregate_results(people: Bench) -> None:
    soql = "SELECT COUNT(Email), SUM(Annual_Spend__c) total, MAX(CreatedDate) FROM Contact WHERE Annual_Spend__c = 10"
    answer = people.queries.run(soql, "", deleted=False)
    assert answer["records"] == [
        {
            "attributes": {"type": "AggregateResult"},
            "expr0": 1,
            "total": 10.0,
            "expr1": "2026-11-23T08:00:00.000+0000",
        }
    ]
    grouped = "SELECT HasOptedOutOfEmail o, COUNT(Id) n FROM Contact GROUP BY HasOptedOutOfEmail HAVING COUNT(Id) > 1"
    assert people.records(grouped) == [{"o": False, "n": 2}]
    figures = "AVG(Annual_Spend__c) a, MIN(Annual_Spend__c) l, COUNT_DISTINCT(LastName) d, COUNT(Id) n"
    assert people.records(f"SELECT {figures} FROM Contact") == [{"a": 20.25, "l": 10.0, "d": 3, "n": 3}]
    by_account = "SELECT Account.Name, COUNT(Id) n FROM Contact GROUP BY Account.Name ORDER BY Account.Name"
    assert people.records(by_account) == [{"Name": None, "n": 2}, {"Name": "Acme", "n": 1}]


def test_count_answers_the_number_alone(people: Bench) -> None:
    answer = people.queries.run("SELECT COUNT() FROM Contact", "", deleted=False)
    assert answer == {"totalSize": 3, "done": True, "records": []}


def test_name_and_photo_are_put_together(people: Bench) -> None:
    (record,) = people.records("SELECT Id, Name, PhotoUrl FROM Contact WHERE FirstName != null")
    assert (record["Name"], record["PhotoUrl"]) == ("Élodie Ada", f"/services/images/photo/{record['Id']}")


def test_a_query_reaches_five_parents_and_no_sixth(org: Bench) -> None:
    top = ""
    for name in "ABCDE":
        top = org.insert("Account", Name=name, ParentId=top or None)
    org.insert("Contact", LastName="Doe", AccountId=top)
    path = "Account.Parent.Parent.Parent.Parent.Name"
    assert (
        org.records(f"SELECT {path} FROM Contact WHERE {path} = 'A' ORDER BY {path}")[0]["Account"]["Parent"]["Parent"][
            "Parent"
        ]["Parent"]["Name"]
        == "A"
    )
    with pytest.raises(ApiError, match="more than 5 levels"):
        org.records(f"SELECT {path.replace('Account.', 'Account.Parent.')} FROM Contact")
