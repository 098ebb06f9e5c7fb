"""Points in time as Mailchimp writes them: ISO 8601, UTC, whole seconds."""

import math
from datetime import UTC, datetime

UTC_OFFSET = "+00:00"
STORED_LENGTH = len("2026-11-23T09:00:00+00:00")


def as_text(moment: datetime) -> str:
    """`2026-11-23T09:00:00+00:00`; fractions of a second are cut."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def parse(text: str) -> datetime:
    """An ISO 8601 time; without an offset it is taken as UTC.

    Raises:
        ValueError: not a time.
    """
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "T"))
    except ValueError:
        raise ValueError(f"{text!r} is not a time like 2026-11-23T09:00:00+00:00") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def stored(text: object) -> str:
    """A time of a loaded state in the form in which it is stored and compared; empty stays empty.

    Raises:
        ValueError: not a time.
    """
    if not text:
        return ""
    given = str(text)
    moment = parse(given)
    # Nearly every time comes in the stored form; writing it anew would cost a large state several seconds.
    as_stored = len(given) == STORED_LENGTH and given[10] == "T" and given.endswith(UTC_OFFSET)
    return given if as_stored else as_text(moment)


def last_second_before_or_at(moment: datetime) -> str:
    """Stored times after this text are after the moment."""
    return as_text(moment)


def first_second_at_or_after(moment: datetime) -> str:
    """Stored times before this text are before the moment."""
    return as_text(datetime.fromtimestamp(math.ceil(moment.timestamp()), UTC))
