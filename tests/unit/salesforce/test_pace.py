"""Pauses grow, stay bounded, and follow what the vendor says."""

from hypothesis import given
from hypothesis import strategies as st

from include.salesforce.pace import Pace


@given(st.integers(1, 40))
def test_pauses_double_up_to_the_longest(attempt):
    pace = Pace(first_pause=0.5, longest_pause=20)
    full = min(0.5 * 2 ** (attempt - 1), 20)
    assert full / 2 <= pace.pause(attempt) <= full


def test_retry_after_is_followed_within_reason():
    assert Pace(longest_pause=60).pause(1, retry_after=7) == 7
    assert Pace(longest_pause=60).pause(1, retry_after=86_400) == 60


def test_polling_slows_down_and_ends():
    polls = list(Pace(first_poll=1, longest_poll=10, longest_job=100).polls())
    assert polls == sorted(polls)
    assert polls[0] == 1
    assert polls[-1] == 10
    assert 100 <= sum(polls) < 110
