"""A recording that nobody stopped counts its active part; each limit just inside and outside."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from model.columns.window import SampleColumn, Window
from model.derived.changes import Derived
from model.derived.sessions import FORGOT_TO_STOP, Session
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
from tests.rows import matching

_MIN = 60_000
_DAY = date(2026, 11, 20)
_T0 = int(datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp() * 1000)
_WATCH = Source(vendor="files", device_type=DeviceType.WATCH, method=Method.WORKOUT)
_APP = Source(vendor="reports", device_type=DeviceType.PERSON, method=Method.MANUAL)
_PROFILE = HeartProfile(valid_from=date(2026, 1, 1), hr_rest=60, hr_max=160)  # light from 90
_WALK = Prescription(
    id="walk",
    version=1,
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    sessions_per_week=3,
    minutes_per_session=30,
    intensity=Intensity(method="bpm", low=100, high=120),
)
_Stretch = tuple[float, float, float]  # from and to in minutes, beats a minute
_CAFE: Sequence[_Stretch] = [(0, 40, 105), (40, 91, 70)]


def _workout(minutes: float, **changes: Any) -> AttributedFact:  # noqa: ANN401 - of a workout
    end_ms = _T0 + round(minutes * _MIN)
    workout = Workout(
        head=Head(source=_WATCH, record="w", start_ms=_T0, end_ms=end_ms), type="walking"
    )
    return _stated(replace(workout, **changes))


def _stated(fact: Workout | Report) -> AttributedFact:
    return AttributedFact(patient="p", connector="c", received_ms=0, body="b" * 64, fact=fact)


def _heart(stretches: Sequence[_Stretch], every_ms: int = 10_000) -> SampleColumn:
    t: list[int] = []
    v: list[float] = []
    for first, last, bpm in stretches:
        instants = range(_T0 + round(first * _MIN), _T0 + round(last * _MIN), every_ms)
        t += instants
        v += [bpm] * len(instants)
    return SampleColumn(
        metric="heart_rate", source=_WATCH, record="w", t=np.array(t, np.int64), v=np.array(v)
    )


def _derived(
    fact: AttributedFact,
    stretches: Sequence[_Stretch],
    prescriptions: Sequence[Prescription] = (_WALK,),
    profile: HeartProfile = _PROFILE,
) -> Derived:
    return derive(
        Window(
            patient="p",
            zone="UTC",
            columns=(_heart(stretches),),
            profiles=(profile,),
            workouts=(fact,) if isinstance(fact.fact, Workout) else (),
            reports=(fact,) if isinstance(fact.fact, Report) else (),
            prescriptions=tuple(prescriptions),
            dates=(_DAY,),
        )
    )


def _session(
    stretches: Sequence[_Stretch], minutes: float = 91, *prescriptions: Prescription
) -> Session:
    (session,) = _derived(_workout(minutes), stretches, prescriptions or (_WALK,)).sessions
    return session


def test_a_forgotten_recording_counts_its_active_part() -> None:
    derived = _derived(_workout(91), _CAFE)
    (session,), (day,) = derived.sessions, derived.days
    assert (session.counts, session.elapsed_ms, session.timer_ms) == (True, 91 * _MIN, 40 * _MIN)
    assert session.zones == day.zones == ZoneTimes(moderate=40 * _MIN)
    assert session.pauses == ((_T0 + 40 * _MIN, _T0 + 91 * _MIN),)
    (flag,) = matching(session.flags, what=FORGOT_TO_STOP)
    assert (flag.start_ms, flag.end_ms, flag.n) == (_T0 + 40 * _MIN, _T0 + 91 * _MIN, 306)
    assert (day.session_ms, day.paused_ms, day.elapsed_ms) == (40 * _MIN, 51 * _MIN, 91 * _MIN)


@pytest.mark.parametrize(
    ("minutes", "counted"),
    [(90, 90), (90.5, 40)],  # longer than three times 30
)
def test_longer_than_three_times_the_prescribed(minutes: float, counted: float) -> None:
    session = _session([(0, 40, 105), (40, minutes, 70)], minutes)
    assert session.timer_ms == counted * _MIN
    assert bool(matching(session.flags, what=FORGOT_TO_STOP)) is (counted != minutes)


@pytest.mark.parametrize(("minutes", "counted"), [(180, 180), (180.5, 40)])
def test_a_prescribed_span_counts_by_its_longest(minutes: float, counted: float) -> None:
    span = replace(_WALK, most_minutes_per_session=60)
    session = _session([(0, 40, 105), (40, minutes, 70)], minutes, span)
    assert session.timer_ms == counted * _MIN


@pytest.mark.parametrize(("active", "counted"), [(50, 50), (50.5, 100)])
def test_half_of_it_is_very_light(active: float, counted: float) -> None:
    assert _session([(0, active, 105), (active, 100, 70)], 100).timer_ms == counted * _MIN


@pytest.mark.parametrize(("bpm", "counted"), [(89, 40), (90, 91)])
def test_very_light_is_the_class_of_the_profile(bpm: float, counted: float) -> None:
    assert _session([(0, 40, 105), (40, 91, bpm)]).timer_ms == counted * _MIN


@pytest.mark.parametrize(("rest", "counted"), [(5, 45), (4.5, 50)])
def test_a_short_rest_stays(rest: float, counted: float) -> None:
    walk = [(0, 20, 105), (20, 20 + rest, 70), (20 + rest, 50, 105), (50, 120, 70)]
    assert _session(walk, 120).timer_ms == counted * _MIN


@pytest.mark.parametrize(("stir", "counted"), [(0.5, 40), (1, 41)])
def test_a_few_beats_more_for_a_moment_do_not_end_a_rest(stir: float, counted: float) -> None:
    walk = [(0, 40, 105), (40, 60, 70), (60, 60 + stir, 95), (60 + stir, 120, 70)]
    assert _session(walk, 120).timer_ms == counted * _MIN


def test_a_way_home_counts_too() -> None:
    session = _session([(0, 30, 105), (30, 130, 70), (130, 150, 105)], 150)
    assert (session.timer_ms, session.zones.moderate) == (50 * _MIN, 50 * _MIN)


def test_an_active_part_that_is_too_short_is_no_session() -> None:
    session = _session([(0, 9, 105), (9, 120, 70)], 120)
    assert (session.counts, session.why) == (False, "shorter than 10 minutes")
    nothing = _session([(0, 120, 70)], 120)
    assert (nothing.timer_ms, nothing.counts) == (0, False)


def test_the_longest_prescription_of_its_type_decides() -> None:
    long = replace(_WALK, id="long", minutes_per_session=31)
    other = replace(long, id="ride", types=("cycling",))
    assert _session(_CAFE, 91, _WALK, long).timer_ms == 91 * _MIN
    assert _session(_CAFE, 91, _WALK, other).timer_ms == 40 * _MIN
    assert _session(_CAFE, 91, other).timer_ms == 91 * _MIN
    assert _session(_CAFE, 91, replace(_WALK, minutes_per_session=0)).timer_ms == 91 * _MIN


def test_without_a_prescription_or_usable_thresholds_nothing_is_taken_off() -> None:
    (session,) = _derived(_workout(91), _CAFE, ()).sessions
    assert session.timer_ms == 91 * _MIN
    limited = replace(_PROFILE, rate_limited=True)
    (session,) = _derived(_workout(91), _CAFE, profile=limited).sessions
    assert session.timer_ms == 91 * _MIN
    assert _session([(0, 40, 105)]).timer_ms == 91 * _MIN  # the rest is unknown


def test_what_a_patient_reports_stays_as_it_is() -> None:
    head = Head(source=_APP, record="q", start_ms=_T0, end_ms=_T0 + 91 * _MIN)
    report = Report(head=head, instrument=Instrument.SESSION, type="walking")
    (session,) = _derived(_stated(report), _CAFE).sessions
    assert session.timer_ms == 91 * _MIN


def test_a_pause_that_was_told_is_no_rest() -> None:
    """The timer ran for 90 minutes of 111: three times the prescribed, and no more."""
    pause = ((_T0 + 40 * _MIN, _T0 + 61 * _MIN),)
    walk = [(0, 40, 105), (61, 111, 70)]
    (session,) = _derived(_workout(111, pauses=pause), walk).sessions
    assert session.timer_ms == 90 * _MIN
    (session,) = _derived(_workout(112, pauses=pause), [*walk, (111, 112, 70)]).sessions
    assert session.timer_ms == 40 * _MIN
    assert session.pauses == ((_T0 + 40 * _MIN, _T0 + 112 * _MIN),)


@pytest.mark.parametrize(
    ("walk", "timer", "counted_ms"),
    [
        ([(0, 40, 105), (40, 120, 70)], 100, 40 * _MIN),  # 20 of 80 minutes of rest were paused
        ([(0, 40, 105), (40, 100, 70)], 100, 40 * _MIN),  # what is unknown was paused
        # ten minutes of it were, and the last sample holds for 20 s of it
        ([(0, 40, 105), (40, 100, 70)], 110, 50 * _MIN - 20_000),
    ],
)
def test_a_pause_of_which_only_the_length_is_recalled(
    walk: Sequence[_Stretch], timer: int, counted_ms: int
) -> None:
    (session,) = _derived(_workout(120, moving_ms=timer * _MIN), walk).sessions
    assert (session.timer_ms, session.zones.moderate) == (counted_ms, 40 * _MIN)
    assert session.zones.total + session.paused_ms == session.elapsed_ms
