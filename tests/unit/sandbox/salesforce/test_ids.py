from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from include.sandbox.salesforce.ids import canonical_id, make_id, number_of, own_ids, with_suffix

SHORT = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", min_size=15, max_size=15)


def test_suffix_is_the_recorded_one() -> None:
    # Ids of the recordings and of the recorded describes.
    for full in ("0014S000007NxmlQAC", "0034S000005YJVlQAO", "0125j000000bo4yAAA"):
        assert with_suffix(full[:15]) == full


@given(SHORT)
def test_both_forms_of_an_id_are_one(short: str) -> None:
    full = with_suffix(short)
    assert canonical_id(short) == full
    assert canonical_id(full) == full
    assert canonical_id(short + full[15:].lower()) == full


@given(SHORT, st.text(min_size=0, max_size=20))
def test_what_is_no_id_is_none(short: str, other: str) -> None:
    wrong = "B" if with_suffix(short)[17] != "B" else "C"
    assert canonical_id(short + with_suffix(short)[15:17] + wrong) is None
    assert canonical_id(other) is None or len(other) in {15, 18}


def test_made_ids_differ_and_sort_by_their_number() -> None:
    ids = [make_id("003", number) for number in range(1, 200)]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)
    assert all(canonical_id(one) == one for one in ids)


@given(st.integers(1, 62**6), st.integers(1, 62**6))
def test_ids_sort_by_their_number_within_their_bounds(one: int, other: int) -> None:
    first, second = make_id("00Q", one), make_id("00Q", other)
    low, high = own_ids("00Q")
    assert (number_of(first), number_of(second)) == (one, other)
    assert (first[:15] < second[:15]) == (one < other)
    assert low < first < high
