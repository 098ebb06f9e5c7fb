"""Lives the golden world under a policy, tells its story, and compares that with the stored one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from include.errors import FatalError
from include.pipelines.run import SyncRun
from include.salesforce.connect import connect
from include.warehouse.tables import PLANS, RESULTS
from tests.golden.acts import Acts
from tests.golden.cast import FOLDER, Cast
from tests.golden.shown import Names, Sync, story
from tests.integration.sync.rig import NOW, Rig
from tests.sandbox_fixture import Sandbox

PIPELINE = "time_zone: Europe/Paris\nquality: {fail_above: 100%, data_docs: off}\n"
STAMP = ("PATCH", "/services/data/v{version}/composite/sobjects/{object}/{key}", 1)
DAY = timedelta(days=1)


class Golden:
    """The cast under one policy: two syncs with a day between them, and one more that has nothing to do."""

    def __init__(self, sandbox: Sandbox, folder: Path, policy: str) -> None:
        self.rig = Rig(sandbox, folder / "root", folder / "config")
        self.policy, self.cast = policy, Cast.read()
        (folder / "config" / "audiences").mkdir(parents=True)
        (folder / "config" / "pipeline.yaml").write_text(PIPELINE, encoding="utf-8")
        self.configure({})
        sandbox.put_state(salesforce=self.cast.salesforce(), mailchimp=self.cast.mailchimp())
        sandbox.set_clock(NOW.isoformat())

    def configure(self, mapped: dict[str, Any]) -> None:
        """Write both audience files."""
        said = yaml.safe_load((FOLDER / "audiences.yaml").read_text(encoding="utf-8"))
        for stem in ("newsletter", "updates"):
            settings = said["policies"][self.policy] | said[stem]
            settings["fields"] |= mapped if stem == "newsletter" else {}
            text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
            (self.rig.configuration / "audiences" / f"{stem}.yaml").write_text(text, encoding="utf-8")

    def lived(self) -> str:
        """The story as text; the third sync makes no write call but the stamp (G05)."""
        before = self.rig.state()
        self.rig.extract("first")
        first = [self.sync("newsletter", "sync 1"), self.sync("updates", "Updates 1")]
        after_first = self.rig.state()
        self.between()
        changed = self.rig.state()
        self.rig.extract("second")
        second = [self.sync("updates", "Updates 2"), self.sync("newsletter", "sync 2")]
        after_second = self.rig.state()
        self.rig.sandbox.reset_calls()
        self.rig.extract("third")
        third = self.sync("newsletter", "sync 3")
        assert third.operations == []
        assert self.rig.write_calls() == [STAMP]
        states = {"before": before, "after 1": after_first, "after 2": after_second}
        names = Names.of(self.cast, *states.values(), changed)
        return story(names, states, {"after 1": first, "after 2": second})

    def between(self) -> None:
        """A day later people change both sides, and somebody the configuration."""
        at = NOW + DAY
        self.rig.sandbox.set_clock(at.isoformat())
        said = yaml.safe_load((FOLDER / "audiences.yaml").read_text(encoding="utf-8"))
        self.configure(said["mapped before the second sync"])
        client = connect("salesforce_default")
        Acts(self.rig.sandbox, client, at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")).happen(self.cast)
        self.rig.sandbox.set_clock((at + timedelta(hours=1)).isoformat())

    def sync(self, stem: str, label: str) -> Sync:
        """Sync an audience, approve whatever waits; a sync that fails tells its error."""
        error = ""
        try:
            self.rig.sync(stem, approved_by="somebody")
        except FatalError as failed:
            error = str(failed)
        return self.seen(SyncRun(self.rig.project, stem, f"run{self.rig.runs}"), label, error)

    def seen(self, run: SyncRun, label: str, error: str) -> Sync:
        """The run's plan with its results, and its ledger."""
        warehouse = run.project.warehouse
        ended = {row["op_id"]: row for row in warehouse.read(RESULTS, run_id=run.run_id).to_pylist()}
        operations = [
            row | {name: ended[row["op_id"]][name] for name in ("state", "reason")}
            for row in warehouse.read(PLANS, run_id=run.run_id).to_pylist()
        ]
        files = run.project.staging.files(run.partition("ledger")) if not error else []
        return Sync(label, operations, [row for file in files for row in pq.read_table(file).to_pylist()], error)


def check(told: str, policy: str, *, renew: bool) -> None:
    """Compare a story with the stored one, or store it first."""
    file = FOLDER / f"{policy}.txt"
    if renew:
        file.write_text(told, encoding="utf-8")
    assert told.splitlines() == file.read_text(encoding="utf-8").splitlines(), "renewed by `make golden`"
