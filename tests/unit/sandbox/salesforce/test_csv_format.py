from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.sandbox.salesforce.bulk.csv_format import DELIMITERS, LINE_ENDINGS, Dialect, JobFailed, batches
from include.sandbox.salesforce.errors import ApiError

CELLS = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12), min_size=1)


@given(
    st.lists(CELLS, min_size=1, max_size=4), st.sampled_from(sorted(DELIMITERS)), st.sampled_from(sorted(LINE_ENDINGS))
)
def test_rows_read_as_they_were_written(rows: list[list[str]], delimiter: str, ending: str) -> None:
    dialect = Dialect.of(delimiter, ending)
    rows = [["head"], *rows]
    body = "".join(map(dialect.line, rows)).encode()
    dialect.check(body)
    assert list(dialect.rows(body)) == rows


def test_cells_are_not_trimmed_and_quotes_are_doubled() -> None:
    dialect = Dialect.of("COMMA", "LF")
    assert dialect.line([" a ", 'b"c', ""]) == '" a ","b""c",""\n'
    assert list(dialect.rows(b'x,y\n a ,"b""c"\n')) == [["x", "y"], [" a ", 'b"c']]


def test_what_is_not_utf8_fails_the_job() -> None:
    with pytest.raises(JobFailed, match="UTF-8"):
        Dialect.of("COMMA", "LF").check(b"Name\n\xff\n")


def test_unknown_dialect_is_refused() -> None:
    with pytest.raises(ApiError, match="unknown columnDelimiter"):
        Dialect.of("DOT", "LF")


def test_batches_are_full_but_the_last() -> None:
    assert list(batches(iter(range(5)), 2)) == [[0, 1], [2, 3], [4]]
