"""The command line: the pipelines without a scheduler, for trying a configuration, tests and benchmarks.

    python -m include sync --audience newsletter [--config DIR] [--root DIR] [--dry-run] [--query NAME] [--approve]
        [--person ID | --quarantined] [--since DATE | --full-refresh]
    python -m include approve [--audience newsletter] --run-id RUN [--config DIR] [--root DIR]
    python -m include compare-policies --audience newsletter [--json] [--config DIR] [--root DIR]
    python -m include preview --audience newsletter [--query NAME] [--json] [--config DIR] [--root DIR]
    python -m include queries --audience newsletter [--reset NAME] [--config DIR] [--root DIR]
    python -m include extract [--since DATE | --full-refresh] [--approve] [--config DIR] [--root DIR]
    python -m include snapshot --date 2026-11-22 [--config DIR] [--root DIR]
    python -m include reconcile [--config DIR] [--root DIR]
    python -m include check [--json] [--acknowledge] [--config DIR] [--root DIR]
    python -m include disconnect [--config DIR] [--root DIR]

The vendors' connections are Airflow's own; without a metadata database, `AIRFLOW_CONN_*` variables.
Exit status: 0 done, 1 failed, 3 stopped by a check (where a person may let it go on, the output says how to approve),
4 left to the next run (the budget of calls is used up).
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import asdict
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path

from include.errors import ApprovalNeeded, ConfigError, DeferredError, StoppedByCheck, SyncError
from include.pipelines import (
    approvals,
    emptied,
    extract_salesforce,
    preview,
    query_state,
    snapshot_activity,
    sync_audience,
)
from include.pipelines.check_connections import check_connections, counted, findings_table, headline
from include.pipelines.compare_policies import compare_policies, differing
from include.pipelines.disconnect import disconnect
from include.pipelines.policy_table import SHOWN, policy_table
from include.pipelines.query_tables import preview_table, queries_table
from include.pipelines.reconcile import reconcile
from include.pipelines.rerun import CONTROLS, parse_controls
from include.pipelines.run import SyncRun
from include.wiring import Project, load_project

STOPPED = 3
DEFERRED = 4
Account = dict[str, dict[str, object]]
"""Counts by stage."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    options.run_id = options.run_id or f"cli__{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"
    try:
        project = load_project(options.config, options.root)
        account = _run(project, options)
    except ApprovalNeeded as stop:
        print(f"stopped: {stop}", file=sys.stderr)
        if options.command != "preview":  # its copy of what is known is gone, with the question
            named = f"python -m include approve {_named(options, stop.audience)}"
            print(f"to let it pass: {named}, then {options.command} again", file=sys.stderr)
        return STOPPED
    except (ConfigError, StoppedByCheck) as stop:
        print(f"stopped: {stop}", file=sys.stderr)
        return STOPPED
    except DeferredError as error:
        print(f"deferred: {error}", file=sys.stderr)
        return DEFERRED
    except SyncError as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    for stage, counts in account.items():
        print(f"{stage:15} {json.dumps(counts, sort_keys=True, default=str)}")
    return 0


def _run(project: Project, options: argparse.Namespace) -> Account:
    run_id = options.run_id
    if getattr(options, "audience", None) and options.audience not in project.configuration.audiences:
        known = ", ".join(sorted(project.configuration.audiences))
        raise ConfigError(f"--audience {options.audience}: no such file in audiences/; there are: {known}")
    if command := COMMANDS.get(options.command):
        return command(project, options)
    asked = {name: getattr(options, name, None) for name in CONTROLS}
    how = {"dry_run": getattr(options, "dry_run", False), "query": getattr(options, "query", None), **asked}
    rerun = parse_controls(how, project.configuration.pipeline.time_zone)
    approved_by = getuser() if getattr(options, "approve", False) else None
    people = extract_salesforce.extract(
        run_id, project, full=rerun.full_refresh, since=rerun.since, approved_by=approved_by
    )
    account: Account = {"extract_salesforce": dict(people)}
    if options.command == "extract":
        return account
    return account | sync_audience.sync(project, options.audience, run_id, approved_by=approved_by, **how)


def _reconcile(project: Project, options: argparse.Namespace) -> Account:
    return reconcile(project, options.run_id)


def _snapshot(project: Project, options: argparse.Namespace) -> Account:
    return snapshot_activity.run(project, options.run_id, options.date, backfill=options.backfill)


def _approve(project: Project, options: argparse.Namespace) -> Account:
    """Answer the run's question: about its plan, or about a source that showed nothing, which comes before it."""
    run = SyncRun(project, options.audience, options.run_id) if options.audience else None
    source = emptied.mailchimp(run) if run else emptied.salesforce(project, options.run_id)
    if run and (approvals.asked(run) or not emptied.asked(source)):
        return {"approve": approvals.approve(run, getuser())}
    emptied.answer(source, "approved", getuser())
    return {"approve": {"run_id": options.run_id, "within": emptied.question_of(source).known}}


def _compare(project: Project, options: argparse.Namespace) -> Account:
    """Print what each policy would do, from the data of one dry run."""
    run = SyncRun(project, options.audience, options.run_id, dry_run=True)
    with redirect_stdout(sys.stderr):  # as in _preview
        extract_salesforce.extract(run.run_id, project)
        sync_audience.sync(project, run.stem, run.run_id, dry_run=True)
        compared = compare_policies(run)
    print(json.dumps(compared) if options.json else policy_table(run, compared, differing(run, SHOWN)))
    return {}


def _queries(project: Project, options: argparse.Namespace) -> Account:
    """Show the queries, once one was reset where that is asked for."""
    if options.reset:
        query_state.reset(project, options.audience, options.reset)
    print(queries_table(query_state.listing(project, options.audience)))
    return {}


def _preview(project: Project, options: argparse.Namespace) -> Account:
    with redirect_stdout(sys.stderr):  # Airflow logs to the standard output, which is for the answer alone
        rows = preview.preview(project, options.audience, options.run_id, options.query)
    print(json.dumps(rows, default=str) if options.json else preview_table(rows))
    return {}


def _check(project: Project, options: argparse.Namespace) -> Account:
    """Print what was found. Raises StoppedByCheck where an error is among it."""
    with redirect_stdout(sys.stderr):  # as in _preview
        findings = check_connections(project, options.run_id, acknowledged=options.acknowledge)
    print(json.dumps([asdict(each) for each in findings]) if options.json else findings_table(findings))
    errors = counted(findings)["error"]
    if errors:
        raise StoppedByCheck(headline(errors))
    return {}


COMMANDS: dict[str, Callable[[Project, argparse.Namespace], Account]] = {
    "approve": _approve,
    "check": _check,
    "compare-policies": _compare,
    "disconnect": lambda project, _: disconnect(project),
    "preview": _preview,
    "queries": _queries,
    "reconcile": _reconcile,
    "snapshot": _snapshot,
}
"""Commands that start otherwise than by bringing `people` up to date and saying so."""


def _named(options: argparse.Namespace, audience: str | None) -> str:
    """The options that name this run again: of an audience, or of the extraction of Salesforce."""
    where = [(f"--{name}", str(value)) for name in ("config", "root") if (value := getattr(options, name))]
    named = [*([("--audience", audience)] if audience else []), ("--run-id", options.run_id), *where]
    return shlex.join(word for option in named for word in option)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m include", description=__doc__.splitlines()[0])
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", type=Path, help="the configuration's folder (include/config)")
    shared.add_argument("--root", help="where staging and warehouse lie: a folder or an object-store URL")
    shared.add_argument("--run-id", help="name of the run; the time unless said")
    commands = parser.add_subparsers(dest="command", required=True)
    reading = argparse.ArgumentParser(add_help=False)
    reading.add_argument(
        "--since", metavar="DATE", help="read again what changed since then: a day, or a time with zone"
    )
    reading.add_argument("--full-refresh", action="store_true", help="read everything again")
    extract = commands.add_parser("extract", parents=[shared, reading], help="read Salesforce")
    extract.add_argument("--approve", action="store_true", help="accept that nobody is left of an object")
    sync = commands.add_parser("sync", parents=[shared, reading], help="read Salesforce and sync one audience")
    sync.add_argument("--audience", required=True, help="the audience file's name without .yaml")
    sync.add_argument("--dry-run", action="store_true", help="plan and report, write nothing to the vendors")
    sync.add_argument("--query", help="run this query alone")
    sync.add_argument(
        "--person", metavar="ID", help="this person alone: Salesforce Id, or MD5 of the e-mail in lower case"
    )
    sync.add_argument("--quarantined", action="store_true", help="only what is quarantined now")
    sync.add_argument("--approve", action="store_true", help="approve whatever the run would ask a person about")
    approve = commands.add_parser("approve", parents=[shared], help="approve what a stopped run asked about")
    approve.add_argument("--audience", help="the audience file's name; without it, an extraction of Salesforce")
    compare = commands.add_parser(
        "compare-policies", parents=[shared], help="what each policy would do; writes nothing"
    )
    compare.add_argument("--audience", required=True, help="the audience file's name without .yaml")
    compare.add_argument("--json", action="store_true", help="print the counts as JSON")
    shown = commands.add_parser("preview", parents=[shared], help="what an audience's queries would do; writes nothing")
    shown.add_argument("--audience", required=True, help="the audience file's name without .yaml")
    shown.add_argument("--query", help="this query alone")
    shown.add_argument("--json", action="store_true", help="print the rows as JSON")
    queries = commands.add_parser("queries", parents=[shared], help="an audience's queries, and when each last ran")
    queries.add_argument("--audience", required=True, help="the audience file's name without .yaml")
    queries.add_argument("--reset", metavar="QUERY", help="forget when this query was first seen and last ran")
    commands.add_parser(
        "reconcile", parents=[shared], help="compare both sides and the mirror in full with what is known"
    )
    check = commands.add_parser("check", parents=[shared], help="whether both accounts and the configuration fit")
    check.add_argument("--json", action="store_true", help="print the findings as JSON")
    check.add_argument("--acknowledge", action="store_true", help="take what changed in the schemas as it is")
    commands.add_parser("disconnect", parents=[shared], help="forget the connected accounts and how far they were read")
    snapshot = commands.add_parser("snapshot", parents=[shared], help="harvest activity and build one night")
    snapshot.add_argument("--date", required=True, help="local day, YYYY-MM-DD")
    snapshot.add_argument("--backfill", action="store_true", help="a past day: never writes to Salesforce")
    return parser


if __name__ == "__main__":
    sys.exit(main())
