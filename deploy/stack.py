"""The stack from the command line: `up`, `down`, `demo`, `sync`, `snapshot`, `backfill` (see `make help`)."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from datetime import date

from deploy import commands, demo, running
from deploy.errors import StackError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.stack", description=__doc__)
    subcommands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        subparser = subcommands.add_parser(name, help=text)
        subparser.set_defaults(run=run)
        return subparser

    add("up", lambda _: commands.up(), "start Airflow and the sandbox where they were left, and leave them running")
    add("down", lambda _: commands.down(), "stop what `up` started")
    add("demo", lambda _: demo.run(), "one extraction, every audience and one night in a stack of its own; then stop")
    add("sync", lambda _: commands.sync(), "extract people and sync every audience once, in the running stack")
    add("snapshot", lambda _: commands.snapshot(), "take last night's activity, in the running stack")
    backfill = add("backfill", lambda given: commands.backfill(given.first, given.last), "activity of past local days")
    backfill.add_argument("first", type=date.fromisoformat, help="first day, YYYY-MM-DD")
    backfill.add_argument("last", type=date.fromisoformat, help="last day, YYYY-MM-DD")
    return parser


def main() -> int:
    """Run one command; return 0, or 1 with the reason on standard error."""
    for number in running.ENDING_SIGNALS:
        signal.signal(number, signal.default_int_handler)
    arguments = _parser().parse_args()
    try:
        return int(arguments.run(arguments))
    except StackError as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
