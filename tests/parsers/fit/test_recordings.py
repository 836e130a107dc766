"""Straps, developer fields, chains and files that are no recordings, and their facts."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
import pytest

from model.errors import BodyError
from model.facts import DeviceType, Fact, RejectKind, SampleBlock, Workout
from parsers.fit import decode, enum_values
from parsers.fit_facts.fit_file import parse_fit
from simulate.fit_messages import (
    UINT8,
    UINT16,
    UINT32,
    FieldShape,
    FitShape,
    definition,
    encoded,
    fit_file,
    rows,
)
from tests.parsers.fit.pieces import (
    BASE_MS,
    BASE_S,
    activity,
    anchor,
    beats,
    course,
    described,
    ident,
    overridden,
    plain,
    records,
    sensor,
    session,
)
from tests.rows import cells_of, of_type, values_of

_STRAP, _WRIST = sensor(120, 1), sensor(10, 5)
_MINUTE = session(start=0, written=60, elapsed=60, timer=60)


def _heart(facts: Sequence[Fact]) -> dict[DeviceType, list[tuple[float, float]]]:
    """Return times in seconds and values of the heart rate, by the type of device."""
    values: dict[DeviceType, list[tuple[float, float]]] = {}
    for block in of_type(SampleBlock, facts):
        if block.metric == "heart_rate":
            seconds = ((block.t - BASE_MS) / 1000).tolist()
            pairs = values.setdefault(block.head.source.device_type, [])
            pairs += zip(seconds, block.v.tolist(), strict=True)
    return values


def _monitoring(full: int, *short: int) -> bytes:
    """Return heart rate of a day: a full time, then 16-bit times so far from it."""
    info = FitShape(number=103, local=0, fields={"t": FieldShape(number=253, base=UINT32)})
    fields = {"low": FieldShape(number=26, base=UINT16), "hr": FieldShape(number=27, base=UINT8)}
    shape = FitShape(number=55, local=1, fields=fields)
    low = np.array([(full + step) % 65_536 for step in short], np.float64)
    parts = [encoded(info, {"t": full}), definition(shape)]
    return fit_file(
        [ident(kind=32), *parts, rows(shape, {"low": low, "hr": 60}, len(low)).tobytes()]
    )


@pytest.mark.parametrize(
    ("steps", "times"),
    [
        ((-17,), (-17,)),
        ((60, 43, 120), (60, 43, 120)),
        ((32_767,), (32_767,)),
        ((32_768,), (32_768,)),
        ((32_769,), (32_769 - 65_536,)),
        ((20_000, 40_000, 60_000, 80_000), (20_000, 40_000, 60_000, 80_000)),
    ],
)
def test_a_16_bit_time_is_the_nearest_to_the_last(
    steps: tuple[int, ...], times: tuple[int, ...]
) -> None:
    (pairs,) = _heart(parse_fit(_monitoring(BASE_S, *steps)).facts).values()
    assert sorted(times) == cells_of(pairs, 0)


def test_beats_that_a_strap_hands_over_are_the_straps() -> None:
    own = [5000.5 + k for k in range(8)]
    parts = [
        records(range(60), heart=90),
        _MINUTE,
        anchor(0, 5000, 110),
        beats(own, range(111, 119)),
    ]
    heart = _heart(parse_fit(plain(_STRAP, *parts)).facts)
    assert heart[DeviceType.WATCH] == [(t, 90) for t in range(60)]
    assert heart[DeviceType.STRAP] == [(0, 110), *[(k + 0.5, 111 + k) for k in range(8)]]


def test_beats_follow_the_last_message_with_both_clocks() -> None:
    first, second = [100.25 + k for k in range(8)], [300.25 + k for k in range(8)]
    parts = [
        beats(first, [70] * 8), anchor(0, 100, 80), beats(first, [81] * 8),
        anchor(30, 300, 90), beats(second, [91] * 8),
    ]  # fmt: skip
    (pairs,) = _heart(parse_fit(plain(_MINUTE, *parts)).facts).values()
    assert [t for t, v in pairs if v == 81] == [k + 0.25 for k in range(8)]
    assert [t for t, v in pairs if v == 91] == [30.25 + k for k in range(8)]


def test_beats_without_a_date_are_left_out() -> None:
    assert _heart(parse_fit(plain(_MINUTE, beats([1.0] * 8, [70] * 8))).facts) == {}


@pytest.mark.parametrize(
    ("sensors", "kind"),
    [
        (b"", DeviceType.WATCH),
        (_WRIST, DeviceType.WATCH),
        (_STRAP, DeviceType.STRAP),
        (_WRIST + _STRAP, DeviceType.STRAP),
    ],
)
def test_heart_rate_of_records_is_a_straps_where_one_was_connected(
    sensors: bytes, kind: DeviceType
) -> None:
    assert set(_heart(parse_fit(plain(sensors, records(range(60)), _MINUTE)).facts)) == {kind}


@pytest.mark.parametrize(
    ("description", "heart", "values"),
    [
        pytest.param(described(0, 3), np.nan, {150}, id="it overrides heart rate"),
        pytest.param(described(0, 3, None), np.nan, {150}, id="of the message that has it"),
        pytest.param(described(0, 3), 100, {100}, id="the watch has readings of its own"),
        pytest.param(described(0, 3), 0, {150}, id="zeros of the watch are no readings"),
        pytest.param(described(0, 3, 18), np.nan, set(), id="a field of sessions"),
        pytest.param(described(0, None), np.nan, set(), id="a field of its own"),
        pytest.param(described(0, 253), np.nan, set(), id="never the time"),
        pytest.param(
            described(0, None, named=("Heart Rate", "bpm")), np.nan, {150}, id="by its name"
        ),
        pytest.param(
            described(0, None, named=("Heart Rate", "bpm")), 100, {100}, id="by its name, beside"
        ),
        pytest.param(described(0, None, named=("hr", "%")), np.nan, set(), id="of another unit"),
        pytest.param(
            described(0, None, 18, named=("hr", "bpm")), np.nan, set(), id="by its name, elsewhere"
        ),
    ],
)
def test_a_developer_field_for_a_native_one_is_that(
    description: bytes, heart: float, values: set[float]
) -> None:
    for parts in ([description, overridden(range(60), 150, heart)],
                  [overridden(range(60), 150, heart), description]):  # fmt: skip
        rates = _heart(parse_fit(plain(*parts, _MINUTE)).facts)
        pairs = chain.from_iterable(rates.values())
        assert set(cells_of(pairs, 1)) == values


@pytest.mark.parametrize(
    ("developer", "heart", "value"),
    [(0, 100, 100), (0, 0, 0), (150, 0, 150), (0, np.nan, 0), (np.nan, 100, 100), (np.nan, 0, 0)],
)
def test_zeros_of_an_application_or_a_watch_give_way(
    developer: float, heart: float, value: float
) -> None:
    fit = decode(plain(described(0, 3), overridden(range(9), developer, heart)))
    assert set(fit["record"].numbers("heart_rate").tolist()) == {value}


def test_each_file_of_a_chain_has_its_own_descriptions() -> None:
    body = plain(described(0, 3), overridden(range(9), 150)) + fit_file(
        [ident(serial=8), described(0, None), overridden(range(900, 909), 160)]
    )
    (pairs,) = _heart(parse_fit(body).facts).values()
    assert set(cells_of(pairs, 1)) == {150}


def test_a_developer_field_has_a_scale_of_its_own() -> None:
    body = plain(described(0, 3, scale=2, offset=-10), overridden(range(9), 150))
    assert set(decode(body)["record"].numbers("heart_rate").tolist()) == {85}


def _leg(start: int, offset_min: int, *parts: bytes, serial: int = 7) -> bytes:
    minutes = session(start=start, written=start + 600, elapsed=600, timer=600)
    body = [records(range(start, start + 600)), minutes, activity(start + 600, offset_min)]
    return fit_file([ident(serial=serial), *parts, *body])


def test_each_file_of_a_chain_has_its_own_device_offset_and_strap() -> None:
    facts = parse_fit(_leg(0, 120, _STRAP) + _leg(43_200, -240, serial=8)).facts
    workouts, blocks = of_type(Workout, facts), of_type(SampleBlock, facts)
    assert values_of(workouts, "head.offset_min") == [120, -240]
    assert values_of(blocks, "head.offset_min") == [120, -240]
    kinds = values_of(blocks, "head.source.device_type")
    assert kinds == [DeviceType.STRAP, DeviceType.WATCH]
    alone = parse_fit(_leg(43_200, -240, serial=8)).facts
    assert values_of(workouts, "head.record")[1:] == values_of(alone, "head.record")[:1]


def test_files_of_a_chain_never_share_a_record() -> None:
    facts = parse_fit(_leg(0, 120) + _leg(0, 120)).facts
    records_of_blocks = values_of(of_type(SampleBlock, facts), "head.record")
    assert len(set(records_of_blocks)) == 2
    assert len(set(values_of(of_type(Workout, facts), "head.record"))) == 2


def test_a_part_without_an_identity_continues_the_file_before() -> None:
    rest = fit_file([anchor(0, 5000, 110)])
    facts = parse_fit(_leg(0, 120) + rest).facts
    assert len(of_type(Workout, facts)) == 1
    assert set(values_of(facts, "head.source.app")) == {"garmin"}
    assert set(values_of(facts, "head.offset_min")) == {120}
    # and records of such a part make no second workout of the same time
    rest = fit_file([records(range(100, 400), heart=120)])
    assert len(of_type(Workout, parse_fit(_leg(0, 120) + rest).facts)) == 1


_NOT_DONE = (
    *("device", "settings", "sport", "workout", "course", "schedules", "totals", "goals"),
    *("segment", "segment_list", "exd_configuration"),
)


@pytest.mark.parametrize("kind", _NOT_DONE)
def test_a_file_of_what_nobody_did_is_refused_by_its_type(kind: str) -> None:
    (number,) = [n for n, name in enum_values("file").items() if name == kind]
    body = fit_file([ident(kind=number), records(range(1500))])
    with pytest.raises(BodyError, match=r"file_id\.type: .*nobody did") as caught:
        parse_fit(body)
    assert caught.value.kind is RejectKind.UNKNOWN


@pytest.mark.parametrize("kind", [4, 9, 32, 255])
def test_other_files_are_read(kind: int) -> None:
    assert len(parse_fit(fit_file([ident(kind=kind), records(range(1500))])).facts) == 2


@pytest.mark.parametrize(
    ("kind", "parts", "workouts"),
    [
        (255, [course(), records(range(1500))], 0),
        (4, [course(), records(range(1500))], 1),  # an activity along a course
        (255, [course(), records(range(60)), _MINUTE], 1),
        (255, [records(range(1500))], 1),
    ],
)
def test_a_course_without_a_type_is_known_by_its_message(
    kind: int, parts: list[bytes], workouts: int
) -> None:
    try:
        facts = parse_fit(fit_file([ident(kind=kind), *parts])).facts
    except BodyError as error:
        facts = ()
        assert "a course" in error.why  # noqa: PT017 - the other cases raise nothing
    assert len(of_type(Workout, facts)) == workouts


def test_a_course_behind_an_activity_is_refused_alone() -> None:
    parsed = parse_fit(_leg(0, 120) + fit_file([ident(kind=6), records(range(9000, 9900))]))
    assert len(of_type(Workout, parsed.facts)) == 1
    assert len(of_type(SampleBlock, parsed.facts)) == 1
    assert [(reject.where, reject.kind) for reject in parsed.rejects] == [
        ("file_id[1].type", RejectKind.UNKNOWN)
    ]


@pytest.mark.parametrize(("sport", "refused"), [(1, 0), (0, 0), (254, 0), (200, 1), (None, 0)])
def test_a_sport_that_the_profile_does_not_name_is_told(sport: int | None, refused: int) -> None:
    declared = {"start": 0, "written": 60, "elapsed": 60, "timer": 60}
    more = {} if sport is None else {"sport": sport}
    parsed = parse_fit(plain(records(range(60)), session(**declared, **more)))
    assert len(of_type(Workout, parsed.facts)) == 1
    assert values_of(parsed.rejects, "kind") == [RejectKind.UNKNOWN] * refused
