"""Workouts of Health Auto Export: both versions, pauses, legs, and what the app gets wrong."""

import json
from typing import Any

import pytest

from model.facts import Joining, Method, SampleBlock, Workout
from model.received import Context, Notice, NoticeKind, Part
from parsers.formats import read_items
from tests.parsers.phone.exports import EXPORT, points, read_pushed, rejected
from tests.rows import of_type, values_of

_START, _END = "2026-11-20 10:00:00 +0300", "2026-11-20 10:30:00 +0300"
_START_MS = 1_795_158_000_000
_RUN: dict[str, Any] = {"id": "A-1", "name": "Outdoor Run", "start": _START, "end": _END}


def _heart(clock: str, value: float, **more: object) -> dict[str, Any]:
    date = f"2026-11-20 {clock} +0300"
    return {"date": date, "Min": value, "Avg": value, "Max": value, "units": "bpm", **more}


def _read_workouts(*workouts: object, grouping: str = "") -> Part:
    return read_pushed({"workouts": list(workouts)}, {"automation-aggregation": grouping})


def _only_workout(part: Part) -> Workout:
    (workout,) = of_type(Workout, part.facts)
    return workout


def test_version_2_with_its_samples() -> None:
    run = {
        **_RUN,
        "duration": 1700.4,
        "activeEnergyBurned": {"qty": 418.4, "units": "kJ"},
        "distance": {"qty": 5, "units": "km"},
        "heartRate": {"avg": {"qty": 140, "units": "bpm"}, "max": {"qty": 171, "units": "bpm"}},
        "elevationUp": {"qty": 100, "units": "ft"},
        "heartRateData": [_heart("10:00:05", 98, source="Iris Apple Watch")],
        "heartRateRecovery": None,
        "stepCount": [{"date": _START, "qty": 160.5, "units": "count", "source": "iPhone"}],
        "route": [{"latitude": 1.5, "longitude": 2.5, "timestamp": _START}],
        "metadata": [],
    }
    part = _read_workouts(run, grouping="Minutes")
    workout = _only_workout(part)
    assert (workout.head.record, workout.type, workout.vendor_type) == (
        "A-1",
        "running",
        "Outdoor Run",
    )
    assert (workout.head.start_ms, workout.head.end_ms) == (_START_MS, _START_MS + 1_800_000)
    assert (workout.moving_ms, workout.head.offset_min) == (1_700_400, 180)
    assert workout.summary == {
        "active_energy": pytest.approx(100),
        "distance": 5000.0,
        "heart_rate_mean": 140.0,
        "heart_rate_max": 171.0,
        "ascent": pytest.approx(30.48),
    }
    assert (workout.head.source.device, workout.head.source.method) == (
        "Apple Watch",
        Method.WORKOUT,
    )
    blocks = of_type(SampleBlock, part.facts)
    assert values_of(blocks, "head.record", "joining", "head.source.device") == [
        ("A-1:samples", Joining.RECORD, "Apple Watch"),
        ("A-1:samples", Joining.RECORD, "iPhone"),
    ]
    assert points(part, "heart_rate") == [(_START_MS + 5_000, None, 98.0)]
    assert points(part, "steps") == [(_START_MS, _START_MS + 60_000, 160.5)]
    assert part.rejects == ()


def test_version_1_without_an_id() -> None:
    walk = {
        "name": "Indoor Walk",
        "start": _START,
        "end": _END,
        "heartRateData": [{"date": _START, "qty": 98, "units": "count"}],
        "activeEnergy": {"qty": 80, "units": "kcal"},
        "avgHeartRate": {"qty": 99.5, "units": "bpm"},
        "stepCount": {"qty": 3000, "units": "steps"},
        "elevation": {"ascent": 12, "descent": 3, "units": "m"},
        "route": [{"lat": 1.5, "lon": 2.5, "altitude": 3, "timestamp": _START}],
    }
    part = _read_workouts(walk)
    workout = _only_workout(part)
    assert (workout.head.record, workout.type, workout.moving_ms) == (
        f"start:{_START_MS}",
        "walking",
        None,
    )
    assert workout.summary == {
        "active_energy": 80.0,
        "heart_rate_mean": 99.5,
        "steps": 3000.0,
        "ascent": 12.0,
    }
    assert [value for _, _, value in points(part, "heart_rate")] == [98.0]
    assert part.rejects == ()


@pytest.mark.parametrize(
    ("more", "ours", "count"),
    [
        ({"name": "Traditional Strength Training"}, "strength", 0),
        ({"name": "Outdoor Run", "isIndoor": True}, "treadmill", 0),
        ({"name": "Cycling", "location": "Indoor"}, "indoor_cycling", 0),
        ({"name": "Outdoor Cycling", "location": "Outdoor"}, "cycling", 0),
        ({"name": "LÖPNING UTOMHUS"}, "running", 0),
        ({"name": "High-Intensity Interval Training"}, "cardio", 0),
        ({"name": "Quidditch"}, "other", 1),
        ({"name": ""}, "other", 0),
    ],
)
def test_types_are_words_of_a_table(more: dict[str, Any], ours: str, count: int) -> None:
    part = _read_workouts({**_RUN, **more})
    assert (_only_workout(part).type, _only_workout(part).vendor_type) == (ours, more["name"])
    assert len(part.rejects) == count


