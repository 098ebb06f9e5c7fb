"""What people do between the two syncs, as `then` of `world.yaml` says it, through the vendors' APIs where they can."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from include.salesforce.client import SalesforceClient
from include.sandbox.mailchimp.credentials import API_KEY
from include.schema import REQUESTED_GROUPS, REQUESTED_STATUS
from tests.golden.cast import LISTS, TYPES, Cast, Record, Role, email_of, hash_of
from tests.sandbox_fixture import Sandbox

SECONDS = 20
ACCOUNT_FIELDS = {"Email": "PersonEmail", "HasOptedOutOfEmail": "PersonHasOptedOutOfEmail"}


class Acts:
    """Everything that happens, in the order of the file; `at` is the moment as Salesforce writes it."""

    def __init__(self, sandbox: Sandbox, client: SalesforceClient, at: str) -> None:
        self.sandbox, self.client, self.at = sandbox, client, at

    def happen(self, cast: Cast) -> None:
        """Carry out every `then`, and end the audience Updates."""
        for role, act, said in _acts(cast):
            if act in role.records:
                self._edit(role.records[act], dict(said))
            else:
                getattr(self, f"_{act}")(role, said)
        self._call("DELETE", "", list_id=LISTS["Updates"])

    # --- Salesforce

    def _edit(self, record: Record, fields: Record) -> None:
        if fields.get("Email"):
            fields["Email"] = email_of(fields["Email"])
        target, id_ = record["object"], record["Id"]
        if record.get("IsPersonAccount"):
            target, id_ = "Account", record["AccountId"]
            fields = {ACCOUNT_FIELDS.get(name, name): value for name, value in fields.items()}
        (result,) = self.client.update(target, [{"Id": id_} | fields], bulk_above=1)
        assert result.success, result

    def _delete(self, role: Role, label: str) -> None:
        record = role.records[label]
        (result,) = self.client.delete(record["object"], [record["Id"]], bulk_above=1)
        assert result.success, result

    def _ask(self, role: Role, said: Record) -> None:
        """A user fills in the request of the member's mirror row."""
        asked = {REQUESTED_STATUS: said.get("status"), REQUESTED_GROUPS: said.get("groups")}
        row = {"Key__c": f"{LISTS['Newsletter']}:{hash_of(role.name)}"} | asked
        (result,) = self.client.upsert("MC_Subscriber__c", "Key__c", [row], bulk_above=1)
        assert result.success, result

    def _merge(self, role: Role, labels: list[str]) -> None:
        """No REST call merges: the state changes as it would."""
        winner, loser = (role.records[label] for label in labels)
        self._rewrite(loser, {"IsDeleted": True, "MasterRecordId": winner["Id"]})

    def _convert(self, role: Role, labels: list[str]) -> None:
        """Nor does one convert."""
        lead, contact = (role.records[label] for label in labels)
        self._rewrite(lead, {"IsConverted": True, "ConvertedContactId": contact["Id"]})

    def _rewrite(self, record: Record, fields: Record) -> None:
        state = self.sandbox.state("salesforce")
        (found,) = (each for each in state[record["object"]] if each["Id"] == record["Id"])
        found.update(fields, SystemModstamp=self.at, LastModifiedDate=self.at)
        self.sandbox.put_state(salesforce=state)

    # --- Mailchimp

    def _member(self, role: Role, said: Record) -> None:
        values = {tag: value for tag, value in said.items() if tag in TYPES}
        changes: Record = {name: value for name, value in said.items() if name not in TYPES}
        if "email" in changes:
            changes["email_address"] = email_of(changes.pop("email"))
        self._call("PATCH", f"/members/{hash_of(role.name)}", changes | ({"merge_fields": values} if values else {}))

    def _archive(self, role: Role, _: None) -> None:
        self._call("DELETE", f"/members/{hash_of(role.name)}")

    def _forget(self, role: Role, _: None) -> None:
        self._call("POST", f"/members/{hash_of(role.name)}/actions/delete-permanent")

    def _tag(self, role: Role, tag: str, status: str = "active") -> None:
        body = {"tags": [{"name": tag, "status": status}]}
        self._call("POST", f"/members/{hash_of(role.name)}/tags", body)

    def _untag(self, role: Role, tag: str) -> None:
        self._tag(role, tag, "inactive")

    def _call(self, method: str, path: str, body: Any = None, list_id: str = LISTS["Newsletter"]) -> None:
        url = f"{self.sandbox.mailchimp}/3.0/lists/{list_id}{path}"
        answer = requests.request(method, url, json=body, auth=("any", API_KEY), timeout=SECONDS)
        assert answer.ok, (method, path, answer.text)


def _acts(cast: Cast) -> Iterator[tuple[Role, str, Any]]:
    for role in cast.roles:
        for each in role.said.get("then", ()):
            ((act, said),) = each.items() if isinstance(each, dict) else ((each, None),)
            yield role, act, said
