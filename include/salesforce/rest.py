"""One call of Salesforce: the log-in, bounded tries, re-log-in, and errors in our classes."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urljoin

import requests

from include.calls import CallMeter, Usage
from include.errors import DeferredError, FatalError, SyncError, TransientError
from include.salesforce.login import Login
from include.salesforce.pace import Pace
from include.salesforce.refusals import VENDOR, Refusal, error_for, from_entry, unreadable

log = logging.getLogger(__name__)

JSON = "application/json"
LIMIT_HEADER = "Sforce-Limit-Info"
"""On every answer: `api-usage=18/5000`, the org's requests of the last 24 hours (REST API guide, limit info header)."""
_USAGE = re.compile(r"(?:^|[\s,;])api-usage=(\d+)/(\d+)")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """A request: `path` is below `/services/data/vNN.N/` or absolute on the instance; `action` says what it does."""

    action: str
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = f"{JSON}; charset=UTF-8"


def with_json(action: str, method: str, path: str, body: object, headers: Mapping[str, str] | None = None) -> Call:
    """A call that sends a JSON body."""
    return Call(action, method, path, headers=headers or {}, body=json.dumps(body).encode())


@dataclass
class Rest:
    """Sends calls. `calls` counts the requests sent, log-ins left out.

    Once the org has used `daily_share` of its daily requests, by whatever program, no more are sent.
    """

    login: Login
    pace: Pace = field(default_factory=Pace)
    calls: int = 0
    meter: CallMeter = field(default_factory=CallMeter)
    daily_share: float = 1.0

    def send(self, call: Call, decode: Callable[[requests.Response], T], attempts: int | None = None) -> T:
        """Send a call until `decode` gets something out of the answer; it raises TransientError for one it can't use.

        Raises TransientError after the last attempt, PermanentError, DeferredError (daily limit, or the share of it) or
        FatalError (log-in, rights) at once. A write whose answer got lost is sent again: callers send absolute values,
        or rows whose unique key makes Salesforce refuse the second copy.
        """
        last = attempts or self.pace.attempts
        for attempt in range(1, last + 1):
            try:
                return decode(self._once(call))
            except TransientError as error:
                if attempt == last:
                    raise
                pause = self.pace.pause(attempt, error.retry_after)
                log.warning("try %s of %s to %s: %s; again in %.1f s", attempt, last, call.action, error.code, pause)
                time.sleep(pause)
        raise AssertionError("a pace has at least one attempt")

    def json(self, call: Call) -> Any:
        """Send a call and parse its JSON answer."""
        return self.send(call, lambda response: decoded(call, response))

    def server_time(self) -> datetime:
        """Salesforce's clock, from the Date header of an answer; whole seconds."""
        call = Call("read the clock", "GET", "limits")
        return self.send(call, lambda response: _date(call, response))

    def _once(self, call: Call) -> requests.Response:
        token = self.login.ensure()
        response = self._transmit(call, token)
        if response.status_code == 401:
            self.login.renew(token)
            response = self._transmit(call, self.login.token)
        if response.status_code == 401:
            raise FatalError(f"Salesforce refuses the session right after the log-in (tried to {call.action})")
        if response.status_code >= 300:
            raise _error(call, response)
        return response

    def _transmit(self, call: Call, token: str) -> requests.Response:
        self._stay_within_share(call)
        self.calls += 1
        self.meter.count(VENDOR)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": call.content_type, **call.headers}
        try:
            response = self.login.session.request(
                call.method,
                urljoin(self.login.base_url, call.path),
                params=call.params,
                data=call.body,
                headers=headers,
            )
        except requests.RequestException as error:
            raise unreadable(call.action, type(error).__name__) from None
        self._note_usage(response)
        return response

    def _stay_within_share(self, call: Call) -> None:
        usage = self.meter.usage.get(VENDOR)
        if usage and usage.used >= self.daily_share * usage.limit:
            raise DeferredError(
                f"{usage.used} of the org's {usage.limit} daily API requests are used, and "
                f"limits.salesforce_daily_share of pipeline.yaml is {self.daily_share:.0%}: nothing more was asked (it "
                f"was to {call.action}). The next run goes on"
            )

    def _note_usage(self, response: requests.Response) -> None:
        told = _USAGE.search(response.headers.get(LIMIT_HEADER, ""))
        if told:
            self.meter.usage[VENDOR] = Usage(int(told[1]), int(told[2]))


def decoded(call: Call, response: requests.Response) -> Any:
    """The JSON of an answer; a bodyless 204 is None. Raises TransientError for anything else than JSON."""
    if response.status_code == 204:
        return None
    try:
        return json.loads(response.content)
    except ValueError:
        kind = response.headers.get("Content-Type", "no content type").split(";")[0]
        raise unreadable(call.action, f"{len(response.content)} bytes of {kind} that are not JSON") from None


def _date(call: Call, response: requests.Response) -> datetime:
    try:
        return parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError):
        raise unreadable(call.action, "no Date header") from None


def _error(call: Call, response: requests.Response) -> SyncError:
    try:
        answer = json.loads(response.content)
        entry = answer[0] if isinstance(answer, list) else answer
        refusal = from_entry(entry)
    except (ValueError, LookupError, AttributeError):
        refusal = Refusal(str(response.status_code), "an answer without an error code")
    return error_for(response.status_code, refusal, call.action, _retry_after(response))


def _retry_after(response: requests.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None
