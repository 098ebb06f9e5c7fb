"""The examples of docs/queries.md: ten, each of them a query; `sync/test_query_guide.py` carries them out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.config.queries import Query

GUIDE = Path(__file__).parents[3] / "docs" / "queries.md"
EXAMPLES: list[dict[str, Any]] = [
    yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
]


def test_x02_the_guide_has_ten_examples() -> None:
    assert len(EXAMPLES) == 10


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["name"]))
def test_x02_an_example_of_the_guide_is_a_query(example: dict[str, Any]) -> None:
    assert Query.model_validate(example).name == example["name"]
