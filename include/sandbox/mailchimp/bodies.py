"""Request bodies: typed as the OpenAPI document says; what is wrong is told in Mailchimp's words.

The words are those of threads: "Schema describes string, NULL found instead" (mc-magento issue 332), "Schema describes
object, string found instead" of `operations.item:0.params` (drewm/mailchimp-api issue 142).
"""

import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from include.sandbox.mailchimp.problems import FieldError, Problem, bad_json, invalid_fields, missing
from include.sandbox.mailchimp.wordings import Text, wording

BodyT = TypeVar("BodyT", bound="Body")

DESCRIBED: Mapping[Any, str] = {str: "string", Literal: "string", bool: "boolean", int: "integer", float: "number"}
"""How the schema calls a type; `list` is an array, everything else an object."""
FOUND: Mapping[type, str] = {
    type(None): "NULL",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "double",
    list: "array",
    dict: "object",
}
TYPE_ERRORS: Mapping[str, str] = {
    "string_type": "string",
    "bool_type": "boolean",
    "int_type": "integer",
    "int_from_float": "integer",
    "int_parsing_size": "integer",
    "float_type": "number",
    "list_type": "array",
    "dict_type": "object",
    "model_type": "object",
}


class Body(BaseModel):
    """A request body: typed strictly, keys that are not known here are ignored (recorded).

    A key may be left out, and is None then; a null is refused.
    """

    model_config = ConfigDict(extra="ignore", strict=True)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_null(cls, value: object, info: ValidationInfo) -> object:
        if value is None and info.field_name:
            described = _described(cls.model_fields[info.field_name].annotation)
            raise PydanticCustomError("null", "{described}", {"described": described})
        return value


def checked(model: type[BodyT], body: object) -> BodyT:
    """A request body (or an item of one) as its model.

    Raises:
        Problem: 400 that names the fields.
    """
    if body is None:
        raise bad_json()
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise _problem(error.errors(include_url=False)) from None


def _described(annotation: Any) -> str:
    kinds = get_args(annotation) if get_origin(annotation) is types.UnionType else (annotation,)
    kind = next(one for one in kinds if one is not type(None))
    base = get_origin(kind) or kind
    return "array" if base is list else DESCRIBED.get(base, "object")


def _problem(details: Sequence[ErrorDetails]) -> Problem:
    lacking: dict[str, list[str]] = {}
    for item in details:
        if item["type"] == "missing":
            lacking.setdefault(_path(item["loc"][:-1]), []).append(str(item["loc"][-1]))
    wrong = (FieldError(_path(item["loc"]), _message(item)) for item in details if item["type"] != "missing")
    return invalid_fields(*_missing(lacking), *wrong)


def _missing(lacking: Mapping[str, list[str]]) -> Iterator[FieldError]:
    for within, names in lacking.items():
        yield missing(names, within)


def _path(location: Sequence[int | str]) -> str:
    return ".".join(f"item:{part}" if isinstance(part, int) else part for part in location)


def _message(item: ErrorDetails) -> str | Text:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "literal_error":
        return wording("not_accepted", values=context["expected"].replace("'", "").replace(" or ", ", "))
    if kind in {"string_too_long", "too_long"}:
        return wording("too_long", most=context["max_length"])
    described = context["described"] if kind == "null" else TYPE_ERRORS[kind]
    return f"Schema describes {described}, {FOUND[type(item['input'])]} found instead"
