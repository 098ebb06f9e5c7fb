"""The report as files: JSON for machines, one self-contained HTML page for people."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from include.kinds import IRREVERSIBLE, in_words
from include.quality import layout
from include.quality.call_layout import call_tables
from include.quality.document import Report

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2 import Environment
    from markupsafe import Markup


def as_json(report: Report) -> str:
    """The whole document, indented."""
    return _document().dump_json(report, indent=2).decode()


def from_json(text: str | bytes) -> Report:
    """A report as it was written. Raises pydantic's ValidationError where it is none."""
    return _document().validate_json(text)


def as_html(report: Report) -> str:
    """One page without scripts or external files; everything that comes from outside is escaped."""
    return (
        environment()
        .get_template("report.html")
        .render(
            report=report,
            sides=layout.sides(report.rows) if report.rows else (),
            operations=layout.operation_table(report.operations) if report.operations else None,
            charts=layout.charts(report.trend),
            calls=call_tables(report.calls),
            put_off=layout.put_off(report.operations),
        )
    )


@cache
def _document() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


@cache
def environment(folder: Path | None = None) -> Environment:
    """Templates of this package, and of a folder before them, with the filters that all pages share."""
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined

    own = PackageLoader("include.quality")
    templates = Environment(
        loader=own if folder is None else ChoiceLoader([FileSystemLoader(folder), own]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "count": "{:,}".format, "difference": _difference, "marked": _marked, "share": _share, "instant": _instant,
        "words": _words, "listed": in_words,
    }  # fmt: skip
    templates.globals["irreversible"] = IRREVERSIBLE
    return templates


def _difference(number: int) -> str:
    return f"{number:+,}" if number else "0"


def _marked(text: str) -> Markup:
    """Text with what stands between backticks as code."""
    from markupsafe import Markup, escape

    parts = [escape(part) for part in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if position % 2 else part for position, part in enumerate(parts)
    )


def _share(fraction: float) -> str:
    """A share in percent, `20%` or `0.7%`; what is there but small does not read as nothing."""
    return f"{round(100 * fraction, 1):g}%" if fraction >= 0.001 or not fraction else "< 0.1%"


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _words(name: str) -> str:
    return name.replace("_", " ")
