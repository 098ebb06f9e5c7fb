"""The tables of switches in `docs/sandbox.md`, between their marks; the words around them are written by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import orjson

from include.sandbox.controls import Switch
from include.sandbox.mailchimp import switches as mailchimp
from include.sandbox.salesforce import org as salesforce

DOCUMENT = Path("docs/sandbox.md")
TABLES: Mapping[str, Mapping[str, Switch]] = {"salesforce": salesforce.SWITCHES, "mailchimp": mailchimp.SWITCHES}


def text(project: Path) -> str:
    """Return the document with its tables as the servers have them.

    Raises:
        ValueError: a table has no marks.
    """
    document = (project / DOCUMENT).read_text("utf-8")
    for server, switches in TABLES.items():
        begin, end = f"<!-- switches of {server}: `make docs` -->", "<!-- end -->"
        marked = re.compile(f"{re.escape(begin)}\n.*?{re.escape(end)}", re.DOTALL)
        if not marked.search(document):
            raise ValueError(f"{DOCUMENT} needs the lines {begin} and {end}")
        table = "\n".join([begin, *_table(switches), end])
        document = marked.sub(lambda _, table=table: table, document, count=1)  # type: ignore[misc]  # bound at once
    return document


def _table(switches: Mapping[str, Switch]) -> list[str]:
    head = ["| switch | default | meaning |", "|---|---|---|"]
    return head + [f"| `{name}` | {_shown(switch)} | {switch.meaning} |" for name, switch in switches.items()]


def _shown(switch: Switch) -> str:
    return f"`{orjson.dumps(switch.default).decode()}`"
