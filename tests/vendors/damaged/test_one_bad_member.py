"""A member of the wrong type costs itself alone: its path is told, and the rest is read.

Each body is one that a vendor sends, with one member that no field of it can be.
"""

from collections.abc import Mapping

import pytest

from kadens.fact_lines import FactLine, lines_of
from kadens.payload_formats import items_of
from model.codec import dumps
from model.received import Context, Fetch

_START = 1_795_190_400  # 2026-11-20T16:00:00Z
_TERRA_TIMES = {
    "start_time": "2026-11-20T17:00:00.000000+01:00",
    "end_time": "2026-11-20T18:00:00.000000+01:00",
}
_BEAT = {"timestamp": "2026-11-20T16:00:10Z", "value": 71.0, "unit": "bpm", "timezone_offset": 3600}


def _read(connector: str, body: object, resource: str = "", key: str = "") -> list[FactLine]:
    requested = None
    if resource:
        requested = Fetch(account="p", resource=resource, key=key, path="/", format=connector)
    context = Context(connector=connector, requested=requested)
    return list(lines_of(items_of(dumps(body), context)))


def _terra(kind: str, **members: object) -> Mapping[str, object]:
    user = {"user_id": "u", "provider": "GARMIN"}
    return {"type": kind, "user": user, "data": [{"metadata": dict(_TERRA_TIMES), **members}]}


def _kinds(lines: list[FactLine]) -> list[str]:
    return [line.get("metric") or line["kind"] for line in lines if "kind" in line]


def _rejected(lines: list[FactLine]) -> list[str]:
    return [line["reject"]["where"] for line in lines if "reject" in line]


def test_samples_that_are_no_list_leave_garmins_activity() -> None:
    summary = {
        "startTimeInSeconds": _START,
        "startTimeOffsetInSeconds": 3600,
        "durationInSeconds": 600,
        "activityType": "RUNNING",
    }
    record = {"userId": "u", "summaryId": "7-detail", "activityId": 7, "summary": summary}
    lines = _read("garmin", {"activityDetails": [{**record, "samples": {"heartRate": 71}}]})
    assert _kinds(lines) == ["workout"]
    assert _rejected(lines) == ["activityDetails[0].samples"]


@pytest.mark.parametrize("odd", ["none", True, []])
@pytest.mark.parametrize("member", ["heart_rate_data", "distance_data", "movement_data"])
def test_an_object_that_is_none_leaves_terras_workout(member: str, odd: object) -> None:
    lines = _read("terra", _terra("activity", **{member: odd}))
    assert _kinds(lines) == ["workout"]
    assert set(_rejected(lines)) == {f"data[0].{member}"}


def test_durations_that_are_none_leave_terras_night() -> None:
    lines = _read("terra", _terra("sleep", sleep_durations_data="long"))
    # a watch of Garmin's was worn, whatever is said of its stages
    assert _kinds(lines) == ["wear"]
    assert _rejected(lines) == ["data[0].sleep_durations_data"]


def test_a_provider_that_is_no_text_leaves_terras_data() -> None:
    body = {**_terra("activity"), "user": {"user_id": "u", "provider": 7}}
    lines = _read("terra", body)
    assert _kinds(lines) == ["workout"]
    assert _rejected(lines) == ["user.provider"]


@pytest.mark.parametrize(("odd", "rejected"), [(None, []), ("none", ["groups.oura"])])
def test_a_provider_without_groups_leaves_those_of_others(odd: object, rejected: list[str]) -> None:
    groups = {"oura": odd, "garmin": [{"source": {"provider": "garmin"}, "data": [_BEAT]}]}
    lines = _read("junction", {"groups": groups}, "heartrate", "2026-11-20/2026-11-21/")
    assert _kinds(lines) == ["heart_rate"]
    assert _rejected(lines) == rejected


def test_a_figure_that_is_no_number_leaves_the_others_of_huaweis_point() -> None:
    fields = [
        {"fieldName": "avg", "floatValue": "high"},
        {"fieldName": "max", "floatValue": 160.0},
    ]
    kind = "com.huawei.continuous.heart_rate.statistics"
    record = {
        "startTime": _START * 1000,
        "endTime": (_START + 600) * 1000,
        "activityType": 56,
        "activitySummary": {"dataSummary": [{"dataTypeName": kind, "value": fields}]},
    }
    lines = _read("huawei", {"activityRecord": [record]}, "activity_records", "1-2/")
    assert lines[0]["summary"] == {"heart_rate_max": 160.0}
    assert _rejected(lines) == ["activityRecord[0].activitySummary.dataSummary[0].value"]


def test_a_null_states_nothing() -> None:
    civil = {"date": {"year": 2026, "month": 11, "day": 20}, "time": {"hours": 17, "minutes": None}}
    times = {"physicalTime": "2026-11-20T16:00:00Z", "civilTime": civil}
    point = {"heartRate": {"beatsPerMinute": "71", "sampleTime": times}}
    (line,) = _read("google_health", {"dataPoints": [point]}, "heart-rate", "k")
    assert line["offset_min"] == 60
    sample = {"timestamp": "2026-11-20T16:00:00Z", "type": None, "value": 71, "unit": "bpm"}
    data = {"user_id": "u", "series_type": "heart_rate", "samples": [sample]}
    (line,) = _read("open_wearables", {"type": "heart_rate.created", "data": data})
    assert line["v"] == [71.0]


def test_a_relay_may_number_its_workouts() -> None:
    times = {"start": "2026-11-20 17:00:00 +0100", "end": "2026-11-20 18:00:00 +0100"}
    workout = {"id": 9_007_199_254_740_993, "name": "Running", **times}
    (line,) = _read("health_auto_export", {"data": {"workouts": [workout]}})
    assert line["record"] == "9007199254740993"


def test_an_athlete_that_is_none_leaves_the_activity_that_was_asked_for() -> None:
    activity = {
        "id": 5,
        "start_date": "2026-11-20T16:00:00Z",
        "elapsed_time": 600,
        "sport_type": "Run",
        "athlete": {"id": "nobody"},
    }
    lines = _read("strava", activity, "activity", "5/1795190400")
    assert _kinds(lines) == ["workout"]
    assert lines[0]["account"] == "p"
