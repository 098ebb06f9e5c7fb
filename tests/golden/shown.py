"""A story as text, for a reader: under each of the cast what was there, what each sync planned, and what it left."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from include.keys import email_key
from include.schema import REQUEST_RESULT
from tests.golden.cast import INTERESTS, LISTS, Cast, Record, Role, email_of
from tests.integration.sync.rig import State

WIDTH = 118
INDENT = 11
IDS = re.compile(r"\b(?:[0-9a-f]{32}|00[13Q][0-9A-Za-z]{15})\b")
"""Member hashes, and Ids of people."""
BARE = re.compile(r"[\w.:+-]+")
ACTIVE = {"subscribed", "pending", "unsubscribed", "transactional"}
UNTOLD = {"Profile_Updated__c", "Opt_In__c", "Mailchimp_Contact_Id__c", "Audience__c"}
NOBODY = "(no one)"
PERSON_FIELDS = (
    "FirstName", "LastName", "Title", "Department", "AssistantName", "Fax", "Company", "LeadSource",
    "Birthdate", "Customer_Tier__c", "Annual_Spend__c", "Interests__c",
    "MailingStreet", "MailingCity", "MailingState", "MailingPostalCode", "MailingCountry",
)  # fmt: skip
MARKS = {
    "HasOptedOutOfEmail": "opted out", "IsPersonAccount": "person account", "IsDeleted": "deleted",
    "IsConverted": "converted",
}  # fmt: skip


@dataclass(frozen=True)
class Sync:
    """What one sync of an audience planned (rows of `plans` with their results) and how its rows ended."""

    label: str
    operations: list[Record]
    ledger: list[Record]
    error: str = ""


@dataclass
class Names:
    """Which of the cast an Id or a member hash belongs to, and how it is called."""

    cast: Cast
    owners: dict[str, str]
    called: dict[str, str]

    @classmethod
    def of(cls, cast: Cast, *states: State) -> Names:
        """E-mails that others begin with the name of are theirs: `NAME.new`."""
        owners: dict[str, str] = {}
        called: dict[str, str] = {}
        for role in cast.roles:
            for label, record in role.records.items():
                owners[record["Id"]], called[record["Id"]] = role.name, label
            emails = [record["Email"] for record in role.records.values() if record["Email"]]
            emails += [each["email_address"] for name in LISTS for each in role.members(name)]
            emails += [email_of(local) for local in (role.name, f"{role.name}.new")]
            for email in emails:
                owners[email_key(email)], called[email_key(email)] = role.name, _local(email)
        for record in (record for state in states for record in state.salesforce["Lead"]):
            if record["Id"] not in owners:
                owners[record["Id"]], called[record["Id"]] = owners[email_key(record["Email"])], "new lead"
        return cls(cast, owners, called)

    def told(self, line: str) -> str:
        """A line with names in place of Ids and hashes."""
        return IDS.sub(lambda found: self.called.get(found[0], found[0]), line)

    def email(self, key: str, owner: str) -> str:
        """The local part, unless it is the owner's name."""
        return "" if self.called[key] == owner else f" {self.called[key]}"


def story(names: Names, states: dict[str, State], syncs: dict[str, list[Sync]]) -> str:
    """The whole text. `states`: label to what both vendors hold; `syncs`: the same label to what led there.

    Of a state, only what differs from the one before is told.
    """
    lines: dict[str, list[str]] = defaultdict(list)
    earlier: dict[str, list[str]] = {}
    for label, state in states.items():
        for sync in syncs.get(label, ()):
            for owner, line in (*_plan(names, sync), *_ledger(names, sync)):
                lines[owner].append(f"{sync.label:<{INDENT}}{names.told(line)}")
        held: dict[str, list[str]] = defaultdict(list)
        for owner, line in sorted(_held(names, state), key=_by_name):
            held[owner].append(line)
        for owner in held.keys() | earlier.keys():
            told = _differing(earlier.get(owner, []), held.get(owner, []))
            lines[owner] += [f"{label:<{INDENT}}{line}" for line in told]
        earlier = held
    text = [line for role in names.cast.roles for line in (*_title(role), *lines.pop(role.name, ()), "")]
    return "\n".join([*text, NOBODY, *lines.pop(NOBODY), ""])


