"""HC Webhook: intervals, totals of dates, means that the app made, devices, types of exercise."""

from typing import Any

import pytest

from model.codec import dumps
from model.facts import DaySummary, DeviceType, Method, SampleBlock, Workout
from model.received import Context, Part
from parsers.formats import read_items, sniff
from tests.parsers.phone.exports import points, rejected
from tests.rows import of_type, values_of

_AT_MS = 1_795_424_400_000
_AT = "2026-11-23T09:00:00Z"
_WATCH = {"data_origin": "com.watch", "recording_method": "automatically_recorded",
          "device": {"manufacturer": "Acme", "model": "One", "type": 1}}  # fmt: skip
_RUN = {"type": "56", "start_time": _AT, "end_time": "2026-11-23T09:30:00Z", "metadata": _WATCH}


def _body(**lists: object) -> dict[str, object]:
    return {"timestamp": "2026-11-23T11:00:00.123Z", "app_version": "1.9", **lists}


def _read_lists(**lists: object) -> Part:
    context = Context(connector="hc_webhook")
    (part,) = of_type(Part, read_items("hc_webhook", dumps(_body(**lists)), context))
    return part


def _steps(start: str, end: str, **more: object) -> dict[str, Any]:
    return {"count": 40, "start_time": start, "end_time": end, **more}


@pytest.mark.parametrize(
    ("name", "record", "ours", "value"),
    [
        ("heart_rate", {"bpm": 72}, "heart_rate", 72.0),
        ("heart_rate_variability", {"rmssd_millis": 41.5}, "heart_rate_variability_rmssd", 41.5),
        ("resting_heart_rate", {"bpm": 55}, "resting_heart_rate", 55.0),
        ("oxygen_saturation", {"percentage": 97.5}, "oxygen_saturation", 97.5),
        ("respiratory_rate", {"rate": 14.5}, "respiratory_rate", 14.5),
        ("weight", {"kilograms": 70.5}, "weight", 70.5),
        ("body_temperature", {"celsius": 37.1}, "body_temperature", 37.1),
        ("vo2_max", {"ml_per_kg_per_min": 41.5}, "vo2_max", 41.5),
        ("blood_glucose", {"mmol_per_liter": 5.5}, "blood_glucose", 5.5),
        ("blood_pressure", {"systolic": 120, "diastolic": 80}, "blood_pressure_diastolic", 80.0),
    ],
)
def test_every_list_that_is_followed(
    name: str, record: dict[str, float], ours: str, value: float
) -> None:
    part = _read_lists(**{name: [{**record, "time": _AT}]})
    assert (points(part, ours), part.rejects) == ([(_AT_MS, None, value)], ())


def test_a_count_keeps_its_interval_whoever_counted() -> None:
    short = _steps(_AT, "2026-11-23T09:05:30.5Z", metadata=_WATCH)
    part = _read_lists(steps=[short, _steps(_AT, "2026-11-23T11:00:00Z")])
    assert points(part, "steps") == [
        (_AT_MS, _AT_MS + 330_500, 40.0),
        (_AT_MS, _AT_MS + 7_200_000, 40.0),
    ]
    apps = values_of(of_type(SampleBlock, part.facts), "head.source.app", "head.source.device")
    assert apps == [("com.watch", "Acme One"), ("HC Webhook", "")]


@pytest.mark.parametrize(
    ("start", "end", "day"),
    [
        ("2026-11-21T23:00:00Z", "2026-11-22T23:00:00Z", "2026-11-22"),  # Stockholm
        ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-10-25"),  # its day of 25 hours
        ("2026-11-22T08:00:00Z", "2026-11-22T09:12:03.388Z", "2026-11-22"),  # Los Angeles, so far
        ("2026-11-21T18:30:00Z", "2026-11-22T18:30:00Z", "2026-11-22"),  # Delhi
        ("2026-11-22T00:00:00Z", "2026-11-22T00:20:00.001Z", "2026-11-22"),  # Reykjavik, so far
    ],
)
def test_a_sum_since_midnight_is_the_total_of_its_date(start: str, end: str, day: str) -> None:
    (total,) = of_type(DaySummary, _read_lists(steps=[_steps(start, end)]).facts)
    assert (str(total.local_date), total.values) == (day, {"steps": 40.0})
    assert (total.head.record, total.head.revision) == (f"steps:{day}", 40_000)


