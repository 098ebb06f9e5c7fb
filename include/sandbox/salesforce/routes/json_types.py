"""What REST cannot read as a record: JSON of another type than the field has refuses the call, not the row.

The words are those of answers in public threads (regican/Salesforce issue 2, qoretechnologies/qore issue 3908,
forcedotcom/SalesforceMobileSDK-ReactNative issue 194, restforce/restforce issue 592).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from include.sandbox.controls import Switch
from include.sandbox.salesforce.errors import ApiError, RowRefused
from include.sandbox.salesforce.schema import NUMBER_TYPES, Field, Schema, SObject
from include.sandbox.salesforce.values import coerce

SWITCHES = {
    "wrong_types_refuse_collections": Switch(
        True, "a value of the wrong type refuses a whole collection, as it does a single record, else its row only"
    ),
}
_STRINGS_TOO = NUMBER_TYPES | {"boolean"}
_WORDS = {True: "true", False: "false", None: "null"}


def check_types(schema: Schema, rows: Iterable[tuple[SObject, Mapping[str, Any]]], body: bytes) -> None:
    """Refuses records with a value that is not of its field's type; what is no field is left to the rules of rows.

    Args:
        schema: of the org.
        rows: records with their objects, in the order of the body.
        body: as it came, for the place that the answer names.

    Raises:
        ApiError: JSON_PARSER_ERROR.
    """
    seen: dict[str, int] = {}
    for sobject, row in rows:
        for name, value in row.items():
            seen[name] = seen.get(name, 0) + 1
            field = sobject.find(name)
            if field is not None and not _fits(schema, field, value):
                raise _refused(field, value, _place(body, name, seen[name]))


def _fits(schema: Schema, field: Field, value: object) -> bool:
    if not field.stored or field.name == "Id":
        return True
    if isinstance(value, bool | int | float) and field.type not in _STRINGS_TOO:
        return False
    if field.type == "boolean" and not isinstance(value, bool | str):
        return False
    try:
        coerce(schema, field, value)
    except RowRefused as refusal:
        return refusal.error.said is None or refusal.error.said.name != "wrong_type"
    return True


def _refused(field: Field, value: object, place: str) -> ApiError:
    message = (
        f"Cannot deserialize instance of {field.type} from {_token(value)} or request may be missing a required field"
    )
    return ApiError(400, "JSON_PARSER_ERROR", f"{message} at {place}")


def _token(value: object) -> str:
    """The kind and the text of a JSON value, by the names of the parser that the vendor uses."""
    if value is None or isinstance(value, bool):
        return f"VALUE_{_WORDS[value].upper()} value {_WORDS[value]}"
    if isinstance(value, dict):
        return "START_OBJECT value {"
    if isinstance(value, list):
        return "START_ARRAY value ["
    kind = {str: "STRING", int: "NUMBER_INT"}.get(type(value), "NUMBER_FLOAT")
    return f"VALUE_{kind} value {value}"


def _place(body: bytes, name: str, number: int) -> str:
    """Where the value of a key stands, the n-th of that name."""
    text = body.decode("utf-8", errors="replace")
    ends = [found.end() for found in re.finditer(rf'"{re.escape(name)}"\s*:\s*', text)]
    before = text[: ends[number - 1]] if number <= len(ends) else ""
    return f"[line:{before.count(chr(10)) + 1}, column:{len(before) - before.rfind(chr(10))}]"
