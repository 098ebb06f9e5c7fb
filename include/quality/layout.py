"""How the page arranges the report: ledgers as tables with totals, and the trend as bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from include.kinds import in_order, place
from include.quality.document import OperationLedger, OperationLine, RowLedger, RowLine, TrendPoint
from include.quality.figures import by_state
from include.quality.ledgers import OPERATION_STATES, ROW_STATES

SIDES = {"salesforce": "People in Salesforce", "mailchimp": "Members in Mailchimp"}
SHORT_OF_DONE = frozenset({"refused", "failed", "deferred", "precondition_gone", "already_there"})
BAR_WIDTH, BAR_GAP, CHART_HEIGHT = 12, 4, 48
"""In SVG user units."""
LEAST_HEIGHT = 2.0
"""A bar for one row among thousands is still seen."""


@dataclass(frozen=True, slots=True)
class Band:
    """A state's part of a side's bar, in percent of its width."""

    state: str
    rows: int
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Side:
    """One side's row ledger: its lines with the worst state first, and their sum against the source's own count."""

    name: str
    title: str
    lines: tuple[RowLine, ...]
    bands: tuple[Band, ...]
    total: int
    current: int


@dataclass(frozen=True, slots=True)
class OperationRow:
    """One kind of operation: which behaviours ask for it, and how many are in each state of the table."""

    kind: str
    behaviours: tuple[str, ...]
    counts: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class OperationTable:
    """Kinds by states; `short` are the lines that were not simply applied, the largest first."""

    states: tuple[str, ...]
    rows: tuple[OperationRow, ...]
    totals: tuple[int, ...]
    total: int
    short: tuple[OperationLine, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One run in a chart, in SVG user units."""

    x: int
    y: float
    height: float
    title: str
    newest: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure over the last runs; `name` is its class on the page."""

    name: str
    title: str
    newest: int
    most: int
    width: int
    bars: tuple[Bar, ...]


def sides(ledger: RowLedger) -> tuple[Side, ...]:
    """Both sides, Salesforce first."""
    return tuple(_side(name, title, ledger) for name, title in SIDES.items())


def operation_table(ledger: OperationLedger) -> OperationTable:
    """Kinds by states; states that nothing is in are left out."""
    counts = by_state(ledger.lines)
    states = tuple(state for state in ("planned", *OPERATION_STATES) if counts.get(state))
    short = sorted((line for line in ledger.lines if line.state in SHORT_OF_DONE), key=lambda line: -line.operations)
    kinds = sorted({line.kind for line in ledger.lines}, key=lambda kind: (place(kind), kind))
    return OperationTable(
        states=states,
        rows=tuple(_operation_row(kind, states, ledger.lines) for kind in kinds),
        totals=tuple(counts[state] for state in states),
        total=sum(counts.values()),
        short=tuple(short),
    )


def charts(trend: Sequence[TrendPoint]) -> tuple[Chart, ...]:
    """A chart per figure, each on its own scale; calls of those vendors that any run has counted."""
    rows = [
        _chart(name, f"Rows {name}", trend, [int(getattr(point, name)) for point in trend])
        for name in ("changed", "quarantined", "failed")
    ]
    vendors = sorted({vendor for point in trend for vendor in point.calls}, reverse=True)
    calls = [
        _chart("calls", f"Calls of {vendor.title()}", trend, [point.calls.get(vendor, 0) for point in trend])
        for vendor in vendors
    ]
    return (*rows, *calls)


def put_off(ledger: OperationLedger | None) -> dict[str, int]:
    """Operations by kind that are left to the next run, in the order of a list."""
    counts: dict[str, int] = {}
    for line in ledger.lines if ledger else ():
        if line.state == "deferred":
            counts[line.kind] = counts.get(line.kind, 0) + line.operations
    return in_order(counts)


def _side(name: str, title: str, ledger: RowLedger) -> Side:
    lines = [line for line in ledger.lines if line.side == name]
    counts = by_state(lines)
    total = sum(counts.values())
    bands, left = [], 0.0
    for state in reversed(ROW_STATES):
        width = 100 * counts.get(state, 0) / total if total else 0.0
        if width:
            bands.append(Band(state, counts[state], round(left, 3), round(width, 3)))
        left += width
    return Side(name, title, tuple(lines), tuple(bands), total, ledger.current[name])


def _operation_row(kind: str, states: Sequence[str], lines: Sequence[OperationLine]) -> OperationRow:
    mine = [line for line in lines if line.kind == kind]
    counts = by_state(mine)
    behaviours = tuple(sorted({line.behaviour for line in mine}))
    return OperationRow(kind, behaviours, tuple(counts.get(state, 0) for state in states), sum(counts.values()))


def _chart(name: str, title: str, trend: Sequence[TrendPoint], figures: Sequence[int]) -> Chart:
    most = max(figures, default=0)
    bars = []
    for position, (point, figure) in enumerate(zip(trend, figures, strict=True)):
        height = max(round(CHART_HEIGHT * figure / most, 1), LEAST_HEIGHT) if figure else 0.0
        bars.append(
            Bar(
                x=position * (BAR_WIDTH + BAR_GAP),
                y=CHART_HEIGHT - height,
                height=height,
                title=f"{point.started_at:%Y-%m-%d %H:%M} UTC: {figure:,}",
                newest=position == len(trend) - 1,
            )
        )
    width = max(len(trend) * (BAR_WIDTH + BAR_GAP) - BAR_GAP, BAR_WIDTH)
    return Chart(name, title, figures[-1] if figures else 0, most, width, tuple(bars))
