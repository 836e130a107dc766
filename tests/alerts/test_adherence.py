"""What was due and what was done: the measures of a week, and when they cannot be known."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.adherence import (
    Standing,
    adherence,
    capped,
    least_known_days,
    measure,
    standing,
)
from alerts.due import due_in_week
from model.derived.days import Week, WeekDay
from model.intensity import ZoneTimes
from model.prescription import Intensity, Pause, Prescription, in_force
from tests.rows import values_of
from tests.weeks import type_total, week_of

_MONDAY = date(2026, 11, 16)
_MIN = 60_000
_PRESCRIPTION = Prescription(
    id="a",
    version=1,
    valid_from=date(2026, 6, 1),
    valid_to=date(2027, 6, 1),
    sessions_per_week=4,
    minutes_per_session=30,
    intensity=Intensity(method="hrr", low=0.4, high=0.6),
    dose_min_per_week=150,
)


def _week(
    sessions: int,
    zones: ZoneTimes,
    dose: float = 0,
    in_range: int = 0,
    known: int = 0,
    rated: int = 0,
) -> Week:
    week = week_of(_MONDAY, sessions, zones)
    first, *rest = week.days
    total = replace(
        first.by_type[0],
        dose_min=dose,
        in_range_ms=in_range * _MIN,
        range_known_ms=known * _MIN,
        exertion_ms=rated * _MIN,
    )
    return replace(week, days=(replace(first, by_type=(total,)), *rest))


_ZONES = ZoneTimes(light=10 * _MIN, moderate=60 * _MIN, vigorous=30 * _MIN, unknown=20 * _MIN)


def measures(**changes: Any) -> tuple[float | None, ...]:  # noqa: ANN401
    got = adherence(_week(3, _ZONES, 120, 60, 100), replace(_PRESCRIPTION, **changes))
    assert got is not None
    return got.frequency, got.time, got.dose, got.intensity


def test_four_measures_apart() -> None:
    assert measures() == (0.75, 1.0, 0.8, 0.6)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sessions_per_week": 2}, (1.5, 2.0, 0.8, 0.6)),  # not capped
        ({"dose_min_per_week": None}, (0.75, 1.0, None, 0.6)),
        # What lies in the range was counted by the session's own method, whichever it is.
        ({"intensity": Intensity(method="hrr", low=0.45, high=0.6)}, (0.75, 1.0, 0.8, 0.6)),
        ({"intensity": Intensity(method="rpe_cr10", low=3, high=5)}, (0.75, 1.0, 0.8, 0.6)),
        ({"intensity": Intensity(method="bpm", low=100, high=120)}, (0.75, 1.0, 0.8, 0.6)),
        ({"sessions_per_week": 0, "dose_min_per_week": 0}, (None, None, None, 0.6)),
    ],
)
def test_measures_by_prescription(
    changes: dict[str, Any], expected: tuple[float | None, ...]
) -> None:
    assert measures(**changes) == expected


@pytest.mark.parametrize(("dose", "expected"), [(120.0, None), (150.0, 1.0), (300.0, 2.0)])
def test_partial_data_may_confirm_but_not_refute(dose: float, expected: float | None) -> None:
    got = adherence(_week(3, ZoneTimes(moderate=78 * _MIN, unknown=22 * _MIN), dose), _PRESCRIPTION)
    assert got is not None
    assert got.dose == expected


@pytest.mark.parametrize(("rated", "dose"), [(1, None), (2, 0.8)])
def test_time_that_an_exertion_judges_is_known(rated: int, dose: float | None) -> None:
    zones = ZoneTimes(moderate=78 * _MIN, unknown=22 * _MIN)
    got = adherence(_week(3, zones, 120, rated=rated), _PRESCRIPTION)
    assert got is not None
    assert got.dose == dose


def test_without_heart_rate_intensity_is_unknown_and_time_is_not() -> None:
    got = adherence(_week(3, ZoneTimes(unknown=90 * _MIN)), _PRESCRIPTION)
    assert got is not None
    assert (got.frequency, got.time, got.dose, got.intensity) == (0.75, 0.75, None, None)


@pytest.mark.parametrize(
    "changes",
    [{"valid_from": _MONDAY + timedelta(days=1)}, {"valid_to": _MONDAY + timedelta(days=5)}],
)
def test_a_prescription_that_does_not_hold_the_whole_week_measures_nothing(
    changes: dict[str, Any],
) -> None:
    assert adherence(_week(3, _ZONES), replace(_PRESCRIPTION, **changes)) is None


def test_capped() -> None:
    assert list(map(capped, (0.5, 1.0, 1.5, None))) == [0.5, 1.0, 1.0, None]


def test_a_newer_version_replaces_the_older_from_its_day_on_and_does_not_give_it_back() -> None:
    newer = replace(
        _PRESCRIPTION, version=2, valid_from=date(2026, 11, 10), valid_to=date(2026, 11, 20)
    )
    days = (
        date(2026, 5, 31),
        date(2026, 6, 1),
        date(2026, 11, 9),
        date(2026, 11, 10),
        date(2026, 11, 21),
    )
    for rows in ((_PRESCRIPTION, newer), (newer, _PRESCRIPTION)):
        assert [values_of(in_force(rows, day), "version") for day in days] == [
            [],
            [1],
            [1],
            [2],
            [],
        ]


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 14))
def test_pauses_reduce_what_is_due_by_their_days(first: int, length: int, per_week: int) -> None:
    last = min(first + length, 6)
    pause = Pause(
        first=_MONDAY + timedelta(days=first), last=_MONDAY + timedelta(days=last), why="holiday"
    )
    got = due_in_week(
        (
            replace(
                _PRESCRIPTION,
                sessions_per_week=per_week,
                pauses=(pause, pause),
                dose_min_per_week=60.0 * per_week,
            ),
        ),
        _MONDAY,
    )
    assert got is not None
    off = last - first + 1
    assert got.paused_days == off
    # whole sessions, rounded down, with their minutes
    assert got.sessions == per_week * (7 - off) // 7
    assert (got.minutes, got.dose_min) == (got.sessions * 30, got.sessions * 60)


def test_nothing_due_is_no_ratio() -> None:
    six_days = Pause(first=_MONDAY, last=_MONDAY + timedelta(days=5), why="illness")
    row = replace(_PRESCRIPTION, pauses=(six_days,), dose_min_per_week=120.0)
    got = adherence(_week(3, _ZONES), row)
    assert got is not None
    assert (got.frequency, got.time, got.dose) == (None, None, None)  # 4 x 1/7: no whole session


def test_a_dose_without_sessions_is_due_by_days() -> None:
    six_days = Pause(first=_MONDAY, last=_MONDAY + timedelta(days=5), why="illness")
    only_dose = replace(
        _PRESCRIPTION, sessions_per_week=0, pauses=(six_days,), dose_min_per_week=140.0
    )
    got = due_in_week((only_dose,), _MONDAY)
    assert got is not None
    assert (got.sessions, got.dose_min) == (0, 20)


def _days(*by_day: tuple[tuple[str, int], ...]) -> Week:
    """Return a known week with sessions of some types on its days, of 30 minutes each."""
    days: list[WeekDay] = []
    for number, sessions in enumerate(by_day):
        totals = []
        for kind, count in sessions:
            totals.append(type_total(kind, count, ZoneTimes(moderate=count * 30 * _MIN)))
        at = _MONDAY + timedelta(days=number)
        days.append(WeekDay(local_date=at, known=True, by_type=tuple(totals)))
    return replace(week_of(_MONDAY, 0, ZoneTimes()), days=tuple(days))


def test_all_on_sunday_is_one_session_a_day() -> None:
    sunday = _days((), (), (), (), (), (), (("walking", 4),))
    got = adherence(sunday, _PRESCRIPTION)
    two = adherence(sunday, replace(_PRESCRIPTION, max_per_day=2))
    assert got is not None
    assert two is not None
    assert (got.frequency, got.time, two.frequency) == (0.25, 1.0, 0.5)


@pytest.mark.parametrize(
    ("types", "frequency", "time", "dose"),
    [
        ((), 1.0, 1.0, 0.8),
        (("walking",), 0.5, 0.5, 0.4),
        (("walking", "cycling"), 0.75, 0.75, 0.6),
        (("swimming",), 0.25, 0.25, 0.2),  # only the session whose type nobody told
    ],
)
def test_only_sessions_of_the_prescribed_types_count(
    types: tuple[str, ...], frequency: float, time: float, dose: float
) -> None:
    week = _days((("walking", 1),), (("cycling", 1),), (("strength", 1),), (("other", 1),))
    got = adherence(week, replace(_PRESCRIPTION, types=types))
    assert got is not None
    assert (got.frequency, got.time, got.dose) == (frequency, time, dose)


def test_intensity_beside_another_prescription_is_that_of_all_compared_time() -> None:
    week = replace(_days((("walking", 1),)), in_range_ms=6 * _MIN, range_known_ms=10 * _MIN)
    lifting = replace(_PRESCRIPTION, id="b", types=("strength",))
    due = due_in_week((_PRESCRIPTION, lifting), _MONDAY)
    assert due is not None
    assert measure(week, due).intensity == 0.6


def test_strength_days_are_measured_by_days() -> None:
    week = _days((("strength", 2),), (("walking", 1), ("strength", 1)), (("yoga", 1),))
    got = adherence(week, replace(_PRESCRIPTION, strength_days=2))
    assert got is not None
    assert got.strength == 1.0
    more = adherence(week, replace(_PRESCRIPTION, strength_days=4))
    assert more is not None
    assert more.strength == 0.5
    none = adherence(week, _PRESCRIPTION)
    assert none is not None
    assert none.strength is None


def test_more_of_one_kind_does_not_make_up_for_another() -> None:
    strength = replace(_PRESCRIPTION, id="b", types=("strength",), sessions_per_week=2)
    walks = replace(_PRESCRIPTION, types=("walking",))
    due = due_in_week((walks, strength), _MONDAY)
    assert due is not None
    six = _days(*[(("walking", 1),)] * 6)
    assert measure(six, due).frequency == 1.0
    assert standing(six, due, {"ratio": 0.8, "known_days": 4}) is Standing.LOW


@pytest.mark.parametrize(
    ("done", "known", "expected"),
    [
        (4, 0, Standing.ENOUGH),
        (3, 7, Standing.LOW),  # 0.75
        (3, 6, Standing.THIN),  # the seventh day may have held the fourth
        (0, 5, Standing.LOW),
        (0, 4, Standing.LOW),  # 3 of 4 at the best
        (0, 3, Standing.THIN),
    ],
)
def test_a_week_is_low_only_in_the_best_case(done: int, known: int, expected: Standing) -> None:
    due = due_in_week((_PRESCRIPTION,), _MONDAY)
    assert due is not None
    week = week_of(_MONDAY, done, ZoneTimes(moderate=done * 30 * _MIN), known)
    assert standing(week, due, {"ratio": 0.8, "known_days": 4}) is expected


def test_a_paused_day_could_have_held_nothing_that_was_due() -> None:
    weekend = Pause(first=_MONDAY + timedelta(days=5), last=_MONDAY + timedelta(days=6), why="x")
    due = due_in_week((replace(_PRESCRIPTION, pauses=(weekend,)),), _MONDAY)
    assert due is not None
    assert due.sessions == 2
    week = week_of(_MONDAY, 1, ZoneTimes(moderate=30 * _MIN), 5)
    assert standing(week, due, {"ratio": 0.8, "known_days": 4}) is Standing.LOW


def _recalled(week: Week, sessions: int, until: int = 6) -> Week:
    """Return a week of which the patient told so many sessions, up to a day from Monday on."""
    return replace(week, recalled_sessions=sessions, recalled_until=_MONDAY + timedelta(days=until))


@pytest.mark.parametrize(
    ("recorded", "recalled", "until", "per_day", "frequency", "time"),
    [
        (0, 4, 6, 1, 1.0, None),
        (1, 4, 6, 1, 1.0, None),
        (4, 2, 6, 1, 1.0, 1.0),  # what was recorded stays
        (1, 3, 6, 1, 0.75, None),
        (1, 1, 6, 1, 0.25, 0.25),
        (0, 10, 6, 1, 1.75, None),  # seven days of at most one
        (0, 10, 6, 2, 2.5, None),
        (0, 10, 1, 1, 0.5, None),  # asked on Tuesday
        (0, 0, 6, 1, 0.0, 0.0),
    ],
)
def test_a_session_that_the_patient_tells_of_is_done_and_its_length_is_not_known(
    recorded: int, recalled: int, until: int, per_day: int, frequency: float, time: float | None
) -> None:
    week = _recalled(
        week_of(_MONDAY, recorded, ZoneTimes(light=recorded * 30 * _MIN)), recalled, until
    )
    got = adherence(week, replace(_PRESCRIPTION, max_per_day=per_day, strength_days=2))
    assert got is not None
    assert (got.frequency, got.time) == (frequency, time)
    # what nobody recorded may have been of any kind
    assert (got.strength is None) is (time is None)


@pytest.mark.parametrize(
    ("recalled", "expected"), [(4, Standing.ENOUGH), (3, Standing.LOW), (0, Standing.LOW)]
)
def test_an_answer_is_enough_to_judge_a_week(recalled: int, expected: Standing) -> None:
    due = due_in_week((_PRESCRIPTION,), _MONDAY)
    assert due is not None
    week = _recalled(week_of(_MONDAY, 0, ZoneTimes()), recalled)
    assert standing(week, due, {"ratio": 0.8, "known_days": 4}) is expected


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (("walking",), Standing.LOW),
        (("walking", "hiking", "running", "nordic_walking"), Standing.LOW),
        (("walking", "cycling"), Standing.THIN),
        (("treadmill",), Standing.THIN),  # a phone lies on it
        ((), Standing.THIN),
    ],
)
def test_a_phone_that_was_carried_knows_of_walks(
    types: tuple[str, ...], expected: Standing
) -> None:
    due = due_in_week((replace(_PRESCRIPTION, types=types),), _MONDAY)
    assert due is not None
    week = week_of(_MONDAY, 0, ZoneTimes(), known=0)
    week = replace(week, days=tuple(replace(day, carried=True) for day in week.days))
    assert standing(week, due, {"ratio": 0.8, "known_days": 4}) is expected
    assert least_known_days(week, due) == (7 if expected is Standing.LOW else 0)
    assert least_known_days(week, None) == 0


def test_of_two_prescriptions_the_one_that_knows_less_counts() -> None:
    walks, rides = (
        replace(_PRESCRIPTION, id=name, types=(name,)) for name in ("walking", "cycling")
    )
    due = due_in_week((walks, rides), _MONDAY)
    week = week_of(_MONDAY, 0, ZoneTimes(), known=2)
    week = replace(week, days=tuple(replace(day, carried=True) for day in week.days))
    assert least_known_days(week, due) == 2
    assert least_known_days(week, due_in_week((walks,), _MONDAY)) == 7
