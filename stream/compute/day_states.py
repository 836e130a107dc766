"""The state of each local date: active, rest, no activity, not worn, no data, paused or blocked.

Clinical definition section 5.2. A miss is never guessed. Only NO_ACTIVITY may ever count as a miss.
It requires that the date is over, that a source has synced past its end, that no session was
recorded, and that a session was due. The device must have been worn; a phone that was carried is
enough where only exercise on foot is prescribed.

A prescription without weekdays asks for a number of sessions a week and leaves the choice of days
to the patient. So a date without a session is no miss as long as the week can still be completed. A
session is due on a date when the remaining sessions no longer fit into the other days that may hold
a session. Those are the later days of the week, and the earlier days about which nothing is known
(not worn, no session, no answer). A week that was worn on all days therefore has as many dates of
NO_ACTIVITY as sessions are missing: the last dates that could have held them. Missing data never
makes a miss.

A prescription with weekdays asks for its sessions on each of them and on no other date. A session
of another date, earlier or later, makes up for a weekday, so that no day is a miss where the week
is no shortfall. So may any past date about which nothing is known.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from model.calendar import day_bounds, monday
from model.derived.algorithm import VALID_WEAR_MIN
from model.derived.days import Day, DayState, Week
from model.facts import Source
from model.prescribing.credit import credited_recalled, credited_sessions, seen_by_phone
from model.prescription import (
    Prescription,
    all_paused,
    in_force,
    paused,
    sevenths_due,
    share_of_week,
)
from stream.compute.wear import is_on_patient
from stream.compute.weeks import is_carried, week_of_days


@dataclass(frozen=True, slots=True, kw_only=True)
class DayStateInput:
    """What is known of a patient's days.

    `days` holds rows by date, from the Monday of the first week to the Sunday of the last week. On
    a date without a row nothing was recorded. `blocked` are the dates without consent, or under
    restriction or objection. `since_ms` is the earliest instant (epoch ms) that a worn device
    recorded, None when there is none. `watermarks` holds the latest measured instant (epoch ms)
    that each source has delivered. `today` is the local date in `zone`, an IANA zone.
    """

    days: Mapping[date, Day]
    prescriptions: tuple[Prescription, ...]
    blocked: frozenset[date]
    since_ms: int | None
    watermarks: Mapping[Source, int]
    zone: str
    today: date


def day_states(dates: Iterable[date], state_input: DayStateInput) -> dict[date, DayState]:
    """Return the state of each local date.

    It is the first state of `PRECEDENCE` that holds, else NO_ACTIVITY.
    """
    return {day: _state(day, state_input) for day in dates}


def session_due(day: date, state_input: DayStateInput) -> bool:
    """Return whether a session was due on a local date that has none.

    The module's docstring has the rule. Paused and blocked days ask for nothing. When only some
    days of a week ask for sessions, the week asks for that share of them, rounded down. It is due
    when one of the prescriptions asks for it.
    """
    if day in state_input.blocked:
        return False
    return any(_is_due(day, row, state_input) for row in _prescribed(day, state_input))


def _is_due(day: date, asking: Prescription, state_input: DayStateInput) -> bool:
    """Return whether a prescription asks for a session on a date on which it is in force."""
    if asking.weekdays and not sevenths_due(asking, day):
        return False
    week = _recalled_week(monday(day), state_input)
    sevenths: list[int] = []
    done = 0 if week is None else _recalled(week, asking, state_input)
    room_left = 0
    for number in range(7):
        at = monday(day) + timedelta(days=number)
        if at in state_input.blocked:
            continue
        credited = _credited(at, asking, state_input)
        # What was done on a later date makes up for this one, also in a pause, as in the ratios.
        done += credited if at < day else 0
        room = credited if at > day else 0
        is_unknown = at < state_input.today and not (
            credited or _is_recalled(at, week) or _is_known(at, asking, state_input)
        )
        for row in _prescribed(at, state_input):
            if row.id == asking.id:
                sevenths.append(sevenths_due(row, at))
                room = max(room, _room(at, day, row, is_unknown=is_unknown))
        room_left += room
    return share_of_week(sevenths) - done > room_left


def _room(at: date, day: date, row: Prescription, *, is_unknown: bool) -> int:
    """Return how many of the sessions that are missing on a day another date could hold.

    `row` is the version in force on the other date. A later date may still hold a session; with
    weekdays it has to hold its own ones and no more. Of a past date about which nothing is known it
    is assumed that it held as many as count, because missing data never makes a miss.
    """
    if at == day:
        return 0
    if is_unknown or (at > day and not row.weekdays):
        return row.max_per_day
    return share_of_week((sevenths_due(row, at),)) if at > day else 0


def _is_recalled(at: date, week: Week | None) -> bool:
    """Return whether the patient's answer about a week is about a date of it as well."""
    return week is not None and week.recalled_until is not None and at <= week.recalled_until


