"""FIT files as facts: workouts, blocks in order and in parts, identity, and what is rejected."""

import dataclasses
from itertools import product

import numpy as np
import pytest

from model.codec import decode_attributed, encode_attributed
from model.errors import BodyError
from model.facts import (
    BLOCK,
    AttributedFact,
    DeviceType,
    Method,
    OffsetOrigin,
    SampleBlock,
    Workout,
)
from model.words.activities import TYPES
from parsers import fit_types
from parsers.fit import enum_values
from parsers.fit_facts.fit_file import parse_fit
from simulate.fit_messages import WRITTEN_EPOCH, FieldShape, FitShape, encoded, fit_file
from simulate.fit_writer import Recording, write_activity
from tests.rows import of_type, values_of

_START = 1_700_000_000_000
_N = 30
_WALK = Recording(
    start_ms=_START,
    end_ms=_START + 30_250,
    offset_min=60,
    moving_ms=29_000,
    t=_START + 1000 * np.arange(_N),
    columns={
        "heart_rate": np.linspace(60, 89, _N),
        "cadence": np.full(_N, 113.0),
        "altitude": np.full(_N, 12.4),
        "distance": np.linspace(0, 29, _N),
    },
    exertion_cr10=4,
    strap=True,
)


def _blocks(data: bytes) -> dict[str, SampleBlock]:
    return {fact.metric: fact for fact in parse_fit(data).facts if isinstance(fact, SampleBlock)}


def _workout(data: bytes) -> Workout:
    (workout,) = of_type(Workout, parse_fit(data).facts)
    return workout


def test_a_walk() -> None:
    parsed = parse_fit(write_activity(_WALK))
    assert (parsed.account, parsed.rejects, parsed.complete) == ("", (), True)
    workout = _workout(write_activity(_WALK))
    assert (workout.head.start_ms, workout.head.end_ms) == (_START, _START + 30_250)
    assert (workout.head.offset_min, workout.head.offset_origin) == (60, OffsetOrigin.SOURCE)
    assert (workout.type, workout.vendor_type) == ("walking", "walking")
    assert (workout.moving_ms, workout.exertion_cr10) == (29_000, 4.0)
    heart = {"heart_rate_mean": 74.0, "heart_rate_max": 89.0}
    assert workout.summary == {"distance": 29.0, "workout_rpe": 40.0, **heart}
    assert workout.head.source.device_type is DeviceType.WATCH
    assert workout.head.source.method is Method.WORKOUT


def test_blocks_have_canonical_units_and_their_own_source() -> None:
    blocks = _blocks(write_activity(_WALK))
    assert set(blocks) == {"heart_rate", "cadence", "altitude", "distance"}
    heart = blocks["heart_rate"]
    assert heart.t.tolist() == (_START + 1000 * np.arange(_N)).tolist()
    assert heart.v.tolist() == list(range(60, 90))
    assert (heart.head.start_ms, heart.head.end_ms) == (_START, _START + 29_001)
    assert heart.head.source.device_type is DeviceType.STRAP
    assert blocks["cadence"].head.source.device_type is DeviceType.WATCH
    assert set(blocks["cadence"].v) == {113.0}  # steps a minute; the file says 56.5 strides
    assert set(blocks["altitude"].v) == {12.4}


def test_turns_of_a_crank_are_not_doubled() -> None:
    ride = dataclasses.replace(_WALK, sport="cycling", sub_sport=6)
    assert set(_blocks(write_activity(ride))["cadence"].v) == {113.0}
    assert _workout(write_activity(ride)).type == "indoor_cycling"
    assert _workout(write_activity(ride)).vendor_type == "cycling/indoor_cycling"


def test_of_equal_instants_the_last_told_stands_and_order_is_by_time() -> None:
    t = np.array([_START + 2000, _START + 1000, _START + 1000])
    mixed = dataclasses.replace(_WALK, t=t, columns={"heart_rate": np.array([80.0, 81.0, 82.0])})
    heart = _blocks(write_activity(mixed))["heart_rate"]
    assert (heart.t.tolist(), heart.v.tolist()) == ([_START + 1000, _START + 2000], [82.0, 80.0])


def test_many_samples_come_in_parts() -> None:
    n = 2 * BLOCK + 5
    columns = {"heart_rate": np.full(n, 70.0)}
    long = dataclasses.replace(
        _WALK,
        end_ms=_START + n * 1000,
        t=_START + 1000 * np.arange(n),
        columns=columns,
        strap=False,
    )
    parts = of_type(SampleBlock, parse_fit(write_activity(long)).facts)
    assert [(part.part, len(part.t)) for part in parts] == [(0, BLOCK), (1, BLOCK), (2, 5)]
    assert len(set(values_of(parts, "head.record"))) == 1


