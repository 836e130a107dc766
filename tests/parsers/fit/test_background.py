"""FIT files without a recording: counters of all day, nights, scales, and what each must give.

The expectations follow from the profile: a counter goes up from local midnight for each type of
activity, so what lies between two readings is their difference.
"""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pytest

from model.facts import DaySummary, DeviceType, Method, SampleBlock
from parsers.formats import parse
from simulate.fit_messages import (
    ENUM,
    SINT32,
    UINT8,
    UINT16,
    UINT32,
    FieldShape,
    FitShape,
    encoded,
    fit_file,
)
from tests.parsers.fit.pieces import BASE_MS, BASE_S, ident
from tests.rows import matching, of_type, values_of

_STAMP = FieldShape(number=253, base=UINT32, offset=BASE_S)
_FIELDS: Mapping[int, Mapping[str, FieldShape]] = {
    55: {
        "t": _STAMP,
        "distance": FieldShape(number=2, base=UINT32, scale=100),
        "cycles": FieldShape(number=3, base=UINT32, scale=2),
        "kind": FieldShape(number=5, base=ENUM),
        "cycles_16": FieldShape(number=9, base=UINT16),
        "kcal": FieldShape(number=19, base=UINT16),
        "t16": FieldShape(number=26, base=UINT16),
        "hr": FieldShape(number=27, base=UINT8),
        "moderate": FieldShape(number=33, base=UINT16),
        "vigorous": FieldShape(number=34, base=UINT16),
    },
    103: {"t": _STAMP, "local": FieldShape(number=0, base=UINT32, offset=BASE_S)},
    211: {
        "t": _STAMP,
        "week": FieldShape(number=0, base=UINT8),
        "day": FieldShape(number=1, base=UINT8),
    },
    371: {"t": _STAMP, "value": FieldShape(number=0, base=UINT16, scale=128)},
    275: {"t": _STAMP, "level": FieldShape(number=0, base=ENUM)},
    297: {"t": _STAMP, "rate": FieldShape(number=0, base=SINT32, scale=100)},
    269: {"t": _STAMP, "oxygen": FieldShape(number=0, base=UINT8)},
    30: {"t": _STAMP, "weight": FieldShape(number=0, base=UINT16, scale=100)},
    51: {
        "t": _STAMP,
        "systolic": FieldShape(number=0, base=UINT16),
        "diastolic": FieldShape(number=1, base=UINT16),
    },
}
_MONITORING = 32
_WALK, _RUN, _RIDE = 6, 1, 2
_HOUR = 3600
_MIDNIGHT = -9 * _HOUR  # of 5 October at UTC+2; `BASE_S` is 09:00 there


def _message(number: int, **values: float) -> bytes:
    fields = {name: _FIELDS[number][name] for name in values}
    return encoded(FitShape(number=number, local=1, fields=fields), values)


def _file(*messages: bytes, kind: int = _MONITORING) -> bytes:
    return fit_file([ident(kind), *messages])


def _info(at: float, offset_h: float = 2) -> bytes:
    return _message(103, t=at, local=at + offset_h * _HOUR)


def _counts(content: bytes, metric: str) -> list[tuple[float, float, float]]:
    """Return begin and end in seconds from the base, and the count."""
    rows = []
    for block in matching(of_type(SampleBlock, parse("files", content).facts), metric=metric):
        assert block.until is not None
        assert block.head.source.method is Method.BACKGROUND
        columns = ((block.t - BASE_MS) / 1000, (block.until - BASE_MS) / 1000, block.v)
        rows += list(zip(*(column.tolist() for column in columns), strict=True))
    return rows


def _days(content: bytes) -> list[tuple[date, dict[str, float]]]:
    return values_of(of_type(DaySummary, parse("files", content).facts), "local_date", "values")


def test_steps_are_what_counters_of_two_types_gain() -> None:
    """Walking 200 to 260, then running 0 to 150; cycling turns pedals and makes no steps."""
    content = _file(
        _info(0),
        _message(55, t=0, kind=_WALK, cycles=100),
        _message(55, t=0, kind=_RUN, cycles=0),
        _message(55, t=60, kind=_WALK, cycles=130),
        _message(55, t=120, kind=_RUN, cycles=75),
        _message(55, t=180, kind=_RIDE, cycles=5000),
        _message(55, t=240, kind=_WALK, cycles=130),
    )
    assert _counts(content, "steps") == [(0, 60, 60), (60, 120, 150), (120, 240, 0)]
    assert _days(content) == [(date(2026, 10, 5), {"steps": 260 + 150})]


def test_the_day_of_a_file_that_begins_at_midnight_is_counted_from_zero() -> None:
    content = _file(
        _info(_MIDNIGHT),
        _message(55, t=_MIDNIGHT + 600, kind=_WALK, cycles_16=40, distance=30, kcal=2),
        _message(55, t=_MIDNIGHT + 1200, kind=_WALK, cycles_16=100, distance=75.5, kcal=5),
    )
    first, second = (_MIDNIGHT, _MIDNIGHT + 600), (_MIDNIGHT + 600, _MIDNIGHT + 1200)
    assert _counts(content, "steps") == [(*first, 40), (*second, 60)]
    assert _counts(content, "distance") == [(*first, 30), (*second, 45.5)]
    assert _counts(content, "active_energy") == [(*first, 2), (*second, 3)]
    total = {"steps": 100, "distance": 75.5, "active_energy": 5}
    assert _days(content) == [(date(2026, 10, 5), total)]


