"""The report as files: JSON for machines, one self-contained HTML page for people."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from include.quality.document import Report

if TYPE_CHECKING:
    from jinja2 import Environment


def as_json(report: Report) -> str:
    """The whole document, indented."""
    return _document().dump_json(report, indent=2).decode()


def from_json(text: str | bytes) -> Report:
    """A report as it was written. Raises pydantic's ValidationError where it is none."""
    return _document().validate_json(text)


def as_html(report: Report) -> str:
    """One page without scripts or external files; everything that comes from outside is escaped."""
    return _templates().get_template("report.html").render(report=report)


@cache
def _document() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("include.quality"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
