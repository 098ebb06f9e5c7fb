"""Where a history starts: a small world in which everybody is likely to meet everybody, and an audience file.

E-mails are `n0@x.example` to `n5@x.example`, written in several ways; contacts, leads and a person account share them.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.integration.sync.people import NEWS, UPDATES, audience, contact, lead, person_account, subscriber

Record = dict[str, Any]
NAMES = tuple(f"n{number}" for number in range(6))
STATUSES = ("subscribed", "subscribed", "unsubscribed", "pending", "cleaned", "transactional", "archived")
SOURCES = ("Web", "Web", "Other", None)
GROUPS = {
    "Interests / News": "ne0000001",
    "Interests / Events": "ev0000001",
    "Rhythm / Weekly": "we0000001",
    "Rhythm / Monthly": "mo0000001",
}
"""Group to its id, without the audience's letter."""

KEPT = "kept"
"""A contact, a lead and a member that nobody touches: a source that shows nobody any more stops a run (G06)."""

names = st.sampled_from(NAMES)
PLAIN = tuple(f"{name}@x.example" for name in NAMES)
emails = st.sampled_from([*PLAIN, *PLAIN, *PLAIN, *(f" {name.title()}@X.example " for name in NAMES), None, None, None])
titles = st.sampled_from(["Dr", "Prof", None])
FIELDS = (
    "Email", "LeadSource", "HasOptedOutOfEmail", "Newsletter_Consent__c", "FirstName", "Title", "Interests__c",
)  # fmt: skip
person_fields = st.fixed_dictionaries(
    {
        "Email": emails,
        "LeadSource": st.sampled_from(SOURCES),
        "HasOptedOutOfEmail": st.sampled_from([False, False, False, True]),
        "Newsletter_Consent__c": st.sampled_from([True, True, True, False]),
        "FirstName": st.sampled_from(["Ann", "Bob", "Cid", None]),
        "Title": titles,
        "Interests__c": st.sampled_from([None, None, "Events", "Product news;Events"]),
    }
)


# FNAME is required: of a member that lacks it, Mailchimp takes no other merge field either.
member_rows = st.lists(
    st.tuples(
        names,
        st.sampled_from(STATUSES),
        st.fixed_dictionaries({"FNAME": st.sampled_from(["Ann", "Zoe"]), "TITLE": st.sampled_from(["Dr", "Sir", ""])}),
        st.lists(st.sampled_from(["Web", "Theirs"]), unique=True),
    ),
    unique_by=lambda row: row[0],
    min_size=1,
    max_size=4,
)
worlds = st.fixed_dictionaries(
    {
        "contacts": st.lists(person_fields, min_size=2, max_size=4),
        "leads": st.lists(person_fields, max_size=2),
        "person account": st.none() | person_fields,
        "members": member_rows,
    }
)
"""What differs between worlds; short, as a failing history shows it."""


def states(world: Record, updates: Any = None) -> tuple[Record, Record]:
    """Both vendors' states; with a second audience where its member rows are given."""
    contacts = [contact(KEPT, LeadSource="Other")]
    contacts += [contact(f"con{number}", **fields) for number, fields in enumerate(world["contacts"])]
    leads = [lead(f"lea{number}", **fields) for number, fields in enumerate(world["leads"])]
    leads.append(lead(f"lead of {KEPT}", Email=None, LeadSource="Other"))
    accounts = []
    if fields := world["person account"]:
        account, shadow = person_account("per", **fields)
        accounts.append(account | {"PersonEmail": fields["Email"], "FirstName": fields["FirstName"]})
        contacts.append(shadow)
    lists = [audience("Newsletter", NEWS, subscriber(KEPT), *_members(world["members"]))]
    if updates is not None:
        lists.append(audience("Updates", UPDATES, subscriber(KEPT), *_members(updates)))
    return {"Account": accounts, "Contact": contacts, "Lead": leads}, {"lists": lists}


def _members(rows: Any) -> list[Record]:
    return [subscriber(name, status, values=values, tags=tags) for name, status, values, tags in rows]


