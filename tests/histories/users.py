"""What people do in both vendors between two syncs, through the vendors' own APIs where those can do it.

What a vendor refuses does not happen, as it does to a user.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from include.keys import email_key
from include.salesforce.client import SalesforceClient
from include.sandbox.mailchimp.credentials import API_KEY
from tests.histories.worlds import GROUPS, KEPT
from tests.integration.sync.people import contact, lead
from tests.model.world import is_gone
from tests.sandbox_fixture import Sandbox

Record = dict[str, Any]
SECONDS = 20


@dataclass
class Users:
    """Those who use the org."""

    sandbox: Sandbox
    client: SalesforceClient

    def people(self) -> list[Record]:
        """Contacts and leads that are neither deleted nor converted, without those to be kept."""
        state = self.sandbox.state("salesforce")
        records = [{"object": name, **each} for name in ("Contact", "Lead") for each in state.get(name, [])]
        kept = {contact(KEPT)["Id"], lead(f"lead of {KEPT}")["Id"]}
        return [each for each in records if not is_gone(each) and each["Id"] not in kept]

    def create(self, object_name: str, name: str, fields: Record) -> None:
        """A new contact or lead."""
        made = {key: value for key, value in contact(name, **fields).items() if key not in {"Id", *STAMPS}}
        company = {"Company": "Acme"} if object_name == "Lead" else {}
        list(self.client.insert(object_name, [made | company], None))

    def change(self, person: Record, fields: Record) -> None:
        """An edit of a record; a person account is edited as its account."""
        if person.get("IsPersonAccount"):
            names = {"FirstName": "FirstName", "Interests__c": "Interests__pc"} | {
                name: f"Person{name}" for name in ("Email", "HasOptedOutOfEmail", "Title")
            }
            fields = {names[name]: value for name, value in fields.items() if name in names}
            if fields:
                list(self.client.update("Account", [{"Id": person["AccountId"]} | fields], bulk_above=9))
            return
        list(self.client.update(person["object"], [{"Id": person["Id"]} | fields], bulk_above=9))

    def delete(self, person: Record) -> None:
        """A record goes to the recycle bin; of a person account, the account does."""
        account = person.get("IsPersonAccount")
        record = ("Account", person["AccountId"]) if account else (person["object"], person["Id"])
        list(self.client.delete(record[0], [record[1]], bulk_above=9))

    def merge(self, winner: Record, loser: Record, at: str) -> None:
        """A merge: no REST call does it, so the state changes as it would."""
        self._rewrite(loser, {"IsDeleted": True, "MasterRecordId": winner["Id"]}, at)

    def convert(self, lead: Record, into: Record, at: str) -> None:
        """A conversion into a contact that is there."""
        self._rewrite(lead, {"IsConverted": True, "ConvertedContactId": into["Id"]}, at)

    def ask(self, list_id: str, number: int, asked: Record) -> None:
        """Fill in the request fields of one of an audience's mirror rows (R22)."""
        state = self.sandbox.state("salesforce")
        rows = [row for row in state.get("MC_Subscriber__c", []) if (row.get("Key__c") or "").startswith(list_id)]
        if rows:
            list(self.client.update("MC_Subscriber__c", [{"Id": rows[number % len(rows)]["Id"]} | asked], bulk_above=9))

    def ask_for(self, list_id: str, person: Record, asked: Record) -> None:
        """Make a row of an audience for a person, with a request."""
        state = self.sandbox.state("salesforce")
        audiences = [row["Id"] for row in state.get("MC_Audience__c", []) if row["List_Id__c"] == list_id]
        whose = {f"{person['object']}__c": person["Id"], "Name": "Asked by hand"}
        if audiences:
            list(self.client.insert("MC_Subscriber__c", [{"Audience__c": audiences[0]} | whose | asked], None))

    def _rewrite(self, person: Record, fields: Record, at: str) -> None:
        state = self.sandbox.state("salesforce")
        (record,) = (each for each in state[person["object"]] if each["Id"] == person["Id"])
        record.update(fields, SystemModstamp=at, LastModifiedDate=at)
        self.sandbox.put_state(salesforce=state)


@dataclass
class Members:
    """The members and owners of an audience."""

    sandbox: Sandbox
    list_id: str

    def edit(self, name: str, changes: Record) -> None:
        """An edit of a member."""
        self._call("PATCH", f"/members/{_hash(name)}", changes)

    def join(self, name: str, status: str) -> None:
        """Somebody fills in a form."""
        values = {"FNAME": "Form", "LNAME": "Filler"}
        body = {"email_address": f"{name}@x.example", "status": status, "merge_fields": values}
        self._call("POST", "/members", body)

    def archive(self, name: str) -> None:
        """A member is archived."""
        self._call("DELETE", f"/members/{_hash(name)}")

    def forget(self, name: str) -> None:
        """A member is deleted for good."""
        self._call("POST", f"/members/{_hash(name)}/actions/delete-permanent")

    def group(self, name: str, path: str, chosen: bool) -> None:
        """A group is chosen or left."""
        self.edit(name, {"interests": {f"{self.list_id[0]}{GROUPS[path]}": chosen}})

    def tag(self, name: str, tag: str, active: bool) -> None:
        """A tag is given or taken."""
        body = {"tags": [{"name": tag, "status": "active" if active else "inactive"}]}
        self._call("POST", f"/members/{_hash(name)}/tags", body)

    def _call(self, method: str, path: str, body: Record | None = None) -> None:
        url = f"{self.sandbox.mailchimp}/3.0/lists/{self.list_id}{path}"
        answer = requests.request(method, url, json=body, auth=("any", API_KEY), timeout=SECONDS)
        assert answer.status_code < 500, answer.text


STAMPS = ("CreatedDate", "SystemModstamp")


def _hash(name: str) -> str:
    return email_key(f"{name}@x.example")
