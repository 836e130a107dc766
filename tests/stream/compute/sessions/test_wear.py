"""Minutes in which a device was worn: gaps just inside and just outside, and who wears what."""

from collections.abc import Sequence

import numpy as np
import pytest

from model.columns.window import SampleColumn
from model.facts import DeviceType, Method, Source
from stream.compute.series.reported_columns import ReportedSeries, reported_series
from stream.compute.wear import phone_minutes, worn_minutes, worn_spans

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
    assert worn_minutes(_hearts(seconds), 0, _DAY) == minutes


@pytest.mark.parametrize(("every", "minutes"), [(1, 1440), (5, 1436), (10, 1431), (11, 0)])
def test_a_watch_of_few_readings_is_worn_all_day(every: int, minutes: int) -> None:
    seconds = np.arange(0, 86_400, 60 * every).tolist()
    assert worn_minutes(_hearts(seconds), 0, _DAY) == minutes


def test_a_date_is_judged_by_its_own_samples() -> None:
    hearts = _hearts([-60, 240, 86_340, 86_700])
    assert worn_minutes(hearts, 0, _DAY) == 0
    assert worn_minutes(hearts, -_DAY, _DAY) == 6


def test_two_sources_lend_each_other_no_sample_and_share_their_minutes() -> None:
    assert worn_minutes([*_hearts([0]), *_hearts([300], _OTHER)], 0, _DAY) == 0
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
    assert worn_minutes(_hearts([0, 300], source), 0, _DAY) == (6 if worn else 0)


def test_no_signal_is_no_wear() -> None:
    assert worn_minutes(_hearts([0, 300], bpm=0), 0, _DAY) == 0


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
