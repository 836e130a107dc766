"""What of a person's doings a clinician would want to know, and when that could first be known.

Pure, and written from the definitions alone: it shares no code with the rules. An occasion is
`observable` when the data that is made of it can show it; what nobody recorded is true as well, but
nobody can know it.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, midnight
from simulate.population.digest_occasions import digest_occasions
from simulate.population.doings import RISEN_WEEKS, Doings, TrueSession
from simulate.population.heart_course import heart_occasions
from simulate.population.people import Course, Inhabitant, Recorder
from simulate.population.true_weeks import (
    ADHERENCE_FAMILY,
    PAIN_FAMILY,
    SIGN_FAMILY,
    AlertOccasion,
    TrueWeek,
    true_weeks,
)

_ENOUGH, _IN_A_ROW, _NEVER_DAYS = 0.8, 3, 10
_VERY_HIGH, _RAISED = 8, 2
_USUAL_DAYS, _USUAL_ANSWERS = 14, 3
_ANSWERS_A_WEEK, _AT_ONCE = 3, 2
_DAY = timedelta(days=1)


def occasions(person: Inhabitant, did: Doings) -> list[AlertOccasion]:
    """Return all occasions of a person, in the order in which they could be known."""
    rows = [
        *_low_weeks(person, did),
        *_interruptions(person, did),
        *_very_high_pain(did),
        *_flares(person, did),
        *_rises(person, did),
        *_warnings(did),
        *heart_occasions(person, did),
        *digest_occasions(person, did),
    ]
    return sorted(rows, key=lambda row: (row.knowable_ms, row.event))


def _low_weeks(person: Inhabitant, did: Doings) -> Iterator[AlertOccasion]:
    """Yield each run of two low weeks or more."""
    run: list[TrueWeek] = []
    # the None ends a run that lasts to the last week
    for week in [*true_weeks(person, did), None]:
        if week is not None and week.is_low:
            run.append(week)
            continue
        if len(run) > 1:
            # the first two that data can show; without any, the occasion is true and not observable
            pair = _observable_pair(person, did, run)
            first, second = pair or (run[0], run[1])
            yield AlertOccasion(
                event="low_adherence",
                family=ADHERENCE_FAMILY,
                from_ms=midnight(first.monday, person.zone),
                knowable_ms=midnight(second.monday + 7 * _DAY, person.zone),
                until_ms=midnight(run[-1].monday + 7 * _DAY, person.zone),
                observable=pair is not None,
            )
        run = []


def _observable_pair(
    person: Inhabitant, did: Doings, run: Sequence[TrueWeek]
) -> tuple[TrueWeek, TrueWeek] | None:
    for first, second in pairwise(run):
        if _is_seen(person, did, first) and _is_seen(person, did, second):
            return first, second
    return None


def _is_seen(person: Inhabitant, did: Doings, week: TrueWeek) -> bool:
    """Return whether a week is low even if each day that nobody saw had held a session."""
    if person.device is Recorder.HAND:
        return True  # the person answers how often, and what was not answered is asked again
    worn = set(did.worn)
    days = [week.monday + number * _DAY for number in range(7)]
    unseen = sum(day not in worn for day in days)
    # each day may have held one: a watch in a drawer proves no missed session
    return week.recorded + unseen < _ENOUGH * week.due


def _interruptions(person: Inhabitant, did: Doings) -> Iterator[AlertOccasion]:
    """Yield each time in which several due sessions in a row were not done."""
    end = did.first + timedelta(weeks=did.weeks)
    held = {session.day for session in did.sessions}
    needed = -(-7 * _IN_A_ROW // len(person.weekdays))  # days that ask for so many sessions
    for first, last in _empty_spans(did, held, end):
        days = (last - first).days + 1
        if days < needed:
            continue
        is_first = first == did.first and days >= max(needed, _NEVER_DAYS)
        length = max(needed, _NEVER_DAYS) if is_first else needed
        span = [first + number * _DAY for number in range(length)]
        yield AlertOccasion(
            event="never_started" if is_first and not did.sessions else "interruption",
            family=ADHERENCE_FAMILY,
            from_ms=midnight(first, person.zone),
            knowable_ms=midnight(span[-1] + _DAY, person.zone),
            until_ms=midnight(last + _DAY, person.zone),
            observable=set(span) <= set(did.worn),
        )


def _empty_spans(did: Doings, held: set[date], end: date) -> Iterator[tuple[date, date]]:
    """Yield the spans of days, first and last, without a session and without a pause."""
    first: date | None = None
    day = did.first
    while day <= end:
        is_paused = did.paused is not None and did.paused[0] <= day <= did.paused[1]
        # the day behind the last counts as full, so that the last span ends too
        is_empty = day < end and day not in held and not is_paused
        if is_empty and first is None:
            first = day
        if not is_empty and first is not None:
            yield first, day - _DAY
            first = None
        day += _DAY


def _very_high_pain(did: Doings) -> Iterator[AlertOccasion]:
    """Yield each answer of very high pain after a session."""
    for session in did.sessions:
        if session.pain is not None and session.pain >= _VERY_HIGH:
            at_ms = session.end_ms + 6 * MINUTE_MS
            yield AlertOccasion(
                event="very_high_pain",
                family=PAIN_FAMILY,
                from_ms=session.end_ms,
                knowable_ms=at_ms,
                until_ms=at_ms + 7 * DAY_MS,
                observable=True,
            )


def _flares(person: Inhabitant, did: Doings) -> Iterator[AlertOccasion]:
    """Yield the flare of a person, if there is one."""
    if did.flare is None or person.usual is None:
        return
    first, last = did.flare
    from_ms, until_ms = midnight(first, person.zone), midnight(last + _DAY, person.zone)
    level = person.usual + _RAISED
    answers = [row for row in _answers(person, did.sessions) if row[0] >= from_ms]
    raised = _first_run(answers, level)
    known = [at for at, value in raised if raised and at - raised[0][0] >= DAY_MS]
    begun_ms = raised[0][0] if raised else from_ms
    yield AlertOccasion(
        # pain that comes with far longer sessions is another thing to act on
        event="pain_with_load" if person.course is Course.STRAIN else "flare",
        family=PAIN_FAMILY,
        from_ms=from_ms,
        knowable_ms=known[0] if known else until_ms,
        # the morning after the last day is rated as well
        until_ms=until_ms + DAY_MS,
        observable=bool(known) and _knows_usual(did.sessions, begun_ms),
    )


def _rises(person: Inhabitant, did: Doings) -> Iterator[AlertOccasion]:
    """Yield the time in which the pain of a person is higher from week to week."""
    if person.course is not Course.RISE or person.usual is None:
        return
    begins = did.first + timedelta(weeks=person.begins_week)
    until_ms = midnight(begins + timedelta(weeks=RISEN_WEEKS), person.zone)
    week_ms = [midnight(begins + n * 7 * _DAY, person.zone) for n in range(-1, RISEN_WEEKS + 1)]
    answers = _answers(person, did.sessions)
    middles = [_middle(answers, span) for span in pairwise(week_ms)]
    known = [week_ms[number + 1] for number in range(1, len(middles)) if _is_rise(middles, number)]
    yield AlertOccasion(
        event="weekly_rise",
        family=PAIN_FAMILY,
        from_ms=week_ms[1],
        knowable_ms=known[0] if known else until_ms,
        until_ms=until_ms,
        observable=bool(known),
    )


def _middle(answers: Sequence[tuple[int, int]], span: tuple[int, int]) -> float | None:
    """Return the middle of the answers of a week, None where they are too few to say anything."""
    values = [value for at, value in answers if span[0] <= at < span[1]]
    return median(values) if len(values) >= _ANSWERS_A_WEEK else None


def _is_rise(middles: Sequence[float | None], number: int) -> bool:
    """Return whether a week is two points above the last, or one above it as that one was."""
    last = _step(middles, number)
    before = _step(middles, number - 1) if number > 1 else None
    if last is None:
        return False
    return last >= _AT_ONCE or (before is not None and min(last, before) >= 1)


def _step(middles: Sequence[float | None], number: int) -> float | None:
    before, after = middles[number - 1], middles[number]
    return None if before is None or after is None else after - before


def _warnings(did: Doings) -> Iterator[AlertOccasion]:
    """Yield the yes of a person to a warning sign, if there is one."""
    if did.warned_ms is not None:
        yield AlertOccasion(
            event="warning_sign",
            family=SIGN_FAMILY,
            from_ms=did.warned_ms,
            knowable_ms=did.warned_ms + MINUTE_MS,
            until_ms=did.warned_ms + 7 * DAY_MS,
            observable=True,
            tier="A",
        )


def _first_run(answers: Sequence[tuple[int, int]], level: int) -> list[tuple[int, int]]:
    """Return the first answers at a level or above it, up to the first that is lower."""
    run: list[tuple[int, int]] = []
    for at, value in answers:
        if value >= level:
            run.append((at, value))
        elif run:
            break
    return run


def _answers(person: Inhabitant, sessions: Sequence[TrueSession]) -> list[tuple[int, int]]:
    """Return all answers about pain as instant (epoch ms) and value, in order."""
    answers: list[tuple[int, int]] = []
    for session in sessions:
        next_ms = midnight(session.day + _DAY, person.zone) + 8 * HOUR_MS
        given = (
            (session.start_ms - 5 * MINUTE_MS, session.before),
            (session.end_ms + 5 * MINUTE_MS, session.pain),
            (next_ms, session.morning),
        )
        answers += [(at, value) for at, value in given if value is not None]
    return sorted(answers)


def _knows_usual(sessions: Sequence[TrueSession], at_ms: int) -> bool:
    """Return whether there were enough answers before exercise to know what is usual."""
    earliest_ms = at_ms - _USUAL_DAYS * DAY_MS
    before = [row for row in sessions if row.before is not None]
    return sum(earliest_ms <= row.start_ms < at_ms for row in before) >= _USUAL_ANSWERS
