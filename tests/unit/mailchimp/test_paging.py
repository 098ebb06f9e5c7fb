import threading

import pytest

from include.mailchimp.paging import in_parallel


def test_results_come_in_the_order_of_the_items():
    assert list(in_parallel(lambda n: n * n, range(100), 4)) == [n * n for n in range(100)]


def test_slow_taker_holds_the_work_back():
    started = []
    results = in_parallel(started.append, range(100), 2)
    next(results)
    results.close()
    assert len(started) <= 2 * 2


def test_no_more_threads_than_connections():
    running, peak, lock = 0, 0, threading.Lock()
    together = threading.Barrier(3, timeout=5)

    def work(_):
        nonlocal running, peak
        with lock:
            running += 1
            peak = max(peak, running)
        together.wait()
        with lock:
            running -= 1

    list(in_parallel(work, range(9), 3))
    assert peak == 3


def test_first_failure_ends_the_work():
    done = []

    def work(n):
        if n == 3:
            raise RuntimeError("page 3")
        done.append(n)

    with pytest.raises(RuntimeError, match="page 3"):
        list(in_parallel(work, range(1000), 2))
    assert len(done) < 50
