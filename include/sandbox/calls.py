"""What was called: counts, errors and concurrency per method and path template."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class CallCount:
    """The calls of one method on one path template."""

    method: str
    path: str
    write: bool
    count: int = 0
    errors: int = 0
    in_flight: int = 0
    peak_concurrency: int = 0


@dataclass(slots=True)
class OpenCall:
    """One call that is under way; stays an error until its answer's status is known to be below 400."""

    failed: bool = True


class CallLog:
    """Counts every call except those of the control API."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], CallCount] = {}
        self.in_flight = 0
        self._peak_concurrency = 0

    @contextmanager
    def open(self, method: str, path: str, *, write: bool) -> Iterator[OpenCall]:
        """Counts one call from its arrival to the end of its answer; a write is one that can change the state."""
        count = self._counts.setdefault((method, path), CallCount(method, path, write))
        count.count += 1
        count.in_flight += 1
        self.in_flight += 1
        count.peak_concurrency = max(count.peak_concurrency, count.in_flight)
        self._peak_concurrency = max(self._peak_concurrency, self.in_flight)
        call = OpenCall()
        try:
            yield call
        finally:
            count.in_flight -= 1
            self.in_flight -= 1
            count.errors += call.failed

    def report(self) -> dict[str, object]:
        """Totals and one row per method and path template, as `GET /_sandbox/calls` shows them."""
        rows = sorted(self._counts.values(), key=lambda row: (row.path, row.method))
        return {
            "count": sum(row.count for row in rows),
            "writes": sum(row.count for row in rows if row.write),
            "errors": sum(row.errors for row in rows),
            "peak_concurrency": self._peak_concurrency,
            "calls": [
                {
                    "method": row.method,
                    "path": row.path,
                    "write": row.write,
                    "count": row.count,
                    "errors": row.errors,
                    "peak_concurrency": row.peak_concurrency,
                }
                for row in rows
            ],
        }

    def reset(self) -> None:
        """Starts counting anew; calls under way are not counted again."""
        self._counts.clear()
        self._peak_concurrency = self.in_flight
