"""Checks real answers against the vendor's OpenAPI document."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

DOCUMENT = Path(__file__).parent / "data" / "mailchimp-marketing-3.0.85.openapi3.json"
URI = "urn:mailchimp"


@cache
def document() -> dict[str, Any]:
    return json.loads(DOCUMENT.read_bytes())


@cache
def registry() -> Registry:
    return Registry().with_resource(URI, Resource.from_contents(document(), default_specification=DRAFT4))


@cache
def templates() -> list[tuple[re.Pattern[str], str]]:
    # A literal part beats a parameter: /lists/{id}/members before /lists/{id}/{x}.
    paths = sorted(document()["paths"], key=lambda path: [part.startswith("{") for part in path.split("/")])
    return [(re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), path) for path in paths]


def template_of(path: str) -> str:
    """The document's path template for a path under /3.0."""
    return next(template for pattern, template in templates() if pattern.fullmatch(path))


def violations(method: str, path: str, status: int, body: Any) -> list[str]:
    """What in an answer the document does not allow; a status of 400 and above is checked as a problem document."""
    template = template_of(path)
    responses = document()["paths"][template][method.lower()]["responses"]
    key = str(status) if status < 400 else "default"
    content = responses[key].get("content", {})
    if not content:
        return [] if body in ("", None) else ["there should be no body"]
    kind = (
        "application/json" if status < 400 or "application/problem+json" not in content else "application/problem+json"
    )
    pointer = "/".join(
        part.replace("~", "~0").replace("/", "~1")
        for part in ("", "paths", template, method.lower(), "responses", key, "content", kind, "schema")
    )
    validator = Draft4Validator({"$ref": f"{URI}#{pointer}"}, registry=registry())
    return [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in validator.iter_errors(body)
    ]