def test_events_tell_the_pauses() -> None:
    events = [
        {"type": "pause", "date": "2026-11-20 10:10:00 +0300"},
        {"type": "motionPaused", "date": "2026-11-20 10:10:05 +0300"},
        {"type": "resume", "date": "2026-11-20 10:15:00 +0300"},
        {"type": "segment", "date": "x"},
    ]
    workout = _only_workout(_read_workouts({**_RUN, "duration": 1500, "workoutEvents": events}))
    assert workout.pauses == ((_START_MS + 600_000, _START_MS + 900_000),)
    assert workout.moving_ms == 1_500_000


def test_legs_of_several_types_are_workouts_and_intervals_of_one_are_not() -> None:
    middle = "2026-11-20 10:15:00 +0300"
    swim = {"name": "Pool Swim", "start": _START, "end": middle}
    ride = {"name": "Outdoor Cycling", "startDate": middle, "endDate": _END}
    triathlon = {**_RUN, "name": "Swim Bike Run"}
    part = _read_workouts({**triathlon, "workoutActivities": [swim, ride]})
    legs = of_type(Workout, part.facts)
    assert values_of(legs, "head.record", "type") == [("A-1:0", "swimming"), ("A-1:1", "cycling")]
    intervals = {**_RUN, "workoutActivities": [swim, {**ride, "name": "Pool Swim"}]}
    assert _only_workout(_read_workouts(intervals)).head.record == "A-1"


def test_recovery_in_place_of_the_trace_is_told_and_its_means_are_left_out() -> None:
    recovery = [_heart("10:30:00", 150), _heart("10:30:05", 140)]
    mean = {"avgHeartRate": {"qty": 145, "units": "bpm"}, "distance": {"qty": 5, "units": "km"}}
    part = _read_workouts({**_RUN, **mean, "heartRateData": recovery})
    assert _only_workout(part).summary == {"distance": 5000.0}
    assert rejected(part.rejects) == [
        ("data.workouts[0].heartRateData", "all of it after the end", 1)
    ]


def test_only_what_places_a_workout_refuses_it() -> None:
    ends_early = {**_RUN, "end": _START}
    odd = {**_RUN, "id": "A-2", "duration": "long", "distance": {"qty": 5, "units": "furlong"}}
    no_list = {**_RUN, "id": "A-3", "heartRateData": "none", "name": 7, "workoutEvents": {}}
    part = _read_workouts(ends_early, odd, no_list, "x", {**_RUN, "id": "\n"})
    assert values_of(of_type(Workout, part.facts), "head.record") == ["A-2", "A-3"]
    assert rejected(part.rejects) == [
        ("data.workouts[0].end", "not after the start by at most seven days", 1),
        ("data.workouts[1].distance.units", "not a unit of distance", 1),
        ("data.workouts[1].duration", "not a number", 1),
        ("data.workouts[2].heartRateData", "neither a list nor a total", 1),
        ("data.workouts[2].name", "not a text", 1),
        ("data.workouts[2].workoutEvents", "not a list", 1),
        ("data.workouts[3]", "not an object", 1),
        ("data.workouts[4].id", "holds a control character", 1),
    ]


def test_no_position_is_read_and_unread_lists_are_told_once() -> None:
    body = (
        b'{"device": "x", "data": {"symptoms": [{"name": "Fever"}, {"name": "Cough"}], "ecg": [],'
        b'"workouts": null, "metrics": [], "stateOfMind": [{"valence": 0.5}]}, "more": {"a": 1}}'
    )
    items = list(read_items(EXPORT, body, Context(connector=EXPORT)))
    notice = Notice(account="", kind=NoticeKind.UNKNOWN)
    assert items == [notice, notice, Part(account="", facts=())]


@pytest.mark.parametrize("written", ["NaN", "Infinity", "9" * 5_000])
def test_what_is_no_number_costs_its_own_value(written: str) -> None:
    readings = []
    for hour, qty in enumerate((61, "?", 63)):
        readings.append({"date": f"2026-11-20 0{hour}:00:00 +0100", "qty": qty})
    metric = {"name": "resting_heart_rate", "units": "count/min", "data": readings}
    body = json.dumps({"data": {"metrics": [metric]}}).replace('"?"', written)
    (part,) = read_items(EXPORT, body.encode(), Context(connector=EXPORT))
    assert isinstance(part, Part)
    assert sum(len(getattr(fact, "v", ())) for fact in part.facts) == 2
    assert [reject.where for reject in part.rejects] == ["data.metrics[0].data[1].qty"]


@pytest.mark.parametrize(
    ("payload", "where"),
    [
        (b"", "tables[0]"),
        (b"hello, world\n1,2\n", "tables[0]"),
        (b"[]", "@0"),
        (b'{"data": {"metrics": [{', "@23"),
        (b'{"data": {"metrics": [{"name": NAN}]}}', "@31"),
        (b"\xff\xfe{\x00", "@0"),
    ],
)
def test_a_broken_body_is_refused_plainly(payload: bytes, where: str) -> None:
    (reject,) = read_items(EXPORT, payload, Context(connector=EXPORT))
    assert getattr(reject, "where", None) == where
