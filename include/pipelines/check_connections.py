"""The use case `check_connections`: whether both vendors, Airflow and the configuration let the syncs work (R19).

It reads only; whom the sync is connected to is recorded by the first run.
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from include.config.findings import Finding
from include.errors import StoppedByCheck
from include.pipelines.check_mailchimp import check_mailchimp
from include.pipelines.check_salesforce import check_salesforce
from include.text_table import text_table
from include.warehouse.tables import CONNECTION_CHECKS
from include.wiring import load_project

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from include.wiring import Project

log = logging.getLogger(__name__)
POOLS = "Airflow pools"
ORDER = ("error", "warning", "info")


def check_connections(
    project: Project, run_id: str, pools: Mapping[str, bool] | None = None, *, acknowledged: bool = False
) -> list[Finding]:
    """Check everything; returns the findings, errors first, and keeps them in `connection_checks`.

    `pools` says of each pool whether a task that needs its slots started there; None outside Airflow.
    `acknowledged`: what changed in the schemas since the audiences' last runs stops them no longer (X08).
    """
    findings, org = check_salesforce(project)
    findings += check_mailchimp(project, run_id, org, acknowledged=acknowledged)
    findings += _pools(pools)
    findings = sorted(dict.fromkeys(findings), key=lambda finding: ORDER.index(finding.severity))
    _save(project, run_id, findings)
    log.info("connection check: %s", counted(findings))
    return findings


def check_stage(run_id: str, pools: Mapping[str, bool], *, acknowledged: bool = False) -> dict[str, int]:
    """The task: check; returns the number of findings by severity. Raises StoppedByCheck that lists the errors."""
    findings = check_connections(load_project(), run_id, pools, acknowledged=acknowledged)
    errors = [str(finding) for finding in findings if finding.severity == "error"]
    if errors:
        raise StoppedByCheck("\n".join([f"{headline(len(errors))}:", *errors]))
    return counted(findings)


def headline(errors: int) -> str:
    """What a check that found errors says first."""
    return f"the connection check found {errors} error{'s' if errors > 1 else ''}"


def counted(findings: Sequence[Finding]) -> dict[str, int]:
    """The number of findings by severity."""
    return {severity: sum(finding.severity == severity for finding in findings) for severity in ORDER}


def findings_table(findings: Sequence[Finding]) -> str:
    """The findings as text, a line each, and what to do about it below those that need something."""
    lines = [(finding.severity, finding.subject, finding.found) for finding in findings]
    table = text_table(("", "what", "found"), lines)
    to_do = [f"- {finding.subject}: {finding.to_do}" for finding in findings if finding.to_do]
    return "\n".join([table, *(["", "what to do", *to_do] if to_do else [])])


def _pools(started: Mapping[str, bool] | None) -> list[Finding]:
    if started is None:
        return [Finding("info", POOLS, "not asked outside Airflow; the DAG check_connections does")]
    missing = [name for name, was in started.items() if not was]
    found = "no task started in time in {}, with the slots that a task of the syncs takes there"
    to_do = "create the pools of airflow_settings.yaml with its slots; where they exist, they are busy: check again"
    if missing:
        return [Finding("error", POOLS, found.format(", ".join(missing)), to_do)]
    return [Finding("info", POOLS, f"tasks start in {', '.join(started)}")]


def _save(project: Project, run_id: str, findings: Sequence[Finding]) -> None:
    """Keep the findings; a check made again replaces its own."""
    import pyarrow as pa

    common = {"run_id": run_id, "at": datetime.now(UTC)}
    rows = [common | asdict(finding) for finding in findings]

    def compute(version: int) -> pa.Table:
        known = project.warehouse.read(CONNECTION_CHECKS, version).to_pylist()
        kept = [row for row in known if row["run_id"] != run_id]
        return pa.Table.from_pylist(kept + rows, schema=CONNECTION_CHECKS.schema())

    project.warehouse.update(CONNECTION_CHECKS, compute)
