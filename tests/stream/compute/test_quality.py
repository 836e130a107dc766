"""Hygiene of heart rate against the rule applied sample by sample, and each flag at its edges.

Also how local its effect is.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.calendar import HOUR_MS
from model.derived.sessions import QualityFlag
from model.facts import DeviceType, Instants, Method, Source, Values
from stream.compute.series.quality import (
    QUALITY_CHECKS,
    ScreenedHeartRate,
    cadence_at,
    quality_flags,
    screen_heart_rate,
)
from tests.depth import INVARIANT
from tests.rows import cells_of, values_of

_STRAP = Source(vendor="v", device_type=DeviceType.STRAP, method=Method.WORKOUT)
_NOON = 494_000 * HOUR_MS
_NAN = float("nan")

_values = st.sampled_from(
    [60.0, 75.0, 90.0, 90.5, 120.0, 121.0, 150.0, 230.0, 230.5, 29.0, _NAN, float("inf")]
)
gaps = st.sampled_from([1_000, 1_000, 1_000, 4_000, 9_999, 10_000, 10_001, 60_000, HOUR_MS])
_rows = st.lists(st.tuples(gaps, _values), max_size=40)


def _columns(
    pairs: list[tuple[int, float]], start: int = _NOON - 20_000
) -> tuple[Instants, Values]:
    t = start + np.cumsum(np.array(cells_of(pairs, 0), dtype=np.int64))
    return t, np.array(cells_of(pairs, 1), dtype=np.float64)


def _reference(t: Instants, v: Values) -> list[int]:
    """Apply the rule as it is written, sample by sample."""
    codes = [0 if 30 <= value <= 230 else 1 for value in v]
    kept = [n for n, code in enumerate(codes) if not code]
    chain: dict[int, int] = {}
    for before, n in zip([-1, *kept], kept, strict=False):
        goes_on = (
            before >= 0 and t[n] - t[before] <= 10_000 and t[n] // HOUR_MS == t[before] // HOUR_MS
        )
        chain[n] = chain[before] if goes_on else n
    last = -1
    for position, n in enumerate(kept):
        behind = [m for m in kept[position + 1 : position + 4] if chain[m] == chain[n]]
        confirmed = len(behind) == 3 and all(abs(v[m] - v[n]) <= 30 for m in behind)
        starts = chain[n] == n or t[n] - t[last] > 10_000
        if starts or confirmed or abs(v[n] - v[last]) <= 30:
            last = n
        else:
            codes[n] = 2
    return codes


def codes_of(*v: float, gap: int = 1_000) -> list[int]:
    t, values_ = _columns([(gap, value) for value in v], _NOON)
    return list(map(int, screen_heart_rate(t, values_)))


@pytest.mark.parametrize(
    ("v", "expected"),
    [
        ((), []),
        ((100, 130, 160, 130), [0, 0, 0, 0]),  # 30 is no jump
        ((100, 131, 100), [0, 2, 0]),
        ((100, 131, 131, 100), [0, 2, 2, 0]),
        ((100, 131, 131, 131, 100), [0, 2, 2, 2, 0]),  # two confirm the first, and no third
        ((100, 140, 170, 110, 140), [0, 0, 0, 2, 0]),  # within thirty of it, thirty included
        ((100, 131, 131, 131, 131, 100), [0, 0, 0, 0, 0, 2]),  # three confirm; then 100 is the jump
    ],
)
def test_a_jump_needs_three_that_follow(v: tuple[float, ...], expected: list[int]) -> None:
    assert codes_of(*v) == expected


def test_a_wrong_first_sample_is_left_behind() -> None:
    assert codes_of(200, 100, 101, 102, 103, 104) == [0] * 6


def test_a_last_spike_is_a_jump() -> None:
    assert codes_of(100, 101, 180) == [0, 0, 2]


def test_out_of_range_is_passed_over() -> None:
    assert codes_of(100, 0, 131, _NAN, 100, 231, 29.9, 30 + 1e-9) == [0, 1, 2, 1, 0, 1, 1, 2]


def test_samples_far_apart_are_not_compared() -> None:
    assert codes_of(100, 180, 100, gap=10_000) == [0, 2, 0]
    assert codes_of(100, 180, 100, gap=10_001) == [0, 0, 0]


def test_a_run_of_jumps_ends_when_the_last_accepted_is_old() -> None:
    # The rates alternate, so nothing confirms a jump. 11 s after the last accepted sample
    # nothing is left to compare with.
    assert codes_of(100, *(150, 190) * 6) == [0] + [2] * 10 + [0, 2]


def test_a_whole_hour_starts_anew() -> None:
    t = _NOON + np.array([-2_000, -1_000, 0, 1_000], dtype=np.int64)
    assert screen_heart_rate(t, np.array([100.0, 180.0, 180.0, 180.0])).tolist() == [0, 2, 0, 0]


@INVARIANT
@given(_rows)
def test_equals_the_rule_one_sample_at_a_time(pairs: list[tuple[int, float]]) -> None:
    t, v = _columns(pairs)
    assert screen_heart_rate(t, v).tolist() == _reference(t, v)


@INVARIANT
@given(_rows, _rows, st.integers(-30_000, 30_000))
def test_any_window_of_whole_hours_gives_the_same(
    before: list[tuple[int, float]], after: list[tuple[int, float]], shift: int
) -> None:
    t, v = _columns([*before, *after], _NOON - 30_000 + shift)
    total = screen_heart_rate(t, v)
    for hour in range(int(t[0]) // HOUR_MS, int(t[-1]) // HOUR_MS + 2) if len(t) else ():
        cut = int(np.searchsorted(t, hour * HOUR_MS))
        assert [
            *screen_heart_rate(t[:cut], v[:cut]),
            *screen_heart_rate(t[cut:], v[cut:]),
        ] == total.tolist()


@given(_rows)
def test_what_is_out_of_range_decides_nothing_and_nothing_is_altered(
    pairs: list[tuple[int, float]],
) -> None:
    t, v = _columns(pairs)
    reported = v.copy()
    codes = screen_heart_rate(t, v)
    kept = codes != 1
    assert codes[kept].tolist() == screen_heart_rate(t[kept], v[kept]).tolist()
    assert np.array_equal(v, reported, equal_nan=True)
    assert codes.dtype == np.uint8


def screened(
    pairs: list[tuple[int, float]], cadence: list[float] | None = None, source: Source = _STRAP
) -> ScreenedHeartRate:
    t, v = _columns(pairs, _NOON)
    steps = np.full(len(t), _NAN) if cadence is None else np.array(cadence)
    return ScreenedHeartRate(source=source, t=t, v=v, codes=screen_heart_rate(t, v), cadence=steps)


def _flags(of: ScreenedHeartRate) -> list[tuple[str, int, int, int]]:
    """Return flags over everything, in seconds after noon."""
    got = quality_flags(of, _NOON, _NOON + HOUR_MS)
    return [
        (f.what, (f.start_ms - _NOON) // 1000, (f.end_ms - 1 - _NOON) // 1000, f.n) for f in got
    ]


def steady(seconds: int, start: float = 100, step: int = 1) -> list[tuple[int, float]]:
    """Return heart rate that varies by 1."""
    return [(step * 1_000, start + n % 2) for n in range(seconds // step)]


def test_nothing_to_doubt() -> None:
    assert _flags(screened(steady(1_200))) == []
    assert _flags(screened([])) == []


def test_what_is_left_out_is_counted() -> None:
    of = screened([(1_000, v) for v in (100, 0, 101, 180, 100, 255, 255, 101, 175, 101)])
    assert _flags(of) == [("range", 2, 7, 3), ("jump", 4, 9, 2)]
    assert quality_flags(of, _NOON, _NOON + HOUR_MS)[0] == QualityFlag(
        what="range",
        metric="heart_rate",
        source=_STRAP,
        start_ms=_NOON + 2_000,
        end_ms=_NOON + 7_001,
        n=3,
    )


def test_a_session_begins_at_its_start_and_ends_before_its_end() -> None:
    of = screened([(1_000, 0.0)] * 5)
    assert [(f.start_ms - _NOON, f.n) for f in quality_flags(of, _NOON + 2_000, _NOON + 4_000)] == [
        (2_000, 2)
    ]


def test_one_value_for_ten_minutes_is_a_flat_line() -> None:
    assert _flags(screened([(1_000, 99.0)] + [(1_000, 100.0)] * 600 + [(1_000, 99.0)])) == []
    assert _flags(screened([(1_000, 99.0)] + [(1_000, 100.0)] * 601 + [(1_000, 99.0)])) == [
        ("flat_line", 2, 602, 601)
    ]


def test_a_flat_line_needs_samples_that_keep_coming() -> None:
    sparse = replace(_STRAP, method=Method.BACKGROUND)
    assert _flags(screened([(30_000, 100.0)] * 21, source=sparse)) == [("flat_line", 30, 630, 21)]
    assert _flags(screened([(30_001, 100.0)] * 30, source=sparse)) == []
    assert (
        _flags(screened([(1_000, 100.0)] * 400 + [(31_000, 100.0)] + [(1_000, 100.0)] * 400)) == []
    )


def test_a_spike_that_is_left_out_does_not_end_a_flat_line() -> None:
    line = [(1_000, 100.0)] * 601
    line[300] = (1_000, 200.0)
    assert _flags(screened(line)) == [("jump", 301, 301, 1), ("flat_line", 1, 601, 600)]


def locked(
    seconds: int, before: float = 95.0, rate: float = 115.0, after: float = 115.0
) -> ScreenedHeartRate:
    """Return heart rate beside 118 steps a minute: a minute of `before`, then `rate`, then `after`.

    `rate` lasts `seconds` and is by default three below the steps. `after` lasts a minute.
    """
    v = [(1_000, before)] * 60 + [(1_000, rate)] * (seconds + 1) + [(1_000, after)] * 60
    return screened(v, [118.0] * len(v))


def test_heart_rate_that_leaps_onto_the_steps_for_three_minutes() -> None:
    assert _flags(locked(180, after=100)) == [("cadence_lock", 61, 241, 181)]
    assert _flags(locked(179, after=100)) == []
    assert _flags(locked(180, before=135, after=100)) == [("cadence_lock", 61, 241, 181)]


def test_heart_rate_that_leaps_off_the_steps() -> None:
    assert _flags(locked(180, before=101, after=131)) == [("cadence_lock", 61, 241, 181)]


def test_heart_rate_that_happens_to_agree_is_no_lock() -> None:
    assert _flags(locked(180, before=100, after=130)) == []  # fifteen is no leap
    assert (
        _flags(locked(180, before=95, rate=114.9, after=95)) == []
    )  # more than three from the steps
    assert (
        _flags(screened(steady(600, 117), [118.0] * 600)) == []
    )  # from first to last: nothing to compare with
    assert (
        _flags(
            screened(
                [(1_000, 95 + n / 3) for n in range(60)] + steady(300, 115),
                [117.0] * 360,
            )
        )
        == []
    )


def test_no_steps_no_lock() -> None:
    of = locked(300)
    assert _flags(replace(of, cadence=np.full(len(of.t), _NAN))) == []


def test_the_latest_cadence_holds_for_ten_seconds() -> None:
    t = np.array([0, 999, 1_000, 5_000, 11_000, 11_001, 20_000], dtype=np.int64)
    got = cadence_at(t, np.array([1_000, 20_000], dtype=np.int64), np.array([90.0, 120.0]))
    assert np.array_equal(got, [_NAN, _NAN, 90, 90, 90, _NAN, 120], equal_nan=True)
    assert np.isnan(cadence_at(t, np.empty(0, np.int64), np.empty(0))).all()


@pytest.mark.parametrize(
    ("method", "flagged"),
    [
        (Method.WORKOUT, True),
        (Method.UNKNOWN, True),
        (Method.BACKGROUND, False),
        (Method.MANUAL, False),
    ],
)
def test_averages_instead_of_samples(method: Method, *, flagged: bool) -> None:
    source = replace(_STRAP, method=method)
    assert _flags(screened(steady(600, step=10), source=source)) == []
    assert _flags(screened([(10_001, v) for _, v in steady(50)], source=source)) == (
        [("condensed", 10, 500, 50)] if flagged else []
    )


def test_one_sample_has_no_spacing() -> None:
    assert _flags(screened([(1_000, 100.0)])) == []


@given(
    _rows,
    st.integers(0, 40),
    st.integers(0, 40),
    st.sampled_from([20.0, 60.0, 110.0]),
    st.integers(0, 2),
)
def test_what_lies_outside_a_session_decides_nothing(
    pairs: list[tuple[int, float]], first: int, other: int, rate: float, code: int
) -> None:
    of = screened(pairs)
    low, high = sorted((_NOON + first * 3_000, _NOON + other * 3_000))
    outside = (of.t < low) | (of.t >= high)
    changed = replace(
        of,
        v=np.where(outside, rate, of.v),
        codes=np.where(outside, code, of.codes).astype(np.uint8),
    )
    got = quality_flags(of, low, high)
    assert got == quality_flags(changed, low, high)
    for f in got:
        assert low <= f.start_ms < f.end_ms <= high
        assert f.what in QUALITY_CHECKS
        assert f.n > 0


@given(_rows)
def test_codes_and_counts_agree(pairs: list[tuple[int, float]]) -> None:
    of = screened(pairs)
    got = dict(values_of(quality_flags(of, _NOON, _NOON + 100 * HOUR_MS), "what", "n"))
    assert (got.get("range", 0), got.get("jump", 0)) == (
        int((of.codes == 1).sum()),
        int((of.codes == 2).sum()),
    )
