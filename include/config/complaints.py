"""Says in the user's words what pydantic found: what is wrong, and what would be right."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from types import UnionType
from typing import TYPE_CHECKING

from pydantic import BaseModel

from include.config import policies
from include.config.candidates import did_you_mean
from include.config.sources import Way
from include.config.yaml_file import Document

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MISSING = {
    "policy": policies.missing(),
    "consent": (
        "is missing; name the boolean field that says a person agreed, `consent: {contact: <field>, lead: <field>}`, "
        "or write `consent: none`"
    ),
    "time_zone": "is missing; the nightly snapshot needs it: `time_zone: Europe/Paris`",
    "audience": "is missing; name the Mailchimp audience: `audience: Newsletter`",
    "fields": "is missing; say where each merge field comes from: `fields: {FNAME: {contact: FirstName}}`",
}
"""What to say about a required key that is missing, where `add it` is too little."""

_EXPECTED = {
    "string_type": "a text (in quotes where it looks like a number)",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "bool_type": "`true` or `false`",
    "too_short": "a list with at least one entry",
    "tuple_type": "a list: `[...]`",
    "dict_type": "a mapping: `key: value`",
    "model_type": "a mapping: `key: value`",
    "model_attributes_type": "a mapping: `key: value`",
}


def complain(document: Document, model: type[BaseModel], errors: list[ErrorDetails]) -> None:
    """Note every error of a validation on the document, once per value and message."""
    # A switch that the policy decides has no value where another key is wrong: that key is what to tell.
    errors = [error for error in errors if error["type"] != "default_factory_not_called"]
    seen: set[tuple[Way, str]] = set()
    ways = [_way(document, error) for error in errors]
    for way, error in zip(ways, errors, strict=True):
        if error["type"] == "too_short" and any(len(other) > len(way) and other[: len(way)] == way for other in ways):
            continue  # pydantic counts only the good entries of a list
        message = _in_query(document, way) + _message(error, model, way)
        if (way, message) not in seen:
            seen.add((way, message))
            document.problem(way, message)


def _in_query(document: Document, way: Way) -> str:
    """The name of the query that a value belongs to, as its message begins."""
    match document.content, way:
        case {"queries": [*queries]}, ("queries", int() as position, str() as key, *_) if key != "name":
            query = queries[position]
            name = query.get("name") if isinstance(query, dict) else None
            return f"query {name}: " if isinstance(name, str) else ""
    return ""


def _way(document: Document, error: ErrorDetails) -> Way:
    """The way of the value in the file: pydantic puts names of types in between."""
    way: Way = ()
    for part in error["loc"]:
        if (*way, part) in document.lines:
            way = (*way, part)
    return (*way, error["loc"][-1]) if error["type"] == "missing" else way


def _message(error: ErrorDetails, model: type[BaseModel], way: Way) -> str:
    kind, value = error["type"], error.get("input")
    if kind == "missing":
        name = str(way[-1])
        return MISSING.get(name, "is missing; add it") if len(way) == 1 else "is missing; add it"
    if kind == "extra_forbidden":
        known = sorted(_keys(model, way[:-1]))
        return f"unknown key{did_you_mean(str(way[-1]), known)}; known here: {', '.join(known)}"
    if kind == "literal_error":
        expected = str(error["ctx"]["expected"]).replace("'", "`")
        return f"`{value}` is not one of {expected}{did_you_mean(str(value), expected.split('`'))}"
    if kind == "string_pattern_mismatch":
        return f"`{value}` is not a name; write up to 64 letters, digits and _"
    if kind in _EXPECTED:
        return f"has to be {_EXPECTED[kind]}"
    return error["msg"].removeprefix("Value error, ").replace("Input should be", "has to be")


def _keys(model: type[BaseModel], way: Way) -> set[str]:
    """The keys that may stand at a way below a model."""
    models: set[type[BaseModel]] = {model}
    for part in way:
        models = {inner for outer in models for inner in _below(outer, part)}
    names = {field.alias or name for found in models for name, field in found.model_fields.items()}
    return names - {"stem"}


def _below(model: type[BaseModel], part: str | int) -> Iterator[type[BaseModel]]:
    """The models behind one key; positions of lists and free keys of mappings lead to the same model again."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    if isinstance(part, int) or part not in fields:
        yield model
    else:
        yield from _models(fields[part].annotation)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif isinstance(annotation, UnionType) or typing.get_origin(annotation) is not None:
        for argument in typing.get_args(annotation):
            yield from _models(argument)
