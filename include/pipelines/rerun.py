"""The rerun controls (M04): what a run reads again, and whom its plan is about.

`since` and `full_refresh` say how far back a run reads; the plan is for everybody, as ever. `person` and `quarantined`
restrict the plan; what is read stays the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from include.errors import ConfigError

PERSON = "^([A-Za-z0-9]{15}|[A-Za-z0-9]{18}|[0-9A-Fa-f]{32})$"
"""A Salesforce Id, or the MD5 of an e-mail in lower case: what names a person without an address."""
SINCE = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.]\d+)?)?(Z|[+-]\d{2}:?\d{2}))?$"
"""A day, or a time that names its zone. What it can't tell (the 31st of February, the future) the run does."""
_ID = re.compile("(003|00Q|001)[A-Za-z0-9]{12}([A-Za-z0-9]{3})?")
_HASH = re.compile("[0-9A-Fa-f]{32}")
HASH_OF_EMAIL = (
    "Mailchimp's member hash: the MD5 of the e-mail in lower case. With the address in a file: "
    "tr -d '[:space:]' < FILE | tr '[:upper:]' '[:lower:]' | md5sum"
)
CONTROLS = ("person", "since", "full_refresh", "quarantined")


@dataclass(frozen=True, slots=True)
class Rerun:
    """What was asked of a run beside the usual; `since` is in UTC."""

    person: str | None = None
    since: datetime | None = None
    full_refresh: bool = False
    quarantined: bool = False

    @property
    def restricted(self) -> bool:
        """Whether the plan is for some people only."""
        return self.person is not None or self.quarantined

    @property
    def told(self) -> tuple[str, ...]:
        """What the report says of it; empty for a usual run."""
        told = []
        if self.person is not None:
            told.append(f"person {self.person} only")
        if self.quarantined:
            told.append("quarantined rows only")
        if self.since is not None:
            told.append(f"read again from {self.since:%Y-%m-%d %H:%M} UTC")
        if self.full_refresh:
            told.append("read in full")
        return tuple(told)

    def reads_from(self, watermark: datetime | None) -> datetime | None:
        """From when on to read what was read up to a watermark; None: everything.

        Never from later than the watermark: what lies between would be passed over.
        """
        if self.full_refresh or watermark is None:
            return None
        return watermark if self.since is None else min(watermark, self.since)


USUAL = Rerun()
"""A run of which nothing else was asked."""


def parse_controls(given: Mapping[str, Any], time_zone: str) -> Rerun:
    """The controls of a trigger form or command line: text as it was given, None or "" for nothing.

    Raises ConfigError with all that is wrong; it repeats no value of `person`, which may be an address.
    """
    problems: list[str] = []
    person, since = given.get("person") or None, given.get("since") or None
    rerun = Rerun(
        person=None if person is None else _person(str(person).strip(), problems),
        since=None if since is None else _since(str(since).strip(), time_zone, problems),
        full_refresh=bool(given.get("full_refresh")),
        quarantined=bool(given.get("quarantined")),
    )
    if person and rerun.quarantined:
        problems.append("person and quarantined: each says whom the run is about; give one")
    if given.get("query") and rerun.quarantined:
        problems.append("query and quarantined: a run for one query writes no values, so it clears nothing; give one")
    if since and rerun.full_refresh:
        problems.append("since and full_refresh: each says how far back to read; give one")
    if problems:
        raise ConfigError("; ".join(problems))
    return rerun


def _person(text: str, problems: list[str]) -> str | None:
    if "@" in text:
        problems.append(f"person: an e-mail address is not taken, because parameters of runs are kept; {HASH_OF_EMAIL}")
    elif _HASH.fullmatch(text):
        return text.lower()
    elif _ID.fullmatch(text):
        return text
    else:
        problems.append(
            "person: neither the Salesforce Id of a contact (003...), lead (00Q...) or person account (001...), of 15 "
            f"or 18 characters, nor 32 hexadecimal digits; {HASH_OF_EMAIL}"
        )
    return None


def _since(text: str, time_zone: str, problems: list[str]) -> datetime | None:
    """A day from its midnight in the configured zone, or a time that names its zone."""
    try:
        if len(text) == len("2026-11-22"):
            found = datetime.combine(date.fromisoformat(text), time(), ZoneInfo(time_zone))
        else:
            found = datetime.fromisoformat(text)
    except ValueError:
        problems.append(f"since: {text!r} is neither a day (2026-11-22) nor a time (2026-11-22T08:00:00+01:00)")
        return None
    if found.tzinfo is None:
        problems.append(f"since: {text!r} names no time zone (2026-11-22T08:00:00+01:00)")
        return None
    if found > datetime.now(UTC):
        problems.append(f"since: {text} is in the future")
        return None
    return found.astimezone(UTC)
