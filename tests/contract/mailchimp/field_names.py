"""Makes the table of the fields that the sandbox account's resources have from Mailchimp's OpenAPI document."""

from typing import Any

import orjson

from include.sandbox.mailchimp.field_names import TABLE
from include.sandbox.mailchimp.routes import ENDPOINTS
from tests.contract.mailchimp.openapi import document, template_of


def described() -> dict[str, Any]:
    """The fields of the answer to each GET that is served, by the sandbox's path template."""
    return {template: fields(answer(template)) for template, methods in ENDPOINTS.items() if "GET" in methods}


def answer(template: str, method: str = "get") -> dict[str, Any]:
    """The schema of what a call answers."""
    concrete = "/".join("x" if part.startswith("{") else part for part in template.split("/"))
    content = document()["paths"][template_of(concrete)][method]["responses"]["200"]["content"]
    return content["application/json"]["schema"]


def fields(schema: dict[str, Any]) -> dict[str, Any] | None:
    """The fields of an object or of an array's items; None for a value; empty where there can be any."""
    while "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "items" in schema:
        return fields(schema["items"])
    found = {name: fields(one) for name, one in schema.get("properties", {}).items()}
    for choice in ("allOf", "anyOf", "oneOf"):
        for one in schema.get(choice, ()):
            found |= fields(one) or {}
    return found if found or schema.get("type", "object") == "object" else None


if __name__ == "__main__":
    TABLE.write_bytes(orjson.dumps(described(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")
