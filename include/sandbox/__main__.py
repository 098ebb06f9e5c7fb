"""`python -m include.sandbox`: both servers, each in a process of its own.

When a server accepts connections, one line of JSON about it is printed: `{"server": "mailchimp", "url": "...", ...}`.
SIGTERM or SIGINT ends both; when one of them ends by itself, the other is ended too and the exit status is 1.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from include.sandbox.servers import SERVERS, Settings, run_server
from include.sandbox.supervisor import stop_with_parent, supervise


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the sandbox until it is told to stop; returns the exit status."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.plain_org and not given.empty:
        parser.error("the made-up world has person accounts: write --plain-org with --empty")
    settings = Settings(
        seed=given.seed,
        now=given.now,
        world_now=given.started or given.now or datetime.now(UTC),
        people=given.people,
        state=given.state,
        empty=given.empty,
        plain_org=given.plain_org,
        tls=given.tls,
        ports={"salesforce": given.salesforce_port, "mailchimp": given.mailchimp_port},
    )
    if given.only:
        if given.started:
            stop_with_parent()
        run_server(given.only, settings)
        return 0
    own = list(arguments if arguments is not None else sys.argv[1:])
    started = settings.world_now.isoformat(timespec="seconds")
    child = [sys.executable, "-m", "include.sandbox", *own, "--started", started, "--only"]
    return supervise([[*child, name] for name in SERVERS])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m include.sandbox", description="The two vendors as local servers.")
    parser.add_argument("--seed", type=int, default=1, help="which made-up world (default 1)")
    parser.add_argument("--now", type=_aware, help="where the sandbox's clock starts; the real time by default")
    parser.add_argument("--people", type=int, default=1000, help="how many people the world has (default 1000)")
    parser.add_argument("--state", type=Path, help="a folder in which the state survives; an existing one is resumed")
    parser.add_argument("--empty", action="store_true", help="start without a world")
    parser.add_argument("--plain-org", action="store_true", help="an org without person accounts; with --empty")
    parser.add_argument("--salesforce-port", type=int, default=8181, help="0 takes a free one (default 8181)")
    parser.add_argument("--mailchimp-port", type=int, default=8182, help="0 takes a free one (default 8182)")
    parser.add_argument("--tls", type=Path, help="serve HTTPS too, with throw-away certificates written to this folder")
    parser.add_argument("--only", choices=SERVERS, help="run one server, in this process")
    parser.add_argument("--started", type=_aware, help=argparse.SUPPRESS)  # set for the children by their parent
    return parser


def _aware(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time like 2026-11-23T09:00:00+00:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())
