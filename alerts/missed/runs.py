"""Runs of days on which something was due and nothing was done. Pure.

Only a day that is known counts as a missed day (clinical definition section 5.2). A day about which
nothing is known ends a run, because it could have held a session: no run rests on missing data.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from alerts.adherence import is_known_day, is_unseen_day
from alerts.waiting_for_data import as_recorded, complete_by_ms, is_complete
from alerts.worked_out import once
from model.alert import Rule, RuleInput
from model.calendar import local_date, midnight
from model.derived.algorithm import VALID_WEAR_MIN
from model.derived.days import WeekDay
from model.prescribing.credit import credited_sessions
from model.prescription import Prescription, all_paused, in_force, paused, sevenths_due

_DAY = timedelta(days=1)
_WEEK_DAYS = 7
_FAMILY = "adherence"  # of the rules that count missed days
_WAITING_DAYS = 4  # so many days may still wait for late data and for an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedRun:
    """Known days in a row without a session, `days`, and what was prescribed on the last of them.

    `due` is how many whole sessions were due on these days. `ended_on` is the first day that is
    known to end the run, None while it may go on. Days of a pause are left out and end no run. A
    contact with the patient ends a run, and the next begins with the day after: what is missed from
    then on is news. `contacted_ms` is the contact (epoch ms) after which the run began, None where
    it began by itself.
    """

    prescription: Prescription
    days: tuple[date, ...]
    due: int
    ended_on: date | None
    contacted_ms: int | None = None


def missed_runs(
    on: RuleInput, thresholds: Mapping[str, float], *, least_due: int, least_days: int = 1
) -> Iterator[MissedRun]:
    """Yield each run from its first day to the day on which it was long enough.

    It is long enough with `least_days` days on which `least_due` sessions were due. `thresholds`
    has two times: late data may come within `lag_hours`. Within `answer_hours` the patient may
    answer about a day on which the watch was off for as long as a session.
    """
    prescriptions = as_recorded(on)
    waits = thresholds["lag_hours"], thresholds["answer_hours"]
    for name in sorted({row.id for row in prescriptions}):
        judged = _due_days(on, name, *waits)
        for stretch in _stretches(judged, on.contacts.get(_FAMILY, ()), on.zone):
            run = _first_enough(stretch, least_due, least_days)
            if run is not None:
                yield run


@dataclass(frozen=True, slots=True, kw_only=True)
class _DueDay:
    """A judged day; `missed` is the version that asked for something when nothing was done."""

    local_date: date
    missed: Prescription | None


@once
def _due_days(on: RuleInput, name: str, lag_hours: float, answer_hours: float) -> list[_DueDay]:
    """Return the judged days for one prescription, but those of its pauses.

    In a pause nothing was due, so the day says nothing about whether the patient has stopped.
    """
    # versions of one prescription follow each other, and a change of version ends no run
    own = [row for row in as_recorded(on) if row.id == name]
    days: list[_DueDay] = []
    for day in _judged_days(on, lag_hours, answer_hours):
        held = next(iter(in_force(own, day.local_date)), None)
        if held is None or not paused(held, day.local_date):
            missed = held if held is not None and _is_missed(day, held) else None
            days.append(_DueDay(local_date=day.local_date, missed=missed))
    return days


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Missed days in a row, each with what asked for something, and what ended them.

    `contacted_ms` is the contact after which they began, None without one.
    """

    days: tuple[tuple[date, Prescription], ...]
    ended_on: date | None
    contacted_ms: int | None


def _stretches(
    judged: Iterable[_DueDay], contacts_ms: Sequence[int], zone: str
) -> Iterator[_Stretch]:
    """Yield the missed days in a row, divided at each contact (epoch ms, in order).

    The last has no end: nobody knows yet whether it goes on.
    """
    days: list[tuple[date, Prescription]] = []
    contacted_ms: int | None = None
    for day in judged:
        contact_ms = _contact_between(days, day.local_date, contacts_ms, zone)
        if days and (day.missed is None or contact_ms is not None):
            yield _Stretch(days=tuple(days), ended_on=day.local_date, contacted_ms=contacted_ms)
            days, contacted_ms = [], contact_ms
        if day.missed is None:
            contacted_ms = None
        else:
            days.append((day.local_date, day.missed))
    yield _Stretch(days=tuple(days), ended_on=None, contacted_ms=contacted_ms)


