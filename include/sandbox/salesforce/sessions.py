"""Sessions: signed tokens, so that one given out before a restart of the sandbox stays good after it."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from include.sandbox.controls import Controls, Switch
from include.sandbox.salesforce.credentials import ORGANIZATION_ID
from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.store import OrgStore

SWITCHES = {"session_seconds": Switch(7200, "a session's life, by the sandbox's clock")}


class Sessions:
    """Gives out session ids and tells which are still good, by the sandbox's clock."""

    def __init__(self, store: OrgStore, controls: Controls) -> None:
        self._key = store.remembered("session key", secrets.token_hex(32)).encode()
        self._controls = controls

    def open(self) -> str:
        """A new session id."""
        body = f"{int(self._controls.now().timestamp())}.{secrets.token_hex(8)}"
        return f"{ORGANIZATION_ID[:15]}!{body}.{self._signature(body)}"

    def check(self, authorization: str) -> None:
        """Accepts the value of an Authorization header (`Bearer` or `OAuth`).

        Raises:
            ApiError: INVALID_SESSION_ID; or INVALID_AUTH_HEADER: another scheme, or no token behind it
                (https://github.com/restforce/restforce/issues/489).
        """
        scheme, _, token = authorization.partition(" ")
        if authorization and (scheme.lower() not in {"bearer", "oauth"} or not token.strip()):
            raise ApiError(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
        body, _, signature = token.partition("!")[2].rpartition(".")
        if not hmac.compare_digest(signature, self._signature(body)) or self._age(body) > timedelta(
            seconds=float(self._controls.switches["session_seconds"])
        ):
            raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")

    def _age(self, body: str) -> timedelta:
        return timedelta(seconds=self._controls.now().timestamp() - float(body.partition(".")[0]))

    def _signature(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()
