import orjson
import pytest
import requests

from include.errors import FatalError, PermanentError, TransientError
from include.mailchimp.problems import error_of, scrub


def answer(status, problem=None, **headers):
    response = requests.Response()
    response.status_code = status
    response._content = orjson.dumps(problem) if problem is not None else b""
    response.headers.update(headers)
    return response


def error(status, problem=None, **headers):
    return error_of(answer(status, problem, **headers), "GET /lists", "mc_conn")


def test_rejected_key_is_fatal_and_names_the_connection_to_correct():
    found = error(401, {"title": "API Key Invalid", "detail": "Your API key may be invalid"})
    assert isinstance(found, FatalError)
    assert "API Key Invalid" in str(found)
    assert "mc_conn" in str(found)


@pytest.mark.parametrize("status", [403, 408, 429, 500, 502, 503, 504])
def test_status_without_a_body_is_transient(status):
    found = error(status)
    assert isinstance(found, TransientError)
    assert found.code == str(status)


def test_forbidden_with_an_explanation_is_fatal():
    assert isinstance(error(403, {"title": "Forbidden", "detail": "no permission"}), FatalError)


def test_too_many_signups_is_the_one_400_that_passes():
    refused = {"title": "Invalid Resource", "detail": "x@y.example has signed up to a lot of lists very recently; no"}
    assert isinstance(error(400, refused), TransientError)
    assert isinstance(error(400, {"title": "Invalid Resource", "detail": "something else"}), PermanentError)


def test_invalid_field_is_named_and_no_address_is_shown():
    """G09."""
    found = error(
        400,
        {
            "title": "Invalid Resource",
            "detail": "jo+news@corp.example looks fake or invalid, please enter a real email address.",
            "errors": [{"field": "LTV", "message": "Please enter a number, not <jo@corp.example>"}],
        },
        **{"X-Request-Id": "abc-1"},
    )
    assert isinstance(found, PermanentError)
    assert found.code == "Invalid Resource"
    assert "LTV: Please enter a number" in str(found)
    assert "abc-1" in str(found)
    assert "corp.example" not in str(found)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Mon, 23 Nov 2026 10:00:30 GMT", "Date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 30.0),
        ({"Retry-After": "Mon, 23 Nov 2026 09:00:00 GMT", "Date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_the_time_to_wait_is_read_as_number_or_date(headers, seconds):
    assert error(429, None, **headers).retry_after == seconds


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("a.b+c@d-e.example is fake", "<e-mail> is fake"),
        ("'a@b.example', \"c@d.example\"", "'<e-mail>', \"<e-mail>\""),
        ("nothing here", "nothing here"),
    ],
)
def test_addresses_are_taken_out_of_messages(text, scrubbed):
    assert scrub(text) == scrubbed
