"""The stage `validate` of an audience's sync: what both sides hold, against what the other side takes.

Nothing is dropped here: failing records and fields become findings, and transform leaves them out or holds them back.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from include.config.check import check, find_problems
from include.config.fields import rule_uses
from include.config.sources import listed
from include.errors import StoppedByCheck
from include.pipelines.other_writers import stop_beside_others
from include.pipelines.plan_inputs import plan_inputs
from include.pipelines.rights import stop_without_rights
from include.pipelines.schema_drift import find_drift
from include.pipelines.sources import show_tables
from include.transform.values import lead_candidates, map_people
from include.validation.data_docs import write_data_docs
from include.validation.findings import findings_schema
from include.validation.members import lead_suite, member_suite
from include.validation.people import people_suites
from include.validation.runner import Run
from include.warehouse.store import connect

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

    from include.pipelines.run import SyncRun
    from include.transform.inputs import Inputs
    from include.validation.checks import Suite
    from include.validation.runner import Outcome

BATCH_ROWS = 100_000
DATA_DOCS = "data_docs"


def validate(run: SyncRun) -> dict[str, object]:
    """Check the configuration, then every record; returns counts: rows per suite, findings per rule.

    Reads the pinned tables; writes the partitions `mapped`, `lead_candidates` (where Leads are created) and `findings`
    (see `findings_schema`), the document `checks`, and, unless `quality.data_docs` is off, Data Docs below
    `reports/<stem>/<run>/data_docs`. Raises ConfigError for a configuration that does not fit the vendors' schemas,
    StoppedByCheck for schemas that changed in what it uses, where the org does not take what is written, and beside
    another program that syncs.
    """
    inputs = plan_inputs(run)
    stop_beside_others(run.project.configuration, inputs.org)
    _stop_on_drift(run, inputs)
    check(run.project.configuration, run.stem, inputs.schema, inputs.org)
    stop_without_rights(run, inputs.org)
    checks = judge(run, inputs)
    run.project.staging.write_document(run.partition("checks"), [_account(outcome) for outcome in checks.outcomes])
    if run.project.configuration.pipeline.quality.data_docs:
        folder = (*run.report_folder, DATA_DOCS)
        write_data_docs(checks, run.project.storage, *folder, run_id=run.run_id, at=run.pins().extracted_at)
    return _counts(checks.outcomes)


def judge(run: SyncRun, inputs: Inputs) -> Run:
    """Check every record that the run plans from; writes the partitions `mapped`, `lead_candidates` and `findings`."""
    with connect() as connection:
        show_tables(run, connection)
        checks = Run(connection)
        suites = _suites(run, connection, inputs)
        run.project.staging.write(run.partition("findings"), checks.findings(suites), findings_schema())
    return checks


def _stop_on_drift(run: SyncRun, inputs: Inputs) -> None:
    """Raise StoppedByCheck where the vendors' schemas changed in a way that breaks the configuration (X08).

    What is wrong with the configuration by now is told in the same message. A dry run writes nothing and goes on.
    """
    breaking = [finding for finding in find_drift(run, inputs.schema, inputs.org) if finding.severity == "error"]
    if not breaking or run.dry_run:
        return
    head = f"the schemas changed since the last run of audience {run.stem}, in what it uses; nothing was written:"
    problems = find_problems(run.project.configuration, run.stem, inputs.schema, inputs.org)
    told = [listed(f"by now the configuration of audience {run.stem}", problems)] if problems else []
    raise StoppedByCheck("\n".join([head, *(f"- {finding}" for finding in breaking), *told]))


def _suites(run: SyncRun, connection: DuckDBPyConnection, inputs: Inputs) -> tuple[Suite, ...]:
    """Make and stage the mapped values, then the suites over them."""
    rules = run.project.configuration.rules
    _stage(run, connection, "mapped", map_people(connection, inputs))
    _complete_rule_columns(run, connection)
    suites = [
        *people_suites(
            inputs.schema, inputs.audience.fields, rules, inputs.today, inputs.time_zone, inputs.audience.groups_from
        ),
        member_suite(),
    ]
    if inputs.audience.create_leads.enabled:
        candidates = lead_candidates(connection, inputs)
        _stage(run, connection, "lead_candidates", candidates)
        lead = inputs.org.objects["Lead"]
        suites.append(lead_suite(lead, candidates.columns, rules, inputs.today, inputs.time_zone))
    return tuple(suites)


def _stage(run: SyncRun, connection: DuckDBPyConnection, name: str, relation: DuckDBPyRelation) -> None:
    import pyarrow as pa

    reader = relation.to_arrow_reader(BATCH_ROWS)
    tables = (pa.Table.from_batches([batch]) for batch in reader)
    run.project.staging.write(run.partition(name), tables, reader.schema)
    run.project.staging.view(connection, name, run.partition(name))


def _complete_rule_columns(run: SyncRun, connection: DuckDBPyConnection) -> None:
    """Make sure that `people` has the rules' fields; a people table without rows has none of them."""
    rules = run.project.configuration.rules
    needed = {use.path for position, rule in enumerate(rules) for use in rule_uses(rule, position)}
    there = {column.lower() for column in connection.sql("SELECT * FROM people LIMIT 0").columns}
    missing = sorted(path for path in needed if path.lower() not in there)  # DuckDB's `"Email"` finds `email`
    if not missing:
        return
    if connection.execute("SELECT 1 FROM people LIMIT 1").fetchone():
        raise StoppedByCheck(
            f"validation_rules.yaml uses Salesforce fields that were not read yet: {', '.join(missing)}; "
            "run extract_salesforce, which reads everyone again when the configured fields change"
        )
    connection.execute("ALTER VIEW people RENAME TO people_without_rules")
    blanks = ", ".join(f'CAST(NULL AS VARCHAR) AS "{path}"' for path in missing)
    connection.execute(f"CREATE TEMP VIEW people AS SELECT *, {blanks} FROM people_without_rules")


def _account(outcome: Outcome) -> dict[str, object]:
    """A suite's counts for the quality report: `suite`, `rows`, `checks` with `rule`, `field`, `checked`, `failed`."""
    checks = [
        {
            "rule": tally.check.name,
            "field": tally.check.field or tally.check.column,
            "reason": tally.check.reason,
            "gates": list(tally.check.gates),
            "checked": tally.checked - tally.blank,
            "failed": tally.failed,
        }
        for tally in outcome.tallies
    ]
    return {"suite": outcome.suite.name, "rows": outcome.rows, "checks": checks}


def _counts(outcomes: list[Outcome]) -> dict[str, object]:
    failed: Counter[str] = Counter()
    for outcome in outcomes:
        for tally in outcome.tallies:
            failed[tally.check.name] += tally.failed
    findings = {rule: count for rule, count in sorted(failed.items()) if count}
    return {"rows": {outcome.suite.name: outcome.rows for outcome in outcomes}, "findings": findings}
