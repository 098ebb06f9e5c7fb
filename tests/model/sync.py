"""The end state of an audience's sync, under both policies and their switches: SPEC.md as dictionaries and loops.

It shares no code with the pipeline. What earlier syncs saw is in `memory.py`; each part of a sync has its module.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from tests.model import additions, giving, leads, mirror, opt_outs, requests, updates
from tests.model.conditions import selects
from tests.model.giving import is_manual
from tests.model.memory import AudienceMemory, Memory
from tests.model.moves import EmailChanges
from tests.model.policies import switch
from tests.model.values import broken_gates, unfit, values_of
from tests.model.world import List, Record, World, is_gone, key_of, name_of

KEPT_UP_TO_DATE = {"subscribed", "pending", "unsubscribed", "transactional"}


@dataclass
class Sync:
    """One audience's sync of a world, which it changes in place."""

    world: World
    settings: Record
    rules: list[Record]
    today: date
    zone: ZoneInfo
    memory: Memory = field(default_factory=Memory)
    others: list[Record] = field(default_factory=list)
    """The settings of the other audiences."""
    only: str | None = None
    """The one query that the sync is for (R10, M04)."""
    by_email: dict[str, list[Record]] = field(init=False)
    added: set[str] = field(default_factory=set)
    changes: EmailChanges = field(default_factory=EmailChanges)
    statuses: dict[str, str] = field(init=False)
    """Of members before the sync."""
    written: dict[str, Record] = field(default_factory=lambda: defaultdict(dict))
    """What goes to people (X01, X03), by their names; at the end, as queries look at people as they were read."""

    def run(self) -> None:
        """Look, let opt-outs flow, add, update, make Leads, mirror."""
        size = self.audience.size
        self.memory.look(self.world)
        self.known.look(self.audience)
        self.by_email = self._people_by_email()
        self.statuses = {key: member["status"] for key, member in self.audience.members.items()}
        moves = switch(self.settings, "email_change") == "move"
        if moves:
            self.changes.follow(self)
        wishes = requests.find(self)
        requests.unsubscribe(self, wishes)
        if self.only is None:
            if moves:
                self.changes.let_the_stricter_win(self)
            opt_outs.flow(self)
        if moves:
            self.changes.move(self)
        additions.add(self, requests.wanted(wishes))
        if self.writes_values:
            updates.update(self)
        if self.only is None:
            giving.take_away(self, requests.groups(wishes))
        requests.join(self, wishes)
        giving.give(self)
        self.known.note(self.settings, self.only, self.memory.looks)
        for name, fields in self.written.items():
            self.world.people[name].update(fields)
        if self.writes_values:
            leads.make(self)
        requests.answer(self, wishes)
        if self.syncs_data:
            self.by_email = self._people_by_email()
            mirror.write(self)
        self.world.audiences[self.audience.id] = {"name": self.settings["audience"], "status": "active", "size": size}

    @property
    def audience(self) -> List:
        """The audience."""
        return self.world.lists[self.settings["audience"]]

    @property
    def known(self) -> AudienceMemory:
        """What earlier syncs saw of the audience."""
        return self.memory.audiences[self.audience.id]

    @property
    def syncs_data(self) -> bool:
        """Whether anything is overwritten, mirrored or turned into Leads (R15)."""
        return bool(self.settings.get("data_sync", True))

    @property
    def writes_values(self) -> bool:
        """Whether merge fields and Leads are written: a sync for one query does what that query asks."""
        return self.syncs_data and self.only is None

    def forgive(self, email: str, changed: str) -> None:
        """What the sync itself has written to who has an e-mail is no change of the record."""
        for key in {email, *(key for key, own in self.changes.followed.items() if own == email)}:
            self.known.forgive(key, changed)

    # --- who is who

    def _people_by_email(self) -> dict[str, list[Record]]:
        """People by e-mail, the survivor first (details 1 and 2)."""
        found = defaultdict(list)
        for person in sorted(self.world.current(), key=seniority):
            if person.get("Email"):
                found[key_of(person["Email"])].append(person)
        return found

    def having(self, key: str) -> list[Record]:
        """Who has the e-mail of a member, or whom a member is that changed it in Mailchimp; the survivor first."""
        return self.by_email.get(self.changes.followed.get(key, key), [])

    def person_of(self, key: str) -> Record | None:
        """The survivor of an e-mail, or where nobody has it any more, the heir of who had it (detail 9)."""
        people = self.having(key)
        return people[0] if people else min(self.heirs_of(key), key=seniority, default=None)

    def heirs_of(self, key: str) -> list[Record]:
        """Who goes on with records that had the e-mail and are merged or converted."""
        return [
            heir
            for person in self.world.people.values()
            if is_gone(person) and person.get("Email") and key_of(person["Email"]) == key
            for heir in self.heirs(person)
        ]

    def heirs(self, person: Record) -> list[Record]:
        """Who goes on with a record that is gone, over any number of steps."""
        next_id = person.get("ConvertedContactId") if person.get("IsConverted") else person.get("MasterRecordId")
        heir = self.world.people.get(next_id) if next_id else None
        if heir is None:
            return []
        return self.heirs(heir) if is_gone(heir) else [heir]

    def who_had(self, key: str) -> list[Record]:
        """Who is there, and had an e-mail before."""
        return [each for each in self.world.current() if key in self.memory.former.get(name_of(each), {})]

    def queries(self, key: str) -> list[tuple[Record, str]]:
        """Queries of the sync that select any person with the e-mail, in the order of the file.

        With each, the newest change of a person that it selects: for a manual query the look that saw it, as text.
        """
        found = []
        for query in self.settings.get("queries", []):
            selected = [each for each in self.having(key) if selects(query, each, self.today, self.zone)]
            if selected and self._takes_part(query):
                found.append((query, max(self._changed(query, each) for each in selected)))
        return found

    def _takes_part(self, query: Record) -> bool:
        return query["name"] == self.only if self.only is not None else not is_manual(query)

    def _changed(self, query: Record, person: Record) -> str:
        if is_manual(query):
            return f"{self.memory.changed[name_of(person)][1]:06}"
        return str(person.get("SystemModstamp", ""))

    # --- values

    def required(self) -> set[str]:
        """Tags of merge fields that Mailchimp requires."""
        return {tag for tag, each in self.audience.merge_fields.items() if each["required"]}

    def values(self, person: Record) -> tuple[Record, set[str]]:
        """The values to write, and the tags that are left out."""
        defaults: Record = {}
        for each in [*self.others, self.settings] if person.get("MC_Key__c") else []:
            defaults |= each.get("create_leads", {}).get("defaults", {})
        values = values_of(person, self.settings["fields"], defaults)
        left_out = unfit(values, self.audience.merge_fields)
        return {tag: value for tag, value in values.items() if tag not in left_out}, left_out

    def is_held(self, key: str) -> bool:
        """Whether several people have an e-mail, and the audience holds such e-mails (detail 2)."""
        return self.settings.get("shared_emails") == "hold" and len(self.having(key)) > 1

    def may_be_updated(self, key: str, person: Record) -> bool:
        """Detail 3, where validation lets the person through."""
        return (
            self.audience.members[key]["status"] in KEPT_UP_TO_DATE
            and not self.is_held(key)
            and "update" not in broken_gates(person, self.rules, self.today)
            and not self.required() & self.values(person)[1]
        )


def seniority(person: Record) -> tuple[Any, ...]:
    """The survivor's order (detail 2)."""
    return person["object"] != "Contact", person.get("CreatedDate", "9999"), person["Id"]
