"""Open Wearables' events: recorded shapes with invented values become facts.

Bad events must be refused without a crash.
"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.codec import dumps, encode_fact, loads
from model.errors import BodyError
from model.facts import DaySummary, DeviceType, Joining, SampleBlock, Workout
from model.metrics import METRIC
from model.words.activities import TYPES
from model.words.units import unit_conversion
from parsers.vendors.open_wearables import events
from parsers.vendors.open_wearables.columns import columns_of_batch
from parsers.vendors.open_wearables.events import parse_open_wearables
from parsers.vendors.open_wearables.names import (
    NOT_FOLLOWED_EVENTS,
    NOT_FOLLOWED_SERIES,
    SERIES,
    SERIES_EVENTS,
    WORKOUT_TYPES,
    device_type,
)
from tests.rows import cells_of, values_of

_T0 = 1_700_000_000_000


def sample(**changes: object) -> dict[str, Any]:
    result = {
        "timestamp": "2023-11-14T22:13:20+00:00",
        "zone_offset": "+01:00",
        "type": "heart_rate",
        "value": 120,
        "unit": "bpm",
        "source": {"provider": "garmin", "device": "Forerunner 255"},
        "is_daily_total": None,
    }
    return {**result, **changes}


def _series(
    *samples: object, kind: str = "heart_rate.created", of: str = "heart_rate", **changes: object
) -> bytes:
    data = {"user_id": "u1", "provider": "garmin", "series_type": of, "samples": samples, **changes}
    return json.dumps({"type": kind, "data": data}).encode()


def _workout(**changes: object) -> bytes:
    data = {
        "id": "w1",
        "user_id": "u1",
        "type": "running",
        "start_time": "2023-11-14T22:13:20+00:00",
        "end_time": "2023-11-14T22:43:20+00:00",
        "zone_offset": None,
        "source": {"provider": "garmin", "device": None},
    }
    return json.dumps({"type": "workout.created", "data": {**data, **changes}}).encode()


def test_tables_agree_with_the_registries() -> None:
    assert set(SERIES.values()) <= set(METRIC)
    assert set(WORKOUT_TYPES.values()) <= set(TYPES)
    assert not set(SERIES) & NOT_FOLLOWED_SERIES
    assert not SERIES_EVENTS & NOT_FOLLOWED_EVENTS
    units = (
        "bpm ms percent % mg_dl mg/dL mmHg brpm celsius count kcal meters m ml_kg_min rpm "
        "watts W m_per_s m/s kg"
    )
    for metric in SERIES.values():
        assert any(unit_conversion(result, METRIC[metric].unit) for result in units.split()), metric


def test_samples_are_sorted_joined_and_the_greatest_of_one_instant_stands() -> None:
    later = sample(timestamp="2023-11-14T22:13:21.5+00:00", value=121)
    parsed = parse_open_wearables(_series(later, sample(value=130), sample(value=110)))
    (block,) = parsed.facts
    assert isinstance(block, SampleBlock)
    assert block.t.tolist() == [_T0, _T0 + 1500]
    assert block.v.tolist() == [130.0, 121.0]
    assert (block.t.dtype.name, block.v.dtype.name) == ("int64", "float64")
    assert block.joining is Joining.STREAM
    assert (block.head.start_ms, block.head.end_ms, block.head.offset_min) == (_T0, _T0 + 1501, 60)
    assert block.head.record.startswith("heart_rate:")


def test_the_group_event_and_the_series_event_give_the_same_facts() -> None:
    group, single = _series(sample()), _series(sample(), kind="series.heart_rate.created")
    assert list(map(encode_fact, parse_open_wearables(group).facts)) == list(
        map(encode_fact, parse_open_wearables(single).facts)
    )


def test_a_block_for_each_device_and_offset() -> None:
    other = sample(source={"provider": "polar", "device": "Polar H10"})
    parsed = parse_open_wearables(_series(sample(), other, sample(zone_offset="-03:30")))
    assert values_of(parsed.facts, "head.source.device_type", "head.offset_min") == [
        (DeviceType.WATCH, 60),
        (DeviceType.STRAP, 60),
        (DeviceType.WATCH, -210),
    ]


@pytest.mark.parametrize(
    ("of", "unit", "value", "metric", "canonical"),
    [
        ("blood_glucose", "mg_dl", 180.15588, "blood_glucose", 10.0),
        ("vo2_max", "ml_kg_min", 41.5, "oxygen_uptake", 41.5),
        ("running_speed", "m_per_s", 2.5, "speed", 2.5),
        ("oxygen_saturation", "%", 97, "oxygen_saturation", 97.0),
        ("weight", "kg", 81.25, "weight", 81.25),
        ("steps", "count", 40, "steps", 40.0),
    ],
)
def test_units(of: str, unit: str, value: float, metric: str, canonical: float) -> None:
    (block,) = parse_open_wearables(_series(sample(type=of, unit=unit, value=value), of=of)).facts
    assert isinstance(block, SampleBlock)
    assert (block.metric, block.v.tolist()) == (metric, [pytest.approx(canonical, rel=1e-12)])


def test_a_days_total_is_no_sample_and_the_greatest_stands() -> None:
    item = sample(
        type="steps",
        unit="count",
        value=4000,
        is_daily_total=True,
        timestamp="2023-11-14T23:30:00+00:00",
    )
    parsed = parse_open_wearables(
        _series(
            item, {**item, "value": 6000}, {**item, "value": 5000}, of="steps", kind="steps.created"
        )
    )
    (day,) = parsed.facts
    assert isinstance(day, DaySummary)
    assert (day.local_date.isoformat(), day.values, day.head.revision) == (
        "2023-11-15",
        {"steps": 6000.0},
        6_000_000,
    )
    assert day.head.end_ms - day.head.start_ms == 86_400_000


def test_a_workout_without_what_is_optional() -> None:
    parsed = parse_open_wearables(_workout(type=None, calories_kcal=None))
    (fact,) = parsed.facts
    assert isinstance(fact, Workout)
    assert (fact.type, fact.vendor_type, fact.summary) == ("other", "", {})
    assert (fact.head.start_ms, fact.head.end_ms, fact.head.offset_min) == (
        _T0,
        _T0 + 1_800_000,
        None,
    )
    assert fact.head.source.device_type is DeviceType.WATCH
    assert fact.head.revision == 0  # of its versions the last stated counts, not the longest


def test_a_bad_total_does_not_cost_the_workout() -> None:
    parsed = parse_open_wearables(
        _workout(calories_kcal="many", distance_meters=-1, avg_heart_rate_bpm=140)
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
    samples = parse_open_wearables(_series(sample(**changes), sample(**changes, **later)))
    assert [f"{reject.where}: {reject.text}" for reject in samples.rejects] == [
        f"data.samples[0].{expected} (2 records)"
    ], what
    assert sum(len(f.t) for f in samples.facts if isinstance(f, SampleBlock)) == 2
    workout = parse_open_wearables(_workout(**changes))
    assert [f"{reject.where}: {reject.text}" for reject in workout.rejects] == [f"data.{expected}"]
    assert len(workout.facts) == 1


@pytest.mark.parametrize(
    ("written", "minutes"),
    [("Z", None), ("z", None), ("+02:00", 120), ("+0200", 120), ("+02:00:00", 120),
     ("-033000", -210)],
)  # fmt: skip
def test_offsets_are_read_as_senders_write_them(written: str, minutes: int | None) -> None:
    workout = parse_open_wearables(_workout(zone_offset=written))
    assert (workout.facts[0].head.offset_min, workout.rejects) == (minutes, ())


@pytest.mark.parametrize("written", ["+02:00:30", "+2:00", "02:00", "UTC", "+02:60"])
def test_what_is_no_offset_costs_the_offset(written: str) -> None:
    workout = parse_open_wearables(_workout(zone_offset=written))
    assert len(workout.facts) == 1
    assert [reject.where for reject in workout.rejects] == ["data.zone_offset"]


def test_a_type_that_is_no_text_costs_the_type() -> None:
    workout = parse_open_wearables(_workout(type=7))
    (fact,) = workout.facts
    assert isinstance(fact, Workout)
    assert (fact.type, [reject.where for reject in workout.rejects]) == ("other", ["data.type"])


@pytest.mark.parametrize(
    ("written", "ours", "refused"),
    [
        ("running", "running", []),
        ("Running", "running", []),
        ("other", "other", []),
        ("quidditch", "other", ["data.type"]),
        (None, "other", []),
    ],
)
def test_an_unknown_type_is_told_and_the_workout_stays(
    written: str | None, ours: str, refused: list[str]
) -> None:
    workout = parse_open_wearables(_workout(type=written))
    (fact,) = workout.facts
    assert isinstance(fact, Workout)
    assert (fact.type, fact.vendor_type) == (ours, written or "")
    assert [reject.where for reject in workout.rejects] == refused


def test_a_series_under_its_other_name_is_the_same_series() -> None:
    for name in ("energy", "active_energy"):
        (block,) = parse_open_wearables(
            _series(sample(type="energy", unit="kcal", value=320), of=name)
        ).facts
        assert isinstance(block, SampleBlock)
        assert (block.metric, block.v.tolist()) == ("active_energy", [320.0])


@pytest.mark.parametrize(
    ("source", "app"), [(None, ""), ("garmin", "garmin"), ({"provider": "polar"}, "polar")]
)
def test_a_source_may_be_absent_a_text_or_an_object(source: object, app: str) -> None:
    (block,) = parse_open_wearables(_series(sample(source=source))).facts
    assert block.head.source.app == app


def test_a_batch_may_name_its_series_in_the_samples_alone() -> None:
    total = loads(_series(sample()))
    del total["data"]["series_type"]
    (block,) = parse_open_wearables(dumps(total)).facts
    assert isinstance(block, SampleBlock)
    assert block.metric == "heart_rate"


@pytest.mark.parametrize(("what", "changes", "expected"), BAD_SAMPLES, ids=cells_of(BAD_SAMPLES, 0))
def test_a_bad_sample_is_a_reject_and_the_others_are_kept(
    what: str, changes: dict[str, Any], expected: str
) -> None:
    parsed = parse_open_wearables(
        _series(sample(), sample(**changes), sample(timestamp="2023-11-14T22:13:21Z"))
    )
    assert [f"{reject.where}: {reject.text}" for reject in parsed.rejects] == [
        f"data.samples[1].{expected}"
    ], what
    assert sum(len(f.t) for f in parsed.facts if isinstance(f, SampleBlock)) == 2


def test_a_heart_rate_of_zero_is_kept_as_told() -> None:
    (block,) = parse_open_wearables(_series(sample(value=0))).facts
    assert isinstance(block, SampleBlock)
    assert block.v.tolist() == [0.0]


def test_one_reject_for_one_cause() -> None:
    parsed = parse_open_wearables(_series(*[sample(value=None)] * 400, sample(unit="x"), 7))
    assert values_of(parsed.rejects, "where", "text") == [
        ("data.samples[0].value", "not a number (400 records)"),
        ("data.samples[400].unit", "not a unit of heart_rate"),
        ("data.samples[401]", "not an object"),
    ]


BAD_EVENTS: list[tuple[str, bytes, str]] = [
    ("an unknown event", b'{"type":"x.created","data":{"user_id":"u"}}', "type: an unknown event"),
    ("an unknown series", _series(of="blood_type"), "data.series_type: an unknown series"),
    ("no series", _series(of=""), "data.series_type: not a text"),
    ("samples that are none", _series(samples={}), "data.samples: not a list"),
    ("too many samples", _series(samples=[0] * 100_001), "data.samples: more than 100000 samples"),
    ("a workout without id", _workout(id=None), "data.id: not a text"),
    ("a workout that ends first", _workout(end_time="2023-11-14T22:13:20Z"),
     "data.end_time: not after the start by at most seven days"),
    ("a workout of a year", _workout(end_time="2024-11-14T22:13:20Z"),
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
    ("cut short", _series(sample())[:-1], "@"),
    ("NaN", _series(sample()).replace(b"120", b"NaN"), "@"),
    ("Infinity", _series(sample()).replace(b"120", b"Infinity"), "@"),
    ("1e400", _series(sample()).replace(b"120", b"1e400"), "@"),
    ("a lone surrogate", _series(sample()).replace(b'"u1"', b'"\\ud800"'), "@"),
    ("10,000 levels", b'{"data":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "@"),
    ("10,000 objects deep", b'{"data":' * 10_000 + b"1" + b"}" * 10_000, "@"),
    ("no data", b'{"type":"workout.created"}', "data"),
    ("no user", b'{"type":"workout.created","data":{}}', "data.user_id"),
    ("a user of 10 kB", _workout(user_id="u" * 10_000), "data.user_id"),
    ("a user with a line end", _workout(user_id="u\n"), "data.user_id"),
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


@pytest.mark.parametrize("kind", sorted(NOT_FOLLOWED_EVENTS))
def test_known_events_that_are_not_followed_are_silent(kind: str) -> None:
    parsed = parse_open_wearables(
        json.dumps({"type": kind, "data": {"user_id": "u1", "stages": {"deep": 1}}}).encode()
    )
    assert (parsed.account, parsed.facts, parsed.rejects) == ("u1", (), ())


def test_known_series_that_are_not_followed_are_silent() -> None:
    parsed = parse_open_wearables(_series(sample(type="latitude", unit="degrees"), of="latitude"))
    assert (parsed.facts, parsed.rejects) == ((), ())


@pytest.mark.parametrize(
    ("provider", "device", "kind"),
    [
        ("polar", "Polar H10", DeviceType.STRAP),
        ("garmin", "HRM-Pro Plus", DeviceType.STRAP),
        ("apple", "Apple Watch Series 9", DeviceType.WATCH),
        ("apple", "iPhone15,2", DeviceType.PHONE),
        ("google", "Pixel Watch 3", DeviceType.WATCH),
        ("google", "Pixel 9", DeviceType.PHONE),
        ("garmin", "Index S2", DeviceType.SCALE),
        ("garmin", "", DeviceType.WATCH),
        ("oura", "Oura Ring Gen3", DeviceType.UNKNOWN),
        ("apple", "", DeviceType.UNKNOWN),
    ],
)
def test_device_types(provider: str, device: str, kind: DeviceType) -> None:
    assert device_type(provider, device) is kind


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


SAMPLE_KEYS = sorted(sample())
WORKOUT_KEYS = sorted(
    [*json.loads(_workout())["data"], "duration_seconds", "max_heart_rate_bpm", "distance_meters"]
)


@given(changes=st.dictionaries(st.sampled_from(SAMPLE_KEYS), _JSON, max_size=3))
def test_any_field_of_a_sample(changes: dict[str, Any]) -> None:
    _never_raises(_series(sample(), {**sample(), **changes}))


@given(changes=st.dictionaries(st.sampled_from(WORKOUT_KEYS), _JSON, max_size=3))
def test_any_field_of_a_workout(changes: dict[str, Any]) -> None:
    _never_raises(_workout(**changes))


@given(cut=st.integers(0, 400), byte=st.integers(0, 255))
def test_one_byte_changed(cut: int, byte: int) -> None:
    total = bytearray(_series(sample(), sample(value=1)))
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


_WRITTEN = st.one_of(
    st.builds(
        lambda s, form: form.format(s),
        st.sampled_from(
            [
                "2023-11-14T22:13:20",
                "2023-11-14T22:13:21",
                "2023-11-14T23:59:59",
                "2024-02-29T00:00:00",
            ]
        ),
        st.sampled_from(
            ["{}+01:00", "{}+01:00", "{}+01:00", "{}Z", "{}-05:30", "{}.5+01:00", "{}+19:00", "{}"]
        ),
    ),
    st.sampled_from(
        [
            "2023-02-29T00:00:00+01:00",
            "2023-11-14T24:00:00+01:00",
            "1999-12-31T23:59:59+01:00",
            7,
            None,
        ]
    ),
    st.sampled_from(
        ["2023-11-14T22:13:60+01:00", "2023-13-14T22:13:20+01:00", "2023-11-14t22:13:20+01:00"]
    ),
)
READ = st.one_of(
    st.integers(1, 200), st.floats(0, 300), st.sampled_from([-0.0, True, None, "70", 1e300, -5])
)
SAMPLE = st.fixed_dictionaries(
    {"timestamp": _WRITTEN, "value": READ},
    optional={
        "zone_offset": st.sampled_from(["+01:00", None]),
        "unit": st.sampled_from(["bpm", "kg"]),
        "is_daily_total": st.sampled_from([None, True, 1]),
    },
)


@given(
    st.lists(
        st.one_of(st.builds(lambda fields: sample(**fields), SAMPLE), SAMPLE),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
def test_a_batch_read_as_columns_is_the_batch_read_sample_by_sample(
    samples: list[dict[str, Any]],
    alike: bool,  # noqa: FBT001
) -> None:
    if alike:  # but for their times and values
        first = samples[0]
        samples = [{**first, "timestamp": s["timestamp"], "value": s["value"]} for s in samples]
    body = _series(*samples)
    with pytest.MonkeyPatch.context() as patched:
        fast = parse_open_wearables(body)
        patched.setattr(events, "columns_of_batch", lambda _body: None)
        slow = parse_open_wearables(body)
    assert fast.rejects == slow.rejects
    assert list(map(encode_fact, fast.facts)) == list(map(encode_fact, slow.facts))


def test_a_batch_of_one_kind_is_read_as_columns() -> None:
    samples = [sample(timestamp=f"2023-11-14T22:{m:02}:20+01:00", value=m + 60) for m in range(60)]
    total = columns_of_batch(_series(*samples))
    assert total is not None
    (block,) = total.facts
    assert isinstance(block, SampleBlock)
    assert (len(block.t), block.head.offset_min, block.v[-1]) == (60, 60, 119.0)
    assert int(block.t[0]) == _T0 - 3_600_000 - 780_000
