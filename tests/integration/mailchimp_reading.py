"""Readings of the sandbox's account into a warehouse, at a clock that only the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import requests

from include.config.models import Audience, Configuration, Pipeline
from include.pipelines.extract_audience import extract
from include.pipelines.run import SyncRun
from include.sandbox.mailchimp.credentials import API_KEY
from include.storage import Storage
from include.warehouse.tables import MEMBERS
from include.wiring import Project
from tests.integration.mailchimp_account import LIST, account, audience
from tests.integration.mailchimp_account import MEMBERS as MEMBERS_PATH

START = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Account:
    """The sandbox's account, and runs against it at a clock that only the test moves."""

    def __init__(self, sandbox, project):
        self.sandbox, self.project = sandbox, project
        self.now = START
        self.runs = 0
        sandbox.set_clock(self.now.isoformat(), frozen=True)

    @classmethod
    def on(cls, sandbox, root):
        """An account on a warehouse of its own."""
        configuration = Configuration(pipeline=Pipeline(time_zone="UTC"), audiences={}, hash="h")
        return cls(sandbox, Project(configuration, Storage(str(root))))

    def put(self, *members, **more):
        self.sandbox.put_state(mailchimp=account(audience(members, **more)))

    def run(self, audience_name="Newsletter"):
        self.runs += 1
        return run_of(self.project, f"run{self.runs}", audience_name)

    def extract(self):
        run = self.run()
        return extract(run)

    def wait(self, **duration):
        self.now += timedelta(**duration)
        self.sandbox.set_clock(self.now.isoformat(), frozen=True)

    def call(self, method, path, body=None):
        answer = requests.request(
            method, f"{self.sandbox.mailchimp}/3.0/lists/{LIST}{path}", json=body, auth=("any", API_KEY), timeout=20
        )
        assert answer.ok, answer.text

    def members(self):
        return {row["email_key"]: row for row in self.project.warehouse.read(MEMBERS, list_id=LIST).to_pylist()}

    def shown(self):
        """Name to status, of the members in the warehouse."""
        return {row["email"].split("@")[0]: row["status"] for row in self.members().values()}

    def tags(self):
        return {row["email"].split("@")[0]: row["tags"] for row in self.members().values()}

    def pages_read(self, path=MEMBERS_PATH):
        return sum(call["count"] for call in self.sandbox.calls("mailchimp")["calls"] if call["path"] == path)


def run_of(project, run_id, audience_name="Newsletter"):
    named = Audience(
        stem="newsletter", audience=audience_name, policy="legacy_parity", consent="none", fields={}
    )  # fmt: skip
    configuration = Configuration(pipeline=Pipeline(time_zone="UTC"), audiences={"newsletter": named}, hash="h")
    return SyncRun(Project(configuration, project.storage), "newsletter", run_id)
