"""Turns an answer of Mailchimp that is not the one asked for into one of the project's errors.

Statuses and titles: https://mailchimp.com/developer/marketing/docs/errors/. At high volume a 429 or 403 may have no
body, and a 502 carries HTML, so the status decides, never the body alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import orjson

from include.errors import FatalError, PermanentError, SyncError, TransientError

if TYPE_CHECKING:
    from requests import Response

VENDOR = "mailchimp"
TOO_MANY_SIGNUPS = "has signed up to a lot of lists very recently"
"""The one 400 that passes by itself: the address may be tried again after some minutes, then days."""
_ADDRESS = re.compile(r"[^\s\"'<>(),;:]+@[^\s\"'<>(),;:]+")


def scrub(text: str) -> str:
    """A vendor's message without e-mail addresses, as it may go into logs, results and errors."""
    return _ADDRESS.sub("<e-mail>", text)


def describe(problem: Mapping[str, object]) -> str:
    """The readable part of a problem document: title, scrubbed detail, and what is wrong with which field."""
    parts = [scrub(str(problem[key])) for key in ("title", "detail") if problem.get(key)]
    parts += [scrub(f"{error.get('field') or 'record'}: {error.get('message')}") for error in field_errors(problem)]
    return "; ".join(parts)


def field_errors(problem: Mapping[str, object]) -> list[dict[str, object]]:
    """What the problem document says about single fields: objects with `field` and `message`."""
    errors = problem.get("errors")
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def named_fields(problem: Mapping[str, object]) -> tuple[str, ...]:
    """The fields that the problem document is about."""
    return tuple(str(error["field"]) for error in field_errors(problem) if error.get("field"))


def error_of(response: Response, request: str, connection: str) -> SyncError:
    """The error for an answer with a status of 400 or more.

    Args:
        response: the answer.
        request: method and path, for the message.
        connection: the Airflow connection to correct where credentials are refused.
    """
    problem = problem_of(response.content)
    title = str(problem.get("title") or "")
    status = response.status_code
    request_id = response.headers.get("X-Request-Id") or "none"
    what = describe(problem) or "no explanation"
    message = f"Mailchimp answered {status} to {request}: {what} (request id {request_id})"
    if status == 401 or (status == 403 and problem):
        return FatalError(
            f"{message}. The password of the Airflow connection {connection!r} must be an active API key of a user "
            "whose role is manager or above"
        )
    if status in {403, 408, 429} or status >= 500 or TOO_MANY_SIGNUPS in str(problem.get("detail")):
        return TransientError(message, vendor=VENDOR, code=str(status), retry_after=retry_after(response))
    return PermanentError(message, vendor=VENDOR, code=title or str(status), fields=named_fields(problem))


def problem_of(content: bytes) -> dict[str, object]:
    """The problem document of an error answer; empty where the body is none."""
    try:
        problem = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return problem if isinstance(problem, dict) else {}


def retry_after(response: Response) -> float | None:
    """The seconds to wait that the answer names, as a number or as a date counted from its own `Date`."""
    named = response.headers.get("Retry-After")
    if not named:
        return None
    if named.strip().isdigit():
        return float(named)
    try:
        until = parsedate_to_datetime(named)
        return max(0.0, (until - parsedate_to_datetime(response.headers["Date"])).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None
