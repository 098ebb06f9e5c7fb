"""Regular expressions as Java knows them (REGEX), as far as Python's mean the same."""

import re

from include.sandbox.salesforce.formulas.tree import FormulaRefusedError, Place

# Constructs that Python reads differently from Java, or not at all.
_OTHERWISE = re.compile(
    r"\\[pPQEGhHRXzZkKN]"  # properties, quoting, \h, \R, \z, ...
    r"|(?<!\\)\[(?:\\.|[^\]\\])*(?:&&|(?<!\\)\[)"  # intersections and classes within classes
    r"|\(\?<[A-Za-z]"  # named groups
    r"|\(\?[a-zA-Z-]*[dux]"  # flags that Python lacks or means otherwise
    r"|\(\?P|\{,"
)


def compiled(pattern: str | None, place: Place) -> "re.Pattern[str]":
    """The pattern of a text between quotes; `\\d`, `\\w` and `\\s` are ASCII, as in Java.

    Raises:
        FormulaRefusedError: no literal, not a pattern, or one that Python would read otherwise than Java.
    """
    if pattern is None:
        raise FormulaRefusedError("a pattern for REGEX() that is not a text between quotes is not served", place)
    found = _OTHERWISE.search(pattern)
    if found:
        raise FormulaRefusedError(f"{found[0]!r} in a pattern for REGEX() is not served", place)
    try:
        return re.compile(pattern, re.ASCII)
    except re.error as error:
        raise FormulaRefusedError(f"not a regular expression: {error}", place) from error
