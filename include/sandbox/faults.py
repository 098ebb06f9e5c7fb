"""Faults on demand: which call or row goes wrong.

A rule matches calls by method and path template and picks some of them: from the n-th on, every n-th, a seeded share,
at most so many. The first rule that picks a call decides what happens to it. The same rules and the same calls give
the same faults. `fault_kinds` has what can happen.
"""

import random
from abc import ABC, abstractmethod
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from include.sandbox.exchange import Exchange


class Rule(BaseModel, ABC):
    """Which calls (or rows) a fault hits; counting starts when the rule is set."""

    model_config = ConfigDict(extra="forbid")

    method: str = "*"
    path: str = Field(default="*", description="a path template as /_sandbox/calls shows it, or *")
    first: int = Field(default=1, ge=1, description="the first matching call that can be hit")
    every: int = Field(default=1, ge=1, description="from there on, every n-th matching call")
    times: int | None = Field(default=None, ge=1, description="at most so many faults; no limit if not given")
    share: float = Field(default=1.0, gt=0, le=1, description="the chance that a picked call is really hit")
    seed: int = 1


class CallRule(Rule):
    """A fault of a whole call."""

    @abstractmethod
    async def inject(self, exchange: Exchange) -> None:
        """Lets this call go wrong."""


class RowRule(Rule):
    """A fault of one record that a call writes: `method` is the operation, `path` the object's name."""

    code: str
    message: str


class ArmedRule:
    """A rule with its counters."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.matched = 0
        self.injected = 0
        self._random = random.Random(rule.seed)

    def picks(self, method: str, path: str) -> bool:
        """Whether this call is hit; counts it."""
        rule = self.rule
        if rule.method not in {"*", method} or rule.path not in {"*", path}:
            return False
        self.matched += 1
        position = self.matched - rule.first
        drawn = self._random.random() < rule.share
        if position < 0 or position % rule.every or not drawn or self.injected == rule.times:
            return False
        self.injected += 1
        return True


class Faults:
    """The faults that are set on one server."""

    def __init__(self) -> None:
        self._armed: list[ArmedRule] = []

    def set(self, rules: Sequence[Rule]) -> None:
        """Replaces all rules; their counters start at zero."""
        self._armed = [ArmedRule(rule) for rule in rules]

    def pick(self, method: str, path: str) -> CallRule | None:
        """The fault of this call, if any. Every rule counts the call, whichever one hits it."""
        calls = [(armed, armed.rule) for armed in self._armed if isinstance(armed.rule, CallRule)]
        picked = [rule for armed, rule in calls if armed.picks(method, path)]
        return picked[0] if picked else None

    def pick_row(self, operation: str, name: str) -> RowRule | None:
        """The fault of one record that is written, if any; counted like calls."""
        rows = [(armed, armed.rule) for armed in self._armed if isinstance(armed.rule, RowRule)]
        picked = [rule for armed, rule in rows if armed.picks(operation, name)]
        return picked[0] if picked else None

    def report(self) -> list[dict[str, object]]:
        """The rules with how many calls each matched and hit."""
        return [
            {**armed.rule.model_dump(exclude_defaults=True), "matched": armed.matched, "injected": armed.injected}
            for armed in self._armed
        ]
