"""A raw SOQL condition: the text after WHERE, checked so that it can be nothing but one condition of its query.

The fragment is put in parentheses. It can't end them, because its own are balanced outside of its texts, and what could
follow a condition (ORDER BY, LIMIT, ...) is refused by name. Whether the condition itself is valid, Salesforce says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator

_PARTS = re.compile(r"'(?:[^'\\]|\\.)*'|[A-Za-z_][A-Za-z0-9_.]*|\s+|.", re.DOTALL)
_AFTER_A_CONDITION = frozenset({"ORDER", "GROUP", "HAVING", "LIMIT", "OFFSET", "FOR", "WITH", "USING", "ALL", "UPDATE"})
_BEFORE_A_CONDITION = frozenset({"SELECT", "FROM", "WHERE"})


def checked_fragment(text: str) -> str:
    """The fragment without white space around it. Raises ValueError, saying what a condition looks like."""
    depth = 0
    for part in _parts(text):
        depth += {"(": 1, ")": -1}.get(part, 0)
        if depth < 0:
            raise ValueError("closes a parenthesis that it did not open")
        if part == "'":
            raise ValueError("has a text that does not end; write it as 'text', a quote in it as \\'")
        if depth == 0:
            _refuse_clause(part.upper())
    if depth:
        raise ValueError("opens a parenthesis that it does not close")
    if not text.strip():
        raise ValueError("is empty; write a SOQL condition: `AnnualRevenue > 1000000 AND Industry = 'Energy'`")
    return text.strip()


def _parts(text: str) -> Iterator[str]:
    return (match[0] for match in _PARTS.finditer(text))


def _refuse_clause(word: str) -> None:
    if word in _BEFORE_A_CONDITION:
        raise ValueError(f"is a whole query; write what follows WHERE alone, without {word}")
    if word in _AFTER_A_CONDITION:
        raise ValueError(f"goes on after its condition with {word}; write the condition alone")
    if word in {";", "{", "}"}:
        raise ValueError(f"has `{word}` in it, which is no SOQL")


SoqlFragment = Annotated[str, AfterValidator(checked_fragment)]
"""Text that may follow WHERE."""
