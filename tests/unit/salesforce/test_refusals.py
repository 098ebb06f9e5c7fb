"""Error answers become the right class of error, and carry nothing of the person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.errors import DeferredError, FatalError, PermanentError, TransientError
from include.salesforce.refusals import Refusal, error_for, from_bulk, from_entry


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", DeferredError),
        (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", TransientError),
        (403, "API_DISABLED_FOR_ORG", "API is not enabled", FatalError),
        (400, "MALFORMED_QUERY", "unexpected token", PermanentError),
        (404, "NOT_FOUND", "The requested resource does not exist", PermanentError),
        (400, "INVALID_QUERY_LOCATOR", "invalid query locator", TransientError),
        (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access", TransientError),
        (429, "429", "", TransientError),
        (503, "SERVER_UNAVAILABLE", "busy", TransientError),
    ],
)
def test_each_refusal_asks_the_caller_for_the_right_thing(status, code, message, kind):
    assert type(error_for(status, Refusal(code, message), "query Contact")) is kind


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("INVALID_EMAIL_ADDRESS", "Email: invalid email address: ada.lovelace@analytical"),
        ("STRING_TOO_LONG", "Last Name: data value too large: Lovelace of Ockham Park (max length=20)"),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Status: bad value for restricted picklist field: Lovelace"),
        ("JSON_PARSER_ERROR", "Cannot deserialize instance of date from VALUE_STRING value Lovelace at [line:1]"),
        ("MALFORMED_QUERY", "WHERE LastName = 'Lovelace' ERROR at Row:1"),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", 'Ask ada@analytical.example, "Lovelace" or +44 (20) 7946-0958'),
    ],
)
def test_g09_messages_keep_no_value_of_the_record(code, message):
    told = str(from_entry({"statusCode": code, "message": message, "fields": ["Email"]}))
    assert code in told
    assert "Email" in told
    for value in ("ovelace", "analytical", "7946"):
        assert value not in told


@given(st.emails())
def test_g09_no_message_keeps_an_email_address(address):
    told = from_entry({"errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": f"Not allowed: {address}, sorry"})
    assert address not in told.message


def test_r17_message_of_a_validation_rule_is_told():
    refusal = from_bulk("FIELD_CUSTOM_VALIDATION_EXCEPTION:Leads need a source: choose one:LeadSource Rating --")
    assert refusal == Refusal(
        "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Leads need a source: choose one", ("LeadSource", "Rating")
    )


def test_duplicate_key_tells_the_record_that_is_there():
    message = "duplicate value found: MC_Key__c duplicates value on record with id: 00Q5g00000AbCdEEAV"
    assert from_bulk(f"DUPLICATE_VALUE:{message}:--").record_id == "00Q5g00000AbCdEEAV"
    assert from_entry({"statusCode": "DUPLICATE_VALUE", "message": message}).record_id == "00Q5g00000AbCdEEAV"


@pytest.mark.parametrize("key", ["duplicateResult", "duplicateResut"])
def test_duplicate_rule_tells_the_matched_record(key):
    entry = {
        "statusCode": "DUPLICATES_DETECTED",
        "message": "Use one of these records?",
        key: {"matchResults": [{"matchRecords": [{"record": {"Id": "0035g00000AbCdEEAV"}}]}]},
    }
    assert from_entry(entry).record_id == "0035g00000AbCdEEAV"


@given(st.text())
def test_any_error_cell_is_understood_somehow(text):
    assert from_bulk(text).code
