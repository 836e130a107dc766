"""Members of vendors' bodies that cannot be read: each is refused by its path, the rest stays.

A body that gives less than it holds, and a reject to nobody, is how records are lost unseen.
"""

from typing import Any, NamedTuple

import orjson
import pytest

from kadens.fact_lines import lines_of
from kadens.payload_formats import items_of
from model.received import Context, Fetch

_RECEIVED = 1_800_000_000_000  # 2027-01-15: later than everything below
_AT, _UNTIL = "2026-11-20T18:20:00Z", "2026-11-20T19:20:00Z"


class _Case(NamedTuple):
    """A body with one member that cannot be read; `refused` are path and reason of its rejects."""

    about: str
    connector: str
    body: object
    refused: tuple[tuple[str, str], ...]
    read: tuple[str, ...]  # records of facts, and keys of fetches
    request: tuple[str, str] = ("", "")  # resource and key, for an answer


def _google(operation: str, data_type: str, **members: object) -> object:
    stated = {"healthUserId": "g", "operation": operation, "dataType": data_type, **members}
    return [{"data": stated}]


def _withings(**members: object) -> object:
    return {"status": 0, "body": members}


_ACTIVE_DAY: Any = {"date": "2026-11-20", "steps": 100}
_SCALE: Any = {"grpid": 1, "date": 1_795_198_800, "model": "Body+"}
_WEIGHT: Any = {"measures": [{"value": 70_123, "type": 1, "unit": -3}]}
_RUN: Any = {"start": _AT, "end": _UNTIL, "sport_name": "running", "timezone_offset": "+05:45"}
_PHONE_RUN: Any = {
    "id": "w1",
    "name": "Run",
    "start": "2026-11-21 00:05:00 +0545",
    "end": "2026-11-21 01:05:00 +0545",
}
_POLAR_RUN: Any = {
    "id": "x9",
    "start_time": "2026-11-21T00:05:00",
    "start_time_utc_offset": 345,
    "duration": "PT1H",
    "sport": "RUNNING",
}
_STREAMS = "123/1795198800000/+345/running/x"
_COUNTS: Any = {"startTime": "08:00:00", "interval": "60s", "steps": [5, None, -1, 7]}
_CASES = [
    _Case(
        "the id of a deleted record comes as a number",
        "google_health",
        _google("DELETE", "exercise", recordId=9_007_199_254_740_993, intervals=[]),
        (),
        ("deleted exercise:9007199254740993",),
    ),
    _Case(
        "a deletion by no id and no interval",
        "google_health",
        _google("DELETE", "exercise", recordId={}, intervals=[]),
        (
            ("[0].data.intervals", "no interval"),
            ("[0].data.recordId", "not the id of a record"),
        ),
        (),
    ),
    _Case(
        "a deletion of counts by an id alone",
        "google_health",
        _google("DELETE", "steps", recordId="7", intervals=[]),
        (("[0].data.intervals", "no interval"),),
        (),
    ),
    _Case(
        "the next page of an answer has no token that is one",
        "google_health",
        {"dataPoints": [], "nextPageToken": 7},
        (("nextPageToken", "not a text"),),
        (),
        ("steps", "p1-2"),
    ),
    _Case(
        "zones that are no object",
        "whoop",
        {"id": "r", **_RUN, "score_state": "SCORED", "score": {"zone_durations": [1]}},
        (("body.score.zone_durations", "not an object"),),
        ("workout:r",),
        ("workout", "r/t"),
    ),
    _Case(
        "streams in a list beside what is none",
        "strava",
        [
            {"type": "time", "series_type": "time", "data": [0, 1]},
            {"type": "heartrate", "series_type": "time", "data": [100, 101]},
            7,
            {"type": None, "data": [1, 2]},
        ],
        (("[2]", "not an object"), ("[3].type", "not a text")),
        ("strava:123:samples",),
        ("streams", _STREAMS),
    ),
    _Case(
        "a page that does not say whether more follows",
        "withings",
        _withings(activities=[_ACTIVE_DAY], more="yes", offset=1),
        (("body.more", "neither true nor false"),),
        ("activity:2026-11-20",),
        ("getactivity", "1"),
    ),
    _Case(
        "a group of a category that is not known",
        "withings",
        _withings(
            measuregrps=[{**_SCALE, **_WEIGHT, "category": 7}, {**_SCALE, **_WEIGHT, "grpid": 2}]
        ),
        (("body.measuregrps[0].category", "a category that is not known"),),
        ("measure:2",),
        ("getmeas", "1"),
    ),
    _Case(
        "stages that are no object",
        "open_wearables",
        {
            "type": "sleep.created",
            "data": {
                "user_id": "o",
                "id": "n",
                "stages": 7,
                "start_time": _AT,
                "end_time": _UNTIL,
                "source": {"provider": "garmin"},
            },
        },
        (("data.stages", "not an object"),),
        ("night:n",),
    ),
    _Case(
        "an export whose data are none",
        "health_auto_export",
        {"data": 7},
        (("data", "not an object"),),
        (),
    ),
    _Case(
        "a workout of the phone with totals and samples that are none",
        "health_auto_export",
        {"data": {"workouts": [{**_PHONE_RUN, "distance": 7, "heartRateData": "x"}]}},
        (
            ("data.workouts[0].heartRateData", "neither a list nor a total"),
            ("data.workouts[0].distance", "not an object"),
        ),
        ("w1",),
    ),
    _Case(
        "an exercise with samples that are no list",
        "polar",
        {**_POLAR_RUN, "samples": 7, "heart_rate": 7},
        (("body.session.heart_rate", "not an object"), ("body.samples", "not a list")),
        ("polar:x9",),
        ("exercise_details", "x9/2026"),
    ),
    _Case(
        "an exercise with one series that is none",
        "polar",
        {
            **_POLAR_RUN,
            "samples": [7, {"recording-rate": 5, "sample-type": "0", "data": "100,101"}],
        },
        (("body.samples[0]", "not an object"),),
        ("polar:x9", "polar:x9:samples"),
        ("exercise_details", "x9/2026"),
    ),
    _Case(
        "a list of answers with two that are none",
        "polar",
        [7, {"something": 1}, _POLAR_RUN],
        (("[0]", "not an object"), ("[1]", "not an answer of Polar that is read")),
        ("polar:x9",),
        ("exercise_details", "x9/2026"),
    ),
    _Case(
        "an answer of another kind",
        "polar",
        {"something": 1},
        (("body", "not an answer of Polar that is read"),),
        (),
        ("sleep", "2026-11-20/2026"),
    ),
    _Case(
        "counts of which one is none, and a device that is none",
        "polar",
        {
            "activityDays": [
                {
                    "date": "2026-11-20",
                    "activitiesPerDevice": [
                        7,
                        {"activitySamples": [{"stepSamples": _COUNTS}]},
                    ],
                }
            ]
        },
        (
            ("activityDays[0].activitiesPerDevice[0]", "not an object"),
            (
                "activityDays[0].activitiesPerDevice[1].activitySamples[0].stepSamples.steps[2]",
                "outside of 0 to 1e+07 {steps}",
            ),
        ),
        ("polar:steps:2026-11-20:1",),
        ("activity_list", "2026-11-20/2026"),
    ),
    _Case(
        "beats of a device that is none",
        "polar",
        {
            "dailyPpiSamples": [
                {
                    "date": "2026-11-20",
                    "ppiSamplesPerDevice": [
                        7,
                        {"ppiSamples": [{"offsetMillis": 1_000, "ppInterval": 800}]},
                    ],
                }
            ]
        },
        (("dailyPpiSamples[0].ppiSamplesPerDevice[0]", "not an object"),),
        ("polar:beats:2026-11-20:1",),
        ("beats_list", "2026-11-20/2026"),
    ),
    _Case(
        "an exercise with a series of no type",
        "polar",
        {**_POLAR_RUN, "samples": [{"recording-rate": 5, "data": "100,101"}]},
        (("body.samples[0]", "samples of no type"),),
        ("polar:x9",),
        ("exercise_details", "x9/2026"),
    ),
    _Case(
        "counts of a watch's day without their time",
        "withings",
        _withings(
            series={
                "1795198800": {"steps": 12, "heart_rate": 60, "model": "ScanWatch"},
                "1795198860": {"heart_rate": 61, "model": "ScanWatch"},
            }
        ),
        (("body.series[0].duration", "counts without the length of their time"),),
        ("heart_rate:2fcb5d63e7ca0b03",),
        ("getintradayactivity", "1795198800"),
    ),
    _Case(
        "a page of samples whose next token is none",
        "junction",
        {
            "groups": {
                "oura": [
                    {
                        "source": {"provider": "oura", "type": "ring"},
                        "data": [{"timestamp": _AT, "value": 60}],
                    }
                ]
            },
            "next_cursor": 7,
        },
        (("next_cursor", "not a text"),),
        ("heart_rate:0917cb196c5f2700",),
        ("heartrate", "2026-11-01/2026-11-20/oura"),
    ),
    _Case(
        "a sample at an offset without a colon",
        "suunto",
        {
            "type": "SUUNTO_247_SLEEP_CREATED",
            "username": "s",
            "samples": [
                {
                    "timestamp": "2026-11-21T08:00:00.000+0545",
                    "entryData": {
                        "BedtimeStart": "2026-11-21T00:05:00+0545",
                        "BedtimeEnd": "2026-11-21T07:05:00+0545",
                        "SleepId": 9_007_199_254_740_993,
                    },
                }
            ],
        },
        (),
        ("sleep:9007199254740993",),
    ),
]


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.about)
def test_what_cannot_be_read_is_told_and_the_rest_is_read(case: _Case) -> None:
    refused, read = _outcome(case)
    assert refused == sorted(case.refused)
    assert read == list(case.read)


def _outcome(case: _Case) -> tuple[list[tuple[str, str]], list[str]]:
    resource, key = case.request
    requested = None
    if resource:
        requested = Fetch(account="a", resource=resource, key=key, path="/x", format=case.connector)
    context = Context(
        connector=case.connector,
        requested=requested,
        received_ms=_RECEIVED,
        zone="Asia/Kathmandu" if resource else "",
    )
    refused, read = [], []
    for line in lines_of(items_of(orjson.dumps(case.body), context)):
        if "reject" in line:
            refused.append((line["reject"]["where"], line["reject"]["why"]))
        elif "record" in line:
            read.append(line["record"])
    return sorted(refused), read
