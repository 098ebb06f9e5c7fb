"""What a DAG file needs at parse time: which audiences there are, and when things run. Light to import."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import yaml

from include.config.models import Pipeline


def config_folder() -> Path:
    """Return the folder of the user's YAML: `SYNC_CONFIG`, or the project's own."""
    return Path(os.environ.get("SYNC_CONFIG") or Path(__file__).parent)


@cache
def audience_stems() -> tuple[str, ...]:
    """Return the names of the files under `audiences/`, without `.yaml`, sorted; each is one audience."""
    return tuple(sorted(file.stem for file in (config_folder() / "audiences").glob("*.yaml")))


@cache
def pipeline() -> Pipeline:
    """Return `pipeline.yaml`, checked."""
    return Pipeline.model_validate(yaml.safe_load((config_folder() / "pipeline.yaml").read_text("utf-8")))
