"""The golden world under `legacy_parity`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.golden import Golden, check
from tests.sandbox_fixture import Sandbox


def test_the_golden_world_goes_as_its_file_tells_under_legacy_parity(
    connected: Sandbox, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """R01, R02, R03, R04, R05, R06, R07, R08, R09, R12, R13, R14, R15, R16, R22, X03, G01, G05, details 1 to 12.

    A line of the file that changes is a behaviour that changes.
    """
    told = Golden(connected, tmp_path, "legacy_parity").lived()
    check(told, "legacy_parity", renew=request.config.getoption("renew_golden", default=False))
