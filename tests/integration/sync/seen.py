"""What a sync left: both vendors, its operations with their results, its ledger; asked by a person's name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from include.pipelines.run import SyncRun
from tests.integration.sync.people import NEWS, key
from tests.integration.sync.rig import State


@dataclass
class Seen:
    """Both vendors, and the plan's rows with their results, after a sync."""

    state: State
    operations: list[dict[str, Any]]
    accounts: dict[str, Any] = field(default_factory=dict)
    writes: list[tuple[str, str, int]] = field(default_factory=list)

    def member(self, name: str, list_id: str = NEWS) -> dict[str, Any] | None:
        """A member as Mailchimp keeps it."""
        (found,) = (each for each in self.state.mailchimp["lists"] if each["id"] == list_id)
        return next((each for each in found["members"] if each["id"] == key(name)), None)

    def status(self, name: str, list_id: str = NEWS) -> str | None:
        member = self.member(name, list_id)
        return member and member["status"]

    def groups(self, name: str) -> set[str]:
        return {id_ for id_, chosen in self.member(name)["interests"].items() if chosen}

    def tags(self, name: str) -> set[str]:
        return {tag["name"] for tag in self.member(name)["tags"]}

    def values(self, name: str) -> dict[str, Any]:
        return {tag: value for tag, value in self.member(name)["merge_fields"].items() if value != ""}

    def person(self, name: str) -> dict[str, Any]:
        """The contact or lead with the e-mail."""
        (found,) = (
            record
            for record in (*self.state.salesforce["Contact"], *self.state.salesforce["Lead"])
            if (record["Email"] or "").lower() == f"{name}@x.example" and not record["IsDeleted"]
        )
        return found

    def leads(self, name: str) -> list[dict[str, Any]]:
        return [each for each in self.state.salesforce["Lead"] if each["Email"] == f"{name}@x.example"]

    def mirror(self, name: str, list_id: str = NEWS) -> dict[str, Any] | None:
        rows = self.state.salesforce.get("MC_Subscriber__c", [])
        return next((row for row in rows if row["Key__c"] == f"{list_id}:{key(name)}"), None)

    def operation(self, name: str, kind: str) -> dict[str, Any] | None:
        found = [each for each in self.operations if each["email_key"] == key(name) and each["kind"] == kind]
        assert len(found) < 2
        return found[0] if found else None

    def row(self, name: str) -> str:
        """The ledger's reason for the person's e-mail."""
        return self.accounts["ledger"][key(name)]


def ledger_of(run: SyncRun) -> dict[str, str]:
    """Reasons by e-mail key; the member's side over the person's."""
    import pyarrow.parquet as pq

    files = run.project.staging.files(run.partition("ledger"))
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    rows.sort(key=lambda row: (row["side"] == "mailchimp", row["reason"] != "shared_email"))
    return {row["email_key"]: row["reason"] for row in rows}
