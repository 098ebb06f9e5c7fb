"""Reads what an audience is made of: merge fields, groups and tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from include.mailchimp.endpoints import INTEREST_CATEGORIES, INTERESTS, LISTS, MERGE_FIELDS, TAGS, Endpoint
from include.mailchimp.paging import Pages
from include.schema import AudienceSchema, Interest, MergeField

if TYPE_CHECKING:
    from collections.abc import Iterator

    from include.mailchimp.transport import Transport


@dataclass(frozen=True, slots=True)
class Listing:
    """An audience as the account lists it."""

    list_id: str
    name: str
    member_count: int
    double_optin: bool


@dataclass(frozen=True, slots=True)
class Tag:
    """A static segment. Its count and time of change tell whether its members have to be read again."""

    segment_id: int
    name: str
    member_count: int
    updated_at: str


def listings(transport: Transport) -> list[Listing]:
    """Every audience of the account."""
    return [
        Listing(row["id"], row["name"], int(row["stats"]["member_count"]), bool(row["double_optin"]))
        for row in _rows(transport, LISTS)
    ]


def tags(transport: Transport, list_id: str) -> list[Tag]:
    """Every tag of an audience."""
    return [
        Tag(int(row["id"]), row["name"], int(row["member_count"]), row["updated_at"])
        for row in _rows(transport, TAGS, list_id=list_id)
    ]


def schema_of(transport: Transport, listing: Listing) -> AudienceSchema:
    """The merge fields, groups and tags of an audience."""
    list_id = listing.list_id
    return AudienceSchema(
        list_id=list_id,
        name=listing.name,
        merge_fields={field.tag: field for field in _merge_fields(transport, list_id)},
        interests={interest.path: interest for interest in _interests(transport, list_id)},
        tags={tag.name: tag.segment_id for tag in tags(transport, list_id)},
        member_count=listing.member_count,
        double_optin=listing.double_optin,
    )


def _merge_fields(transport: Transport, list_id: str) -> Iterator[MergeField]:
    adapter = TypeAdapter(MergeField)
    for row in _rows(transport, MERGE_FIELDS, list_id=list_id):
        options = row.get("options") or {}
        field = {name: row[name] for name in ("tag", "name", "type", "required")}
        field |= {"choices": options.get("choices") or (), "date_format": options.get("date_format")}
        field["phone_format"] = options.get("phone_format")
        yield adapter.validate_python(field)


def _interests(transport: Transport, list_id: str) -> Iterator[Interest]:
    for category in _rows(transport, INTEREST_CATEGORIES, list_id=list_id):
        for row in _rows(transport, INTERESTS, list_id=list_id, category_id=category["id"]):
            yield Interest(row["id"], category["id"], category["title"], row["name"], category["type"])


def _rows(transport: Transport, endpoint: Endpoint, **ids: str) -> Iterator[dict[str, Any]]:
    """All rows of a collection of modest size, each once."""
    seen: set[object] = set()
    for page in Pages(transport, endpoint, ids, {}).read(connections=1):
        for row in page:
            identity = row.get("id", row.get("tag"))
            if identity not in seen:
                seen.add(identity)
                yield row
