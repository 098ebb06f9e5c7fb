"""X01, G04: what a new member whose add was not answered was given is the query's own, and taken away like others'."""

from __future__ import annotations

from pathlib import Path

from tests.integration.sync.life import Life
from tests.integration.sync.people import NEWS, WEB, audience, contact
from tests.sandbox_fixture import Sandbox

FILE = """\
audience: Newsletter
policy: two_way
consent: none
first_load: auto
fields: {FNAME: {contact: FirstName}, LNAME: {contact: LastName}}
queries:
  - {name: web, object: Contact, where: {field: LeadSource, equals: Web}, groups: [Interests / News], tags: [Web]}
circuit_breaker: {changed_members: 100%, new_members: 100%}
"""


def test_x01_g04_groups_and_tags_of_an_unanswered_add_are_taken_away_when_the_person_stops_matching(
    connected: Sandbox, tmp_path: Path
) -> None:
    life = Life(connected, tmp_path)
    life.configure(FILE)
    connected.put_state(
        salesforce={"Contact": [contact("ann", **WEB)], "Lead": []},
        mailchimp={"lists": [audience("Newsletter", NEWS)]},
    )
    lost = {"kind": "reset", "when": "after", "method": "POST", "path": "/3.0/lists/{list_id}", "times": 1}
    connected.faults("mailchimp", lost)
    first = life.sync("first")
    assert first.operation("ann", "add_member")["reason"] == "answer_lost"
    assert (first.groups("ann"), first.tags("ann")) == ({"ane0000001"}, {"Web"})
    life.contact("ann", LeadSource="Other")
    second = life.sync("second")
    assert (second.groups("ann"), second.tags("ann")) == (set(), set())
