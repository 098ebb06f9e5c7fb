"""What a test can turn on one server: clock, latency, faults, switches; and what it can read: the calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from include.sandbox.calls import CallLog
from include.sandbox.clock import Clock
from include.sandbox.faults import Faults
from include.sandbox.latency import Latency

SwitchValue = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Switch:
    """A behaviour of the vendor that is an assumption, or that a test wants to turn.

    Args:
        default: what is assumed; its type is that of every value.
        meaning: what the value means and what speaks for the default, as docs/sandbox.md shows it.
    """

    default: SwitchValue
    meaning: str


class UnknownSwitchError(ValueError):
    """A switch that this server does not have, or a value of the wrong type for it."""


class Controls:
    """The controls of one server.

    Args:
        now: where the clock starts; the real time if not given.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self.clock = Clock(now)
        self.calls = CallLog()
        self.faults = Faults()
        self.latency = Latency()
        self._delays = self.latency.sampler()
        self._defaults: dict[str, SwitchValue] = {}
        self.switches: dict[str, SwitchValue] = {}

    def now(self) -> datetime:
        """The sandbox's time, aware, in UTC."""
        return self.clock.now()

    def set_latency(self, latency: Latency) -> None:
        """Replaces the latency from the next call on."""
        self.latency = latency
        self._delays = latency.sampler()

    def next_delay(self) -> float:
        """Seconds by which the next answer is held back."""
        return self._delays.draw()

    def declare_switches(self, switches: Mapping[str, Switch]) -> None:
        """Names the vendor behaviours that are assumptions, each with its default."""
        self._defaults = {name: switch.default for name, switch in switches.items()}
        self.switches = dict(self._defaults)

    def set_switches(self, values: Mapping[str, SwitchValue]) -> None:
        """Puts every switch back to its default, then sets the given ones.

        Raises:
            UnknownSwitchError: no such switch, or not the type of its default.
        """
        for name, value in values.items():
            if name not in self._defaults:
                raise UnknownSwitchError(f"no switch {name!r}; there are: {', '.join(sorted(self._defaults))}")
            wanted = type(self._defaults[name])
            if type(value) is not wanted and not (wanted is float and type(value) is int):
                raise UnknownSwitchError(f"switch {name!r} takes a {wanted.__name__}, not {value!r}")
        self.switches = self._defaults | dict(values)
