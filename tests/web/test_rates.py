"""Token buckets: how many pass, the answer to a refusal, and bounded memory for keys."""

from hypothesis import given
from hypothesis import strategies as st

from web.rates import Buckets, retry_after


def test_a_burst_then_the_rate() -> None:
    buckets = Buckets(rate=2, burst=3)
    assert [buckets.take("a", 0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("a", 0.25) == 0.25
    assert buckets.take("a", 0.5) == 0
    assert buckets.take("b", 0.5) == 0  # another key is not touched
    assert [buckets.take("a", 100) for _ in range(4)] == [0, 0, 0, 0.5]


def test_a_rate_of_zero_lets_all_through_and_keeps_no_key() -> None:
    buckets = Buckets(rate=0, burst=0)
    assert {buckets.take(str(n), 0) for n in range(1000)} == {0}
    assert len(buckets) == 0


def test_keys_take_bounded_memory_and_the_busy_one_is_kept() -> None:
    buckets = Buckets(rate=1, burst=1, most=10)
    for number in range(1000):
        assert (buckets.take("busy", 0) > 0) is (number > 0)
        buckets.take(f"k{number}", 0)
    assert len(buckets) == 10


def test_retry_after_is_in_whole_seconds() -> None:
    assert list(map(retry_after, (0.001, 1, 1.2, 59.9))) == ["1", "1", "2", "60"]


@given(st.lists(st.floats(0, 5), min_size=1, max_size=200))
def test_never_more_than_the_burst_and_the_rate(gaps: list[float]) -> None:
    buckets, now, passed = Buckets(rate=3, burst=5), 0.0, 0
    for gap in gaps:
        now += gap
        passed += buckets.take("k", now) == 0
    assert passed <= 5 + 3 * now + 1e-6


@given(st.floats(0.1, 100), st.integers(1, 50))
def test_who_waits_as_told_passes(rate: float, burst: int) -> None:
    buckets = Buckets(rate=rate, burst=burst)
    while not (wait := buckets.take("k", 0)):
        pass
    assert buckets.take("k", wait * 1.0001) == 0
