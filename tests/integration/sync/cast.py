"""The cast of `story`: both vendors before the first sync; each person is there for one behaviour."""

from __future__ import annotations

from typing import Any

from tests.integration.sync.people import NEWS, UPDATES, WEB, audience, contact, lead, person_account, subscriber

LONG = "\N{WAVING HAND SIGN}" * 80
"""80 characters, which Salesforce takes; 320 bytes, which Mailchimp would cut off."""


def starting_world() -> tuple[dict[str, Any], dict[str, Any]]:
    """Both vendors before the first sync."""
    account, pia = person_account("pia", Title="Dr")
    merged = contact("mer2", Email="merged@x.example", IsDeleted=True, MasterRecordId=contact("mer")["Id"])
    merged["SystemModstamp"] = "2026-11-20T09:00:00.000+0000"  # still in the recycle bin, which holds 15 days
    converted = lead("con2", Email="before@x.example", IsConverted=True, ConvertedContactId=contact("con")["Id"])
    contacts = [
        pia,
        contact("ann", **WEB),
        contact("opt", HasOptedOutOfEmail=True, **WEB),
        contact("noc", Newsletter_Consent__c=False, **WEB),
        contact("bob", Title="Prof", **WEB),
        contact("arc", **WEB),
        contact("uma", LastName="Roe", **WEB),
        contact("cle", LastName="Roe", **WEB),
        contact("pen", LastName="Roe", **WEB),
        contact("tra", LastName="Roe", **WEB),
        contact("mer", **WEB),
        contact("con", **WEB),
        contact("sha", Email="shared@x.example", CreatedDate="2024-01-01T00:00:00.000+0000"),
        contact("shb", Email="Shared@x.example", FirstName="Younger", **WEB),
        contact("eve"),
        contact("fay", **WEB),
        contact("gil", **WEB),
        contact("hal", **WEB),
        contact("ida", **WEB),
        contact("jon", **WEB),
        contact("kim", **WEB),
        contact("lea", Department="Sales", **WEB),
        contact("max", **WEB),
        contact("ned", **WEB),
        contact("ola", **WEB),
        contact("ron"),
        contact("bad", Department=LONG, **WEB),
        merged,
    ]
    leads = [lead("lou", LastName="Roe"), converted]
    news = [
        subscriber("bob"),
        subscriber("arc", "archived", values={"LNAME": "Old"}),
        subscriber("uma", "unsubscribed"),
        subscriber("cle", "cleaned"),
        subscriber("pen", "pending"),
        subscriber("tra", "transactional"),
        subscriber("lou"),
        subscriber("merged", "unsubscribed"),
        subscriber("before", "archived"),
        subscriber("eve"),
        subscriber("max", values={"COMPANY": "Theirs"}),
        subscriber("ron"),
        subscriber("stranger"),
        subscriber("nolead", "unsubscribed"),
        subscriber("sam", "pending"),
        subscriber("tia", "pending"),
    ]
    updates = [subscriber("stranger"), subscriber("opt")]
    lists = [audience("Newsletter", NEWS, *news), audience("Updates", UPDATES, *updates)]
    return {"Account": [account], "Contact": contacts, "Lead": leads}, {"lists": lists}
