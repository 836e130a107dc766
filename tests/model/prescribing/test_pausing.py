"""A prescription is paused and ended where any of its versions holds, not only the newest."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.calendar import epoch_ms
from model.prescribing.changes import (
    end_problems,
    ended_version,
    next_version,
    pause_problems,
    paused_versions,
)
from model.prescribing.recorded import from_recording
from model.prescribing.versions_in_force import versions_in_force
from model.prescription import FollowUpPlan, Intensity, Pause, Prescription, in_force, paused

_FIRST, _LAST = date(2026, 9, 7), date(2027, 2, 22)
_TODAY = date(2026, 11, 30)
_OLD = Prescription(
    id="rx",
    version=1,
    valid_from=_FIRST,
    valid_to=_LAST,
    sessions_per_week=3,
    minutes_per_session=30,
    intensity=Intensity(method="hrr", low=0.4, high=0.6),
)
_NEW = replace(_OLD, version=2, valid_from=_TODAY, minutes_per_session=40)
_ILL = Pause(first=date(2026, 11, 2), last=date(2026, 11, 15), why="illness")
_DAY = timedelta(days=1)


def _of(row: Prescription) -> tuple[int, date, date, int, tuple[Pause, ...]]:
    return row.version, row.valid_from, row.valid_to, row.minutes_per_session, row.pauses


def test_a_pause_in_the_time_of_an_older_version_writes_both_again() -> None:
    assert pause_problems((_OLD, _NEW), _ILL) == ()
    assert list(map(_of, paused_versions((_OLD, _NEW), _ILL, _TODAY))) == [
        (3, _ILL.first, _LAST, 30, (_ILL,)),
        (4, _TODAY, _LAST, 40, ()),
    ]


def test_a_pause_over_the_change_of_a_version_is_in_both() -> None:
    stop = replace(_ILL, last=date(2026, 12, 6))
    assert list(map(_of, paused_versions((_OLD, _NEW), stop, _TODAY))) == [
        (3, _ILL.first, _LAST, 30, (stop,)),
        (4, _TODAY, _LAST, 40, (stop,)),
    ]


def test_a_pause_where_the_newest_version_holds_writes_one() -> None:
    stop = Pause(first=date(2026, 12, 7), last=date(2026, 12, 13), why="holiday")
    assert list(map(_of, paused_versions((_OLD, _NEW), stop, _TODAY))) == [
        (3, _TODAY, _LAST, 40, (stop,))
    ]


def test_a_renewal_to_come_is_no_reason_not_to_pause_or_end_what_holds() -> None:
    renewal = replace(_NEW, valid_from=date(2027, 1, 11))
    stop = Pause(first=date(2026, 12, 7), last=date(2026, 12, 13), why="holiday")
    assert pause_problems((_OLD, renewal), stop) == ()
    assert list(map(_of, paused_versions((_OLD, renewal), stop, _TODAY))) == [
        (3, _TODAY, _LAST, 30, (stop,)),
        (4, renewal.valid_from, _LAST, 40, ()),
    ]
    assert end_problems((_OLD, renewal), _TODAY, _TODAY) == ()
    ended = ended_version((_OLD, renewal), _TODAY, _TODAY)
    assert _of(ended) == (3, _TODAY, _TODAY, 30, ())
    assert in_force((_OLD, renewal, ended), _TODAY + _DAY) == ()
    assert in_force((_OLD, renewal, ended), renewal.valid_from) == ()


@pytest.mark.parametrize(
    ("first", "last", "problem"),
    [
        (_FIRST - _DAY, _FIRST, "`first` must not be before the prescription begins"),
        (_LAST, _LAST + _DAY, "`last` must not be after the prescription ends"),
        (_FIRST + _DAY, _FIRST, "`first` must not be after `last`"),
        (
            date(2026, 11, 1),
            date(2026, 11, 29),
            "`first` must be a day on which the prescription holds",
        ),
    ],
)
def test_a_pause_that_does_not_fit_is_named(first: date, last: date, problem: str) -> None:
    short = replace(_OLD, valid_to=date(2026, 10, 31))
    assert pause_problems((short, _NEW), Pause(first=first, last=last, why="")) == (problem,)


def test_rules_know_a_pause_that_is_dated_back_after_the_next_change_too() -> None:
    begun = replace(_OLD, minutes_per_session=20, version=3, valid_from=_ILL.first, pauses=(_ILL,))
    again = replace(_NEW, version=4)
    later = next_version(again, date(2026, 12, 7))
    rows = (_OLD, _NEW, begun, again, later)
    at_ms = epoch_ms(datetime(2026, 11, 30, 12, tzinfo=UTC))
    recorded = {("rx", number): at_ms for number in (3, 4)} | {("rx", 5): at_ms + 1}
    known = from_recording(rows, recorded, "Europe/Stockholm")
    days = [_FIRST + number * _DAY for number in range(100)]
    held = {day: in_force(known, day)[0] for day in days}
    assert [day for day in days if paused(held[day], day)] == [
        _ILL.first + number * _DAY for number in range(14)
    ]
    # the figures of those days are those that were known then
    assert {held[day].minutes_per_session for day in days if day < _TODAY} == {30}


def test_a_pause_that_was_taken_back_holds_no_more() -> None:
    begun = replace(_OLD, version=2, valid_from=_ILL.first, pauses=(_ILL,))
    back = replace(_OLD, version=3, valid_from=date(2026, 11, 9))
    at_ms = epoch_ms(datetime(2026, 11, 30, 12, tzinfo=UTC))
    recorded = {("rx", 2): at_ms, ("rx", 3): at_ms}
    (first, *_) = from_recording((_OLD, begun, back), recorded, "Europe/Stockholm")
    assert first.pauses == (replace(_ILL, last=date(2026, 11, 8)),)


def test_a_follow_up_that_is_past_keeps_nobody_from_pausing_and_ending() -> None:
    planned = replace(_OLD, follow_up=FollowUpPlan(who="Karin", on=date(2026, 10, 5)))
    assert next_version(planned, _TODAY).follow_up is None
    assert next_version(planned, date(2026, 10, 5)).follow_up == planned.follow_up


_days = st.integers(0, 60).map(lambda number: _FIRST + number * _DAY)


@st.composite
def _histories(draw: st.DrawFn) -> tuple[Prescription, ...]:
    """Draw versions as the door writes them: of any first and last date, some with a pause."""
    rows: list[Prescription] = []
    for number in range(1, draw(st.integers(2, 4))):
        first, last = sorted((draw(_days), draw(_days)))
        pauses: tuple[Pause, ...] = ()
        if draw(st.booleans()):
            pauses = (Pause(first=first, last=min(last, first + 3 * _DAY), why="holiday"),)
        rows.append(
            replace(
                _OLD,
                version=number,
                valid_from=first,
                valid_to=last,
                minutes_per_session=10 * number,
                pauses=pauses,
            )
        )
    return tuple(rows)


@given(_histories(), _days, st.integers(0, 20), _days)
def test_a_pause_changes_nothing_but_that_its_days_are_paused(
    rows: tuple[Prescription, ...], first: date, length: int, today: date
) -> None:
    stop = Pause(first=first, last=first + length * _DAY, why="illness")
    if pause_problems(rows, stop):
        return
    after = (*rows, *paused_versions(rows, stop, today))
    for number in range(-1, 62):
        day = _FIRST + number * _DAY
        was = [(row.minutes_per_session, paused(row, day)) for row in in_force(rows, day)]
        within = stop.first <= day <= stop.last
        assert [(row.minutes_per_session, paused(row, day)) for row in in_force(after, day)] == [
            (minutes, was_paused or within) for minutes, was_paused in was
        ]


@given(_histories(), _days)
def test_the_version_that_holds_on_a_day_is_the_one_in_force(
    rows: tuple[Prescription, ...], day: date
) -> None:
    held = [part.row for part in versions_in_force(rows) if part.first <= day <= part.last]
    assert tuple(held) == in_force(rows, day)
