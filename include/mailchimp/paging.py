"""Reads a collection page by page, several pages at once.

Pages go by offset, and rows move while we read: one that leaves (or, sorted by change, moves to the end) shifts all
later ones to the left. Pages are therefore read from the last to the first: a shifted row is then read twice, never
missed. Callers expect a row more than once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from include.errors import TransientError
from include.mailchimp.endpoints import LARGEST_PAGE, Endpoint

if TYPE_CHECKING:
    from include.mailchimp.transport import Document, Transport

T = TypeVar("T")
R = TypeVar("R")
Row = dict[str, object]

SMALLEST_PAGE = 100
"""A page that is still too slow with so few rows is an error."""
GATEWAY_TIMEOUT = "504"
LOOK_AHEAD = 2
"""Answers that wait to be taken, per connection."""


def in_parallel(function: Callable[[T], R], items: Iterable[T], connections: int) -> Iterator[R]:
    """Results in the order of the items, computed on so many threads; a slow taker holds the work back."""
    waiting: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(connections, thread_name_prefix="mailchimp")
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= connections * LOOK_AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


@dataclass(slots=True)
class Pages:
    """The pages of one collection, called with these parameters besides the endpoint's own."""

    transport: Transport
    endpoint: Endpoint
    ids: Mapping[str, object]
    params: Mapping[str, object]
    bearable: int = LARGEST_PAGE
    """The page size that the vendor was not too slow for so far."""

    def read(self, connections: int) -> Iterator[list[Row]]:
        """All pages; a small collection costs one call."""
        first, total = self._page(0, self.endpoint.page_size)
        if total <= len(first):
            yield first
            return
        step = self.endpoint.page_size - self.endpoint.overlap
        offsets = range((total - 1) // step * step, -1, -step)
        yield from in_parallel(lambda offset: self._page(offset, self.endpoint.page_size)[0], offsets, connections)

    def total(self) -> int:
        """The number of rows, by the vendor's count."""
        return self._fetch(0, 1, projection="total_items", read=lambda document: int(str(document["total_items"])))

    def _page(self, offset: int, count: int) -> tuple[list[Row], int]:
        """One page and the total; in smaller pieces, the last first, where the vendor is too slow for it whole."""
        if count <= self.bearable:
            try:
                return self._fetch(offset, count, projection=self.endpoint.projection, read=self._rows_and_total)
            except TransientError as error:
                if error.code != GATEWAY_TIMEOUT or count < 2 * SMALLEST_PAGE:
                    raise
                self.bearable = min(self.bearable, count // 2)
        half = count // 2
        later, total = self._page(offset + half, count - half)
        return self._page(offset, half)[0] + later, total

    def _fetch(self, offset: int, count: int, *, projection: str, read: Callable[[Document], R]) -> R:
        splittable = count >= 2 * SMALLEST_PAGE
        params = [*self.endpoint.params, *self.params.items(), ("fields", projection), ("count", count)]
        return self.transport.call(
            "GET",
            self.endpoint.url(self.ids),
            params=[*params, ("offset", offset)],
            read=read,
            give_up_on=frozenset({GATEWAY_TIMEOUT} if splittable else ()),
        )

    def _rows_and_total(self, document: Document) -> tuple[list[Row], int]:
        rows = document[self.endpoint.selector]
        if not isinstance(rows, list):
            raise TypeError(f"{self.endpoint.selector} is no list")
        return rows, int(str(document["total_items"]))
