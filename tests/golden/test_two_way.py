"""The golden world under `two_way`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.golden import Golden, check
from tests.sandbox_fixture import Sandbox


def test_the_golden_world_goes_as_its_file_tells_under_two_way(
    connected: Sandbox, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """X01, X03, R02, R07, R14, R22, G01, G05: a line of the file that changes is a behaviour that changes."""
    told = Golden(connected, tmp_path, "two_way").lived()
    check(told, "two_way", renew=request.config.getoption("renew_golden", default=False))
