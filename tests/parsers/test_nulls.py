"""A null states nothing: it hides no value that another member, or what it lies in, states."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from kadens.fact_lines import lines_of
from kadens.recorded.cases import read_case
from model.received import Context
from parsers.formats import read_items
from tests.rooms import ROOT

_ZONED = Context(connector="files", zone="Europe/Stockholm")
_START, _END = "2026-11-20T08:00:00", "2026-11-20T08:30:00"
_SESSION: dict[str, Any] = {
    "exportVersion": "1.6",
    "startTime": _START,
    "stopTime": _END,
    "timezoneOffset": 60,
    "duration": "PT1800S",
    "sport": "RUNNING",
    "exercises": [{"distance": 5_000}],
}
_INTERFACE: dict[str, Any] = {
    "id": "e1",
    "polar_user": "https://www.polaraccesslink.com/v3/users/1",
    "start_time": _START,
    "start_time_utc_offset": 60,
    "duration": "PT30M",
    "sport": "RUNNING",
    "samples": [{"recording_rate": 60, "sample_type": "0", "data": "90,91"}],
}
_V4_SERIES = {"type": "HEART_RATE", "intervalMillis": 60_000, "values": [90, 91]}
_V4: dict[str, Any] = {
    "identifier": {"id": "7a"},
    "startTime": _START,
    "stopTime": _END,
    "durationMillis": 1_800_000,
    "sport": {"id": "1"},
    "timezoneOffsetMinutes": 60,
    "exercises": [{"samples": {"samples": [_V4_SERIES]}}],
}
_DAY = {"date": "2026-11-20", "samples": [{"secondsFromDayStart": 60, "heartRate": 61}]}
_DAYS = {"timezoneOffset": 60, "deviceDays": [_DAY]}


def _of_exercise(name: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    held = _SESSION["exercises"][0]
    return "polar_flow", _SESSION, {**_SESSION, "exercises": [{**held, name: None}]}


def _of_v4(**changes: object) -> tuple[str, dict[str, Any], dict[str, Any]]:
    held = _V4["exercises"][0]
    changed = {**_V4, "exercises": [{**held, **changes}]}
    return "polar", {"trainingSessions": [_V4]}, {"trainingSessions": [changed]}


_STEPS = {"startTime": "2026-11-20T08:00:00Z", "endTime": "2026-11-20T08:01:00Z"}
_POINT = {"dataSource": {"platform": "FITBIT"}, "steps": {"count": "100", "interval": _STEPS}}
_WHOOP_CUE = {"user_id": 7, "id": "ecfc6a15", "type": "workout.updated"}
_STRAVA_EVENT = {
    "object_type": "activity",
    "object_id": 15_500_000_001,
    "aspect_type": "create",
    "owner_id": 475,
    "subscription_id": 3,
}
# a format, a body, and the same body with a null where nothing was
_ROWS: dict[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {
    "the start of an exercise": _of_exercise("startTime"),
    "the offset of an exercise": _of_exercise("timezoneOffset"),
    "the length of an exercise": _of_exercise("duration"),
    "the sport of an exercise": _of_exercise("sport"),
    "an offset under another name": (
        "polar_flow",
        _SESSION,
        {"timezoneOffsetMinutes": None, **_SESSION},
    ),
    "the offset of a day": (
        "polar_flow",
        _DAYS,
        {**_DAYS, "deviceDays": [{**_DAY, "timezoneOffset": None}]},
    ),
    "the start in a list": _of_v4(startTime=None),
    "the sport in a list": _of_v4(sport=None),
    "values under another name": _of_v4(
        samples={"samples": [{"sample_type": None, "data": None, **_V4_SERIES}]}
    ),
    "an interval under another name": _of_v4(
        samples={"samples": [{**_V4_SERIES, "intervalMillis": None, "interval": "60s"}]}
    ),
    "the start under another name": (
        "polar",
        {"trainingSessions": [{**_INTERFACE, "start_time_utc_offset": None}]},
        {"trainingSessions": [{"startTime": None, **_INTERFACE, "start_time_utc_offset": None}]},
    ),
    "another type of a point": (
        "google_health",
        {"dataPoints": [_POINT]},
        {"dataPoints": [{"heartRate": None, **_POINT, "weight": None}]},
    ),
    "the trace of a cue": ("whoop", _WHOOP_CUE, {**_WHOOP_CUE, "trace_id": None}),
    "the time of an event": ("strava", _STRAVA_EVENT, {**_STRAVA_EVENT, "event_time": None}),
}


@pytest.mark.parametrize("name", _ROWS)
def test_a_null_beside_a_value_changes_nothing(name: str) -> None:
    form, plain, with_null = _ROWS[name]
    read = _lines(form, plain)
    assert "reject" not in read[0]
    assert _lines(form, with_null) == read


# a recorded case, a part of its body, and the same part with a null where nothing was
_RECORDED = [
    ("reports/manual_session", '"report":', '"reports": null, "report":'),
    ("reports/several_with_bad_ones", '"reports":', '"report": null, "reports":'),
    ("reports/manual_session", '"activity":', '"phase": null, "activity":'),
    ("withings/workouts", '"model":', '"model_id": null, "modelid": null, "model":'),
    (
        "huawei/workouts_fetched_with_samples",
        '"activityType":',
        '"activityType": null, "activityTypeId":',
    ),
    ("huawei/workouts_fetched", '"activityRecord":', '"activityRecord": null, "activityRecords":'),
    ("garmin_account/activities", '"workoutRpe":', '"workoutRpe": null, "directWorkoutRpe":'),
    ("google_fit/raw_heart_rate", '"fitValue":', '"fitValue": null, "value":'),
    ("google_fit/steps_of_the_phone", '"intVal":', '"fpVal": null, "intVal":'),
    ("google_fit/session", '"intValue":', '"floatValue": null, "intValue":'),
    ("fitbit_api/heart_rate_by_minutes", '"datasetType": "minute"', '"datasetType": null'),
    ("fitbit_api/heart_rate_by_minutes", '"datasetInterval": 1,', '"datasetInterval": null,'),
    ("fitbit_api/activities_of_a_day", '"name":', '"activityName": null, "name":'),
    ("polar/activity_answer", '"interval_ms": 60000', '"interval_ms": null'),
]


@pytest.mark.parametrize(("name", "part", "with_null"), _RECORDED)
def test_a_null_in_a_recorded_body_changes_nothing(name: str, part: str, with_null: str) -> None:
    case = read_case(ROOT / "tests" / "data" / name)
    assert part.encode() in case.payload
    changed = case.payload.replace(part.encode(), with_null.encode())
    assert replace(case, payload=changed).lines() == case.lines()


def _lines(form: str, body: object) -> list[dict[str, Any]]:
    items = read_items(form, json.dumps(body).encode(), _ZONED)
    return list(lines_of(items))