def test_a_counter_that_begins_again_counts_from_midnight() -> None:
    """At 23:50 it is at 9000; at 00:10 at 30: what was counted since midnight is 30."""
    next_midnight = _MIDNIGHT + 24 * _HOUR
    content = _file(
        _info(0),
        _message(55, t=next_midnight - 600, kind=_WALK, cycles=4500),
        _message(55, t=next_midnight, kind=_WALK, cycles=4550),
        _message(55, t=next_midnight + 600, kind=_WALK, cycles=15),
    )
    assert _counts(content, "steps") == [
        (next_midnight - 600, next_midnight, 100),
        (next_midnight, next_midnight + 600, 30),
    ]
    assert _days(content) == [
        (date(2026, 10, 5), {"steps": 9100}),
        (date(2026, 10, 6), {"steps": 30}),
    ]


def test_without_a_local_time_only_differences_are_known() -> None:
    content = _file(
        _message(55, t=0, kind=_WALK, cycles=100), _message(55, t=60, kind=_WALK, cycles=120)
    )
    assert _counts(content, "steps") == [(0, 60, 40)]
    assert _days(content) == []


def test_a_file_of_the_same_day_replaces_the_total_only_by_a_greater_one() -> None:
    summaries: list[DaySummary] = []
    for at, cycles in ((0, 100), (3600, 400)):
        content = _file(_info(at), _message(55, t=at, kind=_WALK, cycles=cycles))
        summaries += of_type(DaySummary, parse("files", content).facts)
    early, late = summaries
    assert early.head.record == late.head.record
    assert late.head.revision > early.head.revision


def test_intense_minutes_hold_before_their_message() -> None:
    content = _file(_info(0), _message(55, t=600, moderate=2, vigorous=1))
    assert _counts(content, "exercise_time") == [(420, 600, 3)]


def test_heart_rate_with_short_times_beside_counters() -> None:
    low = (BASE_S + 60) % 65536
    content = _file(
        _info(0),
        _message(55, t=0, kind=_WALK, cycles=100),
        _message(55, t16=low, hr=71),
        _message(55, t16=low + 60, hr=72),
    )
    (block,) = matching(of_type(SampleBlock, parse("files", content).facts), metric="heart_rate")
    assert ((block.t - BASE_MS) // 1000).tolist() == [60, 120]
    assert (block.v.tolist(), block.until) == ([71, 72], None)
    assert block.head.offset_min == 120


@pytest.mark.parametrize(
    ("message", "metric", "value", "kind"),
    [
        # the day's own value, not the mean of a week
        (_message(211, t=5, week=58, day=55), "resting_heart_rate", 55, DeviceType.WATCH),
        (_message(211, t=5, week=58), "resting_heart_rate", 58, DeviceType.WATCH),
        (_message(371, t=5, value=42.5), "heart_rate_variability_rmssd", 42.5, DeviceType.WATCH),
        (_message(297, t=5, rate=14.5), "respiratory_rate", 14.5, DeviceType.WATCH),
        (_message(269, t=5, oxygen=97), "oxygen_saturation", 97, DeviceType.WATCH),
        (_message(30, t=5, weight=81.3), "weight", 81.3, DeviceType.SCALE),
        (_message(51, t=5, systolic=131), "blood_pressure_systolic", 131, DeviceType.WATCH),
        (_message(51, t=5, diastolic=84), "blood_pressure_diastolic", 84, DeviceType.WATCH),
    ],
)
def test_readings_of_no_recording(
    message: bytes, metric: str, value: float, kind: DeviceType
) -> None:
    (block,) = of_type(SampleBlock, parse("files", _file(message)).facts)
    assert (block.metric, block.t.tolist(), block.v.tolist()) == (metric, [BASE_MS + 5000], [value])
    assert block.head.source.device_type is kind


def test_a_reason_for_no_reading_is_none() -> None:
    content = _file(
        _message(297, t=0, rate=-3),
        _message(297, t=1, rate=13.25),
        _message(297, t=2, rate=0),
        _message(269, t=0, oxygen=0),
        _message(269, t=1, oxygen=96),
    )
    blocks = of_type(SampleBlock, parse("files", content).facts)
    assert values_of(blocks, "metric") == ["respiratory_rate", "oxygen_saturation"]
    assert np.concatenate(values_of(blocks, "v")).tolist() == [13.25, 96]


def test_a_night_is_wear_and_nothing_else() -> None:
    levels = [(0, 2), (600, 3), (1200, 0), (1800, 4), (2400, 1)]
    messages = [_message(275, t=at, level=level) for at, level in levels]
    parsed = parse("files", _file(*messages, kind=49))
    assert _counts(_file(*messages, kind=49), "wear") == [
        (0, 600, 1),
        (600, 1200, 1),
        (1800, 2400, 1),
    ]
    assert len(parsed.facts) == 1


def _nothing(content: bytes) -> bool:
    """Return whether a file gives no fact and says so."""
    parsed = parse("files", content)
    why = "neither a session nor a record nor a reading of all day"
    return (parsed.facts, values_of(parsed.rejects, "why")) == ((), [why])


def test_a_scale_that_still_weighs_gives_no_weight() -> None:
    weighing = _message(30, t=5, weight=655.34)
    assert _nothing(_file(weighing, kind=9))


def test_a_watch_in_a_drawer_tells_no_interval() -> None:
    content = _file(
        _message(55, t=0, kind=_WALK, cycles=100),
        _message(55, t=3 * 24 * _HOUR, kind=_WALK, cycles=np.float64(120)),
    )
    assert _nothing(content)