def _differing(was: list[str], now: list[str]) -> list[str]:
    """What is new or otherwise, then what is gone."""
    there = {_subject(line) for line in now}
    gone = [_subject(line) for line in was if _subject(line) not in there]
    return [*(line for line in now if line not in was), *(f"{name}: gone" for name in gone)] or ["as it was"]


def _subject(line: str) -> str:
    """What a line is about: a person's label without its e-mail, which may change."""
    return line.split(":", maxsplit=1)[0].split(" '", maxsplit=1)[0]


def _title(role: Role) -> Iterator[str]:
    yield role.name
    said = {name: role.said[name] for name in ("why", "two_way", "then") if name in role.said}
    for name, text in said.items():
        shown = "; ".join(map(_said, text)) if name == "then" else text
        mark = "# " if name == "why" else f"# {name}: "
        yield from wrap(shown, WIDTH, initial_indent=mark, subsequent_indent="#   ")


def _said(act: Any) -> str:
    if not isinstance(act, dict):
        return str(act)
    ((name, what),) = act.items()
    if isinstance(what, dict):
        what = ", ".join(f"{field} = {'(blank)' if value is None else value}" for field, value in what.items())
    return f"{name}: {' <- '.join(what) if isinstance(what, list) else what}"


def _plan(names: Names, sync: Sync) -> Iterator[tuple[str, str]]:
    """One line per operation, by whom it is about and what it does."""
    found = []
    for row in sync.operations:
        key = row["email_key"] or row["person_id"]
        owner = names.owners[key] if key else NOBODY
        asked = " ".join(filter(None, (row["behaviour"], row["query"], row["note"])))
        email = names.email(row["email_key"], owner) if row["email_key"] else ""
        ended = " ".join(filter(None, (row["state"], row["reason"])))
        found.append((owner, f"plan {row['kind']}{email} ({asked}): {_change(row)}; {ended}"))
    yield from sorted(found)


def _change(row: Record) -> str:
    """Before and after, and what must still hold; of a mirror row, only what changes and a reader can tell."""
    before, after, ground = (json.loads(row[name] or "{}") for name in ("before", "after", "precondition"))
    if row["kind"] == "upsert_mirror":
        changed = {
            name: f"{before[name] or 'none'} -> {value or 'none'}"
            for name, value in after.items()
            if name not in UNTOLD and name in before and before[name] != value
        }
        told = ", ".join(f"{name} {change}" for name, change in changed.items()) or "Profile_Updated__c"
        return told if before else "new row"
    if row["kind"] == "answer_request":
        return f"{_values({name: value for name, value in before.items() if value})} -> {after[REQUEST_RESULT]}"
    if row["kind"] in {"add_member", "move_member"}:
        ground = {name: value for name, value in ground.items() if not name.startswith("person")}
    if before.keys() <= ground.keys():
        before = {}
    change = f"{_values(before)} -> {_values(after)}" if before else _values(after)
    return f"{change}, if {_values(ground)}" if ground and _values(ground) else change


def _ledger(names: Names, sync: Sync) -> Iterator[tuple[str, str]]:
    """One line per person and member: its state and the reason; of Updates, not those that it does not select."""
    found = []
    for row in sync.ledger:
        owner = names.owners[row["key"]]
        who = names.called[row["key"]] if row["side"] == "salesforce" else "member" + names.email(row["key"], owner)
        if sync.label.startswith("sync") or row["reason"] != "not_selected":
            found.append((owner, f"row  {who}: {row['state']}, {row['reason']}"))
    yield from sorted(found)
    if sync.error:
        yield NOBODY, f"error {sync.error}"


