"""Ranks of sources as the definition orders them."""

import numpy as np
import pytest

from model.facts import DeviceType, Method, Source
from stream.compute.series.reported_columns import reported_series
from stream.compute.series.resolve import resolve
from stream.compute.series.sources import hold_times, source_rank
from stream.compute.sessions.session_rows import heart_summary


def source(device: DeviceType, method: Method) -> Source:
    return Source(vendor="v", device_type=device, method=method)


ORDER = [
    source(DeviceType.STRAP, Method.UNKNOWN),
    source(DeviceType.WATCH, Method.WORKOUT),
    source(DeviceType.WATCH, Method.BACKGROUND),
    source(DeviceType.PHONE, Method.WORKOUT),
    source(DeviceType.STRAP, Method.MANUAL),
]


def test_strap_watch_workout_watch_background_phone_manual() -> None:
    ranks = list(map(source_rank, ORDER))
    assert ranks == sorted(set(ranks))


@pytest.mark.parametrize("device", DeviceType)
@pytest.mark.parametrize("method", Method)
def test_every_source_has_a_rank_and_by_hand_is_last(device: DeviceType, method: Method) -> None:
    typed = device is DeviceType.PERSON or method is Method.MANUAL
    assert (source_rank(source(device, method)) == source_rank(ORDER[-1])) == typed


def test_nothing_gives_nothing() -> None:
    assert reported_series([]) == {}
    assert resolve("heart_rate", ()).minutes_with_samples(0, 10**15) == 0
    assert heart_summary(None).n == 0


SAYS_NOTHING = source(DeviceType.PHONE, Method.UNKNOWN)


@pytest.mark.parametrize(
    ("seconds", "held"),
    [
        ([0, 60, 120], [90, 90, 90]),
        ([0, 45, 90], [90, 90, 90]),
        ([0, 44, 104], [30, 30, 90]),
        ([0, 1, 2, 180], [30, 30, 30, 90]),
        ([3_599, 3_600], [90, 90]),  # another hour
        ([7], [90]),
    ],
)
def test_a_source_that_does_not_say_how_it_records_is_judged_by_its_neighbours(
    seconds: list[int], held: list[int]
) -> None:
    t = np.array(seconds, np.int64) * 1_000
    assert (hold_times(SAYS_NOTHING, t) // 1_000).tolist() == held
    assert set(hold_times(source(DeviceType.WATCH, Method.WORKOUT), t).tolist()) == {30_000}
    assert set(hold_times(source(DeviceType.WATCH, Method.BACKGROUND), t).tolist()) == {90_000}
