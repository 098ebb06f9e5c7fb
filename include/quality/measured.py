"""Parts of the report that measure a run: its calls of the vendors' APIs, and its plan against the circuit breaker."""

from __future__ import annotations

from dataclasses import dataclass

from include.calls import READING


@dataclass(frozen=True, slots=True)
class CallLine:
    """Calls of a vendor's API in one stage for one purpose: `reading`, or a kind of operation.

    `estimated` is None where nothing was (reading). `made`: since the run was started, or last planned, in so many
    `tries` of the stage; `earlier`: before that, of a run that was cleared.
    """

    vendor: str
    stage: str
    purpose: str
    estimated: int | None
    made: int
    earlier: int
    tries: int


@dataclass(frozen=True, slots=True)
class VendorCalls:
    """A vendor's calls. `used` of `limit` requests of the vendor's day, by whatever program, as it told last.

    `share`: of the limit, beyond which the sync asks nothing more. `connections`: the most that the run holds open at
    a time. Each is None where the vendor has no such limit, or did not tell.
    """

    vendor: str
    lines: tuple[CallLine, ...]
    used: int | None
    limit: int | None
    share: float | None
    connections: int | None

    @property
    def made(self) -> int:
        """All of them but the earlier ones."""
        return sum(line.made for line in self.lines)

    @property
    def earlier(self) -> int:
        """Those before the run was cleared."""
        return sum(line.earlier for line in self.lines)

    @property
    def estimated(self) -> int:
        """What carrying out the plan was to take."""
        return sum(line.estimated or 0 for line in self.lines)

    @property
    def made_for_operations(self) -> int:
        """What it took."""
        return sum(line.made for line in self.lines if line.purpose != READING)

    @property
    def left(self) -> int | None:
        """Requests left of the vendor's day."""
        return None if self.limit is None or self.used is None else max(self.limit - self.used, 0)


@dataclass(frozen=True, slots=True)
class CapLine:
    """The plan against one cap of the circuit breaker, `allowed` rows; `holds`: whether it applies to this plan."""

    name: str
    planned: int
    cap: str | int
    whole: int
    of: str
    allowed: int
    holds: bool
    exceeded: bool


@dataclass(frozen=True, slots=True)
class FigureLine:
    """How many there were when the run planned, and how many there are once the plan is carried out."""

    name: str
    now: int
    afterwards: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What the circuit breaker found of the plan; `objections` are sentences, none where it let the plan pass."""

    objections: tuple[str, ...]
    caps: tuple[CapLine, ...]
    figures: tuple[FigureLine, ...]
