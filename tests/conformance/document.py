"""Mailchimp's OpenAPI document as the programs of others are given it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from include.sandbox.mailchimp.routes import ENDPOINTS

OPENAPI = Path(__file__).parents[1] / "contract" / "mailchimp" / "data" / "mailchimp-marketing-3.0.85.openapi3.json"
EMPTY_TIMES = {"timestamp_signup", "timestamp_opt", "completed_at", "last_open", "send_time"}
"""Times that are "" where nothing has happened yet, against the vendor's own document: recorded for `timestamp_signup`,
assumed for the others."""
METHODS = {"get", "post", "put", "patch", "delete"}

Document = dict[str, Any]


def document() -> Document:
    """The whole document, with empty times allowed where the vendor answers them."""
    return json.loads(OPENAPI.read_bytes(), object_hook=_allow_empty_times)


def served() -> set[tuple[str, str]]:
    """The operations that the sandbox serves: method and path as the document writes it.

    Raises:
        KeyError: the document has no such path.
    """
    written = {_shape(path): path for path in json.loads(OPENAPI.read_bytes())["paths"]}
    return {(method, written[_shape(path)]) for path, methods in ENDPOINTS.items() for method in methods}


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "{}", path)


def _allow_empty_times(schema: Document) -> Document:
    for name in EMPTY_TIMES & schema.keys():
        if isinstance(schema[name], dict):
            schema[name].pop("format", None)
    return schema
