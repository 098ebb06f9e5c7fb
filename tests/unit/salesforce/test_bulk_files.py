"""The CSV that Bulk API 2.0 gives and takes."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.errors import TransientError
from include.salesforce import bulk_ingest
from include.salesforce.bulk_ingest import Ingest
from include.salesforce.bulk_query import parse_csv

JOB = Ingest("MC_Subscriber__c", "upsert", "Key__c")


def rows_of(content):
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def test_page_is_text_with_blanks_null():
    table = parse_csv(b'"Id","Account.Name","Spend__c"\n"003A","A, ""B""\nand C",""\n"003B","","012.50"\n')
    assert table.to_pylist() == [
        {"Id": "003A", "Account.Name": 'A, "B"\nand C', "Spend__c": None},
        {"Id": "003B", "Account.Name": None, "Spend__c": "012.50"},
    ]


def test_page_without_rows_keeps_its_columns():
    assert parse_csv(b'"Id","Name"\n').schema.names == ["Id", "Name"]


@pytest.mark.parametrize(
    "content", [b"", b'"Id","Name"\n"003A","Ad', b'"Id","Name"\n"003A"\n', b'"Id","Name"\n"003A","A"\n"00']
)
def test_page_that_is_cut_off_is_refused(content):
    with pytest.raises(TransientError, match="CSV is"):
        parse_csv(content)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1), min_size=1))
def test_any_text_survives_the_upload(values):
    rows = {f"k{number}": {"Key__c": f"k{number}", "Tags__c": value} for number, value in enumerate(values)}
    (content, keys), *more = bulk_ingest._uploads(JOB, rows)
    assert not more
    assert keys == list(rows)
    assert rows_of(content) == [["Key__c", "Tags__c"], *([f"k{number}", value] for number, value in enumerate(values))]


def test_upload_empties_what_is_none_and_leaves_what_is_absent():
    rows = {
        "a": {"Key__c": "a", "Opt__c": True, "Rating__c": None, "Audience__r": {"List_Id__c": "l1"}},
        "b": {"Key__c": "b", "Tags__c": "", "Audience__r": None},
    }
    (content, _), *_ = bulk_ingest._uploads(JOB, rows)
    assert rows_of(content) == [
        ["Key__c", "Opt__c", "Rating__c", "Audience__r.List_Id__c", "Tags__c"],
        ["a", "true", "#N/A", "l1", ""],
        ["b", "", "", "#N/A", "#N/A"],
    ]


def test_uploads_stay_below_the_size_limit(monkeypatch):
    monkeypatch.setattr(bulk_ingest, "MAX_BYTES", 60)
    rows = {f"k{number}": {"Key__c": f"k{number}", "Name": "x" * 10} for number in range(7)}
    uploads = list(bulk_ingest._uploads(JOB, rows))
    assert len(uploads) > 1
    assert all(len(content) <= 60 and rows_of(content)[0] == ["Key__c", "Name"] for content, _ in uploads)
    assert [key for _, keys in uploads for key in keys] == list(rows)


def test_two_rows_of_one_key_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="same Key__c"):
        list(bulk_ingest.ingest(None, JOB, [("a", {}), ("a", {})]))
