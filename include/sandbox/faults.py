"""Faults on demand: which call goes wrong, and how.

A rule matches calls by method and path template and picks some of them: from the n-th on, every n-th, a seeded share,
at most so many. The first rule that picks a call decides what happens to it. The same rules and the same calls give
the same faults.
"""

import random
from abc import ABC, abstractmethod
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from include.sandbox.exchange import Answer, Exchange

HTML_502 = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>502 Bad Gateway</body>\r\n</html>\r\n"


class Rule(BaseModel, ABC):
    """Which calls a fault hits; counting starts when the rule is set."""

    model_config = ConfigDict(extra="forbid")

    method: str = "*"
    path: str = Field(default="*", description="a path template as /_sandbox/calls shows it, or *")
    first: int = Field(default=1, ge=1, description="the first matching call that can be hit")
    every: int = Field(default=1, ge=1, description="from there on, every n-th matching call")
    times: int | None = Field(default=None, ge=1, description="at most so many faults; no limit if not given")
    share: float = Field(default=1.0, gt=0, le=1, description="the chance that a picked call is really hit")
    seed: int = 1

    @abstractmethod
    async def inject(self, exchange: Exchange) -> None:
        """Lets this call go wrong."""


class StatusFault(Rule):
    """Another status in place of the answer; `when: after` lets the call take effect first."""

    kind: Literal["status"]
    status: int = Field(ge=400, le=599)
    when: Literal["before", "after"] = "before"
    headers: dict[str, str] = Field(default_factory=dict, description="for example Retry-After")
    body: str = ""
    content_type: str | None = None

    async def inject(self, exchange: Exchange) -> None:
        """Answers with the status, with or without a body."""
        if self.when == "after":
            await exchange.carry_out()
        headers = dict(self.headers)
        if self.content_type:
            headers["content-type"] = self.content_type
        await exchange.answer(Answer.of(self.status, headers, self.body.encode()))


class HtmlFault(Rule):
    """The 502 with an HTML page that a content delivery network gives when the server behind it is too slow."""

    kind: Literal["html_502"]
    when: Literal["before", "after"] = "before"

    async def inject(self, exchange: Exchange) -> None:
        """Answers 502 with an HTML page."""
        if self.when == "after":
            await exchange.carry_out()
        await exchange.answer(Answer.of(502, {"content-type": "text/html"}, HTML_502.encode()))


class ResetFault(Rule):
    """The connection is reset; `after` (the default) the call took effect, so that its answer is lost."""

    kind: Literal["reset"]
    when: Literal["before", "after"] = "after"

    async def inject(self, exchange: Exchange) -> None:
        """Resets the TCP connection."""
        if self.when == "after":
            await exchange.carry_out()
        await exchange.reset()


class HangFault(Rule):
    """No answer at all: after the effect (or before it) the connection stays silent, then is reset."""

    kind: Literal["hang"]
    when: Literal["before", "after"] = "after"
    seconds: float = Field(gt=0)

    async def inject(self, exchange: Exchange) -> None:
        """Stays silent."""
        if self.when == "after":
            await exchange.carry_out()
        await exchange.wait(self.seconds)
        await exchange.reset()


class DelayFault(Rule):
    """The answer comes late."""

    kind: Literal["delay"]
    seconds: float = Field(gt=0)

    async def inject(self, exchange: Exchange) -> None:
        """Waits, then carries the call out."""
        await exchange.wait(self.seconds)
        await exchange.answer(await exchange.carry_out())


class DripFault(Rule):
    """The body comes in small pieces, spread over some seconds."""

    kind: Literal["drip"]
    seconds: float = Field(gt=0)
    pieces: int = Field(default=20, ge=2)

    async def inject(self, exchange: Exchange) -> None:
        """Sends the answer slowly."""
        await exchange.drip(await exchange.carry_out(), pieces=self.pieces, seconds=self.seconds)


class TruncateFault(Rule):
    """The body ends early: with the full Content-Length and a closed connection, or with a length that fits."""

    kind: Literal["truncate"]
    keep: float = Field(default=0.5, ge=0, lt=1, description="the share of the body that is sent")
    length: Literal["full", "matching"] = "full"

    async def inject(self, exchange: Exchange) -> None:
        """Cuts the body."""
        answer = await exchange.carry_out()
        body = answer.body[: int(len(answer.body) * self.keep)]
        if self.length == "full":
            await exchange.answer_then_close(answer, body)
        else:
            await exchange.answer(answer.with_body(body))


class MalformedFault(Rule):
    """A JSON body with a syntax error in the middle."""

    kind: Literal["malformed"]

    async def inject(self, exchange: Exchange) -> None:
        """Breaks the JSON."""
        answer = await exchange.carry_out()
        middle = len(answer.body) // 2
        await exchange.answer(answer.with_body(answer.body[:middle] + b'\x00"}]' + answer.body[middle:]))


class ContentTypeFault(Rule):
    """The right body under a wrong content type."""

    kind: Literal["content_type"]
    content_type: str = "text/html; charset=utf-8"

    async def inject(self, exchange: Exchange) -> None:
        """Changes the content type."""
        await exchange.answer((await exchange.carry_out()).with_header("content-type", self.content_type))


class TwiceFault(Rule):
    """The call is delivered twice; the client sees the second answer."""

    kind: Literal["twice"]

    async def inject(self, exchange: Exchange) -> None:
        """Carries the call out twice."""
        await exchange.carry_out()
        await exchange.answer(await exchange.carry_out())


Fault = Annotated[
    StatusFault
    | HtmlFault
    | ResetFault
    | HangFault
    | DelayFault
    | DripFault
    | TruncateFault
    | MalformedFault
    | ContentTypeFault
    | TwiceFault,
    Field(discriminator="kind"),
]
FAULT_LIST: TypeAdapter[list[Fault]] = TypeAdapter(list[Fault])


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

    def set(self, rules: list[Rule]) -> None:
        """Replaces all rules; their counters start at zero."""
        self._armed = [ArmedRule(rule) for rule in rules]

    def pick(self, method: str, path: str) -> Rule | None:
        """The fault of this call, if any. Every rule counts the call, whichever one hits it."""
        picked = [armed.rule for armed in self._armed if armed.picks(method, path)]
        return picked[0] if picked else None

    def report(self) -> list[dict[str, object]]:
        """The rules with how many calls each matched and hit."""
        return [
            {**armed.rule.model_dump(exclude_defaults=True), "matched": armed.matched, "injected": armed.injected}
            for armed in self._armed
        ]