def test_a_mean_counts_only_where_it_is_one_of_minutes() -> None:
    def means(*minutes: int) -> list[dict[str, Any]]:
        clocks = [f"2026-11-23T09:{minute:02}:00Z" for minute in minutes]
        return [{"time": clock, "avg": 90, "min": 80, "max": 99} for clock in clocks]

    part = _read_lists(heart_rate=means(0, 1, 5))
    assert [value for _, _, value in points(part, "heart_rate")] == [90.0] * 3
    (block,) = of_type(SampleBlock, part.facts)
    assert block.head.source.app == "HC Webhook (means)"
    left_out = _read_lists(heart_rate=means(0, 15, 30))
    why = "a mean over more than a minute is no reading"
    assert (left_out.facts, rejected(left_out.rejects)) == ((), [("heart_rate[0]", why, 3)])
    slow = [{"time": _AT, "avg": 41.5, "min": 20, "max": 60}]
    assert points(_read_lists(heart_rate_variability=slow), "heart_rate_variability_rmssd") == [
        (_AT_MS, None, 41.5)
    ]


@pytest.mark.parametrize(
    ("kind", "ours", "vendor_type", "count"),
    [
        ("79", "walking", "79", 0),
        (57, "treadmill", "57", 0),
        ("EXERCISE_TYPE_BIKING_STATIONARY", "indoor_cycling", "EXERCISE_TYPE_BIKING_STATIONARY", 0),
        ("Running", "running", "Running", 0),
        ("9999", "other", "9999", 1),
        (None, "other", "", 0),
        ([], "other", "", 1),
    ],
)
def test_an_exercise_has_a_type_of_the_table(
    kind: object, ours: str, vendor_type: str, count: int
) -> None:
    part = _read_lists(exercise=[{**_RUN, "type": kind}])
    (workout,) = of_type(Workout, part.facts)
    assert (workout.type, workout.vendor_type, len(part.rejects)) == (ours, vendor_type, count)
    assert workout.head.offset_min is None


def test_an_exercise_with_its_totals_and_its_source() -> None:
    more = {"distance_meters": 5000.5, "steps": 5200, "avg_cadence_spm": 170.0, "calories": "x"}
    manual = {"data_origin": "com.hand", "recording_method": "manual_entry"}
    part = _read_lists(exercise=[{**_RUN, **more}, {**_RUN, "metadata": manual}])
    first, second = of_type(Workout, part.facts)
    assert first.summary == {"distance": 5000.5, "steps": 5200.0, "cadence_mean": 170.0}
    assert first.head.record == f"56:{_AT_MS}"
    source = first.head.source
    assert (source.device_type, source.method) == (DeviceType.WATCH, Method.WORKOUT)
    assert second.head.source.method is Method.MANUAL
    assert rejected(part.rejects) == [("exercise[0].calories", "not a number", 1)]


@pytest.mark.parametrize(
    ("more", "worn"),
    [
        ({"metadata": _WATCH}, 1),
        ({"stages": [{"stage": "4"}]}, 1),
        ({}, 0),
        ({"stages": [{"stage": "4"}], "metadata": {"device": {"type": 2}}}, 0),
    ],
)
def test_sleep_that_a_device_measured_is_wear(more: dict[str, Any], worn: int) -> None:
    night = {"session_end_time": _AT, "duration_seconds": 27_000, "stages": [], **more}
    assert points(_read_lists(sleep=[night]), "wear") == [(_AT_MS - 27_000_000, _AT_MS, 1.0)] * worn


def test_what_is_unknown_is_told_and_the_rest_is_kept() -> None:
    part = _read_lists(
        heart_rate=[{"bpm": None, "time": _AT}, {"bpm": 70, "time": "09:00"}, 3],
        steps=[_steps(_AT, _AT), _steps(_AT, "2026-11-25T09:00:00Z")],
        exercise=[{**_RUN, "end_time": _AT}, _RUN],
        weight=None,
        nutrition=[{}],
        aura=[{}, {}],
        distance={},
    )
    assert len(part.facts) == 1
    assert rejected(part.rejects) == [
        ("aura", "an unknown list", 2),
        ("distance", "not a list", 1),
        ("exercise[0].end_time", "not after the start by at most seven days", 1),
        ("heart_rate[0].bpm", "no value", 1),
        ("heart_rate[1].time", "not an RFC 3339 time with an offset", 1),
        ("heart_rate[2]", "not an object", 1),
        ("steps[0].end_time", "not after the start by at most 25 hours", 2),
    ]


@pytest.mark.parametrize(
    ("payload", "known"),
    [
        (b'\xef\xbb\xbf {"timestamp": "2026", "app_version": "1", "steps": []}', True),
        (b'{"active_calories":[],"app_version":"1","timestamp":"2026"}', True),
        (b'{"app_version": "1", "timestamp": "2026", "weight" : [{}]}', True),
        (b'{"timestamp": "2026", "version": "1", "steps": []}', False),
        (b'{"timestamp": "2026", "app_version": "1", "exportFormat": []}', False),
        (b'{"x": {"timestamp": "2026", "app_version": "1", "steps": []}}', False),
        (b"", False),
    ],
)
def test_a_file_of_it_is_known_by_its_first_bytes(payload: bytes, *, known: bool) -> None:
    assert (sniff(payload) == "hc_webhook") is known