def _recalled_week(first: date, state_input: DayStateInput) -> Week | None:
    """Return the week of a Monday, None when the patient answered nothing about it."""
    rows: list[Day] = []
    is_recalled = False
    for number in range(7):
        row = state_input.days.get(first + timedelta(days=number))
        if row is not None:
            rows.append(row)
            is_recalled |= row.recalled_sessions is not None
    return week_of_days(first, rows) if is_recalled else None


def _recalled(week: Week, asking: Prescription, state_input: DayStateInput) -> int:
    """Return the sessions that the patient told of and nobody recorded, for a prescription."""
    by_day: dict[date, Prescription] = {}
    for number in range(7):
        at = week.monday + timedelta(days=number)
        for row in in_force(state_input.prescriptions, at):
            if row.id == asking.id:
                by_day[at] = row
    return credited_recalled(week, by_day)


def _prescribed(day: date, state_input: DayStateInput) -> tuple[Prescription, ...]:
    """Return the prescriptions that ask for sessions on a date: in force and not paused."""
    return tuple(row for row in in_force(state_input.prescriptions, day) if not paused(row, day))


def _credited(day: date, asking: Prescription, state_input: DayStateInput) -> int:
    row = state_input.days.get(day)
    return 0 if row is None else credited_sessions(asking, row.by_type)


def _sessions(day: date, state_input: DayStateInput) -> int:
    row = state_input.days.get(day)
    return 0 if row is None else row.sessions


def _is_known(day: date, asking: Prescription, state_input: DayStateInput) -> bool:
    row = state_input.days.get(day)
    return row is not None and (row.answered or _was_seen(row, (asking,)))


def _was_worn(day: date, state_input: DayStateInput) -> bool:
    row = state_input.days.get(day)
    return row is not None and _was_seen(row, _prescribed(day, state_input))


def _was_seen(row: Day, asking: Sequence[Prescription]) -> bool:
    """Return whether a session would have been seen: by a worn device, or a walk by a phone."""
    if row.wear_min >= VALID_WEAR_MIN:
        return True
    return bool(asking) and is_carried(row) and all(map(seen_by_phone, asking))


def _has_synced(day: date, state_input: DayStateInput) -> bool:
    """Return whether a date is over and a worn source has synced past its end.

    The first record of a worn device must lie before the end of the date, because nothing is known
    of the time before that record.
    """
    end_ms = day_bounds(day, state_input.zone)[1]
    if day >= state_input.today or state_input.since_ms is None or state_input.since_ms >= end_ms:
        return False
    # A report that came in since says nothing about a watch that has not synced.
    return any(
        at_ms >= end_ms and is_on_patient(source)
        for source, at_ms in state_input.watermarks.items()
    )


# The order matters: each row may rely on all rows above it not holding. A session counts even from
# a source that has not synced past the date, so ACTIVE comes before NO_DATA.
PRECEDENCE: tuple[tuple[DayState, Callable[[date, DayStateInput], bool]], ...] = (
    (DayState.BLOCKED, lambda day, state_input: day in state_input.blocked),
    (DayState.PAUSED, lambda day, state_input: all_paused(state_input.prescriptions, day)),
    (DayState.ACTIVE, lambda day, state_input: _sessions(day, state_input) > 0),
    (DayState.NO_DATA, lambda day, state_input: not _has_synced(day, state_input)),
    (DayState.NOT_WORN, lambda day, state_input: not _was_worn(day, state_input)),
    (DayState.REST, lambda day, state_input: not session_due(day, state_input)),
)


def _state(day: date, state_input: DayStateInput) -> DayState:
    for state, holds in PRECEDENCE:
        if holds(day, state_input):
            return state
    return DayState.NO_ACTIVITY
