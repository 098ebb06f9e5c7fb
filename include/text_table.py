"""Plain text tables, as the command line and error messages show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Iterable[str] = ()) -> str:
    """Columns two spaces apart; those named in `right` (numbers) end flush."""
    widths = [max(len(line[n]) for line in (head, *rows)) for n in range(len(head))]
    flush = [name in set(right) for name in head]

    def line(cells: Sequence[str]) -> str:
        aligned = (
            cell.rjust(width) if end else cell.ljust(width)
            for cell, width, end in zip(cells, widths, flush, strict=True)
        )
        return "  ".join(aligned).rstrip()

    return "\n".join(map(line, (head, *rows)))
