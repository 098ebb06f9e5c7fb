"""Log-in through Airflow's `SalesforceHook`, and the HTTP session beneath it.

The hook and simple-salesforce write `https://` into every URL, set no time-out, and know no other host than
Salesforce's; the session's adapter adds time-outs and, where the connection's extra has `endpoint`, sends everything
there instead (the sandbox, or a proxy).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from include.errors import FatalError, TransientError
from include.salesforce.refusals import VENDOR

TIMEOUT = (10.0, 120.0)
"""Seconds to connect, and between two bytes of an answer; Salesforce itself ends a call after 10 minutes."""
CONNECTIONS = 4
TRANSIENT_LOGIN_CODES = frozenset(
    {"SERVER_UNAVAILABLE", "API_TEMPORARILY_UNAVAILABLE", "429", "500", "502", "503", "504"}
)


class EndpointAdapter(HTTPAdapter):
    """Sets time-outs, and rewrites `https://<any host>/path` to `<endpoint>/path` where there is an endpoint."""

    def __init__(self, endpoint: str | None) -> None:
        super().__init__(pool_connections=CONNECTIONS, pool_maxsize=CONNECTIONS)
        self._endpoint = endpoint

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request; see the class."""
        kwargs["timeout"] = kwargs.get("timeout") or TIMEOUT
        if self._endpoint and request.url:
            parts = urlsplit(request.url)
            request.headers["Host"] = parts.netloc
            request.url = self._endpoint.rstrip("/") + parts.path + (f"?{parts.query}" if parts.query else "")
        return super().send(request, *args, **kwargs)


@dataclass
class Login:
    """One log-in, shared by the clients of this process; renewed when Salesforce says that it expired."""

    conn_id: str
    endpoint: str | None = None
    proxies: Mapping[str, str] = field(default_factory=dict)
    session: requests.Session = field(init=False)
    token: str = field(init=False, default="", repr=False)
    base_url: str = field(init=False, default="")
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.session = requests.Session()
        self.session.mount("https://", EndpointAdapter(self.endpoint))
        self.session.proxies = dict(self.proxies)
        # A proxy of the environment is for the way to the vendor, never for an endpoint that was named.
        self.session.trust_env = self.endpoint is None

    def ensure(self) -> str:
        """The token; logs in the first time. Raises FatalError when the log-in is refused."""
        with self._lock:
            if not self.token:
                self._authenticate()
            return self.token

    def renew(self, expired: str) -> None:
        """Log in again, unless another thread has since `expired` was refused."""
        with self._lock:
            if self.token == expired:
                self._authenticate()

    def _authenticate(self) -> None:
        from airflow.providers.salesforce.hooks.salesforce import SalesforceHook
        from simple_salesforce.exceptions import SalesforceAuthenticationFailed

        try:
            connection = SalesforceHook(self.conn_id, session=self.session).get_conn()
        except SalesforceAuthenticationFailed as error:
            raise self._refused(str(error.code)) from None
        except requests.RequestException as error:
            message = (
                f"Salesforce can't be reached for the log-in of connection {self.conn_id!r}: {type(error).__name__}"
            )
            raise TransientError(message, vendor=VENDOR, code="UNREACHABLE") from None
        except (TypeError, ValueError):
            raise FatalError(
                f"connection {self.conn_id!r} lacks log-in details: give user name, password and security_token, or "
                "consumer_key with consumer_secret or private_key (and a My Domain as `domain`)"
            ) from None
        self.token, self.base_url = str(connection.session_id), str(connection.base_url)

    def _refused(self, code: str) -> Exception:
        if code in TRANSIENT_LOGIN_CODES:
            return TransientError(f"Salesforce's log-in answers {code}", vendor=VENDOR, code=code)
        return FatalError(
            f"Salesforce refused the log-in of connection {self.conn_id!r}: {code}. Correct user name, password, "
            "security token or consumer key there"
        )
