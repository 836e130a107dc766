"""What each local date says: active, rest, no activity, not worn, no data, paused or blocked. Never guesses a miss.

Clinical definition section 5.2. Only NO_ACTIVITY may ever count as a miss: the date is over, a source has delivered
past its end, it was worn, nothing was recorded, and a session was due.

When a session is due. A prescription asks for a number of sessions a week and leaves the days to the patient, so that
a date without one is no miss as long as the week can still be done. A date is due when the sessions that remain no
longer fit into the other days that may hold one: those after it, and those before it about which nothing is known (not
worn, no session, no answer). A week worn on all of its days thus has as many dates of NO_ACTIVITY as sessions are
missing, the last ones of the week that could have held them; and missing data never makes a miss.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from model.calendar import day_bounds, monday
from model.derived import Day, DayState
from model.facts import DeviceType, Method, Source
from model.prescription import Prescription, all_paused, in_force, paused
from stream.compute.weeks import VALID_WEAR_MIN


@dataclass(frozen=True, slots=True, kw_only=True)
class DayStateInput:
    """What is known of a patient's days.

    `days` by date, from the Monday of the first week asked for to the Sunday of the last; a date without a row has
    nothing recorded. `blocked` are the dates without consent, under restriction or objection. `since_ms` is the
    earliest instant (epoch ms) that something worn has told of, None when nothing has; `watermarks` the latest measured
    one that each source has delivered. `today` is the local date in `zone`.
    """

    days: Mapping[date, Day]
    prescriptions: tuple[Prescription, ...]
    blocked: frozenset[date]
    since_ms: int | None
    watermarks: Mapping[Source, int]
    zone: str
    today: date


def day_states(dates: Iterable[date], known: DayStateInput) -> dict[date, DayState]:
    """Return the state of each local date: the first of `PRECEDENCE` that holds, else NO_ACTIVITY."""
    return {day: _state(day, known) for day in dates}


UNWORN_TYPES = (DeviceType.PERSON, DeviceType.SCALE)
UNWORN_METHODS = (Method.MANUAL,)


def is_worn(source: Source) -> bool:
    """Return whether a source tells by its silence: something carried or worn, not a person, a scale or a form."""
    return source.device_type not in UNWORN_TYPES and source.method not in UNWORN_METHODS


def session_due(day: date, known: DayStateInput) -> bool:
    """Return whether a local date without a session is one on which a session was due (see the module).

    Paused and blocked days ask for nothing. A week of which only some days ask, asks for that share of its sessions,
    in whole sessions, the rest dropped. Sessions of different prescriptions add up, and so does what a day may hold.
    """
    first = monday(day)
    week = [first + timedelta(days=n) for n in range(7)]
    asking = {at: rows for at in week if at not in known.blocked and (rows := _asking(at, known))}
    requested = sum(row.sessions_per_week for rows in asking.values() for row in rows) // 7
    done = sum(_sessions(at, known) for at in week if at < day and at not in known.blocked)
    others = [
        rows for at, rows in asking.items() if at > day or (at < day and not _is_known(at, known))
    ]
    return day in asking and requested - done > sum(
        row.max_per_day for rows in others for row in rows
    )


def _asking(day: date, known: DayStateInput) -> tuple[Prescription, ...]:
    return tuple(row for row in in_force(known.prescriptions, day) if not paused(row, day))


def _sessions(day: date, known: DayStateInput) -> int:
    row = known.days.get(day)
    return 0 if row is None else row.sessions


def _is_known(day: date, known: DayStateInput) -> bool:
    row = known.days.get(day)
    return row is not None and (row.sessions > 0 or row.answered or _worn(day, known))


def _worn(day: date, known: DayStateInput) -> bool:
    row = known.days.get(day)
    return row is not None and row.wear_min >= VALID_WEAR_MIN


def _delivered(day: date, known: DayStateInput) -> bool:
    """Return whether a date is over and lies among what was delivered.

    A worn source has delivered something measured at its end or later, and the first thing told lies before its end:
    of the time before anything was worn at all nothing is known.
    """
    end_ms = day_bounds(day, known.zone)[1]
    begun = known.since_ms is not None and known.since_ms < end_ms
    return (
        begun
        and day < known.today
        and any(at >= end_ms for source, at in known.watermarks.items() if is_worn(source))
    )


PRECEDENCE: tuple[tuple[DayState, Callable[[date, DayStateInput], bool]], ...] = (
    (DayState.BLOCKED, lambda day, known: day in known.blocked),
    (DayState.PAUSED, lambda day, known: all_paused(known.prescriptions, day)),
    (DayState.ACTIVE, lambda day, known: _sessions(day, known) > 0),
    (DayState.NO_DATA, lambda day, known: not _delivered(day, known)),
    (DayState.NOT_WORN, lambda day, known: not _worn(day, known)),
    (DayState.REST, lambda day, known: not session_due(day, known)),
)


def _state(day: date, known: DayStateInput) -> DayState:
    return next((state for state, holds in PRECEDENCE if holds(day, known)), DayState.NO_ACTIVITY)
