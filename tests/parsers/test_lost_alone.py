"""What names no record and places none in time costs itself alone, and is told."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from kadens.fact_lines import lines_of
from model.received import Context
from parsers.formats import read_items

_WORKOUT: dict[str, Any] = {
    "id": "e1",
    "start_time": "2026-11-20T08:00:00",
    "start_time_utc_offset": None,
    "duration": "PT30M",
    "sport": "RUNNING",
}
_LISTED: dict[str, Any] = {
    "identifier": {"id": "7a"},
    "startTime": "2026-11-20T08:00:00",
    "timezoneOffset": 60,
    "durationMillis": 1_800_000,
    "sport": {"id": "1"},
}
_WHOOP_CUE = {"user_id": 7, "id": "ecfc6a15", "type": "workout.updated"}
_RING_CUE = {"event_type": "update", "data_type": "workout", "object_id": "a1", "user_id": "u"}
_STRAVA_EVENT = {
    "object_type": "activity",
    "object_id": 15_500_000_001,
    "aspect_type": "create",
    "owner_id": 475,
    "subscription_id": 3,
}
# a format, a body without the field, the members that state it, and the path that is told
_ROWS: list[tuple[str, Mapping[str, Any], Mapping[str, Any], str]] = [
    ("polar", _WORKOUT, {"start_time_utc_offset": "120"}, "body.start_time_utc_offset"),
    ("polar", _WORKOUT, {"start_time_utc_offset": True}, "body.start_time_utc_offset"),
    ("polar", _WORKOUT, {"start_time_utc_offset": 99_999}, "body.start_time_utc_offset"),
    (
        "polar",
        {**_LISTED, "exercises": [{}]},
        {"exercises": [{"timezoneOffset": "60"}]},
        "body.exercises[0].timezoneOffset",
    ),
    ("whoop", _WHOOP_CUE, {"trace_id": 7}, "trace_id"),
    ("oura", _RING_CUE, {"event_time": 1_763_596_800}, "event_time"),
    ("oura", {**_RING_CUE, "event_type": "delete"}, {"event_time": "soon"}, "event_time"),
    ("strava", _STRAVA_EVENT, {"event_time": "soon"}, "body.event_time"),
    ("strava", {**_STRAVA_EVENT, "aspect_type": "update"}, {"event_time": 0}, "body.event_time"),
    ("strava", {**_STRAVA_EVENT, "aspect_type": "delete"}, {"event_time": []}, "body.event_time"),
]


@pytest.mark.parametrize(("form", "body", "wrong", "where"), _ROWS)
def test_a_field_that_cannot_be_read_is_told_and_the_rest_stays(
    form: str, body: Mapping[str, Any], wrong: Mapping[str, Any], where: str
) -> None:
    rest = _lines(form, body)
    read = _lines(form, {**body, **wrong})
    rejects = [line["reject"] for line in read if "reject" in line]
    assert rest
    assert [line for line in read if "reject" not in line] == rest
    assert [reject["where"] for reject in rejects] == [where]


def _lines(form: str, body: object) -> list[dict[str, Any]]:
    context = Context(connector=form, received_ms=1_795_615_200_000, zone="Europe/Stockholm")
    return list(lines_of(read_items(form, json.dumps(body).encode(), context)))
