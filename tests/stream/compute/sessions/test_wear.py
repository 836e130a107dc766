"""Minutes in which a device was worn: gaps just inside and just outside, and who wears what."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest

from model.calendar import day_bounds
from model.columns.window import SampleColumn
from model.facts import DeviceType, Method, Source
from stream.compute.series.reported_columns import ReportedSeries, reported_series
from stream.compute.wear import (
    is_worn_all_day,
    phone_minutes,
    unseen_minutes,
    worn_minutes,
    worn_spans,
)

_S = 1_000
_MIN = 60 * _S
_DAY = 1440 * _MIN
_WATCH = Source(vendor="a", device_type=DeviceType.WATCH, method=Method.BACKGROUND)
_OTHER = Source(vendor="b", device_type=DeviceType.WATCH, method=Method.WORKOUT)


def _hearts(
    seconds: Sequence[float], source: Source = _WATCH, bpm: float = 70
) -> tuple[ReportedSeries, ...]:
    t = (np.array(seconds) * _S).astype(np.int64)
    column = SampleColumn(
        metric="heart_rate", source=source, record="r", t=t, v=np.full(len(t), bpm)
    )
    return reported_series([column])["heart_rate"]


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [
        ([], 0),
        ([0], 0),  # a sample alone shows no wear
        ([0, 1], 1),
        ([0, 59], 1),
        ([59, 61], 2),
        ([0, 600], 11),  # ten minutes apart
        ([0, 600.001], 0),  # one millisecond more
        ([0, 600, 1_200], 21),
        ([0, 600, 1_201], 11),
        ([30, 630], 11),
        ([0, 60, 5_000, 5_060], 4),
    ],
)
def test_between_two_samples_at_most_ten_minutes_apart(seconds: list[float], minutes: int) -> None:
    assert worn_minutes(worn_spans(_hearts(seconds), 0, _DAY)) == minutes


@pytest.mark.parametrize(("every", "minutes"), [(1, 1440), (5, 1436), (10, 1431), (11, 0)])
def test_a_watch_of_few_readings_is_worn_all_day(every: int, minutes: int) -> None:
    seconds = np.arange(0, 86_400, 60 * every).tolist()
    assert worn_minutes(worn_spans(_hearts(seconds), 0, _DAY)) == minutes


@pytest.mark.parametrize(
    ("kind", "minutes"),
    [
        (DeviceType.WATCH, 1440),
        (DeviceType.STRAP, 1440),
        (DeviceType.UNKNOWN, 1440),
        (DeviceType.PHONE, 0),  # it is carried, also where it names itself as the source of a pulse
        (DeviceType.PERSON, 0),
    ],
)
def test_only_the_heart_rate_of_what_is_worn_shows_wear(kind: DeviceType, minutes: int) -> None:
    seconds = np.arange(0, 86_400, 60).tolist()
    hearts = _hearts(seconds, Source(vendor="v", device_type=kind))
    assert worn_minutes(worn_spans(hearts, 0, _DAY)) == minutes


@pytest.mark.parametrize(
    ("kind", "method", "waits"),
    [
        (DeviceType.WATCH, Method.BACKGROUND, True),
        # a ring, and what a hub states of no method
        (DeviceType.UNKNOWN, Method.BACKGROUND, True),
        (DeviceType.UNKNOWN, Method.UNKNOWN, True),
        # an upload, a Strava activity, a strap
        (DeviceType.WATCH, Method.WORKOUT, False),
        (DeviceType.UNKNOWN, Method.WORKOUT, False),
        (DeviceType.STRAP, Method.BACKGROUND, False),
        (DeviceType.PHONE, Method.BACKGROUND, False),
        (DeviceType.SCALE, Method.BACKGROUND, False),
        (DeviceType.PERSON, Method.MANUAL, False),
        (DeviceType.WATCH, Method.MANUAL, False),
    ],
)
def test_only_what_is_worn_all_day_is_waited_for(
    kind: DeviceType, method: Method, *, waits: bool
) -> None:
    assert is_worn_all_day(Source(vendor="v", device_type=kind, method=method)) is waits


def test_a_date_is_judged_by_its_own_samples() -> None:
    hearts = _hearts([-60, 240, 86_340, 86_700])
    assert worn_minutes(worn_spans(hearts, 0, _DAY)) == 0
    assert worn_minutes(worn_spans(hearts, -_DAY, _DAY)) == 6


def test_two_sources_lend_each_other_no_sample_and_share_their_minutes() -> None:
    assert worn_minutes(worn_spans([*_hearts([0]), *_hearts([300], _OTHER)], 0, _DAY)) == 0
    both = [*_hearts([0, 300]), *_hearts([180, 600], _OTHER)]
    assert worn_spans(both, 0, _DAY) == ((0, 11 * _MIN),)


@pytest.mark.parametrize(
    ("source", "worn"),
    [
        (Source(vendor="a", device_type=DeviceType.STRAP, method=Method.WORKOUT), True),
        (Source(vendor="a"), True),
        (Source(vendor="a", device_type=DeviceType.PERSON), False),
        (Source(vendor="a", device_type=DeviceType.SCALE), False),
        (Source(vendor="a", device_type=DeviceType.WATCH, method=Method.MANUAL), False),
    ],
)
def test_nobody_wears_a_scale_or_a_form(
    source: Source,
    worn: bool,  # noqa: FBT001
) -> None:
    assert worn_minutes(worn_spans(_hearts([0, 300], source), 0, _DAY)) == (6 if worn else 0)


def test_no_signal_is_no_wear() -> None:
    assert worn_minutes(worn_spans(_hearts([0, 300], bpm=0), 0, _DAY)) == 0


@pytest.mark.parametrize(
    ("steps", "minutes"),
    [
        ([], 0),
        ([(600, 30)], 1),
        ([(600, 30), (1_199, 5)], 600),
        ([(600, 30), (1_198, 5), (1_400, 0)], 599),  # 0 steps show no pocket
        ([(-1, 30), (600, 30), (1_440, 5)], 1),  # other dates
    ],
)
def test_a_phone_was_carried_from_its_first_to_its_last_step(
    steps: list[tuple[int, float]], minutes: int
) -> None:
    for kind, expected in ((DeviceType.PHONE, minutes), (DeviceType.WATCH, 0)):
        source = Source(vendor="a", device_type=kind)
        t = np.array([minute * _MIN for minute, _ in steps], np.int64)
        v = np.array([value for _, value in steps], np.float64)
        codes = np.zeros(len(t), np.uint8)
        series = ReportedSeries(metric="steps", source=source, t=t, v=v, codes=codes)
        assert phone_minutes([series], 0, _DAY) == expected


def _wear(
    *spans: tuple[float, float], source: Source = _WATCH, value: float = 1
) -> tuple[ReportedSeries, ...]:
    """Return intervals in which a source tells of wear, in minutes."""
    edges = (np.array(spans) * _MIN).astype(np.int64)
    column = SampleColumn(
        metric="wear",
        source=source,
        record="",
        t=edges[:, 0],
        v=np.full(len(spans), value),
        until=edges[:, 1],
    )
    return reported_series([column])["wear"]


@pytest.mark.parametrize(
    ("shown", "minutes"),
    [
        (_wear((0, 480)), 480),
        (_wear((0.5, 1.5)), 2),  # a minute of which some was worn
        (_wear((0, 60), (60, 120), (300, 360)), 180),
        (_wear((0, 60), (30, 90)), 90),
        (_wear((10, 10)), 0),  # an instant without an end
        (_wear((0, 480), value=0), 0),
        ([*_wear((0, 5)), *_hearts([240, 540])], 10),  # a minute of both counts once
        (_wear((-30, 30)), 30),
        (_wear((1_420, 1_500)), 20),
        (_wear((0, 480), source=Source(vendor="a", device_type=DeviceType.PHONE)), 0),
        (_wear((0, 480), source=Source(vendor="a")), 480),
        (_wear((0, 480), source=Source(vendor="a", method=Method.MANUAL)), 0),
    ],
)
def test_wear_that_a_worn_source_tells_counts(
    shown: Sequence[ReportedSeries], minutes: int
) -> None:
    assert worn_minutes(worn_spans(shown, 0, _DAY)) == minutes


def test_time_that_is_told_as_worn_is_seen() -> None:
    """From 06 to 22 of the date, of which 08 to 20 is told."""
    day = date(1970, 1, 1)
    assert unseen_minutes(worn_spans((), *day_bounds(day, "UTC")), day, "UTC") == 960
    assert (
        unseen_minutes(worn_spans(_wear((480, 1_200)), *day_bounds(day, "UTC")), day, "UTC") == 120
    )


@pytest.mark.parametrize(("length", "minutes"), [(60, 60), (61, 0)])
def test_a_phone_is_carried_in_counts_of_an_hour_at_most(length: int, minutes: int) -> None:
    column = SampleColumn(
        metric="steps",
        source=Source(vendor="a", device_type=DeviceType.PHONE),
        record="",
        t=np.array([0]),
        v=np.array([5_000.0]),
        until=np.array([length * _MIN]),
    )
    assert phone_minutes(reported_series([column])["steps"], 0, _DAY) == minutes
