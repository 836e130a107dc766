"""Twelve weeks of days as a small calendar: each date has a colour, a sign and a word. Pure.

It shows day states and decides nothing. Grey is no data, never a miss. A day with sessions is done
when those that count for a prescription reach 80 % of the minutes that it asks for, else partly
done. Without a prescription every session is done.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from clinic.answers.moments import every_date
from clinic.pages import words
from clinic.pages.weeks import ADHERENT
from model.calendar import MINUTE_MS, monday
from model.derived.days import Day, DayState
from model.derived.sessions import Origin, Session
from model.prescribing.credit import credited_totals
from model.prescription import Prescription, in_force
from model.words.language import N_, _, ngettext, translated
from stream.compute.series.reported_columns import STEPS

CALENDAR_WEEKS = 12


class Look(StrEnum):
    """What a square of the calendar shows."""

    DONE = "done"
    PARTLY = "partly"
    MISSED = "missed"
    REST = "rest"
    PAUSED = "paused"
    NOT_WORN = "not_worn"
    NO_DATA = "no_data"
    BLOCKED = "blocked"
    OPEN = "open"


# Nobody has to tell colours apart: each look has a sign, and a word in the label.
LOOK_SIGNS: dict[Look, str] = {
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
LOOK_WORDS: dict[Look, str] = {
    Look.DONE: N_("Done"),
    Look.PARTLY: N_("Partly done"),
    Look.MISSED: N_("Due, none recorded"),
    Look.REST: N_("Rest, none due"),
    Look.PAUSED: N_("Paused"),
    Look.NOT_WORN: N_("Not worn"),
    Look.NO_DATA: N_("No data"),
    Look.BLOCKED: N_("No consent or restricted"),
    Look.OPEN: N_("Not over yet"),
}
# Active days are absent: how much was done decides their look.
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
    """A date of the calendar.

    `session` is the id of its longest session, "" without sessions. `reported` is true when all its
    sessions that count come from reports of the patient. `label` states all this in words, for a
    clinician who does not see the square.
    """

    local_date: date
    look: Look
    session: str
    reported: bool
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRow:
    """A date of the calendar as figures: its look, and its row, None where nothing is known.

    `steps_stated` is the total that a source states for the date, None without one.
    """

    local_date: date
    look: Look
    day: Day | None
    steps_stated: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heatmap:
    """The calendar: a column for each week in `mondays`, a row for each weekday from Monday on.

    A square is None for a date after today. `dates` has the same dates as figures, newest first.
    """

    mondays: tuple[date, ...]
    rows: tuple[tuple[Square | None, ...], ...]
    tally: tuple[tuple[Look, int], ...]
    dates: tuple[DateRow, ...] = ()


def calendar_dates(today: date) -> list[date]:
    """Return the dates of the calendar: eleven complete weeks and the current week up to today."""
    first = monday(today) - timedelta(weeks=CALENDAR_WEEKS - 1)
    return every_date(first, today)


def heatmap(
    states: Mapping[date, DayState],
    days: Mapping[date, Day],
    sessions: Sequence[Session],
    prescriptions: Sequence[Prescription],
) -> Heatmap:
    """Return the calendar of the dates in `states`, of which the last is today."""
    today = max(states)
    of_date: dict[date, list[Session]] = defaultdict(list)
    for session in sessions:
        of_date[session.local_date].append(session)
    squares = {
        at: square(at, state, days.get(at), of_date[at], prescriptions, is_over=at < today)
        for at, state in states.items()
    }
    mondays = tuple(sorted(set(map(monday, states))))
    tally = Counter(item.look for item in squares.values())
    return Heatmap(
        mondays=mondays,
        rows=tuple(_weekday_row(squares, mondays, weekday) for weekday in range(7)),
        # In the order of `Look`, which is that of the legend below the calendar.
        tally=tuple((look, tally[look]) for look in Look),
        dates=tuple(_date_rows(squares, days)),
    )


def _date_rows(squares: Mapping[date, Square], days: Mapping[date, Day]) -> Iterator[DateRow]:
    """Yield the dates as figures, newest first."""
    for at, item in sorted(squares.items(), reverse=True):
        day = days.get(at)
        stated = day.stated.get(STEPS) if day else None
        yield DateRow(local_date=at, look=item.look, day=day, steps_stated=stated)


def _weekday_row(
    squares: Mapping[date, Square], mondays: Sequence[date], weekday: int
) -> tuple[Square | None, ...]:
    """Return the squares of a weekday, 0 for Monday, in the order of the weeks."""
    return tuple(squares.get(first + timedelta(days=weekday)) for first in mondays)


def square(
    at: date,
    state: DayState,
    day: Day | None,
    sessions: Sequence[Session],
    prescriptions: Sequence[Prescription],
    *,
    is_over: bool = True,
) -> Square:
    """Return the square of a date; `sessions` are those that began on it.

    On a date that is not over, no data does not yet mean anything: it is shown as open.
    """
    look = _OF_STATE.get(state) or _active(at, day, prescriptions)
    # Data often arrives in the evening: grey at noon would mean nothing.
    if look is Look.NO_DATA and not is_over:
        look = Look.OPEN
    # Sessions that do not count are linked only when no other session can be.
    counted = [session for session in sessions if session.counts]
    longest = max(
        counted or sessions,
        # The id decides between equal lengths, so that the link stays the same.
        key=lambda entry: (entry.timer_ms, entry.id),
        default=None,
    )
    reported = bool(counted) and all(item.origin is Origin.REPORTED for item in counted)
    parts = _square_words(look, day, reported=reported)
    return Square(
        local_date=at,
        look=look,
        session=longest.id if longest else "",
        reported=reported,
        label=f"{words.day(at)}: {', '.join([*parts, *_left_out(sessions)])}",
    )


def _square_words(look: Look, day: Day | None, *, reported: bool) -> list[str]:
    parts = [translated(LOOK_WORDS[look])]
    if day and day.sessions:
        parts += [_recorded(day.sessions), words.minutes(day.session_ms)]
    if reported:
        parts.append(_("reported by the patient"))
    return parts


def _recorded(count: int) -> str:
    return ngettext("%(num)s recorded", "%(num)s recorded", count)


def _left_out(sessions: Sequence[Session]) -> list[str]:
    """Return why sessions of a date do not count; empty when all of them do."""
    reasons: list[str] = []
    for session in sessions:
        if not session.counts and session.why not in reasons:
            reasons.append(session.why)
    why = "; ".join(map(words.reason, reasons))
    return [_("not counted: %(why)s", why=why)] if reasons else []


def _active(at: date, day: Day | None, prescriptions: Sequence[Prescription]) -> Look:
    held = in_force(prescriptions, at)
    by_type = day.by_type if day else ()
    # Without a prescription nothing is requested, so that every session is done.
    done = not held
    for row in held:
        ms = sum(total.zones.total for total in credited_totals(row, by_type))
        done |= ms >= ADHERENT * row.minutes_per_session * MINUTE_MS
    return Look.DONE if done else Look.PARTLY
