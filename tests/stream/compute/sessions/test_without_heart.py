"""Dose without heart rate, and time in the prescribed range by every method."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from model.columns.window import SampleColumn, Window
from model.derived.days import Day
from model.facts import (
    AttributedFact,
    DeviceType,
    Head,
    Instrument,
    Method,
    Report,
    Source,
    Workout,
)
from model.intensity import HeartProfile, ZoneTimes
from model.prescription import Intensity, Prescription
from stream.compute.derive import derive
from stream.compute.weeks import week_of_days

_MIN = 60_000
_DAY = date(2026, 11, 20)
_T0 = int(datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp() * 1000)
_WATCH = Source(vendor="files", device_type=DeviceType.WATCH, method=Method.WORKOUT)
_APP = Source(vendor="reports", device_type=DeviceType.PERSON, method=Method.MANUAL)
_PROFILE = HeartProfile(valid_from=date(2026, 1, 1), hr_rest=60, hr_max=160)


def _prescription(
    method: str, low: float, high: float, types: tuple[str, ...] = ()
) -> Prescription:
    return Prescription(
        id=f"rx {method} {types}",
        version=1,
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 12, 31),
        sessions_per_week=3,
        minutes_per_session=30,
        intensity=Intensity(method=method, low=low, high=high),
        types=types,
    )


def _declared(cr10: float | None, minutes: int = 30, kind: str = "walking") -> AttributedFact:
    head = Head(source=_WATCH, record="w", start_ms=_T0, end_ms=_T0 + minutes * _MIN)
    workout = Workout(head=head, type=kind, exertion_cr10=cr10)
    return AttributedFact(patient="p", connector="c", received_ms=0, body="b" * 64, fact=workout)


def _by_hand(cr10: float | None) -> AttributedFact:
    head = Head(source=_APP, record="q", start_ms=_T0, end_ms=_T0 + 30 * _MIN)
    report = Report(
        head=head,
        instrument=Instrument.SESSION,
        type="walking",
        value=cr10,
        scale="borg-cr10" if cr10 is not None else "",
    )
    return AttributedFact(patient="p", connector="c", received_ms=0, body="b" * 64, fact=report)


def _samples(metric: str, minutes: int, value: float) -> SampleColumn:
    t = _T0 + np.arange(0, minutes * _MIN, 1_000, dtype=np.int64)
    return SampleColumn(metric=metric, source=_WATCH, record="r", t=t, v=np.full(len(t), value))


def _day(
    fact: AttributedFact,
    *columns: SampleColumn,
    prescriptions: tuple[Prescription, ...] = (),
    profile: HeartProfile = _PROFILE,
) -> Day:
    window = Window(
        patient="p",
        zone="UTC",
        profiles=(profile,),
        dates=(_DAY,),
        workouts=(fact,) if isinstance(fact.fact, Workout) else (),
        columns=columns,
        reports=(fact,) if isinstance(fact.fact, Report) else (),
        prescriptions=prescriptions,
    )
    (day,) = derive(window).days
    return day


@pytest.mark.parametrize(
    ("cr10", "judged", "dose"),
    [
        (None, 0, 0),
        (0.0, 30, 0),
        (2.9, 30, 0),
        (3.0, 30, 30),
        (4.9, 30, 30),
        (5.0, 30, 60),
        (10.0, 30, 60),
    ],
)
def test_exertion_judges_time_without_heart_rate(
    cr10: float | None, judged: int, dose: int
) -> None:
    for fact in (_declared(cr10), _by_hand(cr10)):
        day = _day(fact)
        assert day.zones == ZoneTimes(unknown=30 * _MIN)
        assert (day.exertion_ms, day.exertion_dose_ms) == (judged * _MIN, dose * _MIN)
        assert week_of_days(date(2026, 11, 16), [day]).dose_min == dose


def test_measured_time_is_never_replaced() -> None:
    day = _day(_declared(8.0), _samples("heart_rate", 20, 105))  # moderate
    assert day.zones.moderate == 20 * _MIN + 29_000
    assert day.exertion_ms == day.zones.unknown == 10 * _MIN - 29_000
    week = week_of_days(date(2026, 11, 16), [day])
    assert week.dose_min == (20 * _MIN + 29_000 + 2 * (10 * _MIN - 29_000)) / _MIN
    assert (week.exertion_ms, week.exertion_dose_ms) == (day.exertion_ms, day.exertion_dose_ms)


def test_where_heart_rate_may_not_be_used_exertion_judges_all_of_it() -> None:
    limited = HeartProfile(valid_from=date(2026, 1, 1), hr_rest=60, hr_max=160, rate_limited=True)
    day = _day(_declared(4.0), _samples("heart_rate", 30, 105), profile=limited)
    assert (day.exertion_ms, day.exertion_dose_ms) == (30 * _MIN, 30 * _MIN)


@pytest.mark.parametrize(
    ("prescription", "metric", "value", "within", "known"),
    [
        (("bpm", 100, 110), "heart_rate", 105, 30, 30),
        (("bpm", 100, 110), "heart_rate", 110, 0, 30),
        (("hrr", 0.5, 0.7), "heart_rate", 110, 30, 30),
        (("hrr", 0.5, 0.7), "heart_rate", 109, 0, 30),
        (("hrr", 0.5, 0.7), "heart_rate", 130, 0, 30),
        (("cadence", 100, 120), "cadence", 110, 30, 30),
        (("watts", 90, 120), "power", 119, 30, 30),
        (("watts", 90, 120), "heart_rate", 105, 0, 0),
        (("rpe_cr10", 3, 5), "heart_rate", 105, 0, 0),
    ],
)
def test_the_prescribed_range_is_counted_by_its_own_method(
    prescription: tuple[str, float, float], metric: str, value: float, within: int, known: int
) -> None:
    rx = _prescription(*prescription)
    day = _day(_declared(None), _samples(metric, 30, value), prescriptions=(rx,))
    assert (day.in_range_ms, day.range_known_ms) == (within * _MIN, known * _MIN)


@pytest.mark.parametrize(("cr10", "within"), [(2.9, 0), (3.0, 30), (4.0, 30), (5.0, 30), (5.1, 0)])
def test_both_ends_of_a_range_of_exertion_belong_to_it(cr10: float, within: int) -> None:
    day = _day(_declared(cr10), prescriptions=(_prescription("rpe_cr10", 3, 5),))
    assert (day.in_range_ms, day.range_known_ms) == (within * _MIN, 30 * _MIN)


def test_time_is_compared_with_the_prescription_that_asks_for_its_type() -> None:
    walk = _prescription("bpm", 100, 110, ("walking",))
    ride = _prescription("bpm", 120, 130, ("cycling",))
    heart = _samples("heart_rate", 30, 105)
    for kind, expected in (
        ("walking", (30 * _MIN, 30 * _MIN)),
        ("cycling", (0, 30 * _MIN)),
        ("yoga", (0, 0)),
    ):
        day = _day(_declared(None, kind=kind), heart, prescriptions=(walk, ride))
        assert (day.in_range_ms, day.range_known_ms) == expected
    both = (walk, _prescription("hrr", 0.4, 0.6))
    day = _day(_declared(None), heart, prescriptions=both)
    assert (day.in_range_ms, day.range_known_ms) == (0, 0)