QUERIES = (
    {
        "name": "web",
        "object": "Contact",
        "where": {"field": "LeadSource", "equals": "Web"},
        "groups": ["Interests / News", "Rhythm / Weekly"],
        "tags": ["Web"],
    },
    {
        "name": "doctors",
        "object": "Contact",
        "where": {"any": [{"field": "Title", "equals": "Dr"}, {"field": "IsPersonAccount", "equals": True}]},
        "groups": ["Rhythm / Monthly"],
    },
    {
        "name": "leads",
        "object": "Lead",
        "where": {"not": {"field": "LeadSource", "equals": "Other"}},
        "tags": ["Lead"],
    },
    {
        "name": "by_hand",
        "object": "Contact",
        "run": "manual",
        "where": {"field": "Title", "is_blank": False},
        "groups": ["Interests / Events", "Rhythm / Monthly"],
        "tags": ["Called", "Web"],
    },
)
LEADS = {"enabled": True, "defaults": {"LastName": "[none]", "Company": "[none]", "LeadSource": "Mailchimp"}}
RULES = (
    {"name": "titled", "object": "Contact", "require": "Title", "gates": ["add", "update"]},
    {"name": "sourced", "object": "Contact", "require": "LeadSource", "gates": ["update"]},
    {"name": "titled_lead", "object": "Lead", "require": "Title", "gates": ["add", "create_lead"]},
)
rules = st.lists(st.sampled_from(RULES), max_size=2, unique_by=lambda rule: rule["name"]) | st.just([])
"""Of validation: what a record lacks, and what it is held back from."""
UNLIMITED = {
    "changed_members": "100%",
    "changed_people": "100%",
    "new_members": 1000,
    "new_leads": 1000,
    "irreversible": 1000,
}


OWN_CHECKBOX = {"contact": "Newsletter_Opt_Out__c", "lead": "Newsletter_Opt_Out__c"}
policies = st.fixed_dictionaries(
    {"policy": st.sampled_from(["legacy_parity", "two_way"])},
    optional={
        "opt_out": st.sampled_from(["off", "to_mailchimp", "to_salesforce", "both"]),
        "unsubscribe_sets_opt_out": st.sampled_from(["any", "all", OWN_CHECKBOX]),
        "stops_matching": st.sampled_from(["keep", "remove"]),
        "missing_people": st.sampled_from(["keep", "archive"]),
        "mailchimp_edits": st.sampled_from(["mailchimp", "newest", "fill_blank"]),
        "shared_emails": st.sampled_from(["survivor", "hold"]),
    },
)
"""A policy, with single switches over it; `email_change` is the machine's."""


@st.composite
def settings(draw: st.DrawFn, name: str = "Newsletter") -> Record:
    """An audience file."""
    fields = {
        "FNAME": {"contact": "FirstName", "lead": "FirstName"},
        "LNAME": {"contact": "LastName", "lead": "LastName"},
        "TITLE": {"contact": "Title", "blank": draw(st.sampled_from(["follow", "follow", "keep", "overwrite"]))},
    }
    for tag in ("FNAME", "TITLE"):
        if policy := draw(st.sampled_from([None, "salesforce", "mailchimp", "newest", "fill_blank"])):
            fields[tag]["conflict"] = policy
    if draw(st.booleans()):
        fields["COMPANY"] = {"contact": "Department", "lead": "Company"}
    queries = [dict(query) for query in QUERIES if draw(st.sampled_from([True, True, False]))]
    for query in queries:
        if draw(st.booleans()):
            query["tags"] = [*query.get("tags", []), "More"]
    return {
        "audience": name,
        **draw(policies),
        "consent": draw(
            st.sampled_from([{"contact": "Newsletter_Consent__c", "lead": "Newsletter_Consent__c"}, "none"])
        ),
        "data_sync": draw(st.sampled_from([True, True, True, False])),
        "first_load": "auto",
        "new_members": {"status": draw(st.sampled_from(["subscribed", "subscribed", "pending"]))},
        "create_leads": draw(st.sampled_from([LEADS, {"enabled": False}])),
        "mirror": draw(st.sampled_from(["people", "all"])),
        "fields": fields,
        "queries": queries,
        "groups_from": draw(st.sampled_from([{}, {"Interests": {"contact": "Interests__c", "lead": "Interests__c"}}])),
        "circuit_breaker": UNLIMITED,
    }
