"""Bouts over midnight: one session on the date of its start; each limit just inside and outside.

Minutes count from the midnight between a Friday, date 0, and a Saturday, date 1. Every case is
derived with both dates and with each of them alone, which must agree.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from model.calendar import MINUTE_MS, local_date, midnight
from model.columns.window import SampleColumn, Window
from model.derived.changes import Derived
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
from model.intensity import HeartProfile
from model.prescription import Intensity, Prescription
from stream.compute.derive import derive
from stream.compute.reasons import retraction_reason

_STOCKHOLM, _SATURDAY = "Europe/Stockholm", date(2026, 11, 21)
_WATCH = Source(vendor="hub", device_type=DeviceType.WATCH, method=Method.BACKGROUND)
_PHONE = Source(vendor="hub", device_type=DeviceType.PHONE)
_APP = Source(vendor="reports", device_type=DeviceType.PERSON, method=Method.MANUAL)
_FILE = Source(vendor="files", device_type=DeviceType.WATCH, method=Method.WORKOUT)
_PROFILE = HeartProfile(valid_from=date(2026, 1, 1), hr_rest=60, hr_max=190)  # moderate from 112
_HIGHER = HeartProfile(valid_from=_SATURDAY, clinician_bpm=(110, 140, 160, 175))
_PLAN = Prescription(
    id="rx",
    version=1,
    valid_from=date(2026, 1, 1),
    valid_to=_SATURDAY - timedelta(days=1),
    sessions_per_week=3,
    minutes_per_session=12,  # half of it is enough for a session
    intensity=Intensity(method="hrr", low=0.4, high=0.6),
)
_Stretch = tuple[int, int, float]  # minutes from the first to before the second, and a value
_Row = tuple[int, int, int, bool]  # date, first minute, minute of its end, whether it counts


def _column(
    metric: str,
    *stretches: _Stretch,
    source: Source = _WATCH,
    day: date = _SATURDAY,
    zone: str = _STOCKHOLM,
) -> SampleColumn:
    zero = midnight(day, zone)
    minutes, values = np.empty(0, np.int64), np.empty(0)
    for first, last, value in stretches:
        minutes = np.append(minutes, np.arange(first, last))
        values = np.append(values, np.full(last - first, value))
    t = zero + minutes * MINUTE_MS
    # A count without an end would hold until the next one, over all rest between them.
    until = t + MINUTE_MS if metric == "steps" else None
    return SampleColumn(metric=metric, source=source, record="r", t=t, v=values, until=until)


def _steps(*spans: tuple[int, int], **at: Any) -> SampleColumn:  # noqa: ANN401
    return _column("steps", *((*span, 110.0) for span in spans), source=_PHONE, **at)


def _fact(fact: Workout | Report) -> AttributedFact:
    return AttributedFact(patient="p", connector="c", received_ms=0, body="b" * 64, fact=fact)


def _head(source: Source, record: str, first: int, end: int) -> Head:
    zero = midnight(_SATURDAY, _STOCKHOLM)
    start_ms, end_ms = zero + first * MINUTE_MS, zero + end * MINUTE_MS
    return Head(source=source, record=record, start_ms=start_ms, end_ms=end_ms)


def _workout(first: int, end: int) -> AttributedFact:
    return _fact(Workout(head=_head(_FILE, "w", first, end), type="walking"))


def _answer(at: int) -> AttributedFact:
    head = _head(_APP, f"q{at}", at, at)
    fact = Report(head=head, instrument=Instrument.EXERTION, value=5.0, scale="borg-cr10")
    return _fact(fact)


def _derived(*columns: SampleColumn, day: date = _SATURDAY, **more: Any) -> Derived:  # noqa: ANN401
    """Return what follows for both dates, after comparing it with each date derived alone."""
    dates = (day - timedelta(days=1), day, day + timedelta(days=1))
    total = {"zone": _STOCKHOLM, "workouts": (), "reports": (), "profiles": (_PROFILE,), **more}
    window = Window(patient="p", columns=columns, dates=dates, **total)
    together = derive(window)
    for each, row in zip(dates, together.days, strict=True):
        alone = derive(replace(window, dates=(each,)))
        assert alone.days == (row,)
        assert alone.sessions == tuple(s for s in together.sessions if s.local_date == each)
    return together


def _rows(derived: Derived, day: date = _SATURDAY, zone: str = _STOCKHOLM) -> list[_Row]:
    zero = midnight(day, zone)
    rows: list[_Row] = []
    for session in derived.sessions:
        assert session.local_date == local_date(session.start_ms, zone)
        number = (session.local_date - day).days + 1
        first, end = (session.start_ms - zero) // MINUTE_MS, (session.end_ms - zero) // MINUTE_MS
        rows.append((number, first, end, session.counts))
    return rows


_BOUTS: dict[str, tuple[Sequence[tuple[int, int]], Sequence[_Row]]] = {
    "two of eight minutes are one": ([(-8, 8)], [(0, -8, 8, True)]),
    "two of ten minutes are one": ([(-10, 10)], [(0, -10, 10, True)]),
    "most of it is after midnight": ([(-1, 30)], [(0, -1, 30, True)]),
    "it ends at midnight": ([(-20, 0)], [(0, -20, 0, True)]),
    "it ends a minute after midnight": ([(-20, 1)], [(0, -20, 1, True)]),
    "it begins at midnight": ([(0, 20)], [(1, 0, 20, True)]),
    "it is too short": ([(-5, 4)], []),
    "it is just long enough": ([(-5, 5)], [(0, -5, 5, True)]),
    "four minutes of rest": ([(-12, -2), (2, 12)], [(0, -12, 12, True)]),
    "five minutes of rest": ([(-12, -2), (3, 13)], [(0, -12, -2, True), (1, 3, 13, True)]),
    "four minutes of rest before it": ([(-12, -4), (0, 9)], [(0, -12, 9, True)]),
    "five minutes of rest before it": ([(-12, -5), (0, 9)], []),
    "a single minute does not begin it": ([(-2, -1), (2, 14)], [(1, 2, 14, True)]),
    "two minutes of three begin it": ([(-2, 0), (2, 14)], [(0, -2, 14, True)]),
    "115 minutes before midnight": ([(-115, 12)], [(0, -115, 12, True)]),
    "116 minutes before midnight": ([(-116, 12)], [(0, -116, 0, True), (1, 0, 12, True)]),
    "115 minutes after midnight": ([(-12, 115)], [(0, -12, 115, True)]),
    "116 minutes after midnight": ([(-12, 116)], [(0, -12, 0, True), (1, 0, 116, True)]),
    "five minutes of rest around it": ([(-119, -118), (-113, 12)], [(0, -113, 12, True)]),
    "its part reaches too far back": (
        [(-118, -117), (-113, 12)],
        [(0, -113, 0, True), (1, 0, 12, True)],
    ),
    "another follows": ([(-12, 12), (17, 30)], [(0, -12, 12, True), (1, 17, 30, True)]),
    "all night": ([(-300, 400)], [(0, -300, 0, True), (1, 0, 400, True)]),
}
_PLACES = (
    (_STOCKHOLM, _SATURDAY),
    (_STOCKHOLM, date(2026, 10, 25)),  # of 25 hours
    (_STOCKHOLM, date(2026, 3, 30)),  # after one of 23 hours
    ("America/New_York", _SATURDAY),
    ("Asia/Kolkata", _SATURDAY),  # midnight is within a UTC hour
    ("America/Havana", date(2026, 3, 8)),  # the clock skips midnight
    ("America/Havana", date(2026, 11, 1)),  # midnight comes twice
)


@pytest.mark.parametrize(("zone", "day"), _PLACES)
@pytest.mark.parametrize(("spans", "rows"), _BOUTS.values(), ids=list(_BOUTS))
def test_walks(
    spans: Sequence[tuple[int, int]], rows: Sequence[_Row], zone: str, day: date
) -> None:
    derived = _derived(_steps(*spans, zone=zone, day=day), zone=zone, day=day)
    assert _rows(derived, day, zone) == list(rows)


def test_a_session_has_all_of_its_figures_and_the_dates_keep_their_own_minutes() -> None:
    heart = _column("heart_rate", (-60, -20, 70), (-20, 10, 120), (10, 60, 70))
    derived = _derived(heart, _steps((-20, 10)))
    (session,) = derived.sessions
    friday, saturday, _ = derived.days
    assert session.zones.moderate == session.zones.total == 30 * MINUTE_MS
    assert (session.heart.n, session.type) == (30, "walking")
    assert (friday.sessions, friday.session_ms) == (1, 30 * MINUTE_MS)
    assert (saturday.sessions, saturday.session_ms) == (0, 0)
    assert (friday.volume.moderate, saturday.volume.moderate) == (20 * MINUTE_MS, 10 * MINUTE_MS)
    assert (friday.steps, saturday.steps) == (2_200, 1_100)


@pytest.mark.parametrize(
    ("profiles", "rows"),
    [
        ((_PROFILE, _HIGHER), [(0, -20, 20, True)]),
        (
            (
                replace(_HIGHER, valid_from=date(2026, 1, 1)),
                replace(_PROFILE, valid_from=_SATURDAY),
            ),
            [(1, 0, 20, True)],
        ),
    ],
)
def test_heart_rate_is_judged_by_the_date_of_the_start(
    profiles: tuple[HeartProfile, ...], rows: list[_Row]
) -> None:
    heart = _column("heart_rate", (-60, -20, 70), (-20, 20, 120), (20, 60, 70))
    derived = _derived(heart, profiles=profiles)
    assert [row[:3] for row in _rows(derived)] == [row[:3] for row in rows]


def test_the_least_length_is_that_of_the_date_of_the_start() -> None:
    assert _rows(_derived(_steps((-3, 3)), prescriptions=(_PLAN,))) == [(0, -3, 3, True)]
    assert _rows(_derived(_steps((0, 6)), prescriptions=(_PLAN,))) == []


_QUIET: _Stretch = (-600, -590, 0.0)  # a source counts steps on Friday
_LIVES: dict[str, tuple[Sequence[_Stretch], Sequence[_Stretch], Sequence[_Row]]] = {
    "a ride with a watch that tells of heart rate only": (
        [(-120, -20, 70), (-20, 20, 120), (20, 60, 70)],
        [],
        [(0, -20, 20, True)],
    ),
    "so one that begins at midnight is compared with the half hour before": (
        [(-120, 0, 70), (0, 30, 120), (30, 60, 70)],
        [],
        [(1, 0, 30, True)],
    ),
    "a sauna is none, where steps are counted": (
        [(-120, -20, 70), (-20, 20, 120), (20, 60, 70)],
        [_QUIET],
        [(0, -20, 20, False)],
    ),
    "steps in its part after midnight tell of all of it": (
        [(-120, -20, 70), (-20, 20, 120), (20, 60, 70)],
        [(5, 8, 0)],
        [(0, -20, 20, False)],
    ),
    "steps after it do not, nor on the day after": (
        [(-120, -20, 70), (-20, 20, 120), (20, 60, 70)],
        [(40, 45, 0)],
        [(0, -20, 20, True)],
    ),
    "steps in its part after midnight tell nothing of another bout of Friday": (
        [(-400, -300, 70), (-300, -270, 120), (-270, -20, 70), (-20, 20, 120), (20, 60, 70)],
        [(5, 8, 0)],
        [(0, -300, -270, True), (0, -20, 20, False)],
    ),
    "a minute of Friday that belongs to a bout from midnight on takes nothing from it": (
        [(-120, -4, 70), (-4, -3, 120), (-3, 0, 70), (0, 30, 120), (30, 60, 70)],
        [],
        [(1, 0, 30, True)],
    ),
    "three hours and a minute are too long for heart rate alone": (
        [(-200, -100, 70), (-100, 81, 120), (81, 120, 70)],
        [],
        [(0, -100, 81, False)],
    ),
    "what is left of a long bout is compared with nothing": (
        [(-300, -150, 70), (-150, 0, 113), (0, 90, 140), (90, 120, 70)],
        [_QUIET],
        [(0, -150, 0, False), (1, 0, 90, False)],
    ),
    "nor is it without any steps": (
        [(-400, -250, 70), (-250, 0, 113), (0, 90, 140), (90, 120, 70)],
        [],
        [(0, -250, 0, False), (1, 0, 90, False)],
    ),
    "a fever of forty hours is cut at each midnight": (
        [(-600, -500, 70), (-500, 1_900, 120), (1_900, 2_000, 70)],
        [_QUIET, (100, 110, 0), (1_500, 1_510, 0)],
        [(0, -500, 0, False), (1, 0, 1_440, False), (2, 1_440, 1_900, False)],
    ),
    "a walk over midnight in a fever is one": (
        [(-600, -500, 70), (-500, 700, 120), (700, 800, 70)],
        [(-10, 8, 110)],
        [(0, -500, -10, False), (0, -10, 8, True), (1, 8, 700, False)],
    ),
    "a walk over midnight in a short bout without movement is one": (
        [(-120, -60, 70), (-60, 60, 120), (60, 120, 70)],
        [(-10, 8, 110)],
        [(0, -60, -10, False), (0, -10, 8, True), (1, 8, 60, False)],
    ),
    "a walk that begins after midnight in such a bout is of its own date": (
        [(-120, -60, 70), (-60, 60, 120), (60, 120, 70)],
        [_QUIET, (5, 25, 110)],
        [(0, -60, 5, False), (1, 5, 25, True), (1, 25, 60, False)],
    ),
    "a walk before midnight, and heat until after it": (
        [(-120, -60, 70), (-60, 60, 120), (60, 120, 70)],
        [(-60, -30, 110)],
        [(0, -60, -30, True), (0, -30, 60, False)],
    ),
}


@pytest.mark.parametrize(("heart", "steps", "rows"), _LIVES.values(), ids=list(_LIVES))
def test_lives(heart: Sequence[_Stretch], steps: Sequence[_Stretch], rows: Sequence[_Row]) -> None:
    # The value changes from minute to minute, because no heart beats at one rate for an hour.
    column = _column("heart_rate", *heart)
    column = replace(column, v=column.v + np.arange(len(column.v)) % 2)
    columns = [column, *([_column("steps", *steps, source=_PHONE)] if steps else [])]
    assert _rows(_derived(*columns)) == list(rows)


def test_a_declared_session_absorbs_a_bout_over_midnight() -> None:
    bout = _steps((-8, 22))
    assert _rows(_derived(bout, workouts=(_workout(0, 30),))) == [(1, 0, 30, True)]
    assert _rows(_derived(bout, workouts=(_workout(-30, 7),))) == [(0, -30, 7, True)]


def test_the_time_that_a_declared_session_shares_with_it_counts_once() -> None:
    derived = _derived(_steps((-20, 20)), workouts=(_workout(12, 40),))
    assert _rows(derived) == [(0, -20, 20, True), (1, 12, 40, True)]
    friday, saturday, _ = derived.days
    assert (friday.session_ms, saturday.session_ms) == (32 * MINUTE_MS, 28 * MINUTE_MS)


def test_a_mark_over_midnight_holds_for_all_of_it() -> None:
    mark = Report(head=_head(_APP, "k", -20, 12), instrument=Instrument.NOT_EXERCISE)
    derived = _derived(_steps((-20, 30)), reports=(_fact(mark),))
    assert _rows(derived) == [(0, -20, 30, False)]
    assert [row.session_ms for row in derived.days] == [0, 0, 0]


@pytest.mark.parametrize(
    ("at", "exertions"),
    [
        (-25, [None, None]),
        (-20, [5.0, None]),
        (5, [5.0, None]),
        (15, [5.0, None]),
        (29, [5.0, None]),
        (30, [None, 5.0]),  # another bout has begun
        (60, [None, 5.0]),
    ],
)
def test_an_answer_after_midnight_is_about_the_bout_over_it_until_the_next(
    at: int, exertions: list[float | None]
) -> None:
    derived = _derived(_steps((-20, 10), (30, 45)), reports=(_answer(at),))
    assert [session.exertion_cr10 for session in derived.sessions] == exertions


@pytest.mark.parametrize(("at", "exertion"), [(119, 5.0), (120, None)])
def test_such_an_answer_comes_within_two_hours(at: int, exertion: float | None) -> None:
    (session,) = _derived(_steps((-20, 10)), reports=(_answer(at),)).sessions
    assert session.exertion_cr10 == exertion


def test_a_bout_that_is_no_session_takes_no_answer_to_the_date_before() -> None:
    derived = _derived(_steps((-100, -80), (-3, 3)), reports=(_answer(20),))
    assert [session.exertion_cr10 for session in derived.sessions] == [None]


def test_an_id_stays_when_late_samples_join_what_came_before() -> None:
    evening, morning = _steps((-12, -2)), _steps((3, 13))
    apart = _derived(evening, morning).sessions
    (joined,) = _derived(evening, _steps((-2, 3)), morning).sessions
    assert joined.id == apart[0].id
    assert retraction_reason(apart[1], (joined,)) == f"merged into session {joined.id}"
