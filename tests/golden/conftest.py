"""The option that writes the golden files anew."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--renew-golden`: `make golden` gives it."""
    parser.addoption("--renew-golden", action="store_true", help="write the golden files anew instead of comparing")
