"""Runs whole syncs against the sandbox: connections, a project, the vendors' states and what they saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from include.config.load import load_configuration
from include.pipelines import extract_salesforce, sync_audience
from include.storage import Storage
from include.wiring import Project
from tests.model.world import World, read
from tests.sandbox_fixture import Sandbox

PROJECT = Path(__file__).parents[3]
CONFIGURATION = PROJECT / "include" / "config"
NOW = datetime(2026, 11, 22, 22, 15, tzinfo=UTC)
"""Where the sandbox's clocks start; 23:15 in Paris."""
TODAY = NOW.date()


@dataclass
class Rig:
    """A project on the sandbox, with one root."""

    sandbox: Sandbox
    root: Path
    configuration: Path = CONFIGURATION
    runs: int = 0

    @property
    def project(self) -> Project:
        """The configuration as it is now, on the root."""
        return Project(load_configuration(self.configuration), Storage(str(self.root)))

    def extract(self, run_id: str = "extract") -> Mapping[str, object]:
        """Read Salesforce."""
        return extract_salesforce.extract(run_id, self.project)

    def sync(self, stem: str, **how: Any) -> dict[str, dict[str, object]]:
        """Run all stages of one audience; returns their counts."""
        self.runs += 1
        return sync_audience.sync(self.project, stem, f"run{self.runs}", **how)

    def state(self) -> State:
        """What both vendors hold now."""
        return State(self.sandbox.state("salesforce"), self.sandbox.state("mailchimp"))

    def write_calls(self) -> list[tuple[str, str, int]]:
        """Method, path template and count of the write calls since `reset_calls`."""
        return [
            (call["method"], call["path"], call["count"])
            for server in self.sandbox.servers
            for call in self.sandbox.calls(server)["calls"]
            if call["write"]
        ]


@dataclass(frozen=True)
class State:
    """Both vendors' whole states."""

    salesforce: dict[str, Any] = field(repr=False)
    mailchimp: dict[str, Any] = field(repr=False)

    @property
    def world(self) -> World:
        """As the model sees them."""
        return read(self.salesforce, self.mailchimp)

    def put(self, sandbox: Sandbox) -> None:
        """Make it the state of the sandbox."""
        sandbox.put_state(salesforce=self.salesforce, mailchimp=self.mailchimp)

    def statuses(self) -> dict[tuple[str, str], str]:
        """List and member hash to status; forgotten ones are `forgotten`."""
        found = {}
        for each in self.mailchimp["lists"]:
            found |= {(each["name"], hash_): "forgotten" for hash_ in each["forgotten"]}
            found |= {(each["name"], member["id"]): member["status"] for member in each["members"]}
        return found
