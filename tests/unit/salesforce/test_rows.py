"""Collections: rows refused for a passing reason are sent again, alone and a bounded number of times."""

import json

import pytest

from include.errors import TransientError
from include.salesforce import rows
from tests.unit.salesforce.scripted import QUICK, refused, saved, scripted

ROWS = [(key, {"Key__c": key}) for key in "abc"]
LOCKED = refused("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")


def sent(script):
    return [[record["Key__c"] for record in json.loads(body)["records"]] for _, _, body in script.asked]


def test_g07_locked_rows_are_sent_again_alone():
    rest, script = scripted([saved("1"), LOCKED, saved("3")], [LOCKED], [saved("2")])
    results = {result.key: result for result in rows.upsert(rest, "MC_Subscriber__c", "Key__c", ROWS)}
    assert {key: (result.success, result.id) for key, result in results.items()} == {
        "a": (True, "1"),
        "b": (True, "2"),
        "c": (True, "3"),
    }
    assert sent(script) == [["a", "b", "c"], ["b"], ["b"]]


def test_row_that_stays_locked_keeps_that_as_its_result():
    rest, script = scripted([saved("1"), LOCKED, saved("3")], *[[LOCKED]] * (QUICK.attempts - 1))
    results = {result.key: result.code for result in rows.upsert(rest, "MC_Subscriber__c", "Key__c", ROWS)}
    assert results == {"a": "", "b": "UNABLE_TO_LOCK_ROW", "c": ""}
    assert len(script.asked) == QUICK.attempts


def test_answer_that_leaves_rows_out_is_asked_for_again():
    rest, script = scripted([saved("1")], [saved("1"), saved("2"), saved("3")])
    assert all(result.success for result in rows.upsert(rest, "MC_Subscriber__c", "Key__c", ROWS))
    assert len(script.asked) == 2


def test_rows_go_200_a_call():
    many = [(str(n), {"Key__c": str(n)}) for n in range(401)]
    rest, script = scripted(*([saved(str(n)) for n in range(size)] for size in (200, 200, 1)))
    assert len(list(rows.upsert(rest, "MC_Subscriber__c", "Key__c", many))) == 401
    assert [len(keys) for keys in sent(script)] == [200, 200, 1]


@pytest.mark.parametrize("body", ["", "[]", "null", "<html>", '{"records": []}'])
def test_unusable_answers_end_as_transient(body):
    rest, script = scripted(*[body] * QUICK.attempts)
    with pytest.raises(TransientError):
        list(rows.upsert(rest, "MC_Subscriber__c", "Key__c", ROWS))
    assert len(script.asked) == QUICK.attempts
