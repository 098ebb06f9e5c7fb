"""The state: how it gets in and out, and that it survives."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from include.sandbox.salesforce.store import OrgStore
from tests.unit.sandbox.salesforce.conftest import Bench

LEAD = {"LastName": "Doe", "Company": "C", "CreatedDate": "2026-01-01T00:00:00.000+0000"}


def exported(store: OrgStore) -> bytes:
    return b"".join(store.export())


def test_export_shows_api_names_and_forms(org: Bench) -> None:
    org.store.load([("Lead", [{**LEAD, "IsDeleted": True, "MasterRecordId": "00Q5g0000000002EAA"}])])
    (lead,) = json.loads(exported(org.store))["Lead"]
    assert (lead["IsDeleted"], lead["MasterRecordId"]) == (True, "00Q5g0000000002EAA")
    assert (lead["SystemModstamp"], lead["Title"], lead["Name"]) == ("2026-01-01T00:00:00.000+0000", None, "Doe")
    assert (lead["HasOptedOutOfEmail"], lead["MC_Key__c"]) == (False, None)


def test_state_put_back_is_the_same_state(org: Bench, tmp_path: Path) -> None:
    org.store.load([("Account", [{"Name": "Acmé\n"}]), ("Lead", [LEAD, {**LEAD, "AnnualRevenue": 1.5}])])
    org.store.plant({"kinds": 3})
    state = exported(org.store)
    assert json.loads(state).keys() >= {"Account", "Contact", "Lead", "MC_Subscriber__c", "CampaignMember"}
    org.insert("Lead", LastName="More", Company="C")
    assert exported(org.store) != state

    org.store.replace(io.BytesIO(state))

    assert exported(org.store) == state
    assert org.store.planted() == {}


def test_state_put_into_another_org_leaves_its_ids_alone(org: Bench, tmp_path: Path) -> None:
    org.store.load([("Lead", [LEAD] * 70)])
    other = OrgStore(tmp_path / "org.sqlite")
    other.replace(io.BytesIO(exported(org.store)))
    assert other.load([("Lead", [LEAD] * 3)]) == {"Lead": 3}
    assert len(json.loads(exported(other))["Lead"]) == 73
    other.close()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ('{"Leads": []}', "the org has no object 'Leads'; it has: Account, Contact"),
        ('{"Lead": [{"Nope": 1}]}', "Lead has no field 'Nope'"),
        ('{"Lead": [{"Id": "00Q1"}, {"Id": "00Q1"}]}', "a record cannot be loaded"),
        ('{"Lead": [{"CreatedDate": "soon"}]}', "soon"),
        ('{"Lead": [', "not the JSON of a state"),
    ],
)
def test_bad_state_is_refused_and_changes_nothing(org: Bench, state: str, message: str) -> None:
    org.store.load([("Lead", [LEAD])])
    before = exported(org.store)
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        org.store.replace(io.BytesIO(state.encode()))
    assert exported(org.store) == before


def test_state_survives_with_a_path(tmp_path: Path) -> None:
    path = tmp_path / "org.sqlite"
    first = OrgStore(path)
    first.load([("Lead", [LEAD])])
    first.plant({"invalid_email": {"count": 3}})
    state = exported(first)
    first.close()

    second = OrgStore(path)
    assert exported(second) == state
    assert second.planted() == {"invalid_email": {"count": 3}}
    assert second.new_id("00Q") not in state.decode()
    second.close()
    with pytest.raises(ValueError, match="org of another kind"):
        OrgStore(path, person_accounts=False)


def test_loading_links_person_accounts_with_their_contacts(org: Bench) -> None:
    account = {"Id": "0015g0000000099AAA", "IsPersonAccount": True, "FirstName": "A", "LastName": "B"}
    contact = {"Id": "0035g0000000099AAA", "AccountId": account["Id"], "LastName": "B", "IsPersonAccount": True}
    org.store.load([("Account", [account]), ("Contact", [contact])])
    assert org.records("SELECT Name, PersonContactId FROM Account") == [
        {"Name": "A B", "PersonContactId": "0035g0000000099AAA"}
    ]


def test_reader_sees_one_state_while_another_writes(org: Bench) -> None:
    org.store.load([("Lead", [LEAD])])
    with org.store.database.reading() as reader:
        before = reader.execute('SELECT count(*) FROM "Lead"').fetchone()
        org.insert("Lead", LastName="More", Company="C")
        assert reader.execute('SELECT count(*) FROM "Lead"').fetchone() == before
    assert len(org.values("SELECT Id FROM Lead")) == 2
