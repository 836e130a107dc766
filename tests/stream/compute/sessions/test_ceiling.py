"""Times above a prescribed ceiling: just inside and just outside of what makes one."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from model.derived.sessions import ABOVE_CEILING, FAR_ABOVE_CEILING
from model.facts import DeviceType, Source, Values
from stream.compute.pieces import Pieces
from stream.compute.series.reported_columns import ReportedSeries
from stream.compute.series.source_selection import resolve
from stream.compute.sessions.ceiling import ceiling_flags

_CEILING = 130.0
_T0 = 1_790_000_000_000
_SERIES = ReportedSeries(
    metric="heart_rate",
    source=Source(vendor="v", device_type=DeviceType.WATCH),
    t=np.zeros(0, np.int64),
    v=np.zeros(0),
    codes=np.zeros(0, np.uint8),
)


def _times(
    *stretches: tuple[int, float], every: int = 1, ceiling: float | None = _CEILING
) -> list[tuple[int, int, int, str]]:
    """Return first second, end, samples above and kind of each time in stretches of bpm."""
    v = np.concatenate([np.full(seconds // every, bpm) for seconds, bpm in stretches])
    return _of(range(0, len(v) * every, every), v, ceiling)


def _of(
    seconds: Iterable[int],
    v: Values,
    ceiling: float | None = _CEILING,
    *,
    end: int | None = None,
    pauses: Pieces = (),
) -> list[tuple[int, int, int, str]]:
    """Return the times of a session that ends with the hold of its last sample, or at `end`."""
    t = _T0 + np.array(list(seconds), np.int64) * 1000
    heart = resolve("heart_rate", [replace(_SERIES, t=t, v=v, codes=np.zeros(len(t), np.uint8))])
    until_ms = 2 * int(t[-1]) - int(t[-2]) if end is None else _T0 + end * 1000
    stopped = tuple((_T0 + begin * 1000, _T0 + last * 1000) for begin, last in pauses)
    rows: list[tuple[int, int, int, str]] = []
    for flag in ceiling_flags(heart, _T0, until_ms, ceiling, stopped):
        first, last = (flag.start_ms - _T0) // 1000, (flag.end_ms - _T0) // 1000
        rows.append((first, last, flag.n, flag.what))
    return rows


_CASES: dict[str, tuple[list[tuple[int, float]], list[tuple[int, int, int, str]]]] = {
    "two minutes": ([(60, 120), (120, 131), (60, 120)], [(60, 180, 120, ABOVE_CEILING)]),
    "95 % of them": ([(60, 120), (114, 131), (60, 120)], [(60, 174, 114, ABOVE_CEILING)]),
    "a second less": ([(60, 120), (113, 131), (60, 120)], []),
    "at the ceiling": ([(60, 120), (600, 130), (60, 120)], []),
    "five minutes far above": ([(300, 140)], [(0, 300, 300, FAR_ABOVE_CEILING)]),
    "and before others": ([(300, 140), (60, 120)], [(0, 300, 300, FAR_ABOVE_CEILING)]),
    "not so far above": ([(300, 139.9)], [(0, 300, 300, ABOVE_CEILING)]),
    "far above for less": ([(284, 140), (30, 131)], [(0, 314, 314, ABOVE_CEILING)]),
    # it is left only at 5 beats below for two minutes
    "a short rest": ([(180, 131), (60, 120), (180, 131)], [(0, 420, 360, ABOVE_CEILING)]),
    "a long rest": (
        [(180, 131), (120, 125), (180, 131)],
        [(0, 180, 180, ABOVE_CEILING), (300, 480, 180, ABOVE_CEILING)],
    ),
    "a rest that is not clear": (
        [(180, 131), (120, 126), (180, 131)],
        [(0, 480, 360, ABOVE_CEILING)],
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_a_ceiling_is_exceeded_for_two_minutes(name: str) -> None:
    stretches, times = _CASES[name]
    assert _times(*stretches) == times


def test_of_a_hundred_samples_five_may_be_below() -> None:
    v = np.full(120, 135.0)
    v[5:11] = 129
    assert _of(range(120), v) == [(0, 120, 114, ABOVE_CEILING)]
    v[11] = 129
    assert _of(range(120), v) == []


@pytest.mark.parametrize(("samples", "times"), [(5, 0), (6, 1)])
def test_six_samples_are_needed_however_long_they_take(samples: int, times: int) -> None:
    assert len(_times((samples * 60, 140), every=60)) == times


def test_a_silence_ends_what_was_above() -> None:
    known = [*range(121), *range(121 + 90, 121 + 90 + 121)]
    assert len(_of(known, np.full(len(known), 140.0))) == 2
    known = [*range(121), *range(120 + 90, 120 + 90 + 121)]
    assert len(_of(known, np.full(len(known), 140.0))) == 1


@pytest.mark.parametrize(("end", "until"), [(271, 271), (299, 299), (300, 300), (900, 300)])
def test_the_last_sample_holds_as_long_as_in_a_zone(end: int, until: int) -> None:
    kind = FAR_ABOVE_CEILING if until == 300 else ABOVE_CEILING
    # nothing follows, so that it holds for 60 s, and no longer than the session
    times = _of(range(241), np.full(241, 140.0), end=end)
    assert times == [(0, min(until, 300), 241, kind)]


@pytest.mark.parametrize(
    ("pause", "until"), [((250, 280), 250), ((200, 260), 260), ((100, 150), 300), ((400, 500), 300)]
)
def test_no_sample_holds_over_an_edge_of_a_pause(pause: tuple[int, int], until: int) -> None:
    ((first, last, _, _),) = _of(range(241), np.full(241, 140.0), end=900, pauses=(pause,))
    assert (first, last) == (0, until)


def test_a_session_without_heart_rate_has_no_time_above() -> None:
    assert _of(range(-600, -300), np.full(300, 200.0), end=60) == []


def test_without_a_ceiling_or_samples_nothing_is_above() -> None:
    assert _times((600, 200), ceiling=None) == []
    assert list(ceiling_flags(None, 0, 1, _CEILING)) == []
