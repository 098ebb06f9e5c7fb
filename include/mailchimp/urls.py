"""Builds URLs: paths with ids in them, and an account's base URL from its key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from include.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

API_VERSION = "3.0"
_DATA_CENTRE = re.compile(r"[a-z]{2,4}\d{1,3}")


def fill(path: str, values: Mapping[str, object]) -> str:
    """A path template with its values, each quoted so that it stays one segment."""
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    return path


def base_url(api_key: str, endpoint: str | None, connection: str) -> str:
    """Where the account's API is: at the connection's `endpoint`, else in the data centre that the key names.

    The key's suffix becomes a part of the host name, so anything but a data centre's name is refused.

    Raises ConfigError.
    """
    if endpoint:
        parts = urlsplit(endpoint)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError(
                f"Airflow connection {connection!r}: extra `endpoint` must be a URL such as http://127.0.0.1:8182"
            )
        return f"{endpoint.rstrip('/')}/{API_VERSION}"
    data_centre = api_key.rpartition("-")[2]
    if not _DATA_CENTRE.fullmatch(data_centre):
        raise ConfigError(
            f"Airflow connection {connection!r}: the password must be a Mailchimp API key, which ends in its data "
            "centre, such as -us19"
        )
    return f"https://{data_centre}.api.mailchimp.com/{API_VERSION}"
