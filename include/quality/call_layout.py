"""How the page arranges the calls of a run: a bar per line against its estimate, and the vendor's day as one bar."""

from __future__ import annotations

from dataclasses import dataclass

from include.quality.measured import CallLine, VendorCalls

TITLES = {"salesforce": "Salesforce", "mailchimp": "Mailchimp"}


@dataclass(frozen=True, slots=True)
class CallRow:
    """A line with its bar, in percent of the longest of its vendor; `mark` is where the estimate lies."""

    line: CallLine
    width: float
    mark: float | None


@dataclass(frozen=True, slots=True)
class Day:
    """A vendor's daily limit as one bar, in percent: what others used, what this run did, and where the sync stops."""

    others: int
    mine: int
    left: int
    limit: int
    stop: int
    others_width: float
    mine_width: float
    stop_mark: float


@dataclass(frozen=True, slots=True)
class CallTable:
    """One vendor's calls; the columns `estimated` and `earlier` are shown where any line has them."""

    title: str
    calls: VendorCalls
    rows: tuple[CallRow, ...]
    day: Day | None


def call_tables(calls: tuple[VendorCalls, ...]) -> tuple[CallTable, ...]:
    """A table per vendor that was called, or was to be."""
    return tuple(_table(each) for each in calls if each.lines)


def _table(calls: VendorCalls) -> CallTable:
    longest = max(max(line.made, line.estimated or 0) for line in calls.lines) or 1
    rows = tuple(
        CallRow(line, 100 * line.made / longest, None if line.estimated is None else 100 * line.estimated / longest)
        for line in calls.lines
    )
    return CallTable(TITLES.get(calls.vendor, calls.vendor), calls, rows, _day(calls))


def _day(calls: VendorCalls) -> Day | None:
    """None where the vendor has no daily limit, or did not tell."""
    if calls.used is None or not calls.limit or calls.left is None:
        return None
    mine = min(calls.made + calls.earlier, calls.used)
    others = calls.used - mine
    share = 1.0 if calls.share is None else calls.share
    return Day(
        others=others,
        mine=mine,
        left=calls.left,
        limit=calls.limit,
        stop=int(share * calls.limit),
        others_width=min(100 * others / calls.limit, 100),
        mine_width=min(100 * mine / calls.limit, 100),
        stop_mark=100 * share,
    )
