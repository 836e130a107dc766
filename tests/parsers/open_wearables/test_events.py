"""Open Wearables' events: recorded shapes with invented values become facts."""

import json

import pytest

from model.codec import dumps, encode_fact, loads
from model.facts import DaySummary, DeviceType, Joining, SampleBlock, Workout
from model.metrics import METRIC
from model.words.activities import TYPES
from model.words.units import unit_conversion
from parsers.vendors.open_wearables.names import (
    NOT_FOLLOWED_EVENTS,
    NOT_FOLLOWED_SERIES,
    SERIES,
    SERIES_EVENTS,
    WORKOUT_TYPES,
    device_type,
)
from parsers.vendors.open_wearables.reader import parse_open_wearables
from tests.parsers.open_wearables.shapes import (
    FIRST_SAMPLE_MS,
    hub_sample,
    series_event,
    workout_event,
)
from tests.rows import values_of


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
    later = hub_sample(timestamp="2023-11-14T22:13:21.5+00:00", value=121)
    parsed = parse_open_wearables(series_event(later, hub_sample(value=130), hub_sample(value=110)))
    (block,) = parsed.facts
    assert isinstance(block, SampleBlock)
    assert block.t.tolist() == [FIRST_SAMPLE_MS, FIRST_SAMPLE_MS + 1500]
    assert block.v.tolist() == [130.0, 121.0]
    assert (block.t.dtype.name, block.v.dtype.name) == ("int64", "float64")
    assert block.joining is Joining.STREAM
    assert (block.head.start_ms, block.head.end_ms, block.head.offset_min) == (
        FIRST_SAMPLE_MS,
        FIRST_SAMPLE_MS + 1501,
        60,
    )
    assert block.head.record.startswith("heart_rate:")


def test_the_group_event_and_the_series_event_give_the_same_facts() -> None:
    group, single = (
        series_event(hub_sample()),
        series_event(hub_sample(), kind="series.heart_rate.created"),
    )
    assert list(map(encode_fact, parse_open_wearables(group).facts)) == list(
        map(encode_fact, parse_open_wearables(single).facts)
    )


def test_a_block_for_each_device_and_offset() -> None:
    other = hub_sample(source={"provider": "polar", "device": "Polar H10"})
    parsed = parse_open_wearables(
        series_event(hub_sample(), other, hub_sample(zone_offset="-03:30"))
    )
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
    (block,) = parse_open_wearables(
        series_event(hub_sample(type=of, unit=unit, value=value), of=of)
    ).facts
    assert isinstance(block, SampleBlock)
    assert (block.metric, block.v.tolist()) == (metric, [pytest.approx(canonical, rel=1e-12)])


def test_a_days_total_is_no_sample_and_the_greatest_stands() -> None:
    item = hub_sample(
        type="steps",
        unit="count",
        value=4000,
        is_daily_total=True,
        timestamp="2023-11-14T23:30:00+00:00",
    )
    parsed = parse_open_wearables(
        series_event(
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
    parsed = parse_open_wearables(workout_event(type=None, calories_kcal=None))
    (fact,) = parsed.facts
    assert isinstance(fact, Workout)
    assert (fact.type, fact.vendor_type, fact.summary) == ("other", "", {})
    assert (fact.head.start_ms, fact.head.end_ms, fact.head.offset_min) == (
        FIRST_SAMPLE_MS,
        FIRST_SAMPLE_MS + 1_800_000,
        None,
    )
    assert fact.head.source.device_type is DeviceType.WATCH
    assert fact.head.revision == 0  # of its versions the last stated counts, not the longest


@pytest.mark.parametrize(
    ("written", "minutes"),
    [("Z", None), ("z", None), ("+02:00", 120), ("+0200", 120), ("+02:00:00", 120),
     ("-033000", -210)],
)  # fmt: skip
def test_offsets_are_read_as_senders_write_them(written: str, minutes: int | None) -> None:
    workout = parse_open_wearables(workout_event(zone_offset=written))
    assert (workout.facts[0].head.offset_min, workout.rejects) == (minutes, ())


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
    workout = parse_open_wearables(workout_event(type=written))
    (fact,) = workout.facts
    assert isinstance(fact, Workout)
    assert (fact.type, fact.vendor_type) == (ours, written or "")
    assert [reject.where for reject in workout.rejects] == refused


def test_a_series_under_its_other_name_is_the_same_series() -> None:
    for name in ("energy", "active_energy"):
        (block,) = parse_open_wearables(
            series_event(hub_sample(type="energy", unit="kcal", value=320), of=name)
        ).facts
        assert isinstance(block, SampleBlock)
        assert (block.metric, block.v.tolist()) == ("active_energy", [320.0])


@pytest.mark.parametrize(
    ("source", "app"), [(None, ""), ("garmin", "garmin"), ({"provider": "polar"}, "polar")]
)
def test_a_source_may_be_absent_a_text_or_an_object(source: object, app: str) -> None:
    (block,) = parse_open_wearables(series_event(hub_sample(source=source))).facts
    assert block.head.source.app == app


def test_a_batch_may_name_its_series_in_the_samples_alone() -> None:
    total = loads(series_event(hub_sample()))
    del total["data"]["series_type"]
    (block,) = parse_open_wearables(dumps(total)).facts
    assert isinstance(block, SampleBlock)
    assert block.metric == "heart_rate"


def test_a_heart_rate_of_zero_is_kept_as_told() -> None:
    (block,) = parse_open_wearables(series_event(hub_sample(value=0))).facts
    assert isinstance(block, SampleBlock)
    assert block.v.tolist() == [0.0]


@pytest.mark.parametrize("kind", sorted(NOT_FOLLOWED_EVENTS))
def test_known_events_that_are_not_followed_are_silent(kind: str) -> None:
    parsed = parse_open_wearables(
        json.dumps({"type": kind, "data": {"user_id": "u1", "stages": {"deep": 1}}}).encode()
    )
    assert (parsed.account, parsed.facts, parsed.rejects) == ("u1", (), ())


def test_known_series_that_are_not_followed_are_silent() -> None:
    parsed = parse_open_wearables(
        series_event(hub_sample(type="latitude", unit="degrees"), of="latitude")
    )
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
