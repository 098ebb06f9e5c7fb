"""The merge fields of an audience."""

import re
from collections.abc import Mapping
from typing import Any, Literal

import orjson
from pydantic import Field

from include.sandbox.mailchimp.bodies import Body
from include.sandbox.mailchimp.call import Call, Document
from include.sandbox.mailchimp.links import MERGE_FIELD, MERGE_FIELDS, links
from include.sandbox.mailchimp.lists import ListRef, find_list
from include.sandbox.mailchimp.problems import FieldError, invalid, invalid_fields, not_found
from include.sandbox.mailchimp.wordings import wording

Type = Literal["text", "number", "address", "phone", "date", "url", "imageurl", "radio", "dropdown", "birthday", "zip"]
TAG = re.compile(r"[A-Z0-9_]{1,10}")
DEFAULT_OPTIONS: Mapping[str, Mapping[str, object]] = {
    "text": {"size": 25},
    "address": {"default_country": 164},
    "phone": {"phone_format": "none"},
    "date": {"date_format": "MM/DD/YYYY"},
    "birthday": {"date_format": "MM/DD"},
}


class Options(Body):
    """What more there is to say about a field of some types."""

    size: int | None = None
    date_format: str | None = None
    choices: list[str] | None = None
    default_country: int | None = None
    phone_format: str | None = None


class MergeFieldBody(Body):
    """Body of a create; an update may leave anything out."""

    name: str
    type: Type
    tag: str | None = None
    required: bool = False
    default_value: str = ""
    public: bool = False
    display_order: int | None = None
    options: Options = Field(default_factory=Options)
    help_text: str = ""


class MergeFieldPatch(Body):
    """Body of an update. The type cannot be changed."""

    name: str | None = None
    tag: str | None = None
    required: bool | None = None
    default_value: str | None = None
    public: bool | None = None
    display_order: int | None = None
    options: Options | None = None
    help_text: str | None = None


def complete_merge_field(given: Mapping[str, Any], merge_id: int) -> Document:
    """A merge field of a loaded state or of a create, with every key the API shows (recorded), without links.

    Raises:
        ValueError: no tag or an unknown type.
    """
    kind, tag = given.get("type", "text"), given.get("tag")
    if not tag or kind not in Type.__args__:  # type: ignore[attr-defined]  # Literal has its values there
        raise ValueError(f"merge field {given.get('name', merge_id)!r} needs a tag and a known type, not {kind!r}")
    number = given.get("merge_id") or merge_id
    return {
        "merge_id": number,
        "tag": tag,
        "name": given.get("name") or tag,
        "type": kind,
        "required": bool(given.get("required")),
        "default_value": given.get("default_value") or "",
        "public": bool(given.get("public")),
        "display_order": given.get("display_order") or number + 1,
        "options": {**DEFAULT_OPTIONS.get(kind, {}), **(given.get("options") or {})},
        "help_text": given.get("help_text") or "",
    }


def merge_fields_of(call: Call, list_no: int) -> list[Document]:
    """Every merge field of a list, by tag (the recorded order)."""
    rows = call.database.execute("SELECT document FROM merge_fields WHERE list_no = ? ORDER BY tag", (list_no,))
    return [orjson.loads(document) for (document,) in rows]


def get_merge_fields(call: Call) -> Document:
    """GET /lists/{list_id}/merge-fields: 10 unless `count` says more."""
    found = find_list(call)
    kind = call.query.choice("type", Type.__args__)  # type: ignore[attr-defined]  # Literal has its values there
    fields = [field for field in merge_fields_of(call, found.no) if kind in {None, field["type"]}]
    if call.query.has("required"):
        fields = [field for field in fields if field["required"] == call.query.flag("required")]
    shown = fields[call.query.page()]
    return {
        "merge_fields": [_shown(found, field) for field in shown],
        "list_id": found.id,
        "total_items": len(fields),
        "_links": links(MERGE_FIELDS, f"{found.href}/merge-fields"),
    }


def get_merge_field(call: Call) -> Document:
    """GET /lists/{list_id}/merge-fields/{merge_id}."""
    found = find_list(call)
    return _shown(found, _field(call, found))


def post_merge_field(call: Call) -> Document:
    """POST /lists/{list_id}/merge-fields; every member gets the field, blank."""
    found = find_list(call)
    body = call.body_as(MergeFieldBody)
    fields = merge_fields_of(call, found.no)
    most = int(call.switches["most_merge_fields"])
    if len(fields) >= most:
        raise invalid(wording("many_fields", most=most))
    number = max((field["merge_id"] for field in fields), default=0) + 1
    tag = _free_tag(body.tag or f"MMERGE{number}", fields)
    field = complete_merge_field(body.model_dump(exclude_none=True) | {"tag": tag}, number)
    row = (found.no, number, tag, orjson.dumps(field).decode())
    call.database.execute("INSERT INTO merge_fields VALUES (?, ?, ?, ?)", row)
    call.database.execute(
        "UPDATE members SET merge_fields = json_set(merge_fields, ?, '') WHERE list_no = ?", (f'$."{tag}"', found.no)
    )
    return _shown(found, field)


def patch_merge_field(call: Call) -> Document:
    """PATCH /lists/{list_id}/merge-fields/{merge_id}."""
    found = find_list(call)
    field = _field(call, found)
    changes = call.body_as(MergeFieldPatch).model_dump(exclude_none=True)
    old: str = field["tag"]
    tag: str = changes.get("tag", old)
    if tag != old:
        _free_tag(tag, merge_fields_of(call, found.no))
        sql = (
            "UPDATE members SET merge_fields = json_remove("
            "json_set(merge_fields, :new, json_extract(merge_fields, :old)), :old) WHERE list_no = :list"
        )
        call.database.execute(sql, {"new": f'$."{tag}"', "old": f'$."{old}"', "list": found.no})
    changes["options"] = field["options"] | changes.get("options", {})
    field |= changes
    sql = "UPDATE merge_fields SET tag = ?, document = ? WHERE list_no = ? AND merge_id = ?"
    call.database.execute(sql, (tag, orjson.dumps(field).decode(), found.no, field["merge_id"]))
    return _shown(found, field)


def delete_merge_field(call: Call) -> None:
    """DELETE /lists/{list_id}/merge-fields/{merge_id}; the members' values go with it."""
    found = find_list(call)
    field = _field(call, found)
    sql = "DELETE FROM merge_fields WHERE list_no = ? AND merge_id = ?"
    call.database.execute(sql, (found.no, field["merge_id"]))
    call.database.execute(
        "UPDATE members SET merge_fields = json_remove(merge_fields, ?) WHERE list_no = ?",
        (f'$."{field["tag"]}"', found.no),
    )


def _free_tag(tag: str, fields: list[Document]) -> str:
    if not TAG.fullmatch(tag):
        raise invalid_fields(FieldError("tag", wording("tag_form")))
    if any(field["tag"] == tag for field in fields):
        raise invalid(wording("tag_exists", tag=tag))
    return tag


def _field(call: Call, found: ListRef) -> Document:
    sql = "SELECT document FROM merge_fields WHERE list_no = ? AND merge_id = ?"
    row = call.database.execute(sql, (found.no, call.path["merge_id"])).fetchone()
    if row is None:
        raise not_found()
    field: Document = orjson.loads(row[0])
    return field


def _shown(found: ListRef, field: Document) -> Document:
    href = f"{found.href}/merge-fields/{field['merge_id']}"
    return field | {"list_id": found.id, "_links": links(MERGE_FIELD, href)}
