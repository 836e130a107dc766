"""Bad events of Open Wearables are refused without a crash, and cost no more than they must."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.codec import encode_fact, loads
from model.errors import BodyError
from model.facts import SampleBlock, Workout
from parsers.vendors.open_wearables.reader import parse_open_wearables
from tests.parsers.open_wearables.shapes import hub_sample, series_event, workout_event
from tests.rows import cells_of, values_of


def test_a_bad_total_does_not_cost_the_workout() -> None:
    parsed = parse_open_wearables(
        workout_event(calories_kcal="many", distance_meters=-1, avg_heart_rate_bpm=140)
    )
    (fact,) = parsed.facts
    assert isinstance(fact, Workout)
    assert fact.summary == {"heart_rate_mean": 140.0}
    assert values_of(parsed.rejects, "where", "text") == [
        ("data.calories_kcal", "not a number"),
        ("data.distance_meters", "outside of 0 to 1e+09"),
    ]


BAD_SAMPLES: list[tuple[str, dict[str, Any], str]] = [
    ("a text", {"value": "120"}, "value: not a number"),
    ("true", {"value": True}, "value: not a number"),
    ("null", {"value": None}, "value: not a number"),
    ("65535", {"value": 65535}, "value: outside of 0 to 1000 /min"),
    ("negative", {"value": -1}, "value: outside of 0 to 1000 /min"),
    ("a huge integer", {"value": 10**30}, "value: outside of 0 to 1000 /min"),
    ("no unit", {"unit": None}, "unit: not a unit of heart_rate"),
    ("another unit", {"unit": "kcal"}, "unit: not a unit of heart_rate"),
    ("a unit that is a list", {"unit": ["bpm"]}, "unit: not a unit of heart_rate"),
    ("no time", {"timestamp": None}, "timestamp: not an RFC 3339 time with an offset"),
    (
        "a time without offset",
        {"timestamp": "2023-11-14T22:13:20"},
        "timestamp: not an RFC 3339 time with an offset",
    ),
    (
        "a day that is none",
        {"timestamp": "2023-02-30T00:00:00Z"},
        "timestamp: not a time that exists",
    ),
    (
        "1900",
        {"timestamp": "1900-01-01T00:00:00Z"},
        "timestamp: not between the years 2000 and 2100",
    ),
    (
        "2100",
        {"timestamp": "2100-01-01T00:00:00Z"},
        "timestamp: not between the years 2000 and 2100",
    ),
    (
        "year 1",
        {"timestamp": "0001-01-01T00:00:00+18:00"},
        "timestamp: not between the years 2000 and 2100",
    ),
    (
        "year 9999",
        {"timestamp": "9999-12-31T23:59:59-18:00"},
        "timestamp: not between the years 2000 and 2100",
    ),
    ("another type", {"type": "steps"}, "type: not the type of its series"),
]

# Only what names a record and places it in time may refuse it: these fields cost themselves alone.
LOST_ALONE: list[tuple[str, dict[str, Any], str]] = [
    ("an offset of a day", {"zone_offset": "+24:00"}, "zone_offset: not within 14 hours of UTC"),
    ("an offset in words", {"zone_offset": "CET"}, "zone_offset: not a UTC offset"),
    ("an offset as a number", {"zone_offset": 60}, "zone_offset: not a UTC offset"),
    ("an offset that is a list", {"zone_offset": []}, "zone_offset: not a UTC offset"),
    ("a source that is a number", {"source": 7}, "source: not an object"),
    (
        "a device of 10 kB",
        {"source": {"device": "d" * 10_000}},
        "source.device: longer than 256 characters",
    ),
    (
        "a device with NUL",
        {"source": {"device": "d\0"}},
        "source.device: holds a control character",
    ),
    ("a device that is a list", {"source": {"device": []}}, "source.device: not a text"),
]


@pytest.mark.parametrize(("what", "changes", "expected"), LOST_ALONE, ids=cells_of(LOST_ALONE, 0))
def test_a_field_that_nobody_needs_costs_itself_alone(
    what: str, changes: dict[str, Any], expected: str
) -> None:
    later = {"timestamp": "2023-11-14T22:13:21Z"}
    samples = parse_open_wearables(
        series_event(hub_sample(**changes), hub_sample(**changes, **later))
    )
    assert [f"{reject.where}: {reject.text}" for reject in samples.rejects] == [
        f"data.samples[0].{expected} (2 records)"
    ], what
    assert sum(len(f.t) for f in samples.facts if isinstance(f, SampleBlock)) == 2
    workout = parse_open_wearables(workout_event(**changes))
    assert [f"{reject.where}: {reject.text}" for reject in workout.rejects] == [f"data.{expected}"]
    assert len(workout.facts) == 1


@pytest.mark.parametrize("written", ["+02:00:30", "+2:00", "02:00", "UTC", "+02:60"])
def test_what_is_no_offset_costs_the_offset(written: str) -> None:
    workout = parse_open_wearables(workout_event(zone_offset=written))
    assert len(workout.facts) == 1
    assert [reject.where for reject in workout.rejects] == ["data.zone_offset"]


def test_a_type_that_is_no_text_costs_the_type() -> None:
    workout = parse_open_wearables(workout_event(type=7))
    (fact,) = workout.facts
    assert isinstance(fact, Workout)
    assert (fact.type, [reject.where for reject in workout.rejects]) == ("other", ["data.type"])


@pytest.mark.parametrize(("what", "changes", "expected"), BAD_SAMPLES, ids=cells_of(BAD_SAMPLES, 0))
def test_a_bad_sample_is_a_reject_and_the_others_are_kept(
    what: str, changes: dict[str, Any], expected: str
) -> None:
    parsed = parse_open_wearables(
        series_event(
            hub_sample(), hub_sample(**changes), hub_sample(timestamp="2023-11-14T22:13:21Z")
        )
    )
    assert [f"{reject.where}: {reject.text}" for reject in parsed.rejects] == [
        f"data.samples[1].{expected}"
    ], what
    assert sum(len(f.t) for f in parsed.facts if isinstance(f, SampleBlock)) == 2


def test_one_reject_for_one_cause() -> None:
    parsed = parse_open_wearables(
        series_event(*[hub_sample(value=None)] * 400, hub_sample(unit="x"), 7)
    )
    assert values_of(parsed.rejects, "where", "text") == [
        ("data.samples[0].value", "not a number (400 records)"),
        ("data.samples[400].unit", "not a unit of heart_rate"),
        ("data.samples[401]", "not an object"),
    ]


BAD_EVENTS: list[tuple[str, bytes, str]] = [
    ("an unknown event", b'{"type":"x.created","data":{"user_id":"u"}}', "type: an unknown event"),
    ("an unknown series", series_event(of="blood_type"), "data.series_type: an unknown series"),
    ("no series", series_event(of=""), "data.series_type: not a text"),
    ("samples that are none", series_event(samples={}), "data.samples: not a list"),
    ("too many samples", series_event(samples=[0] * 100_001),
     "data.samples: more than 100000 samples"),
    ("a workout without id", workout_event(id=None), "data.id: not a text"),
    ("a workout that ends first", workout_event(end_time="2023-11-14T22:13:20Z"),
     "data.end_time: not after the start by at most seven days"),
    ("a workout of a year", workout_event(end_time="2024-11-14T22:13:20Z"),
     "data.end_time: not after the start by at most seven days"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "body", "expected"), BAD_EVENTS, ids=cells_of(BAD_EVENTS, 0))
def test_a_bad_event_is_one_reject(what: str, body: bytes, expected: str) -> None:
    parsed = parse_open_wearables(body)
    assert ([f"{r.where}: {r.why}" for r in parsed.rejects], parsed.facts) == ([expected], ()), what


_BAD_BODIES: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "@0"),
    ("not JSON", b"<html>", "@0"),
    ("a list", b"[]", "@0"),
    ("bytes that are no text", b'{"type":"\xff"}', "@0"),
    ("cut short", series_event(hub_sample())[:-1], "@"),
    ("NaN", series_event(hub_sample()).replace(b"120", b"NaN"), "@"),
    ("Infinity", series_event(hub_sample()).replace(b"120", b"Infinity"), "@"),
    ("1e400", series_event(hub_sample()).replace(b"120", b"1e400"), "@"),
    ("a lone surrogate", series_event(hub_sample()).replace(b'"u1"', b'"\\ud800"'), "@"),
    ("10,000 levels", b'{"data":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "@"),
    ("10,000 objects deep", b'{"data":' * 10_000 + b"1" + b"}" * 10_000, "@"),
    ("no data", b'{"type":"workout.created"}', "data"),
    ("no user", b'{"type":"workout.created","data":{}}', "data.user_id"),
    ("a user of 10 kB", workout_event(user_id="u" * 10_000), "data.user_id"),
    ("a user with a line end", workout_event(user_id="u\n"), "data.user_id"),
    ("no type", b'{"data":{"user_id":"u"}}', "type"),
]


@pytest.mark.parametrize(("what", "body", "where"), _BAD_BODIES, ids=cells_of(_BAD_BODIES, 0))
def test_an_unreadable_body_is_an_error_with_its_place(what: str, body: bytes, where: str) -> None:
    with pytest.raises(BodyError) as caught:
        parse_open_wearables(body)
    assert caught.value.where.startswith(where), what


def test_of_two_users_in_one_body_neither_counts() -> None:
    with pytest.raises(BodyError, match="twice") as caught:
        parse_open_wearables(b'{"type":"sync.started","data":{"user_id":"a","user_id":"b"}}')
    assert caught.value.where == "data.user_id"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(value=_JSON)
def test_any_json_is_parsed_or_a_body_error(value: object) -> None:
    try:
        parse_open_wearables(json.dumps(value).encode())
    except BodyError:
        return


@given(body=st.binary(max_size=200))
def test_any_bytes_are_a_body_error(body: bytes) -> None:
    with pytest.raises(BodyError):
        parse_open_wearables(body)


SAMPLE_KEYS = sorted(hub_sample())
WORKOUT_KEYS = sorted(
    [
        *json.loads(workout_event())["data"],
        "duration_seconds",
        "max_heart_rate_bpm",
        "distance_meters",
    ]
)


@given(changes=st.dictionaries(st.sampled_from(SAMPLE_KEYS), _JSON, max_size=3))
def test_any_field_of_a_sample(changes: dict[str, Any]) -> None:
    _never_raises(series_event(hub_sample(), {**hub_sample(), **changes}))


@given(changes=st.dictionaries(st.sampled_from(WORKOUT_KEYS), _JSON, max_size=3))
def test_any_field_of_a_workout(changes: dict[str, Any]) -> None:
    _never_raises(workout_event(**changes))


@given(cut=st.integers(0, 400), byte=st.integers(0, 255))
def test_one_byte_changed(cut: int, byte: int) -> None:
    total = bytearray(series_event(hub_sample(), hub_sample(value=1)))
    total[cut % len(total)] = byte
    _never_raises(bytes(total))


def _never_raises(body: bytes) -> None:
    try:
        parsed = parse_open_wearables(body)
    except BodyError:
        return
    for fact in parsed.facts:
        loads(encode_fact(fact))
        assert fact.head.start_ms <= fact.head.end_ms
