"""How long answers are held back: the shape of the tail, and that a seed gives the same delays again."""

from statistics import quantiles

import pytest

from include.sandbox.latency import Latency, LatencySampler


def drawn(count: int, **latency: float) -> list[float]:
    sampler: LatencySampler = Latency(**latency).sampler()
    return [sampler.draw() for _ in range(count)]


def test_a_fixed_latency_is_the_same_for_every_call() -> None:
    assert set(drawn(10, seconds=0.2)) == {0.2}


def test_a_long_tail_has_the_median_and_the_percentile_that_are_set() -> None:
    percentiles = quantiles(drawn(20_000, seconds=0.2, p99=2.0), n=100)
    assert percentiles[49] == pytest.approx(0.2, rel=0.05)
    assert percentiles[98] == pytest.approx(2.0, rel=0.15)


def test_a_seed_gives_the_same_delays_again_and_another_seed_others() -> None:
    first = drawn(20, seconds=0.2, p99=2.0, seed=4)
    assert drawn(20, seconds=0.2, p99=2.0, seed=4) == first
    assert not set(first) & set(drawn(20, seconds=0.2, p99=2.0, seed=5))
