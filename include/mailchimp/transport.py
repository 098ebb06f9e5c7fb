"""HTTP to one Mailchimp account: pooled connections, time-outs, checked answers, bounded retries, counted calls."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import orjson
import requests
from requests.adapters import HTTPAdapter

from include.calls import CallMeter
from include.errors import TransientError
from include.mailchimp.problems import VENDOR, error_of

log = logging.getLogger(__name__)

T = TypeVar("T")
Document = dict[str, object]
Params = Mapping[str, object] | Sequence[tuple[str, object]]

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 130.0
"""Seconds. The vendor gives up after 120; leaving earlier would keep one of the user's ten connections busy."""
USER_AGENT = "salesforce-mailchimp-sync"


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often a call is tried and how long the waits between grow, in seconds."""

    attempts: int = 6
    base: float = 1.0
    cap: float = 60.0

    def delay(self, attempt: int, named: float | None) -> float:
        """The wait after a failed attempt (counted from 1), at least the one the vendor named, with jitter."""
        grown = min(self.cap, self.base * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
        return max(grown, named or 0.0)


def whole(document: Document) -> Document:
    """Takes an answer as it is."""
    return document


class Transport:
    """Calls below one base URL. Safe to share between threads.

    Args:
        base_url: with the version, without a slash at the end (`https://us1.api.mailchimp.com/3.0`).
        api_key: sent as Basic authentication.
        connections: opened at most; the vendor allows ten per user over all programs.
        connection_name: the Airflow connection, for messages.
        backoff: how to try again.
        meter: where the calls are counted too, with those of other clients.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        connections: int,
        connection_name: str,
        backoff: Backoff,
        meter: CallMeter | None = None,
    ) -> None:
        self.base_url = base_url
        self.backoff = backoff
        self.calls = 0
        self._meter = meter or CallMeter()
        self._connection_name = connection_name
        self._counting = threading.Lock()
        self._tried = threading.local()
        self._session = requests.Session()
        self._session.auth = ("user", api_key)
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json, application/problem+json"})
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections, pool_block=True)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: object = None,
        read: Callable[[Document], T] = whole,  # type: ignore[assignment]  # the default fits T = Document alone
        give_up_on: frozenset[str] = frozenset(),
    ) -> T:
        """One call; `read` takes what is needed out of the answer and may find it incomplete.

        Args:
            method: GET, POST, PATCH, ...
            path: below the base URL.
            params: of the query.
            body: sent as JSON; NaN is refused with ValueError.
            read: raises KeyError, TypeError or ValueError where the answer lacks something: that is tried again.
            give_up_on: codes of transient errors that the caller handles itself.

        Raises:
            FatalError: credentials or role refused; not tried again.
            PermanentError: this request is wrong; not tried again.
            TransientError: still failing after the last attempt, or told to wait longer than the back-off's cap.
        """
        data = None if body is None else json.dumps(body, allow_nan=False).encode()
        request = f"{method} {path}"
        return self._retrying(
            lambda: self._read(self._exchange(method, path, params, data), request, read), give_up_on=give_up_on
        )

    @property
    def attempts(self) -> int:
        """How often this thread's last call was sent: what one did whose answer was lost may show in the next."""
        return int(getattr(self._tried, "attempts", 0))

    def server_time(self) -> datetime:
        """The vendor's clock: the `Date` of an answer to /ping, in whole seconds, UTC."""
        header = self._retrying(lambda: self._exchange("GET", "/ping", None, None).headers["Date"])
        return parsedate_to_datetime(header)

    def close(self) -> None:
        """Ends the connections."""
        self._session.close()

    def _retrying(self, action: Callable[[], T], *, give_up_on: frozenset[str] = frozenset()) -> T:
        attempt = 1
        while True:
            self._tried.attempts = attempt
            try:
                return action()
            except TransientError as error:
                delay = self.backoff.delay(attempt, error.retry_after)
                hopeless = attempt >= self.backoff.attempts or (error.retry_after or 0) > self.backoff.cap
                if error.code in give_up_on or hopeless:
                    raise
                log.warning("%s; attempt %d, waiting %.1f s", error, attempt, delay)
                time.sleep(delay)
                attempt += 1

    def _exchange(self, method: str, path: str, params: Params | None, data: bytes | None) -> requests.Response:
        with self._counting:
            self.calls += 1
        self._meter.count(VENDOR)
        try:
            response = self._session.request(
                method,
                self.base_url + path,
                params=params,  # type: ignore[arg-type]  # numbers are fine too
                data=data,
                headers={"Content-Type": "application/json"} if data else None,
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            kind = type(error).__name__
            message = f"no whole answer from Mailchimp to {method} {path}: {kind}"
            raise TransientError(message, vendor=VENDOR, code=kind) from None
        if response.status_code >= 300:
            raise error_of(response, f"{method} {path}", self._connection_name)
        return response

    @staticmethod
    def _read(response: requests.Response, request: str, read: Callable[[Document], T]) -> T:
        if response.status_code == 204:
            return read({})
        try:
            return read(_json_object(response))
        except (KeyError, TypeError, ValueError) as error:
            reason = "a field is missing" if isinstance(error, KeyError) else type(error).__name__
            message = f"Mailchimp answered {request} with {len(response.content)} bytes that cannot be read: {reason}"
            raise TransientError(message, vendor=VENDOR, code="unreadable") from None


def _json_object(response: requests.Response) -> Document:
    if "json" not in response.headers.get("Content-Type", ""):
        raise ValueError("its content type is not JSON")
    document = orjson.loads(response.content)
    if not isinstance(document, dict):
        raise TypeError("it is no JSON object")
    return document
