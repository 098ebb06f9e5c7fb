"""Pieces of DuckDB SQL by construction: names quoted, text escaped, values trimmed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

WHITESPACE = r"E' \t\r\n\f\v'"
"""What `trimmed` takes off both ends: the ASCII white space that both vendors take off too."""


def name(identifier: str) -> str:
    """A column or table name, quoted: `Account.Name` is one name here."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text literal. DuckDB knows no backslash escapes in plain literals; a quote is doubled."""
    return "'" + value.replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """A literal list of text, empty or not."""
    return f"CAST([{', '.join(map(text, values))}] AS VARCHAR[])"


def boolean(value: bool) -> str:
    """A truth value that is known when the SQL is made."""
    return "true" if value else "false"


def trimmed(expression: str) -> str:
    """Text without white space around it; null where nothing is left: blank is not a value."""
    return f"nullif(trim({expression}, {WHITESPACE}), '')"


def choice(cases: Iterable[tuple[str, str]], otherwise: str = "NULL") -> str:
    """The value of the first condition that holds."""
    whens = "\n".join(f"WHEN {condition} THEN {value}" for condition, value in cases)
    return f"CASE {whens} ELSE {otherwise} END" if whens else otherwise


def table(rows: Iterable[Iterable[object]], columns: Mapping[str, str]) -> str:
    """A table literal, also of no rows: rows of expressions; `columns` from name to type."""
    nothing = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in columns.items())
    selects = [f"SELECT {nothing} WHERE false", *(f"SELECT {', '.join(map(str, row))}" for row in rows)]
    return f"({' UNION ALL '.join(selects)})"


def json_object(pairs: Iterable[tuple[str, str]]) -> str:
    """JSON text of the members whose value (an expression of JSON text) is not null, keys sorted, no spaces."""
    members = [f"{text(_key(key) + ':')} || {value}" for key, value in sorted(pairs)]
    return f"'{{' || concat_ws(',', {', '.join(members) or text('')}) || '}}'"


def json_text(expression: str) -> str:
    """Text as a JSON string; null stays null."""
    return f"CAST(to_json({expression}) AS VARCHAR)"


def _key(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)
