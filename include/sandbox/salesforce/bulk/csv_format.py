"""The CSV of Bulk API 2.0: every cell quoted, `""` for a quote, one of six delimiters, one of two line endings.

https://developer.salesforce.com/docs/atlas.en-us.216.0.api_bulk_v2.meta/api_bulk_v2/datafiles_prepare_csv.htm
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from include.sandbox.salesforce.errors import ApiError, Refusal
from include.sandbox.salesforce.wordings import Said, assumed

DELIMITERS = {"COMMA": ",", "TAB": "\t", "PIPE": "|", "SEMICOLON": ";", "CARET": "^", "BACKQUOTE": "`"}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
LONGEST_CELL = 1 << 20
Item = TypeVar("Item")


class JobFailed(Refusal):
    """The job as a whole cannot be carried out; `CODE : words` becomes its errorMessage."""

    @classmethod
    def because(cls, code: str, message: str) -> "JobFailed":
        """With words that a source shows."""
        return cls(Said(code, message))


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one job's CSV is written."""

    delimiter: str
    ending: str
    ending_name: str

    @classmethod
    def of(cls, delimiter: str, ending: str) -> "Dialect":
        """From the job's columnDelimiter and lineEnding.

        Raises:
            ApiError: no such delimiter or line ending.
        """
        if delimiter not in DELIMITERS or ending not in LINE_ENDINGS:
            raise ApiError.assumed(
                400, assumed("job_request", name="columnDelimiter or lineEnding", value=f"{delimiter}, {ending}")
            )
        return cls(DELIMITERS[delimiter], LINE_ENDINGS[ending], ending)

    def line(self, cells: Iterable[str]) -> str:
        """One line with its ending."""
        return self.delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells) + self.ending

    def check(self, body: bytes) -> None:
        """Refuses an upload that is not written as the job declared.

        Raises:
            JobFailed: not UTF-8, or other line endings.
        """
        try:
            first, newline, _ = body.decode().partition("\n")
        except UnicodeDecodeError:
            raise JobFailed(assumed("not_utf8")) from None
        if newline and first.endswith("\r") is not (self.ending == "\r\n"):
            raise JobFailed(assumed("line_ending", value=self.ending_name))

    def rows(self, body: bytes) -> Iterator[list[str]]:
        """The rows of an upload, the header first."""
        csv.field_size_limit(LONGEST_CELL)
        text = io.StringIO(body.decode("utf-8-sig", errors="replace"), newline="")
        return (row for row in csv.reader(text, delimiter=self.delimiter) if row)


def batches(rows: Iterator[Item], size: int) -> Iterator[list[Item]]:
    """The rows in lists of at most `size`."""
    while batch := list(islice(rows, size)):
        yield batch