def test_the_same_file_is_the_same_record_and_a_damaged_one_never_stands_over_it() -> None:
    total = write_activity(_WALK)
    again, cut = parse_fit(total), parse_fit(total[:-300])
    assert values_of(again.facts, "head") == values_of(parse_fit(total).facts, "head")
    assert not cut.complete
    assert cut.rejects[0].why.startswith("truncated")
    # The cut file has no session message: its workout is made, and is the same one.
    assert cut.facts[0].head.record == again.facts[0].head.record
    assert (
        _blocks(total[:-300])["heart_rate"].head.record == _blocks(total)["heart_rate"].head.record
    )
    assert cut.facts[0].head.revision < again.facts[0].head.revision
    other = parse_fit(write_activity(dataclasses.replace(_WALK, serial=2)))
    assert other.facts[0].head.record != again.facts[0].head.record
    assert "1" not in (again.facts[0].head.source.device, again.facts[0].head.record)


def test_a_session_of_a_month_is_rejected_and_its_records_make_the_workout() -> None:
    month = dataclasses.replace(_WALK, end_ms=_START + 30 * 86_400_000)
    parsed = parse_fit(write_activity(month))
    assert values_of(parsed.rejects, "why") == [
        "no_session: no session message: made from records",
        "session without a length of at most seven days",
    ]
    (workout,) = of_type(Workout, parsed.facts)
    assert (workout.head.start_ms, workout.head.end_ms) == (_START, _START + 30_000)
    assert workout.summary["made_from_records"] == 1.0
    assert parsed.complete


def test_exertion_beyond_the_scale_is_rejected_alone() -> None:
    parsed = parse_fit(write_activity(dataclasses.replace(_WALK, exertion_cr10=12)))
    assert values_of(parsed.rejects, "why") == ["exertion not on the scale 0 to 10"]
    assert isinstance(parsed.facts[0], Workout)
    assert parsed.facts[0].exertion_cr10 is None


def test_what_is_no_fit_file_is_a_body_error_with_a_place() -> None:
    with pytest.raises(BodyError, match="@0: no FIT header"):
        parse_fit(b"<gpx/>")


def test_every_word_in_the_tables_exists_on_both_sides() -> None:
    sports, subs = set(enum_values("sport").values()), set(enum_values("sub_sport").values())
    assert set(fit_types.BY_SPORT) <= sports
    assert set(fit_types.BY_SUB_SPORT) <= subs
    ours = {
        *fit_types.BY_SPORT.values(),
        *fit_types.BY_SUB_SPORT.values(),
        *fit_types.VIRTUAL.values(),
    }
    assert ours | fit_types.ON_FOOT <= set(TYPES)
    assert fit_types.type_of("generic", "generic") == "other"
    assert fit_types.type_of("cycling", "virtual_activity") == "indoor_cycling"


_FLOAT64 = 0x89


@pytest.mark.parametrize("written", [np.inf, -np.inf, 1e300, -1e300, 1e19, -5.0, -0.0])
@pytest.mark.parametrize(
    ("number", "field"),
    [
        *product((0,), (0, 1, 2, 3, 4)),
        *product((18,), (2, 5, 6, 7, 8, 9, 16, 192, 193)),
        *product((20,), (253, 2, 3, 4, 5, 7, 13, 53, 73)),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
def test_a_field_of_another_type_with_any_number_gives_facts_that_travel(
    number: int, field: int, written: float
) -> None:
    total = write_activity(_WALK)
    again = FieldShape(number=field, base=_FLOAT64)
    span = {
        "start": FieldShape(number=2, base=_FLOAT64),
        "length": FieldShape(number=7, base=_FLOAT64),
    }
    stamp = {"time": FieldShape(number=253, base=_FLOAT64)}
    rest = {18: span, 20: stamp}.get(number, {})
    shape = FitShape(
        number=number,
        local=9,
        fields={**{k: f for k, f in rest.items() if f.number != field}, "odd": again},
    )
    begun = _START / 1000 - WRITTEN_EPOCH
    odd = fit_file(
        [encoded(shape, {"start": begun, "length": 30_000, "time": begun + 1, "odd": written})]
    )
    for body in (total + odd, odd + total):
        for fact in parse_fit(body).facts:
            attributed_fact = AttributedFact(
                patient="p", connector="files", received_ms=0, body="", fact=fact
            )
            assert encode_attributed(
                decode_attributed(encode_attributed(attributed_fact))
            ) == encode_attributed(attributed_fact)
            if isinstance(fact, Workout):
                for value in fact.summary.values():
                    assert 0 <= value <= 1e9
                assert fact.moving_ms is None or 0 <= fact.moving_ms <= 604_800_000
                assert fact.exertion_cr10 is None or 0 <= fact.exertion_cr10 <= 10


def test_a_metric_with_no_sample_that_can_be_read_is_left_out() -> None:
    column = {"heart_rate": _WALK.columns["heart_rate"], "altitude": np.full(_N, 30_000.0)}
    parsed = parse_fit(write_activity(dataclasses.replace(_WALK, columns=column)))
    assert [fact.metric for fact in parsed.facts if isinstance(fact, SampleBlock)] == ["heart_rate"]
    assert values_of(parsed.rejects, "where") == ["record.altitude"]
