"""Metrics of Health Auto Export: units, counts over their time, means that are no readings."""

import json

import pytest

from model.facts import DaySummary, DeviceType, Method, SampleBlock
from parsers.phone.collected import device_named
from tests.parsers.phone.exports import (
    MORNING_MS,
    MORNING_TEXT,
    metric,
    points,
    read_pushed,
    rejected,
)
from tests.rooms import SHARED
from tests.rows import matching, of_type, values_of

_MINUTE_MS = 60_000
_CASE = SHARED / "cases" / "H02"
_DAYS = {"automation-aggregation": "Days"}


@pytest.mark.skipif(not _CASE.exists(), reason="the field cases are not beside this checkout")
def test_field_case_h02() -> None:
    part = read_pushed(json.loads((_CASE / "body.json").read_bytes())["data"])
    assert sorted(cell[::2] for cell in points(part, "heart_rate")) == [
        (1_790_000_000_000, 66.0),
        (1_791_122_700_000, 55.0),
        (MORNING_MS, 64.5),
        (1_791_165_900_000, 74.0),
    ]
    assert points(part, "steps") == [
        (MORNING_MS, MORNING_MS + _MINUTE_MS, 0.049035839369578754),
    ]
    assert rejected(part.rejects) == [("data.metrics[1].data[1].qty", "no value", 1)]
    heart = matching(of_type(SampleBlock, part.facts), metric="heart_rate")
    assert set(values_of(heart, "head.source.app")) == {"Health Auto Export (minutes)"}


@pytest.mark.parametrize(
    ("name", "units", "qty", "ours", "value"),
    [
        ("active_energy", "kJ", 418.4, "active_energy", 100.0),
        ("basal_energy_burned", "kcal", 60.5, "basal_energy", 60.5),
        ("walking_running_distance", "mi", 1, "distance", 1609.344),
        ("step_count", "steg", 12.5, "steps", 12.5),
        ("flights_climbed", "count", 3, "floors", 3.0),
        ("apple_exercise_time", "min", 1, "exercise_time", 1.0),
        ("vo2_max", "ml/(kg·min)", 41.5, "vo2_max", 41.5),
        ("weight_body_mass", "lb", 100, "weight", 45.359237),
        ("blood_oxygen_saturation", "%", 0.97, "oxygen_saturation", 97.0),
        ("blood_oxygen_saturation", "%", 97, "oxygen_saturation", 97.0),
        ("running_speed", "km/hr", 9, "speed", 2.5),
        ("body_temperature", "degF", 98.6, "body_temperature", 37.0),
        ("heart_rate_variability", "ms", 41.2, "heart_rate_variability_sdnn", 41.2),
        ("resting_heart_rate", "bpm", 55, "resting_heart_rate", 55.0),
    ],
)
def test_a_metric_is_read_in_our_unit(
    name: str, units: str, qty: float, ours: str, value: float
) -> None:
    part = read_pushed(metric(name, units, {"date": MORNING_TEXT, "qty": qty}))
    ((at_ms, _, read_value),) = points(part, ours)
    assert (at_ms, part.rejects) == (MORNING_MS, ())
    assert read_value == pytest.approx(value)


def test_a_mean_over_an_hour_is_no_reading_and_that_of_a_minute_says_what_it_is() -> None:
    body = metric("heart_rate", "bpm", {"date": MORNING_TEXT, "Min": 60, "Avg": 71.5, "Max": 90})
    left_out = read_pushed(body, {"automation-aggregation": "Hours"})
    why = "a mean over more than a minute is no reading"
    assert (left_out.facts, rejected(left_out.rejects)) == (
        (),
        [("data.metrics[0].data[0]", why, 1)],
    )
    apps = {}
    for word in ("Minutes", "Default", "none", ""):
        (block,) = of_type(SampleBlock, read_pushed(body, {"automation-aggregation": word}).facts)
        apps[word] = block.head.source.app
    assert apps == {
        "Minutes": "Health Auto Export (minutes)",
        "Default": "Health Auto Export",
        "none": "Health Auto Export",
        "": "Health Auto Export (minutes)",
    }


@pytest.mark.parametrize(("word", "hold_ms"), [("Minutes", _MINUTE_MS), ("Hours", 3_600_000)])
def test_a_count_holds_over_the_time_that_it_was_counted_in(word: str, hold_ms: int) -> None:
    body = metric("step_count", "count", {"date": MORNING_TEXT, "qty": 40})
    part = read_pushed(body, {"automation-aggregation": word})
    assert points(part, "steps") == [(MORNING_MS, MORNING_MS + hold_ms, 40.0)]


def test_a_stated_end_counts_and_a_distance_needs_one() -> None:
    data = {"startDate": MORNING_TEXT, "endDate": "2026-10-05 08:02:30 +1000", "qty": 1}
    body = metric("walking_running_distance", "km", data, {**data, "endDate": None})
    part = read_pushed(body, {"automation-aggregation": "none"})
    assert points(part, "distance") == [(MORNING_MS, MORNING_MS + 330_000, 1000.0)]
    why = "a distance without the end of its time"
    assert rejected(part.rejects) == [("data.metrics[0].data[1].date", why, 1)]


