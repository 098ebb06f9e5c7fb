"""A small world with two audiences, a file for each, and the command line on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from include.__main__ import main
from tests.integration.sync.people import NEWS, UPDATES, WEB, audience, contact, subscriber
from tests.integration.sync.rig import NOW, Rig
from tests.sandbox_fixture import Sandbox

FILE = """\
audience: {name}
policy: legacy_parity
consent: none
first_load: auto
fields:
  FNAME: {{contact: FirstName}}
  LNAME: {{contact: LastName}}
queries:
  - {{name: web, object: Contact, where: {{field: LeadSource, equals: Web}}, groups: [Interests / News]}}
circuit_breaker: {{changed_members: 100%, new_members: 100%}}
"""
TIME_ZONE = "time_zone: Europe/Paris\n"
PIPELINE = TIME_ZONE + "quality: {data_docs: off}\n"
"""Without Great Expectations' pages, a tenth of a small sync."""


@dataclass
class Small:
    """`ann`, whom the query selects, and `bob`, a member of both audiences; run ids count up."""

    sandbox: Sandbox
    folder: Path
    rig: Rig = field(init=False)

    def __post_init__(self) -> None:
        configuration = self.folder / "config"
        (configuration / "audiences").mkdir(parents=True)
        self.rig = Rig(self.sandbox, self.folder / "root", configuration)
        self.pipeline(PIPELINE)
        for stem, name in (("newsletter", "Newsletter"), ("updates", "Updates")):
            self.configure(stem, FILE.format(name=name))
        self.sandbox.put_state(salesforce={"Contact": [contact("ann", **WEB), contact("bob")]})
        self.put_mailchimp()
        self.sandbox.set_clock(NOW.isoformat())
        self.sandbox.reset_calls()

    def pipeline(self, text: str) -> None:
        """Write `pipeline.yaml`."""
        (self.rig.configuration / "pipeline.yaml").write_text(text, encoding="utf-8")

    def configure(self, stem: str, text: str) -> None:
        """Write an audience's file."""
        (self.rig.configuration / "audiences" / f"{stem}.yaml").write_text(text, encoding="utf-8")

    def put_mailchimp(self, account: Mapping[str, Any] | None = None, *lists: Mapping[str, Any]) -> None:
        """Replace Mailchimp's state: whose account it is, and its audiences (both, with `bob`, unless given)."""
        both = [audience(name, id_, subscriber("bob")) for name, id_ in (("Newsletter", NEWS), ("Updates", UPDATES))]
        self.sandbox.put_state(mailchimp={"account": account or {}, "lists": lists or both})

    def command(self, name: str, *more: str) -> int:
        """Run a command on the world's configuration and root; returns its exit status."""
        return main([name, *more, "--config", str(self.rig.configuration), "--root", str(self.rig.root)])

    def sync(self, stem: str = "newsletter", *more: str) -> int:
        """Read Salesforce and sync an audience; returns the exit status."""
        return self.command("sync", "--audience", stem, *more)

    def count(self, server: str, path: str) -> int:
        """Calls of a path template since `reset_calls`."""
        return sum(call["count"] for call in self.sandbox.calls(server)["calls"] if call["path"] == path)
