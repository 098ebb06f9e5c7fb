"""Guesses what a misspelt name was meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean `x`?` for the closest known names, or nothing."""
    by_fold = {candidate.casefold(): candidate for candidate in sorted(known)}
    close = [by_fold[fold] for fold in get_close_matches(name.casefold(), by_fold, n=2, cutoff=0.72)]
    return f"; did you mean {' or '.join(f'`{candidate}`' for candidate in close)}?" if close else ""