def test_a_total_of_a_day_is_that_of_its_date_and_grows() -> None:
    midnight = "2026-10-05 00:00:00 +1000"
    steps = {"name": "step_count", "units": "count", "data": [{"date": midnight, "qty": 8432}]}
    rest = {"name": "resting_heart_rate", "units": "bpm", "data": [{"date": midnight, "qty": 55}]}
    part = read_pushed({"metrics": [steps, rest]}, _DAYS)
    days = of_type(DaySummary, part.facts)
    assert values_of(days, "values") == [{"steps": 8432.0}, {"resting_heart_rate": 55.0}]
    assert values_of(days, "head.revision") == [8_432_000, 0]
    assert {str(day.local_date) for day in days} == {"2026-10-05"}
    start_ms = MORNING_MS - (7 * 60 + 57) * _MINUTE_MS
    spans = set(values_of(days, "head.start_ms", "head.end_ms"))
    assert spans == {(start_ms, start_ms + 86_400_000)}


def test_sleep_is_wear_of_what_measured_it() -> None:
    night = {"sleepStart": "2026-10-04 23:00:00 +1000", "sleepEnd": MORNING_TEXT, "totalSleep": 7.5}
    parts = [
        {"startDate": "2026-10-06 01:00:00 +1000", "endDate": "2026-10-06 02:00:00 +1000",
         "value": kind, "source": source}
        for kind, source in (("Core", "W"), ("In Bed", "W"), ("Deep", "Iris iPhone"), ("Doze", "W"))
    ]  # fmt: skip
    part = read_pushed(
        metric("sleep_analysis", "hr", {**night, "source": "W"}, {**night, "totalSleep": 0}, *parts)
    )
    worn = points(part, "wear")
    assert [(end or 0) - start for start, end, _ in worn] == [32_220_000, 3_600_000]
    assert rejected(part.rejects) == [
        ("data.metrics[0].data[5].value", "an unknown kind of sleep", 1)
    ]


def test_an_hour_with_standing_is_an_hour_of_wear() -> None:
    hours = [{"date": f"2026-10-05 0{n}:00:00 +1000", "qty": n % 2} for n in range(1, 4)]
    part = read_pushed(metric("apple_stand_hour", "count", *hours))
    assert [(end or 0) - start for start, end, _ in points(part, "wear")] == [3_600_000] * 2
    assert part.rejects == ()


def test_what_is_unknown_is_told_and_the_rest_is_kept() -> None:
    body = metric(
        "step_count", "count", {"date": MORNING_TEXT, "qty": 1}, {"date": "x", "qty": 1}, 7
    )
    body["metrics"] += [
        {"name": "moon_phase", "units": "count", "data": []},
        {"name": "handwashing", "units": "s", "data": [{"date": "x"}]},
        {"name": "weight", "units": "stone", "data": [{"date": MORNING_TEXT, "qty": 1}]},
        3,
    ]
    part = read_pushed(body)
    assert len(points(part, "steps")) == 1
    assert rejected(part.rejects) == [
        ("data.metrics[0].data[1].date", "not a time with date and offset", 1),
        ("data.metrics[0].data[2]", "not an object", 1),
        ("data.metrics[1].name", "an unknown metric", 1),
        ("data.metrics[3].data[0].units", "not a unit of weight", 1),
        ("data.metrics[4]", "not an object", 1),
    ]


def test_a_fault_of_many_values_is_one_reject() -> None:
    part = read_pushed(
        metric("step_count", "count", *([{"date": MORNING_TEXT, "qty": None}] * 500))
    )
    assert rejected(part.rejects) == [("data.metrics[0].data[0].qty", "no value", 500)]


def test_an_entry_by_hand_is_marked() -> None:
    by_hand = {"date": MORNING_TEXT, "qty": 70, "metadata": {"HKWasUserEntered": "1"}}
    (block,) = of_type(SampleBlock, read_pushed(metric("weight", "kg", by_hand)).facts)
    assert block.head.source.method is Method.MANUAL


@pytest.mark.parametrize(
    ("written", "device", "kind"),
    [
        ("Anna\u2019s\u00a0Apple\u00a0Watch", "Apple Watch", DeviceType.WATCH),
        ("Apple Watch von Jörg", "Apple Watch", DeviceType.WATCH),
        ("iPhone (Anna)", "iPhone", DeviceType.PHONE),
        ("iPhone|Annas Apple Watch", "Apple Watch|iPhone", DeviceType.UNKNOWN),
        ("Apple Watch|Annas Apple Watch", "Apple Watch", DeviceType.WATCH),
        ("Polar H10", "Polar H10", DeviceType.STRAP),
        ("", "", DeviceType.UNKNOWN),
    ],
)  # fmt: skip
def test_a_device_loses_its_owners_name(written: str, device: str, kind: DeviceType) -> None:
    assert device_named(written) == (device, kind)
