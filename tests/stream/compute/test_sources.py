"""Ranks of sources as the definition orders them."""

import numpy as np
import pytest

from model.columns.window import SampleColumn
from model.facts import DeviceType, Method, Source
from stream.compute.series.reported_columns import reported_series
from stream.compute.series.source_selection import resolve
from stream.compute.series.sources import hold_times, source_rank, streamed_hold_times
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
    assert resolve("heart_rate", ()).main_source(0, 10**15) is None
    assert heart_summary(None).n == 0


@pytest.mark.parametrize(
    ("seconds", "held"),
    [
        ([0, 60, 120], [90, 90, 60]),
        ([0, 44.999, 89.999], [30, 90, 60]),
        ([0, 45, 90], [90, 90, 60]),
        ([0, 90, 180], [90, 90, 60]),
        ([0, 90.001], [60, 60]),
        ([0, 300, 600], [60, 60, 60]),  # readings on the spot, as a watch takes them at rest
        ([0, 1, 2, 180], [30, 30, 60, 60]),
        ([3_599, 3_600], [30, 60]),  # another hour has no part in it
        ([7], [60]),
        ([], []),
    ],
)
def test_the_spacing_to_the_next_sample_decides_how_long_one_holds(
    seconds: list[float], held: list[int]
) -> None:
    t = (np.array(seconds) * 1_000).astype(np.int64)
    assert (hold_times(t) // 1_000).tolist() == held


@pytest.mark.parametrize(
    ("seconds", "held"),
    [
        ([0, 60, 120], [90, 90, 60]),  # once a minute
        ([0, 45, 90], [90, 90, 60]),
        ([0, 44.999, 89.999], [30, 30, 30]),
        ([0, 90, 180], [90, 90, 60]),
        ([0, 90.001, 180], [30, 30, 30]),
        ([0, 60, 61, 62], [30, 30, 30, 30]),  # a gap in a stream
        ([0, 60, 120, 121, 122], [90, 90, 30, 30, 30]),  # a faster stream goes on
        ([0, 1, 61, 62], [30, 30, 30, 30]),
        ([0, 60, 360, 420], [30, 30, 30, 30]),
        ([0, 60, 120, 360, 420, 480], [90, 90, 60, 90, 90, 60]),
        ([0, 60], [30, 30]),
        ([7], [30]),
        ([], []),
    ],
)
def test_a_stream_of_one_a_minute_holds_until_the_next(
    seconds: list[float], held: list[int]
) -> None:
    t = (np.array(seconds) * 1_000).astype(np.int64)
    assert (streamed_hold_times(t, np.zeros(len(t), np.int64)) // 1_000).tolist() == held


def test_a_workout_that_follows_changes_nothing_about_the_one_before() -> None:
    first = np.arange(0, 1_800, 60) * 1_000
    alone = streamed_hold_times(first, np.zeros(len(first), np.int64))
    for later_ms in (90_001, 3_600_000, 2 * 86_400_000):
        both = np.concatenate([first, first + first[-1] + later_ms])
        assert streamed_hold_times(both, np.zeros(len(both), np.int64))[: len(first)].tolist() == (
            alone.tolist()
        )
    # of another source it may come sooner
    both = np.concatenate([first, first + first[-1] + 10_000])
    source_of = np.repeat([0, 1], len(first))
    assert streamed_hold_times(both, source_of)[: len(first)].tolist() == alone.tolist()


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("device", DeviceType)
def test_a_started_workout_is_a_stream_whatever_its_gaps(
    device: DeviceType, method: Method
) -> None:
    t = np.array([0, 1_000, 61_000, 400_000], np.int64)
    column = SampleColumn(
        metric="heart_rate", source=source(device, method), record="r", t=t, v=np.full(4, 90.0)
    )
    resolved = resolve("heart_rate", reported_series([column])["heart_rate"])
    spacing = [30_000, 90_000, 60_000, 60_000]
    streamed = method is Method.WORKOUT
    assert resolved.series.hold.tolist() == ([30_000] * 4 if streamed else spacing)


def test_what_follows_the_end_of_a_date_changes_no_sample_before_it() -> None:
    t = np.array([0, 60_000, 90_000], np.int64)
    column = SampleColumn(
        metric="heart_rate",
        source=source(DeviceType.WATCH, Method.BACKGROUND),
        record="r",
        t=t,
        v=np.full(3, 90.0),
    )
    resolved = resolve("heart_rate", reported_series([column])["heart_rate"])
    assert resolved.series.hold.tolist() == [90_000, 30_000, 60_000]
    assert resolved.before(90_000).series.hold.tolist() == [90_000, 60_000]
    assert resolved.before(90_001).series.hold.tolist() == [90_000, 30_000, 60_000]
    assert resolved.before(0).series.hold.tolist() == []