def _held(names: Names, state: State) -> Iterator[tuple[str, str]]:
    """One line per person, member and mirror row, with whose it is."""
    for each in (*state.salesforce["Contact"], *state.salesforce["Lead"]):
        yield names.owners[each["Id"]], _person(names, each)
    for audience in state.mailchimp["lists"]:
        for each in audience["members"]:
            yield names.owners[each["id"]], _member(names, audience["name"], each)
        for key in audience["forgotten"]:
            yield names.owners[key], f"{audience['name']}{names.email(key, names.owners[key])}: forgotten"
    audiences = {row["Id"]: row["Name"] for row in state.salesforce["MC_Audience__c"]}
    for row in state.salesforce["MC_Subscriber__c"]:
        yield names.owners[row["Key__c"].split(":")[1]], _mirrored(names, audiences[row["Audience__c"]], row)
    for row in state.salesforce["MC_Audience__c"]:
        yield NOBODY, f"mirror {row['Name']}: {row['Status__c']}, {row['Member_Count__c']:.0f} subscribed"


def _by_name(held: tuple[str, str]) -> tuple[int, str]:
    """People first, then members, then mirror rows; `contact` before `contact 2`."""
    line = held[1]
    kind = 2 if line.startswith("mirror") else 1 if line[0].isupper() else 0
    return (kind, line.replace(":", " "))


def _person(names: Names, record: Record) -> str:
    owner = names.owners[record["Id"]]
    email = (record["Email"] or "no e-mail").removesuffix("@x.example")
    marks = [mark for name, mark in MARKS.items() if record.get(name)]
    marks += [] if record.get("Newsletter_Consent__c") or record.get("MC_Key__c") else ["no consent"]
    fields = {name: record.get(name) for name in PERSON_FIELDS if record.get(name) not in (None, "")}
    shown = "" if email == owner else f" {email!r}"
    return ", ".join([f"{names.called[record['Id']]}{shown}: {_values(fields)}", *marks])


def _member(names: Names, audience: str, member: Record) -> str:
    values = {tag: value for tag, value in member["merge_fields"].items() if value not in ("", None)}
    shown = {
        "merge_fields": values,
        "interests": {id_: True for id_, chosen in member["interests"].items() if chosen},
        "tags": sorted(tag["name"] for tag in member["tags"]),
    }
    return f"{audience}{names.email(member['id'], names.owners[member['id']])}: {member['status']}, {_values(shown)}"


def _mirrored(names: Names, audience: str, row: Record) -> str:
    key = row["Key__c"].split(":")[1]
    owner = names.owners[key]
    person = row["Contact__c"] or row["Lead__c"]
    link = "nobody" if person is None else names.called[person]
    link += "" if person is None or names.owners[person] == owner else f" of {names.owners[person]}"
    shown = ", ".join(filter(None, (row["Groups__c"], row["Tags__c"])))
    return (
        f"mirror {audience}{names.email(key, owner)}: {row['Status__c']}, of {link}, [{shown}], "
        f"profile updated {(row['Profile_Updated__c'] or 'never')[:10]}"
        + (f", answered {row[REQUEST_RESULT]}" if row.get(REQUEST_RESULT) else "")
    )


def _values(values: Any) -> str:
    """Nested values in a line: merge fields as they are, groups by their paths; the sandbox's own ids are left out."""
    parts = []
    for name, value in values.items():
        if name == "merge_fields":
            parts.append(_values(dict(sorted(value.items()))))
        elif name == "interests":
            parts.append(f"groups[{', '.join(_groups(value))}]" if value else "")
        elif name == "tags":
            parts.append(f"tags[{', '.join(value)}]" if value else "")
        elif name == "status" and isinstance(value, list):
            parts.append("active" if set(value) == ACTIVE else " or ".join(value))
        elif name not in {"contact_id", "attributes"}:
            parts.append(f"{name}={_plain(value)}")
    return " ".join(filter(None, parts))


def _plain(value: Any) -> str:
    """A value as bare as a reader can tell it from its neighbours; e-mails without what all have in common."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {part}" for name, part in sorted(value.items()) if part) + "}"
    if isinstance(value, str):
        value = value.removesuffix("@x.example")
        return value if BARE.fullmatch(value) else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def _groups(interests: dict[str, bool]) -> Iterable[str]:
    paths = {id_[1:]: path for path, id_ in INTERESTS.items()}
    return sorted(f"{'' if chosen else 'not '}{paths[id_[1:]]}" for id_, chosen in interests.items())


def _local(email: str) -> str:
    return email.strip().lower().removesuffix("@x.example")
