"""Health Connect's export: what its rows mean, and pieces that equal the database they are of."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS
from model.codec import encode_fact
from model.facts import (
    DeviceType,
    Fact,
    Joining,
    Method,
    Parsed,
    RejectKind,
    SampleBlock,
    Workout,
)
from parsers.formats import parse, sniff
from parsers.health_connect.cutting import cut_health_connect
from parsers.health_connect.exercise_types import LIBRARY, PLATFORM, exercise_word
from simulate.exports.health_connect import (
    PHONE_ID,
    UNSET_EXERTION,
    CarriedDays,
    HealthConnectExport,
    at_instant,
    export_of,
    over_interval,
    people_and_devices,
)
from tests.rooms import SHARED
from tests.rows import matching, of_type, values_of

_AT_MS = 1_790_229_600_000  # 2026-09-24T06:00:00Z
_CASE = SHARED / "cases" / "C01" / "health_connect_export.db"


def _read(export: HealthConnectExport) -> Parsed:
    return parse("files", export.written())


def _only(export: HealthConnectExport, table: str, **row: Any) -> Parsed:  # noqa: ANN401
    export.add(table, row)
    return _read(export)


def _columns(block: SampleBlock) -> tuple[list[int], list[int] | None, list[float]]:
    until = None if block.until is None else block.until.tolist()
    return block.t.tolist(), until, block.v.tolist()


@pytest.mark.parametrize(
    ("table", "row", "metric", "value"),
    [
        ("resting_heart_rate_record_table", {"beats_per_minute": 58}, "resting_heart_rate", 58.0),
        (
            "heart_rate_variability_rmssd_record_table",
            {"heart_rate_variability_millis": 40.5},
            "heart_rate_variability_rmssd",
            40.5,
        ),
        ("oxygen_saturation_record_table", {"percentage": 97.0}, "oxygen_saturation", 97.0),
        ("respiratory_rate_record_table", {"rate": 14.5}, "respiratory_rate", 14.5),
        ("vo2_max_record_table", {"vo2_milliliters_per_minute_kilogram": 31.5}, "vo2_max", 31.5),
        ("weight_record_table", {"weight": 71_250.0}, "weight", 71.25),
    ],
)
def test_what_holds_at_an_instant(
    table: str, row: dict[str, Any], metric: str, value: float
) -> None:
    parsed = _only(people_and_devices(), table, **at_instant(_AT_MS, **row))
    (block,) = of_type(SampleBlock, parsed.facts)
    assert (block.metric, *_columns(block)) == (metric, [_AT_MS], None, [value])
    assert (block.joining, block.head.revision) == (Joining.STREAM, 497_222)  # hours
    assert (block.head.offset_min, parsed.rejects) == (120, ())


@pytest.mark.parametrize(
    ("table", "row", "metric", "value"),
    [
        ("steps_record_table", {"count": 812}, "steps", 812.0),
        ("distance_record_table", {"distance": 640.5}, "distance", 640.5),
        ("floors_climbed_record_table", {"floors": 3.0}, "floors", 3.0),
        ("active_calories_burned_record_table", {"energy": 51_500.0}, "active_energy", 51.5),
        ("total_calories_burned_record_table", {"energy": 93_000.0}, "total_energy", 93.0),
        ("sleep_session_record_table", {}, "wear", 1.0),
    ],
)
def test_what_holds_over_an_interval(
    table: str, row: dict[str, Any], metric: str, value: float
) -> None:
    end_ms = _AT_MS + 10 * MINUTE_MS
    parsed = _only(people_and_devices(), table, **over_interval(_AT_MS, end_ms, **row))
    (block,) = of_type(SampleBlock, parsed.facts)
    assert (block.metric, *_columns(block)) == (metric, [_AT_MS], [end_ms], [value])


@pytest.mark.parametrize(
    ("parent", "child", "column", "metric"),
    [
        (
            "heart_rate_record_table",
            "heart_rate_record_series_table",
            "beats_per_minute",
            "heart_rate",
        ),
        ("SpeedRecordTable", "speed_record_table", "speed", "speed"),
        ("PowerRecordTable", "power_record_table", "power", "power"),
        ("StepsCadenceRecordTable", "steps_cadence_record_table", "rate", "cadence"),
        (
            "CyclingPedalingCadenceRecordTable",
            "cycling_pedaling_cadence_record_table",
            "revolutions_per_minute",
            "cadence",
        ),
    ],
)
def test_series_belong_to_their_records(parent: str, child: str, column: str, metric: str) -> None:
    export = people_and_devices()
    export.add(parent, over_interval(_AT_MS, _AT_MS + HOUR_MS))
    export.add(parent, over_interval(_AT_MS, _AT_MS + HOUR_MS, device_info_id=PHONE_ID))
    for key, value in ((1, 90), (2, 80), (1, 91), (7, 1)):
        export.add(child, {"parent_key": key, column: value, "epoch_millis": _AT_MS + value * 1000})
    parsed = _read(export)
    watch, phone = of_type(SampleBlock, parsed.facts)
    assert (watch.metric, watch.v.tolist(), phone.v.tolist()) == (metric, [90.0, 91.0], [80.0])
    assert phone.head.source.device_type is DeviceType.PHONE
    assert values_of(parsed.rejects, "why") == ["its record is not there"]


def test_who_recorded_is_app_device_and_method() -> None:
    export = people_and_devices()
    for method in (0, 1, 2, 3):
        at = at_instant(_AT_MS + method, recording_method=method, weight=70_000.0)
        export.add("weight_record_table", at)
    export.add(
        "weight_record_table",
        at_instant(_AT_MS, None, weight=1e5, app_info_id=2, device_info_id=PHONE_ID),
        at_instant(_AT_MS, -12_600, weight=1e5, app_info_id=None, device_info_id=None),
    )
    sources = values_of(_read(export).facts, "head.source")
    assert values_of(sources, "method") == [
        Method.UNKNOWN, Method.WORKOUT, Method.BACKGROUND, Method.MANUAL,
        Method.BACKGROUND, Method.BACKGROUND,
    ]  # fmt: skip
    assert values_of(sources[3:], "app", "device", "device_type") == [
        ("com.example.watch", "Acme W1", DeviceType.WATCH),
        ("com.example.fit", "Acme Pocket", DeviceType.PHONE),
        ("", "", DeviceType.UNKNOWN),
    ]
    assert values_of(_read(export).facts, "head.offset_min")[4:] == [None, -210]


def test_a_session_has_its_id_pauses_exertion_and_the_length_of_its_laps() -> None:
    export = people_and_devices()
    session: dict[str, Any] = {
        "exercise_type": 33,
        "session_rate_of_perceived_exertion": 4.5,
        "title": "secret",
    }
    export.add("exercise_session_record_table", over_interval(_AT_MS, _AT_MS + HOUR_MS, **session))
    for start, kind in ((600_000, 67), (660_000, 67), (1_200_000, 1)):
        part = {"segment_start_time": _AT_MS + start, "segment_end_time": _AT_MS + start + 120_000}
        export.add("exercise_segments_table", {"parent_key": 1, "segment_type": kind, **part})
    for lap in range(3):
        part = {"lap_start_time": _AT_MS + lap, "lap_end_time": _AT_MS + lap + 1}
        export.add("exercise_laps_table", {"parent_key": 1, "lap_length": 400.0, **part})
    (workout,) = of_type(Workout, _read(export).facts)
    assert workout.head.record == "00000000-0000-000c-0000-000000000001"
    assert (workout.type, workout.vendor_type, workout.exertion_cr10) == ("running", "running", 4.5)
    assert workout.pauses == (
        (_AT_MS + 600_000, _AT_MS + 720_000),
        (_AT_MS + 720_000, _AT_MS + 780_000),
    )
    assert workout.summary == {"distance": 1_200.0}
    assert b"secret" not in encode_fact(workout)


@pytest.mark.parametrize(
    ("grade", "kept", "refused"),
    [(UNSET_EXERTION, None, 0), (None, None, 0), (0.0, 0.0, 0), (10.0, 10.0, 0), (11.0, None, 1)],
)
def test_exertion_is_from_0_to_10_or_not_set(
    grade: float | None, kept: float | None, refused: int
) -> None:
    row = over_interval(_AT_MS, _AT_MS + HOUR_MS, session_rate_of_perceived_exertion=grade)
    parsed = _only(people_and_devices(), "exercise_session_record_table", **row)
    (workout,) = of_type(Workout, parsed.facts)
    assert (workout.exertion_cr10, len(parsed.rejects)) == (kept, refused)


@pytest.mark.parametrize(
    ("end_ms", "why"),
    [
        (_AT_MS, "a session of no length"),
        (_AT_MS - 1, "not after the start by at most seven days"),
        (_AT_MS + 8 * DAY_MS, "not after the start by at most seven days"),
        (None, "not a time in milliseconds"),
        ("soon", "not a time in milliseconds"),
        (2**62, "not between the years 2000 and 2100"),
    ],
)
def test_a_session_without_a_length_is_refused(end_ms: object, why: str) -> None:
    row = {**over_interval(_AT_MS, _AT_MS), "end_time": end_ms}
    parsed = _only(people_and_devices(), "exercise_session_record_table", **row)
    assert (parsed.facts, values_of(parsed.rejects, "why")) == ((), [why])


@pytest.mark.parametrize(
    ("number", "numbering", "word"),
    [
        (53, PLATFORM, "walking"),
        (53, LIBRARY, "rowing"),
        (79, PLATFORM, "walking"),
        (79, LIBRARY, "walking"),
        (56, LIBRARY, "running"),
        (33, PLATFORM, "running"),
        (0, LIBRARY, "other_workout"),
        (999, PLATFORM, ""),
    ],
)
def test_types_have_two_numberings(number: int, numbering: str, word: str) -> None:
    assert exercise_word(number, numbering) == word


def test_an_unknown_type_is_kept_as_its_number_and_told() -> None:
    row = over_interval(_AT_MS, _AT_MS + HOUR_MS, exercise_type=999)
    parsed = _only(people_and_devices(), "exercise_session_record_table", **row)
    (workout,) = of_type(Workout, parsed.facts)
    assert (workout.type, workout.vendor_type) == ("other", "exercise_type_999")
    assert values_of(parsed.rejects, "kind") == [RejectKind.UNKNOWN]


@pytest.mark.parametrize(
    "row",
    [
        {"count": "many"}, {"count": b"\0"}, {"count": None}, {"count": -1}, {"count": 1e300},
        {"end_time": _AT_MS}, {"end_time": _AT_MS - 1}, {"end_time": _AT_MS + 2 * DAY_MS},
        {"start_time": "now"}, {"start_time": None}, {"start_time": -1}, {"start_time": 2**62},
    ],
    ids=repr,
)  # fmt: skip
def test_a_row_of_wrong_values_costs_itself_only(row: dict[str, object]) -> None:
    export = people_and_devices()
    sound = over_interval(_AT_MS, _AT_MS + MINUTE_MS, count=7)
    export.add("steps_record_table", {**sound, **row}, {**sound, "start_time": _AT_MS + 1})
    parsed = _read(export)
    (block,) = of_type(SampleBlock, parsed.facts)
    assert _columns(block) == ([_AT_MS + 1], [_AT_MS + MINUTE_MS], [7.0])
    assert [reject.where.startswith("steps[0]") for reject in parsed.rejects] == [True]
    assert parsed.complete


def test_a_value_that_is_not_set_is_no_value() -> None:
    row = over_interval(_AT_MS, _AT_MS + MINUTE_MS, energy=5e-324)
    parsed = _only(people_and_devices(), "total_calories_burned_record_table", **row)
    assert (parsed.facts, parsed.rejects) == ((), ())


def test_sleep_of_a_phone_or_by_hand_shows_no_wear() -> None:
    export = people_and_devices()
    night = over_interval(_AT_MS, _AT_MS + 8 * HOUR_MS)
    for row in ({"device_info_id": PHONE_ID}, {"recording_method": 3}):
        export.add("sleep_session_record_table", {**night, **row})
    assert _read(export).facts == ()


def test_of_a_person_all_is_true() -> None:
    truth = CarriedDays(first_ms=_AT_MS - _AT_MS % DAY_MS, days=3)
    parsed = _read(export_of(truth))
    steps = matching(of_type(SampleBlock, parsed.facts), metric="steps")
    by_device = {block.head.source.device_type: block.v.sum() for block in steps}
    assert by_device == {DeviceType.WATCH: 18_000.0, DeviceType.PHONE: 3 * 10 * 75.0}
    (beats,) = matching(of_type(SampleBlock, parsed.facts), metric="heart_rate")
    assert len(beats.t) == truth.days * truth.beats_a_day
    walks = of_type(Workout, parsed.facts)
    assert values_of(walks, "head.start_ms", "head.end_ms") == list(truth.walks())
    assert {walk.pauses[0][1] - walk.pauses[0][0] for walk in walks} == {300_000}
    assert parsed.rejects == ()


def test_pieces_have_the_facts_of_the_database(tmp_path: Path) -> None:
    export = export_of(CarriedDays(first_ms=_AT_MS - _AT_MS % DAY_MS, days=60))
    path = tmp_path / "export.db"
    export.write(path)
    complete = parse("files", path.read_bytes())
    with path.open("rb") as file:
        pieces = list(cut_health_connect(file))
    assert {sniff(piece) for piece in pieces} == {"health_connect"}
    assert max(map(len, pieces)) <= 2_000_000
    assert list(cut_health_connect(BytesIO(path.read_bytes()))) == pieces
    facts: list[Fact] = []
    for piece in pieces:
        facts += parse("files", piece).facts
    assert list(map(encode_fact, facts)) == list(map(encode_fact, complete.facts))


def test_pieces_of_a_later_export_are_those_of_the_earlier_one_and_a_few() -> None:
    first_ms = _AT_MS - _AT_MS % DAY_MS
    earlier, later = (
        set(
            cut_health_connect(
                BytesIO(export_of(CarriedDays(first_ms=first_ms, days=days)).written())
            )
        )
        for days in (200, 203)
    )
    # The last piece of each table ends later; sessions, steps and heart rate are three tables.
    assert len(earlier) >= 6
    assert len(earlier - later) <= 3


def test_a_table_of_records_that_nobody_knows_is_told() -> None:
    export = people_and_devices().written()
    changed = export.replace(b"nutrition_record_table", b"telepathy_record_table")
    parsed = parse("files", changed)
    assert values_of(parsed.rejects, "where", "kind") == [
        ("telepathy_record_table", RejectKind.UNKNOWN)
    ]


@pytest.mark.skipif(not _CASE.exists(), reason="the field cases are not beside this checkout")
def test_the_field_case_has_two_sources_of_steps_and_a_refused_session() -> None:
    parsed = parse("files", _CASE.read_bytes())
    steps = matching(of_type(SampleBlock, parsed.facts), metric="steps")
    assert {block.head.source.device_type: block.v.sum() for block in steps} == {
        DeviceType.WATCH: 600.0,
        DeviceType.PHONE: 450.0,
    }
    (beats,) = matching(of_type(SampleBlock, parsed.facts), metric="heart_rate")
    assert len(beats.t) == 162
    workouts = of_type(Workout, parsed.facts)
    assert values_of(workouts, "type", "exertion_cr10") == [("walking", None)] * 2
    assert values_of(parsed.rejects, "why") == ["a session of no length"]
