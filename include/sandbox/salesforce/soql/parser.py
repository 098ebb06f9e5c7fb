"""From the text of a query to its syntax tree."""

import re
from functools import cache
from pathlib import Path

from lark import Lark, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.soql.builder import build
from include.sandbox.salesforce.soql.tree import Place, Query

GRAMMAR = Path(__file__).with_name("grammar.lark")
_QUOTED = str.maketrans({"\\": "\\\\", "'": "\\'"} | {char: f"\\u{ord(char):04x}" for char in "\n\r\u2028\u2029"})


def parse(query: str) -> Query:
    """The syntax tree of a query.

    Raises:
        ApiError: MALFORMED_QUERY, with the place and the unexpected token.
    """
    try:
        found = _lark().parse(query)
    except UnexpectedInput as error:
        raise _malformed(query, error) from error
    return build(query, found)


def quote(text: str) -> str:
    """A text as a quoted literal."""
    return f"'{text.translate(_QUOTED)}'"


@cache
def _lark() -> Lark:
    return Lark(GRAMMAR.read_text("utf-8"), parser="lalr", maybe_placeholders=False)


def _malformed(query: str, error: UnexpectedInput) -> ApiError:
    place = Place(query, max(1, error.line), max(1, error.column))
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        return place.refused("MALFORMED_QUERY", f"unexpected token: '{error.token}'")
    if isinstance(error, UnexpectedCharacters) and error.char:
        word = re.match(r"\w+|.", query[error.pos_in_stream :], re.DOTALL)
        return place.refused("MALFORMED_QUERY", f"unexpected token: '{word[0] if word else error.char}'")
    lines = query.splitlines() or [""]
    end = Place(query, len(lines), len(lines[-1]) + 1)
    return end.refused("MALFORMED_QUERY", "unexpected token: '<EOF>'")
