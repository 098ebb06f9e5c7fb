"""Which fields the answer to each GET has, as the OpenAPI document says: `fields` can name no others.

field_names.json holds them by path template: an object has its fields, an array those of its items, a value null; an
empty object has any. `python -m tests.contract.mailchimp.field_names` makes it anew from the document.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import orjson

from include.sandbox.mailchimp.call import Call
from include.sandbox.mailchimp.problems import FieldError, invalid_fields
from include.sandbox.mailchimp.projection import Projection
from include.sandbox.mailchimp.wordings import wording

Names = Mapping[str, "Names | None"]
TABLE = Path(__file__).with_name("field_names.json")
ASKED_FOR = frozenset(
    {
        "constraints",
        "campaigns.has_logo_merge_tag",
        *(f"emails.{name}" for name in ("action", "ip", "timestamp", "type", "url")),
    }
)
"""What tap-mailchimp asks for (of every collection, of campaigns, of email-activity) and the document lacks."""


@cache
def table() -> Mapping[str, Names]:
    """The fields by path template."""
    names: Mapping[str, Names] = orjson.loads(TABLE.read_bytes())
    return names


def refuse_unknown_fields(call: Call, template: str) -> None:
    """Refuses `fields` that the resource does not have, as documented; unknown `exclude_fields` are ignored (recorded).

    Raises:
        Problem: 400.
    """
    projection = call.query.projection()
    if projection.including and call.switches["unknown_fields_are_errors"]:
        unknown = next((name for name in _unknown(projection, table()[template]) if name not in ASKED_FOR), None)
        if unknown is not None:
            raise invalid_fields(FieldError("fields", wording("unknown_field", name=unknown)))


def _unknown(projection: Projection, names: Names | None) -> Iterator[str]:
    """The included names, dotted, that are not among these."""
    if names == {}:
        return
    for name, branch in projection.names.items():
        if names is None or name not in names:
            yield name
        else:
            yield from (f"{name}.{deeper}" for deeper in _unknown(branch, names[name]))
