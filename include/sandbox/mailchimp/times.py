"""Points in time as Mailchimp writes them: ISO 8601, UTC, whole seconds."""

import math
from datetime import UTC, datetime


def as_text(moment: datetime) -> str:
    """`2026-11-23T09:00:00+00:00`; fractions of a second are cut."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def parse(text: str) -> datetime:
    """An ISO 8601 time; without an offset it is taken as UTC.

    Raises:
        ValueError: not a time.
    """
    moment = datetime.fromisoformat(text.strip().replace(" ", "T"))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def stored(text: object) -> str:
    """A time of a loaded state in the form in which it is stored and compared; empty stays empty.

    Raises:
        ValueError: not a time.
    """
    return as_text(parse(str(text))) if text else ""


def last_second_before_or_at(moment: datetime) -> str:
    """Stored times after this text are after the moment."""
    return as_text(moment)


def first_second_at_or_after(moment: datetime) -> str:
    """Stored times before this text are before the moment."""
    return as_text(datetime.fromtimestamp(math.ceil(moment.timestamp()), UTC))
