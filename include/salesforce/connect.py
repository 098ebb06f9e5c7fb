"""A client from an Airflow connection."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from include.calls import CallMeter
from include.errors import ConfigError
from include.salesforce.client import SalesforceClient
from include.salesforce.login import Login
from include.salesforce.pace import Pace
from include.salesforce.rest import Rest

if TYPE_CHECKING:
    from airflow.sdk import Connection


def connect(
    conn_id: str, pace: Pace | None = None, meter: CallMeter | None = None, daily_share: float = 1.0
) -> SalesforceClient:
    """A client with the log-in of an Airflow connection; all authentication kinds of `SalesforceHook` work.

    The process logs in once per connection, at the first call; each client counts its own calls. Extras beside the
    hook's: `endpoint`, the address to send everything to instead of Salesforce. `meter` counts the calls with those of
    other clients; `daily_share`: see `Rest`. Raises ConfigError where there is no such connection.
    """
    connection = _connection(conn_id)
    settings = hashlib.sha256(connection.get_uri().encode()).hexdigest()
    rest = Rest(_login(conn_id, settings), pace or Pace(), meter=meter or CallMeter(), daily_share=daily_share)
    return SalesforceClient(rest)


@lru_cache(maxsize=8)
def _login(conn_id: str, settings: str) -> Login:  # noqa: ARG001 - an edited connection is another log-in
    extra = _connection(conn_id).extra_dejson
    return Login(conn_id, endpoint=extra.get("endpoint") or None, proxies=_proxies(conn_id, extra.get("proxies")))


def _proxies(conn_id: str, value: object) -> Mapping[str, str]:
    """The extra `proxies`, an object or its JSON text (the connection form has a text box): `{"https": "http://..."}`."""
    try:
        proxies = json.loads(value) if isinstance(value, str) and value else value or {}
    except ValueError:
        proxies = None
    if not isinstance(proxies, dict):
        raise ConfigError(
            f'connection {conn_id!r}: the extra `proxies` has to be an object such as {{"https": "http://proxy:3128"}}'
        )
    return proxies


def _connection(conn_id: str) -> Connection:
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        raise ConfigError(
            f"Airflow has no connection {conn_id!r}: create one of type Salesforce, or name another in pipeline.yaml, "
            "connections.salesforce"
        ) from None
