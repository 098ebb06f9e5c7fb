"""The use case `compare-policies`: what each policy would do with an audience, from the data of one dry run.

Nothing is written to the vendors. A switch that the audience's file sets itself stays as it is under both.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from include.config.policies import PRESETS
from include.pipelines.plan_inputs import plan_inputs
from include.pipelines.sources import show_sources
from include.transform.plan import make_plan
from include.warehouse.store import connect
from include.warehouse.tables import POLICY_COMPARISONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from include.config.models import Audience
    from include.config.policies import PolicyName
    from include.pipelines.run import SyncRun

PARTITION = "policies"
"""Of the run in staging: the operations that only one of the policies plans."""


def compare_policies(run: SyncRun) -> dict[str, dict[str, object]]:
    """Plan under each policy; returns the operations by kind per policy, and where the differing rows lie.

    The counts are kept in the table `policy_comparisons`.

    `run` has been extracted and validated. The staging partition `policies` has the columns of `plans`, and `policy`:
    the operations that only this one plans.
    """
    connection = connect()
    account: dict[str, dict[str, object]] = {}
    for policy in PRESETS:
        connection.register(policy, _planned(run, policy))
        counts = connection.execute(f"SELECT kind, count(*) FROM {policy} GROUP BY kind ORDER BY kind").fetchall()
        account[policy] = dict(counts)
    one, other = PRESETS
    only = " UNION ALL ".join(
        f"SELECT '{mine}' AS policy, {mine}.* FROM {mine} ANTI JOIN {theirs} USING (op_id)"
        for mine, theirs in ((one, other), (other, one))
    )
    differing = connection.sql(f"FROM ({only}) ORDER BY kind, email_key, person_id, op_id")
    rows = run.project.staging.write_relation(run.partition(PARTITION), differing)
    _save(run, account, _counted(connection, only))
    files = run.project.staging.files(run.partition(PARTITION))
    return account | {"differ": {"operations": rows, "files": list(files)}}


def differing(run: SyncRun, most: int) -> list[dict[str, str]]:
    """Some operations that one policy alone plans: policy, kind, who (Salesforce Id or member hash), behaviour."""
    connection = connect()
    run.project.staging.view(connection, "differing", run.partition(PARTITION))
    found = connection.sql(
        """SELECT policy, kind, coalesce(person_id, email_key, '') AS who, behaviour FROM differing
           ORDER BY policy, kind, who, op_id LIMIT $most""",
        params={"most": most},
    )
    return cast("list[dict[str, str]]", found.to_arrow_table().to_pylist())


def _counted(connection: DuckDBPyConnection, only: str) -> dict[tuple[str, str], int]:
    """By policy and kind, the operations that only this policy plans."""
    counted = connection.execute(f"SELECT policy, kind, count(*) FROM ({only}) GROUP BY ALL").fetchall()
    return {(policy, kind): number for policy, kind, number in counted}


def _save(run: SyncRun, account: Mapping[str, Mapping[str, object]], only: Mapping[tuple[str, str], int]) -> None:
    """Keep the counts; a comparison made again replaces its own."""
    import pyarrow as pa

    common = {
        "run_id": run.run_id,
        "audience": run.stem,
        "at": datetime.now(UTC),
        "config_hash": run.project.configuration.hash,
    }
    kinds = sorted({kind for counts in account.values() for kind in counts})
    rows = [
        common | {"policy": policy, "kind": kind, "planned": counts.get(kind, 0), "only": only.get((policy, kind), 0)}
        for policy, counts in account.items()
        for kind in kinds
    ]

    def compute(version: int) -> pa.Table:
        known = run.project.warehouse.read(POLICY_COMPARISONS, version, audience=run.stem).to_pylist()
        kept = [row for row in known if row["run_id"] != run.run_id]
        return pa.Table.from_pylist(kept + rows, schema=POLICY_COMPARISONS.schema())

    run.project.warehouse.update(POLICY_COMPARISONS, compute, audience=run.stem)


def under(audience: Audience, policy: PolicyName) -> Audience:
    """The audience with the switches of a policy, but for those that its file sets itself."""
    switches = dataclasses.asdict(PRESETS[policy])
    left = {switch: value for switch, value in switches.items() if switch not in audience.model_fields_set}
    return audience.model_copy(update={"policy": policy, **left})


def _planned(run: SyncRun, policy: PolicyName) -> pa.Table:
    connection = connect()
    show_sources(run, connection)
    inputs = plan_inputs(run)
    planned = make_plan(connection, dataclasses.replace(inputs, audience=under(inputs.audience, policy)))
    return planned.operations.to_arrow_table()
