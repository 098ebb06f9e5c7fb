"""The JSON Schemas of the configuration files, made from the models, so that editors complete and check the YAML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from include.config.models import Audience, Pipeline, Rule

FOLDER = Path(__file__).parent / "schema"
"""Where the generated files lie (`make docs` writes them)."""


def schemas() -> dict[str, str]:
    """The files' names and contents: `pipeline.json`, `audience.json`, `validation_rules.json`."""
    made = {
        "pipeline.json": Pipeline.model_json_schema(),
        "audience.json": _without_stem(Audience.model_json_schema()),
        "validation_rules.json": TypeAdapter(list[Rule]).json_schema(),
    }
    return {name: _text(schema) for name, schema in made.items()}


def _without_stem(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave out the one key that the file's name gives."""
    properties = {name: value for name, value in schema["properties"].items() if name != "stem"}
    required = [name for name in schema["required"] if name != "stem"]
    return {**schema, "properties": properties, "required": required}


def _text(schema: Mapping[str, Any]) -> str:
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(dialect | dict(schema), indent=2, sort_keys=True) + "\n"
