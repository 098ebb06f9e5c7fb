"""The use case `compare-policies`: what each policy would do with an audience, from the data of one dry run.

Nothing is written to the vendors. A switch that the audience's file sets itself stays as it is under both.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from include.config.policies import PRESETS
from include.pipelines.plan import show_sources
from include.pipelines.plan_inputs import plan_inputs
from include.transform.plan import make_plan
from include.warehouse.store import connect

if TYPE_CHECKING:
    import pyarrow as pa

    from include.config.models import Audience
    from include.config.policies import PolicyName
    from include.pipelines.run import SyncRun

PARTITION = "policies"
"""Of the run in staging: the operations that only one of the policies plans."""


def compare_policies(run: SyncRun) -> dict[str, dict[str, object]]:
    """Plan under each policy; returns the operations by kind per policy, and where the differing rows lie.

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
    files = run.project.staging.files(run.partition(PARTITION))
    return account | {"differ": {"operations": rows, "files": list(files)}}


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
