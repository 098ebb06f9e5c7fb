"""What can go wrong with a call: the kinds of fault rules."""

import gzip
from datetime import timedelta
from email.utils import format_datetime
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, TypeAdapter

from include.sandbox.exchange import Answer, Exchange
from include.sandbox.faults import CallRule, RowRule
from include.sandbox.latency import Latency, LatencySampler

HTML_502 = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>502 Bad Gateway</body>\r\n</html>\r\n"


class StatusFault(CallRule):
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


class HtmlFault(CallRule):
    """The 502 with an HTML page that a content delivery network gives when the server behind it is too slow."""

    kind: Literal["html_502"]
    when: Literal["before", "after"] = "before"

    async def inject(self, exchange: Exchange) -> None:
        """Answers 502 with an HTML page."""
        if self.when == "after":
            await exchange.carry_out()
        await exchange.answer(Answer.of(502, {"content-type": "text/html"}, HTML_502.encode()))


class ResetFault(CallRule):
    """The connection is reset; `after` (the default) the call took effect, so that its answer is lost."""

    kind: Literal["reset"]
    when: Literal["before", "after"] = "after"

    async def inject(self, exchange: Exchange) -> None:
        """Resets the TCP connection."""
        if self.when == "after":
            await exchange.carry_out()
        await exchange.reset()


class HangFault(CallRule):
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


class DelayFault(CallRule):
    """The call is carried out late; with `p99` the delay is log-normal around its median `seconds`."""

    kind: Literal["delay"]
    seconds: float = Field(gt=0)
    p99: float | None = Field(default=None, gt=0, description="99th percentile of the delay; without it it is fixed")
    _delays: LatencySampler = PrivateAttr()

    def model_post_init(self, _context: Any) -> None:
        """Begins the reproducible sequence of delays."""
        self._delays = Latency(seconds=self.seconds, p99=self.p99, seed=self.seed).sampler()

    async def inject(self, exchange: Exchange) -> None:
        """Waits, then carries the call out."""
        await exchange.wait(self._delays.draw())
        await exchange.answer(await exchange.carry_out())


class DripFault(CallRule):
    """The body comes in small pieces, spread over some seconds."""

    kind: Literal["drip"]
    seconds: float = Field(gt=0)
    pieces: int = Field(default=20, ge=2)

    async def inject(self, exchange: Exchange) -> None:
        """Sends the answer slowly."""
        await exchange.drip(await exchange.carry_out(), pieces=self.pieces, seconds=self.seconds)


class TruncateFault(CallRule):
    """The body ends early: with the full Content-Length and a closed connection, or with a length that fits."""

    kind: Literal["truncate"]
    keep: float = Field(default=0.5, ge=0, lt=1, description="the share of the body that is sent")
    length: Literal["full", "matching"] = "full"
    gzip: bool = Field(default=False, description="the body is sent with Content-Encoding: gzip, and cut inside that")

    async def inject(self, exchange: Exchange) -> None:
        """Cuts the body."""
        answer = await exchange.carry_out()
        if self.gzip:
            answer = answer.with_body(gzip.compress(answer.body, mtime=0)).with_header("content-encoding", "gzip")
        body = answer.body[: int(len(answer.body) * self.keep)]
        if self.length == "full":
            await exchange.answer_then_close(answer, body)
        else:
            await exchange.answer(answer.with_body(body))


class MalformedFault(CallRule):
    """A JSON body with a syntax error in the middle."""

    kind: Literal["malformed"]

    async def inject(self, exchange: Exchange) -> None:
        """Breaks the JSON."""
        answer = await exchange.carry_out()
        middle = len(answer.body) // 2
        await exchange.answer(answer.with_body(answer.body[:middle] + b'\x00"}]' + answer.body[middle:]))


class ContentTypeFault(CallRule):
    """The right body under a wrong content type."""

    kind: Literal["content_type"]
    content_type: str = "text/html; charset=utf-8"

    async def inject(self, exchange: Exchange) -> None:
        """Changes the content type."""
        await exchange.answer((await exchange.carry_out()).with_header("content-type", self.content_type))


class TwiceFault(CallRule):
    """The call is delivered twice; the client sees the second answer."""

    kind: Literal["twice"]

    async def inject(self, exchange: Exchange) -> None:
        """Carries the call out twice."""
        await exchange.carry_out()
        await exchange.answer(await exchange.carry_out())


class ClockSkewFault(CallRule):
    """The answer's Date is some seconds off the clock that stamps the records."""

    kind: Literal["clock_skew"]
    seconds: float = Field(description="positive: the Date is ahead")

    async def inject(self, exchange: Exchange) -> None:
        """Changes the Date."""
        date = format_datetime(exchange.now() + timedelta(seconds=self.seconds), usegmt=True)
        await exchange.answer((await exchange.carry_out()).with_header("date", date))


class OtherCall(BaseModel):
    """A call of somebody else's."""

    model_config = ConfigDict(extra="forbid")

    method: Literal["POST", "PUT", "PATCH", "DELETE"]
    path: str = Field(description="the whole path, with its query")
    body: Any = None


class MeanwhileFault(CallRule):
    """Somebody else's calls are carried out just before this one: pages shift, preconditions go.

    They have this call's credentials and are not counted. One that is refused makes this call a 500.
    """

    kind: Literal["meanwhile"]
    calls: list[OtherCall] = Field(min_length=1, description="each with `method`, `path` and `body`")

    async def inject(self, exchange: Exchange) -> None:
        """Carries the other calls out, then this one."""
        for call in self.calls:
            body = b"" if call.body is None else orjson.dumps(call.body)
            answer = await exchange.other(call.method, call.path, body)
            if answer.status >= 400:
                refusal = f"meanwhile, {call.method} {call.path} was refused: {answer.status} ".encode() + answer.body
                await exchange.answer(Answer.of(500, {"content-type": "text/plain"}, refusal))
                return
        await exchange.answer(await exchange.carry_out())


class RowErrorFault(RowRule):
    """One record is refused, by default because another transaction holds it; the others of its call go on.

    Only in the org. `method` is insert, update or upsert, `path` the object's name, and records are counted.
    """

    kind: Literal["row_error"]
    code: str = "UNABLE_TO_LOCK_ROW"
    message: str = "unable to obtain exclusive access to this record or 1 records"


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
    | TwiceFault
    | ClockSkewFault
    | MeanwhileFault
    | RowErrorFault,
    Field(discriminator="kind"),
]
FAULT_LIST: TypeAdapter[list[Fault]] = TypeAdapter(list[Fault])
