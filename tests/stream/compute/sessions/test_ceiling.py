"""Times above a prescribed ceiling: just inside and just outside of what makes one."""

from collections.abc import Iterable

import numpy as np
import pytest

from model.calendar import MINUTE_MS
from model.derived.sessions import ABOVE_CEILING, FAR_ABOVE_CEILING
from model.facts import DeviceType, Source, Values
from stream.compute.series.reported_columns import ReportedSeries
from stream.compute.series.source_selection import resolve
from stream.compute.sessions.ceiling import ceiling_flags

_CEILING = 130.0
_T0 = 1_790_000_000_000


def _times(
    *stretches: tuple[int, float], every: int = 1, ceiling: float | None = _CEILING
) -> list[tuple[int, int, int, str]]:
    """Return first and last second, samples above and kind of each time in stretches of bpm."""
    v = np.concatenate([np.full(seconds // every, bpm) for seconds, bpm in stretches])
    return _of(range(0, len(v) * every, every), v, ceiling)


def _of(
    seconds: Iterable[int], v: Values, ceiling: float | None = _CEILING
) -> list[tuple[int, int, int, str]]:
    t = _T0 + np.array(list(seconds), np.int64) * 1000
    series = ReportedSeries(
        metric="heart_rate",
        source=Source(vendor="v", device_type=DeviceType.WATCH),
        t=t,
        v=v,
        codes=np.zeros(len(t), np.uint8),
    )
    heart = resolve("heart_rate", [series])
    flags = ceiling_flags(heart, _T0, int(t[-1]) + MINUTE_MS, ceiling)
    rows: list[tuple[int, int, int, str]] = []
    for flag in flags:
        first, last = (flag.start_ms - _T0) // 1000, (flag.end_ms - 1 - _T0) // 1000
        rows.append((first, last, flag.n, flag.what))
    return rows


_CASES: dict[str, tuple[list[tuple[int, float]], list[tuple[int, int, int, str]]]] = {
    "two minutes": ([(60, 120), (121, 131), (60, 120)], [(60, 180, 121, ABOVE_CEILING)]),
    "a second less": ([(60, 120), (114, 131), (60, 120)], []),
    "at the ceiling": ([(60, 120), (600, 130), (60, 120)], []),
    "five minutes far above": ([(301, 140)], [(0, 300, 301, FAR_ABOVE_CEILING)]),
    "not so far above": ([(301, 139.9)], [(0, 300, 301, ABOVE_CEILING)]),
    "far above for less": ([(285, 140), (30, 131)], [(0, 314, 315, ABOVE_CEILING)]),
    # it is left only at 5 beats below for two minutes
    "a short rest": ([(180, 131), (60, 120), (180, 131)], [(0, 419, 360, ABOVE_CEILING)]),
    "a long rest": (
        [(180, 131), (121, 125), (180, 131)],
        [(0, 179, 180, ABOVE_CEILING), (301, 480, 180, ABOVE_CEILING)],
    ),
    "a rest that is not clear": (
        [(180, 131), (121, 126), (180, 131)],
        [(0, 480, 360, ABOVE_CEILING)],
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_a_ceiling_is_exceeded_for_two_minutes(name: str) -> None:
    stretches, times = _CASES[name]
    assert _times(*stretches) == times


def test_of_a_hundred_samples_five_may_be_below() -> None:
    v = np.full(121, 135.0)
    v[5:11] = 129
    assert _of(range(121), v) == [(0, 120, 115, ABOVE_CEILING)]
    v[11] = 129
    assert _of(range(121), v) == []


@pytest.mark.parametrize(("samples", "times"), [(5, 0), (6, 1)])
def test_six_samples_are_needed_however_long_they_take(samples: int, times: int) -> None:
    assert len(_times((samples * 60, 140), every=60)) == times


def test_a_silence_ends_what_was_above() -> None:
    known = [*range(121), *range(121 + 90, 121 + 90 + 121)]
    assert len(_of(known, np.full(len(known), 140.0))) == 2
    known = [*range(121), *range(120 + 90, 120 + 90 + 121)]
    assert len(_of(known, np.full(len(known), 140.0))) == 1


def test_without_a_ceiling_or_samples_nothing_is_above() -> None:
    assert _times((600, 200), ceiling=None) == []
    assert list(ceiling_flags(None, 0, 1, _CEILING)) == []
