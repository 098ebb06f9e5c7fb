"""Operations sent many at a time: groups of them, and what to do where a vendor refuses a group whole (G07)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from include.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from include.load.operations import Operation

T = TypeVar("T")


def in_chunks(operations: Iterable[Operation], size: int) -> Iterator[Sequence[Operation]]:
    """Groups of at most `size` operations."""
    chunk: list[Operation] = []
    for operation in operations:
        chunk.append(operation)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def send(
    chunk: Sequence[Operation],
    call: Callable[[Sequence[Operation]], T],
    of_a_record: Callable[[PermanentError], bool],
) -> Iterator[tuple[Sequence[Operation], T | PermanentError]]:
    """Send a group in one call; where it is refused whole, its halves, until what is refused is one operation.

    Yields parts of the group, each with the vendor's answer, or the refusal of the one operation in it. An error that
    is not `of_a_record`, but of whatever is sent there, is raised.
    """
    try:
        answer = call(chunk)
    except PermanentError as error:
        if not of_a_record(error):
            raise
        if len(chunk) == 1:
            yield chunk, error
            return
        middle = len(chunk) // 2
        yield from send(chunk[:middle], call, of_a_record)
        yield from send(chunk[middle:], call, of_a_record)
    else:
        yield chunk, answer
