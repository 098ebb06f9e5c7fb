"""Extraction of people from the sandbox's org into the warehouse."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

import pytest

from include.errors import DeferredError, FatalError, StoppedByCheck
from include.keys import email_key
from include.pipelines import runs
from include.pipelines.extract_salesforce import PIPELINE, extract
from include.pipelines.run import SALESFORCE_SCHEMA
from include.warehouse.tables import EMAILS, PEOPLE
from tests.integration.org import ACCOUNT, NOW, contact, lead, make_project
from tests.unit.pipelines.killing import Killed, KillingProject

RESULTS = "/services/data/v{version}/jobs/query/{id}/results"
BULK, REST = 0, 1_000_000


def people(project):
    return {row["id"]: row for row in project.warehouse.read(PEOPLE).to_pylist()}


def counts(result, *names):
    return tuple(result[name] for name in names)


@pytest.fixture
def project(tmp_path, org):
    return make_project(tmp_path, bulk_above=REST)


def test_everyone_is_read_the_first_time_through_either_api(tmp_path, org):
    org.put(
        Account=[ACCOUNT],
        Contact=[contact(1, LastName='O"Neil,\nJr', Email=" Ada@One.Example "), contact(2, Email=None, AccountId=None)],
        Lead=[lead(1), lead(2, HasOptedOutOfEmail=True)],
    )
    read = []
    for name, bulk_above in (("bulk", BULK), ("rest", REST)):
        project = make_project(tmp_path / name, bulk_above=bulk_above)
        result = extract("run", project)
        assert counts(result, "contacts_read", "leads_read", "changed", "full_reads") == (2, 2, 4, 2)
        read.append(people(project))
    bulk, rest = read
    assert bulk == rest
    ada = bulk[contact(1)["Id"]]
    assert ada["email"] == "Ada@One.Example"
    assert ada["email_key"] == email_key("ada@one.example")
    assert ada["LastName"] == 'O"Neil,\nJr'
    assert ada["Account.Name"] == ACCOUNT["Name"]
    assert ada["Annual_Spend__c"] == "1250.5"
    assert bulk[contact(2)["Id"]]["email_key"] is None
    assert bulk[lead(2)["Id"]]["opted_out"] is True
    assert bulk[lead(1)["Id"]]["opted_out"] is False


def test_deleted_merged_and_converted_records_are_recognised(org, project):
    org.put(
        Account=[ACCOUNT],
        Contact=[contact(1), contact(2, IsDeleted=True), contact(3, IsDeleted=True, MasterRecordId=contact(1)["Id"])],
        Lead=[lead(1, IsConverted=True, ConvertedContactId=contact(1)["Id"], ConvertedAccountId=ACCOUNT["Id"])],
    )
    extract("run", project)
    found = people(project)
    assert {id_: row["is_deleted"] for id_, row in found.items() if row["object"] == "Contact"} == {
        contact(1)["Id"]: False,
        contact(2)["Id"]: True,
        contact(3)["Id"]: True,
    }
    assert found[contact(3)["Id"]]["master_record_id"] == contact(1)["Id"]
    assert found[lead(1)["Id"]]["is_converted"] is True
    assert found[lead(1)["Id"]]["converted_contact_id"] == contact(1)["Id"]


@pytest.fixture
def known(org, project):
    """An org of two contacts and a lead that was extracted an hour ago."""
    org.put(Account=[ACCOUNT], Contact=[contact(1), contact(2)], Lead=[lead(1)])
    extract("first", project)
    org.set_clock(NOW + timedelta(hours=1))
    return project


def test_g05_second_run_reads_and_writes_nothing(org, known):
    version = known.warehouse.version(PEOPLE)
    result = extract("second", known)
    assert counts(result, "contacts_read", "leads_read", "changed", "full_reads") == (0, 0, 0, 0)
    assert known.warehouse.version(PEOPLE) == version


def test_changed_record_is_read_alone(org, known):
    org.update("Contact", contact(2)["Id"], LastName="Hopper")
    result = extract("second", known)
    assert counts(result, "contacts_read", "changed", "full_reads") == (1, 1, 0)
    assert people(known)[contact(2)["Id"]]["LastName"] == "Hopper"


def test_changed_parent_counts_as_a_change(org, known):
    org.update("Account", ACCOUNT["Id"], Name="Renamed")
    extract("second", known)
    assert {row["Account.Name"] for row in people(known).values() if row["object"] == "Contact"} == {"Renamed"}


def test_g10_record_that_became_visible_late_is_still_read(org, known):
    """A long transaction commits with a time stamp from before the last reading."""
    org.put(
        Account=[ACCOUNT],
        Contact=[contact(1), contact(2), contact(3, SystemModstamp=NOW - timedelta(minutes=9))],
        Lead=[lead(1)],
    )
    extract("second", known)
    assert contact(3)["Id"] in people(known)


def test_g10_second_change_within_one_second_is_a_change_too(org, known):
    """SystemModstamp has whole seconds: it tells nothing of a change in the second in which the record was read."""
    org.sandbox.set_clock((NOW + timedelta(hours=1)).isoformat(), frozen=True)
    stamps = []
    for name in ("Hopper", "Hopper", "Lovelace"):
        org.update("Contact", contact(2)["Id"], LastName=name)
        result = extract(f"{name} {len(stamps)}", known)
        stamps.append(people(known)[contact(2)["Id"]]["modified_at"])
    assert stamps[0] == stamps[1] < stamps[2] < stamps[0] + timedelta(seconds=1)
    assert counts(result, "contacts_read", "changed") == (1, 1)
    assert counts(extract("last", known), "contacts_read", "changed") == (1, 0)


def test_deleted_record_is_seen_incrementally(org, known):
    org.delete("Contact", contact(1)["Id"])
    extract("second", known)
    assert people(known)[contact(1)["Id"]]["is_deleted"] is True


def test_r07_former_email_is_remembered(org, known):
    org.update("Contact", contact(1)["Id"], Email="new@one.example")
    assert extract("second", known)["former_emails"] == 1
    (row,) = known.warehouse.read(EMAILS, source="salesforce").to_pylist()
    assert (row["holder_id"], row["email_key"]) == (contact(1)["Id"], email_key(contact(1)["Email"]))


def test_g04_run_killed_before_any_of_its_writes_ends_the_same(org, known):
    org.update("Contact", contact(1)["Id"], Email="new@one.example")
    killed_before = [(0, "runs"), (1, "emails"), (2, "people"), (3, "watermarks"), (2, "watermarks"), (3, "runs")]
    for survives, table in killed_before:
        with pytest.raises(Killed, match=table):
            extract("second", KillingProject.of(known, survives))
    undisturbed = KillingProject.of(known, survives=9)
    extract("second", undisturbed)
    assert undisturbed.warehouse.written == ["runs", "watermarks", "watermarks", "runs"]
    assert people(known)[contact(1)["Id"]]["email"] == "new@one.example"
    assert [row["holder_id"] for row in known.warehouse.read(EMAILS).to_pylist()] == [contact(1)["Id"]]
    assert {row["state"] for row in runs.find(known, PIPELINE)} == {"success"}


def test_newly_mapped_field_is_read_for_everyone(org, known, tmp_path):
    wider = make_project(tmp_path, bulk_above=REST, more="  TITLE: {contact: Title}\n")
    result = extract("second", wider)
    assert counts(result, "contacts_read", "leads_read", "full_reads") == (2, 0, 1)
    assert people(wider)[contact(1)["Id"]]["Title"] == "Dr"


def test_full_reading_marks_what_vanished(org, known):
    org.put(Account=[ACCOUNT], Contact=[contact(1)], Lead=[lead(1)])
    assert extract("second", known, full=True)["vanished"] == 1
    assert people(known)[contact(2)["Id"]]["is_deleted"] is True


def test_empty_source_stops_the_run_before_anything_changes(org, known):
    org.put(Account=[ACCOUNT], Contact=[], Lead=[lead(1)])
    before = people(known)
    with pytest.raises(StoppedByCheck, match="no Contact at all, where 2 were known"):
        extract("second", known, full=True)
    assert people(known) == before
    assert runs.find(known, PIPELINE)[0]["state"] == "stopped"


def test_unknown_field_is_left_out_for_the_audience_that_uses_it(org, tmp_path):
    org.put(Account=[ACCOUNT], Contact=[contact(1)], Lead=[lead(1)])
    project = make_project(tmp_path, bulk_above=REST, more="  TITLE: {contact: Nickname__c}\n")
    assert extract("run", project)["unknown_fields"] == 1
    assert len(people(project)) == 2


def test_schema_of_the_org_is_staged(org, known):
    schema = known.staging.document(SALESFORCE_SCHEMA)
    assert {"Contact", "Lead", "Account", "MC_Audience__c", "MC_Subscriber__c"} <= set(schema["objects"])
    tiers = schema["objects"]["Contact"]["fields"]["Customer_Tier__c"]["picklist"]
    assert ("gold", "Gold") in {(value["value"], value["label"]) for value in tiers}


def test_run_is_on_record_with_its_counts_and_configuration(org, known):
    (row,) = runs.find(known, PIPELINE)
    assert (row["run_id"], row["state"], row["config_hash"]) == ("first", "success", known.configuration.hash)
    assert json.loads(row["counts"])["contacts_read"] == 2


TEMPORARY = [
    {"kind": "truncate", "path": "{results}", "length": "matching", "keep": 0.6},
    {"kind": "truncate", "path": "{results}", "length": "full", "keep": 0.9},
    {"kind": "truncate", "path": "{results}", "length": "matching", "keep": 0},
    {"kind": "html_502", "path": "{results}"},
    {"kind": "reset", "path": "{results}"},
    {"kind": "status", "path": "{results}", "status": 429, "headers": {"Retry-After": "0"}},
    {"kind": "status", "path": "*", "status": 503, "first": 3},
    {"kind": "malformed", "path": "*", "first": 4},
    {"kind": "status", "path": "*", "status": 401, "body": '[{"message":"expired","errorCode":"INVALID_SESSION_ID"}]'},
]


@pytest.mark.parametrize("fault", TEMPORARY, ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}")
def test_g07_passing_failure_changes_nothing_in_the_end(org, tmp_path, fault):
    org.put(Account=[ACCOUNT], Contact=[contact(n) for n in range(1, 30)], Lead=[lead(1)])
    org.faults(fault | {"path": fault["path"].replace("{results}", RESULTS), "times": 1})
    project = make_project(tmp_path, bulk_above=BULK)
    extract("run", project)
    assert len(people(project)) == 30
    assert org.injected() == 1


def test_refused_log_in_is_one_clear_error_after_one_request(org, project, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", org.connection(password="wrong"))
    with pytest.raises(FatalError, match=r"refused the log-in of connection 'salesforce_default': .*INVALID_LOGIN"):
        extract("run", project)
    assert [call["count"] for call in org.calls()["calls"]] == [1]
    assert runs.find(project, PIPELINE)[0]["state"] == "failed"


def test_g08_used_up_daily_limit_ends_the_run_as_deferred(org, known):
    body = '[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]'
    org.faults({"kind": "status", "status": 403, "body": body, "first": 3})
    with pytest.raises(DeferredError, match="daily limit"):
        extract("second", known)
    assert org.injected() == 1
    assert runs.find(known, PIPELINE)[0]["state"] == "deferred"


def test_g09_no_personal_data_in_logs(org, tmp_path, caplog):
    project = make_project(tmp_path, bulk_above=BULK)
    org.put(Account=[ACCOUNT], Contact=[contact(1)], Lead=[lead(1)])
    org.faults({"kind": "status", "status": 503, "first": 5, "times": 2})
    with caplog.at_level(logging.DEBUG):
        extract("run", project)
    assert "again in" in caplog.text
    for value in (contact(1)["Email"], contact(1)["LastName"], lead(1)["Email"]):
        assert value not in caplog.text
