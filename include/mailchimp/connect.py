"""Makes a client from an Airflow connection: password = API key, extra `endpoint` = another host than the vendor's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.errors import ConfigError
from include.mailchimp.client import MailchimpClient
from include.mailchimp.transport import Backoff, Transport
from include.mailchimp.urls import base_url

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from include.calls import CallMeter


def connect(
    conn_id: str, connections: int, backoff: Backoff | None = None, meter: CallMeter | None = None
) -> MailchimpClient:
    """A client for the account of an Airflow connection, in a task or outside one.

    Raises ConfigError where the connection is missing, has no key, or names no data centre and no endpoint.
    """
    connection = _airflow_connection(conn_id)
    api_key = connection.password or ""
    if not api_key:
        raise ConfigError(f"Airflow connection {conn_id!r}: the password must be the Mailchimp API key; it is empty")
    transport = Transport(
        base_url(api_key, connection.extra_dejson.get("endpoint"), conn_id),
        api_key,
        connections=connections,
        connection_name=conn_id,
        backoff=backoff or Backoff(),
        meter=meter,
    )
    return MailchimpClient(transport, connections)


def _airflow_connection(conn_id: str) -> Connection:
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        raise ConfigError(
            f"Airflow has no connection {conn_id!r}: create it (password = Mailchimp API key) or correct "
            "`connections.mailchimp` in pipeline.yaml"
        ) from None
