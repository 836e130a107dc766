"""Twelve weeks of days as a small calendar: what each date says, in colour, sign and word. Pure; it judges nothing.

Grey is no data, never a miss. A day of exercise is done when its sessions reach 80 % of the minutes that one session
of each prescription asks for, else partly done; without a prescription every session is done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from clinic.pages import words
from clinic.pages.weeks import ADHERENT
from model.calendar import MINUTE_MS, monday
from model.derived import Day, DayState, Origin, Session
from model.prescription import Prescription, in_force

_WEEKS = 12


class Look(StrEnum):
    """What a square says."""

    DONE = "done"
    PARTLY = "partly"
    MISSED = "missed"
    REST = "rest"
    PAUSED = "paused"
    NOT_WORN = "not_worn"
    NO_DATA = "no_data"
    BLOCKED = "blocked"
    OPEN = "open"


SIGNS: dict[Look, str] = {
    Look.DONE: "\u2713",
    Look.PARTLY: "\u00bd",
    Look.MISSED: "\u00d7",
    Look.REST: "R",
    Look.PAUSED: "P",
    Look.NOT_WORN: "\u25cb",
    Look.NO_DATA: "\u2013",
    Look.BLOCKED: "B",
    Look.OPEN: "\u2026",
}
WORDS: dict[Look, str] = {
    Look.DONE: "Done",
    Look.PARTLY: "Partly done",
    Look.MISSED: "Due, none recorded",
    Look.REST: "Rest, none due",
    Look.PAUSED: "Paused",
    Look.NOT_WORN: "Not worn",
    Look.NO_DATA: "No data",
    Look.BLOCKED: "No consent",
    Look.OPEN: "Not over yet",
}
_OF_STATE: dict[DayState, Look] = {
    DayState.REST: Look.REST,
    DayState.NO_ACTIVITY: Look.MISSED,
    DayState.NOT_WORN: Look.NOT_WORN,
    DayState.NO_DATA: Look.NO_DATA,
    DayState.PAUSED: Look.PAUSED,
    DayState.BLOCKED: Look.BLOCKED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """One date. `session` is the id of its longest session, "" when it has none; `reported` when the patient told all.

    `label` is the whole in words, for a reader who does not see the square.
    """

    local_date: date
    look: Look
    session: str
    reported: bool
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heatmap:
    """`mondays` of the columns; `rows` from Monday to Sunday, a square a week, None for a date that is not yet here."""

    mondays: tuple[date, ...]
    rows: tuple[tuple[Square | None, ...], ...]
    tally: tuple[tuple[Look, int], ...]


def dates(today: date) -> list[date]:
    """Return the dates of the calendar: twelve weeks, the running one up to today."""
    first = monday(today) - timedelta(weeks=_WEEKS - 1)
    return [first + timedelta(days=n) for n in range((today - first).days + 1)]


def heatmap(
    states: Mapping[date, DayState],
    days: Mapping[date, Day],
    sessions: Sequence[Session],
    prescriptions: Sequence[Prescription],
) -> Heatmap:
    """Return the calendar of the dates that have a state; the last of them is today."""
    today = max(states)
    squares = {
        at: square(
            at,
            state,
            days.get(at),
            [session for session in sessions if session.local_date == at],
            prescriptions,
            is_over=at < today,
        )
        for at, state in states.items()
    }
    mondays = tuple(sorted({monday(at) for at in states}))
    rows = tuple(
        tuple(squares.get(first + timedelta(days=n)) for first in mondays) for n in range(7)
    )
    looks = [item.look for item in squares.values()]
    return Heatmap(
        mondays=mondays, rows=rows, tally=tuple((look, looks.count(look)) for look in Look)
    )


def square(
    at: date,
    state: DayState,
    day: Day | None,
    sessions: Sequence[Session],
    prescriptions: Sequence[Prescription],
    *,
    is_over: bool = True,
) -> Square:
    """Return one date; `sessions` are those that began on it. Of a date that `is_over` not, no data is nothing yet."""
    look = _OF_STATE.get(state) or _active(at, day, prescriptions)
    if look is Look.NO_DATA and not is_over:
        look = Look.OPEN
    counted = [session for session in sessions if session.counts]
    longest = max(
        counted or sessions,
        key=lambda entry: (entry.end_ms - entry.start_ms, entry.id),
        default=None,
    )
    reported = bool(counted) and all(item.origin is Origin.REPORTED for item in counted)
    done = (
        f", {day.sessions} recorded, {words.minutes(day.session_ms)}"
        if day and day.sessions
        else ""
    )
    reports = ", reported by the patient" if reported else ""
    return Square(
        local_date=at,
        look=look,
        session=longest.id if longest else "",
        reported=reported,
        label=f"{words.day(at)}: {WORDS[look]}{done}{reports}",
    )


def _active(at: date, day: Day | None, prescriptions: Sequence[Prescription]) -> Look:
    requested = sum(row.minutes_per_session for row in in_force(prescriptions, at))
    done = day.session_ms / MINUTE_MS if day else 0.0
    return Look.DONE if done >= ADHERENT * requested else Look.PARTLY