def _contact_between(
    days: Sequence[tuple[date, Prescription]],
    following: date,
    contacts_ms: Sequence[int],
    zone: str,
) -> int | None:
    """Return the latest contact after the last of some days began and before the following did."""
    if not days or not contacts_ms:  # nearly always, and midnights cost time
        return None
    from_ms, until_ms = midnight(days[-1][0], zone), midnight(following, zone)
    return max((at_ms for at_ms in contacts_ms if from_ms < at_ms <= until_ms), default=None)


def _first_enough(stretch: _Stretch, least_due: int, least_days: int) -> MissedRun | None:
    """Return the first days of a stretch that are enough, None where all of it is too little."""
    per_week = 0
    for count, (day, missed) in enumerate(stretch.days, start=1):
        # each day asks for a seventh of its week; the sum of sevenths is kept whole
        per_week += sevenths_due(missed, day)
        due = per_week // _WEEK_DAYS
        if due >= least_due and count >= least_days:
            return MissedRun(
                prescription=missed,
                days=tuple(date_ for date_, _ in stretch.days[:count]),
                due=due,
                ended_on=stretch.ended_on,
                contacted_ms=stretch.contacted_ms,
            )
    return None


@once
def _judged_days(on: RuleInput, lag_hours: float, answer_hours: float) -> list[WeekDay]:
    """Return the days of which the data is in, up to the first that is still waited for.

    A date without a row is a day about which nothing is known.
    """
    rows = _days_by_date(on)
    judged: list[WeekDay] = []
    day, today = min(rows, default=date.max), local_date(on.now_ms, on.zone)
    while day < today:
        # every date is stepped through, so that a gap in the rows cannot join two runs to one
        row = rows.get(day) or WeekDay(local_date=day, known=False, by_type=())
        # stops here although later days may be in: this one could still end the run
        if not _is_judged(on, row, lag_hours, answer_hours):
            break
        judged.append(row)
        day += _DAY
    return judged


def _days_by_date(on: RuleInput) -> dict[date, WeekDay]:
    """Return the days of all weeks.

    A day is known here only when a device was worn, or when the patient's own count of the week
    covers it: that the patient answered does not show that nothing was done. Where the patient
    told of sessions that nobody recorded, it is not known on which of the days they were.
    """
    worn = {day.local_date for day in on.days if day.wear_min >= VALID_WEAR_MIN}
    rows: dict[date, WeekDay] = {}
    for week in on.weeks:
        for day in week.days:
            is_counted = week.recalled_until is not None and day.local_date <= week.recalled_until
            if is_counted and week.unrecorded_sessions:
                rows[day.local_date] = replace(day, known=False, carried=False)
            else:
                known = day.known and (is_counted or day.local_date in worn)
                # most days stay as they are
                rows[day.local_date] = day if known is day.known else replace(day, known=known)
    return rows


def _is_judged(on: RuleInput, day: WeekDay, lag_hours: float, answer_hours: float) -> bool:
    end_ms = midnight(day.local_date + _DAY, on.zone)
    answered_ms = complete_by_ms(end_ms, lag_hours + answer_hours)
    # most days are long past, and need no closer look
    if on.now_ms >= answered_ms:
        return True
    held = in_force(as_recorded(on), day.local_date)
    awaits = day.known and any(is_unseen_day(day, row) for row in held)
    return not awaits and is_complete(on, end_ms, lag_hours)


def _is_missed(day: WeekDay, row: Prescription) -> bool:
    return is_known_day(day, row) and not credited_sessions(row, day.by_type)


def days_judged_ms(on: RuleInput, rule: Rule) -> tuple[int, ...]:
    """Return when a run may become enough without new data, in epoch ms.

    These are the latest times at which today and the days before it are judged, and the next
    midnight while all is paused. There are none without a prescription that runs.
    """
    today, thresholds = local_date(on.now_ms, on.zone), rule.thresholds
    times: list[int] = []
    if all_paused(on.prescriptions, today):
        # the pause may end with this day, and no data would come to say so
        times.append(midnight(today + _DAY, on.zone))
    for back in range(_WAITING_DAYS):
        day = today - back * _DAY
        if in_force(on.prescriptions, day):
            end_ms = midnight(day + _DAY, on.zone)
            both_hours = thresholds["lag_hours"] + thresholds["answer_hours"]
            times += [
                complete_by_ms(end_ms, thresholds["lag_hours"]),
                # the patient may answer until then about a day with the watch off
                complete_by_ms(end_ms, both_hours),
            ]
    return tuple(times)
