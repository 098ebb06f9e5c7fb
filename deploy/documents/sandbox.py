"""The tables of switches and texts in `docs/sandbox.md`, between their marks; the rest of it is written by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import orjson

from include.sandbox.controls import Switch
from include.sandbox.mailchimp import switches as mailchimp
from include.sandbox.mailchimp import texts as mailchimp_texts
from include.sandbox.salesforce import switches as salesforce

DOCUMENT = Path("docs/sandbox.md")
TABLES: Mapping[str, Mapping[str, Switch]] = {
    "switches of salesforce": salesforce.BEHAVIOURS,
    "texts of salesforce": salesforce.WORDS,
    "switches of mailchimp": mailchimp.SWITCHES,
    "texts of mailchimp": mailchimp_texts.TEXTS,
}


def text(project: Path) -> str:
    """Return the document with its tables as the servers have them.

    Raises:
        ValueError: a table has no marks.
    """
    document = (project / DOCUMENT).read_text("utf-8")
    for name, switches in TABLES.items():
        begin, end = f"<!-- {name}: `make docs` -->", "<!-- end -->"
        marked = re.compile(f"{re.escape(begin)}\n.*?{re.escape(end)}", re.DOTALL)
        if not marked.search(document):
            raise ValueError(f"{DOCUMENT} needs the lines {begin} and {end}")
        before, after = marked.split(document, maxsplit=1)
        document = before + "\n".join([begin, *_table(switches), end]) + after
    return document


def _table(switches: Mapping[str, Switch]) -> list[str]:
    head = ["| switch | default | meaning |", "|---|---|---|"]
    return head + [f"| `{name}` | {_shown(switch)} | {switch.meaning} |" for name, switch in switches.items()]


def _shown(switch: Switch) -> str:
    return f"`{orjson.dumps(switch.default).decode()}`"
