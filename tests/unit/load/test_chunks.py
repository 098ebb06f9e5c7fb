"""Groups of operations, and groups that are refused whole (G07)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.errors import PermanentError
from include.load.chunks import in_chunks, send
from include.load.operations import Operation


def operations(count: int) -> list[Operation]:
    return [Operation(str(number), "add_member", None, {}, {}) for number in range(count)]


@given(st.integers(0, 40), st.integers(1, 10))
def test_chunks_hold_everything_in_order_and_no_more_than_the_limit(count, size):
    chunks = list(in_chunks(iter(operations(count)), size))
    assert [operation for chunk in chunks for operation in chunk] == operations(count)
    assert all(1 <= len(chunk) <= size for chunk in chunks)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1), max_size=5))))
def test_g07_exactly_the_bad_operations_are_refused(case):
    count, bad = case
    calls = []

    def call(chunk):
        calls.append(len(chunk))
        if any(int(operation.op_id) in bad for operation in chunk):
            raise PermanentError("no", vendor="mailchimp", code="Invalid Resource")
        return [operation.op_id for operation in chunk]

    answered, refused = [], set()
    for part, answer in send(operations(count), call, lambda error: True):
        if isinstance(answer, PermanentError):
            refused.add(int(part[0].op_id))
        else:
            answered += [int(op_id) for op_id in answer]
    assert refused == bad
    assert answered == [number for number in range(count) if number not in bad]
    assert len(calls) <= 1 + 14 * len(bad)


def test_g07_an_error_of_something_else_is_raised_at_once():
    calls = []

    def call(chunk):
        calls.append(len(chunk))
        raise PermanentError("gone", vendor="mailchimp", code="Resource Not Found")

    with pytest.raises(PermanentError, match="gone"):
        list(send(operations(8), call, lambda error: error.code == "Invalid Resource"))
    assert calls == [8]
