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
