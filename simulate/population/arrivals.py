"""What arrives about a person: when, and through which door. Pure.

Watches sync late, lie in a drawer, or send the same twice. Bodies are real: FIT files, webhooks and
reports, as vendors and apps send them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, midnight, utc
from model.facts import Instrument, Phase
from simulate import signals
from simulate.cast import Body
from simulate.delivery import FIT_TYPE, JSON_TYPE, TO_FILES, TO_OPEN_WEARABLES, TO_REPORTS
from simulate.fit_day import monitoring_file
from simulate.fit_writer import Recording, write_activity
from simulate.open_wearables_writer import weight_body, workout_body
from simulate.population.doings import Doings, TrueSession
from simulate.population.heart_course import hard_range, night_rate, symptom_ms, weighed
from simulate.population.people import Course, Inhabitant, Recorder, generator
from simulate.report_writer import ReportAnswer, report_body

EVERY_S = 5  # between two readings of a workout
_WORN_MIN = (6 * 60, 22 * 60)
_SLOW_DAYS = 5
_SENT_TWICE = 0.03
_WEEK_ANSWERED = 0.9
_WATCH = 3076
_SERIAL = 3_800_000_000
_SPORTS = {"cycling": ("cycling", 0), "running": ("running", 0), "walking": ("walking", 0)}
_ON_A_WHEEL = frozenset({"cycling"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A body as it arrives: when (epoch ms), at which connector, of which type, with which bytes.

    `account` is the vendor's user id in the body, "" where the body comes by the patient's link.
    """

    received_ms: int
    connector: str
    content_type: str
    filename: str
    body: bytes
    account: str = ""


def hub_account(person: Inhabitant) -> str:
    """Return a person's user id at the aggregator."""
    return f"{person.pseudonym}-account"


def person_arrivals(person: Inhabitant, did: Doings, seed: int) -> list[Arrival]:
    """Return all bodies of a person, in the order in which they arrive."""
    chance = generator(seed, person.number, 4)
    bodies: list[Arrival] = []
    if person.device is Recorder.WATCH:
        bodies += _watch(person, did, seed)
    for session in did.sessions:
        bodies += _answers(person, session)
    if person.device is Recorder.HAND:
        bodies += _weekly(person, did, seed)
    bodies += _warned(person, did)
    bodies += _of_heart(person, did)
    again = [
        replace(item, received_ms=item.received_ms + int(chance.integers(1, 3 * 24)) * HOUR_MS)
        for item in bodies
        if chance.random() < _SENT_TWICE
    ]
    return sorted([*bodies, *again], key=_when)


def _when(item: Arrival) -> tuple[int, str]:
    return item.received_ms, item.filename


def true_heart(person: Inhabitant, session: TrueSession, seed: int) -> NDArray[np.float64]:
    """Return the true heart rate of a session at 1 Hz (1/min), NaN where the watch lost it."""
    low, high = person.easy if session.easy else person.moderate
    if session.hard:
        low, high = hard_range(person)
    chance = generator(seed, person.number, 10_000 + session.start_ms // MINUTE_MS)
    seconds = (session.end_ms - session.start_ms) // 1000
    return signals.session_heart(chance, Body(rest=person.rest, low=low, high=high), seconds)


def _watch(person: Inhabitant, did: Doings, seed: int) -> Iterator[Arrival]:
    by_day: dict[date, list[TrueSession]] = {}
    for session in did.sessions:
        by_day.setdefault(session.day, []).append(session)
        if session.recorded:
            yield from _workout(person, session, seed)
    for day in did.worn:
        yield _day(person, day, by_day.get(day, ()), seed, did.first)


def _synced_ms(person: Inhabitant, at_ms: int, seed: int) -> int:
    """Return when the watch syncs what it had at an instant."""
    # drawn by the instant, so that one session more does not change when all others sync
    chance = generator(seed, person.number, 20_000 + at_ms // MINUTE_MS)
    soon_ms = at_ms + int(chance.integers(2, 90)) * MINUTE_MS
    if person.course is not Course.SLOW:
        return soon_ms
    # the next of the few days on which it syncs at all
    step_ms = _SLOW_DAYS * DAY_MS
    return (soon_ms // step_ms + 1) * step_ms + 9 * HOUR_MS


def _workout(person: Inhabitant, session: TrueSession, seed: int) -> Iterator[Arrival]:
    beats = true_heart(person, session, seed)[::EVERY_S]
    t = session.start_ms + np.arange(len(beats), dtype=np.int64) * EVERY_S * 1000
    steps = np.full(len(t), 0.0 if person.activity in _ON_A_WHEEL else 112.0)
    columns = {"heart_rate": beats}
    if person.activity not in _ON_A_WHEEL:
        columns["cadence"] = steps
    sport, sub_sport = _SPORTS.get(person.activity, _SPORTS["walking"])
    recording = Recording(
        start_ms=session.start_ms,
        end_ms=session.end_ms,
        sport=sport,
        sub_sport=sub_sport,
        offset_min=_offset_min(person, session.start_ms),
        t=t,
        columns=columns,
        product=_WATCH,
        serial=_SERIAL + person.number,
    )
    yield Arrival(
        received_ms=_synced_ms(person, session.end_ms, seed),
        connector=TO_FILES,
        content_type=FIT_TYPE,
        filename=f"{session.start_ms // 1000}.fit",
        body=write_activity(recording),
    )
    if person.course is Course.TWICE:
        yield _by_hub(person, session)


def _by_hub(person: Inhabitant, session: TrueSession) -> Arrival:
    """Return the same session as a phone hub tells it, a few seconds apart."""
    # not the same seconds: two recorders of one session never agree on them
    span = (session.start_ms + 4_000, session.end_ms - 3_000)
    record = f"{hub_account(person)}-{session.start_ms // 1000}"
    account = hub_account(person)
    return Arrival(
        received_ms=session.end_ms + 30 * MINUTE_MS,
        connector=TO_OPEN_WEARABLES,
        content_type=JSON_TYPE,
        filename=f"{session.start_ms // 1000}-hub.json",
        body=workout_body(account, person.zone, record, person.activity, span, {}),
        account=account,
    )


def _day(
    person: Inhabitant, day: date, sessions: Sequence[TrueSession], seed: int, begun: date
) -> Arrival:
    """Return the watch's file of a day, from early to late; a session's beats are in it.

    `begun` is the first date of all. Who is followed for the heart wears the watch at night too.
    """
    zero = midnight(day, person.zone)
    worn = (0, _WORN_MIN[1]) if person.course is Course.HEART else _WORN_MIN
    first, last = (zero + minute * MINUTE_MS for minute in worn)
    t = np.arange(first, last, MINUTE_MS, dtype=np.int64)
    beats = _beats_at_rest(person, day, t, seed, begun)
    for session in sessions:
        if session.recorded:
            within = (t >= session.start_ms) & (t < session.end_ms)
            at_s = (t[within] - session.start_ms) // 1000
            # the same beats as in the file of the workout, because one wrist measured both
            beats[within] = true_heart(person, session, seed)[at_s]
    return Arrival(
        received_ms=_synced_ms(person, last, seed),
        connector=TO_FILES,
        content_type=FIT_TYPE,
        filename=f"{day.isoformat()}.fit",
        body=monitoring_file(
            t,
            beats,
            offset_min=_offset_min(person, first),
            product=_WATCH,
            serial=_SERIAL + person.number,
        ),
    )


def _beats_at_rest(
    person: Inhabitant, day: date, t: NDArray[np.int64], seed: int, begun: date
) -> NDArray[np.float64]:
    """Return the heart rate outside of sessions at the instants `t` (epoch ms) of a day."""
    low, high = person.moderate
    chance = generator(seed, person.number, 30_000 + day.toordinal())
    beats = signals.background_heart(chance, Body(rest=person.rest, low=low, high=high), len(t))
    if person.course is Course.HEART:
        wakes_ms = midnight(day, person.zone) + _WORN_MIN[0] * MINUTE_MS + HOUR_MS
        asleep = t < wakes_ms
        beats[asleep] = night_rate(person, day, begun) + chance.integers(0, 3, asleep.sum())
    return beats


def _answers(person: Inhabitant, session: TrueSession) -> Iterator[Arrival]:
    """Yield the report after a session, and that of the next morning."""
    key = f"{person.pseudonym}-{session.start_ms // 1000}"
    at_ms = session.end_ms + 5 * MINUTE_MS
    answers = [
        *_pain(f"{key}-before", session.before, Phase.BEFORE, session.start_ms - 5 * MINUTE_MS),
        *_pain(f"{key}-after", session.pain, Phase.AFTER, at_ms),
    ]
    if person.device is Recorder.HAND:
        answers += [_by_hand(person, session, key), _exertion(session, key)]
    if answers:
        yield _report(person, answers, at_ms + MINUTE_MS, f"{session.start_ms // 1000}-after")
    morning_ms = midnight(session.day + timedelta(days=1), person.zone) + 8 * HOUR_MS
    rated = list(_pain(f"{key}-morning", session.morning, Phase.NEXT_MORNING, morning_ms))
    if rated:
        yield _report(person, rated, morning_ms + MINUTE_MS, f"{session.start_ms // 1000}-morning")


def _warned(person: Inhabitant, did: Doings) -> Iterator[Arrival]:
    """Yield the yes to a warning sign, which the app sends at once."""
    if did.warned_ms is not None:
        answer = _yes(person, "warning", did.warned_ms, "chest_pain")
        yield _report(person, [answer], did.warned_ms + MINUTE_MS, "warning")


def _yes(person: Inhabitant, key: str, at_ms: int, sign: str) -> ReportAnswer:
    return ReportAnswer(
        key=f"{person.pseudonym}-{key}",
        instrument=Instrument.RED_FLAG,
        answered_ms=at_ms,
        value=1,
        scale="yes-no",
        reason=sign,
    )


def _of_heart(person: Inhabitant, did: Doings) -> Iterator[Arrival]:
    """Yield the weighings of a scale, and the yes to the question about a symptom of the heart."""
    account = hub_account(person)
    for at_ms, kg in weighed(person, did):
        yield Arrival(
            received_ms=at_ms + 10 * MINUTE_MS,
            connector=TO_OPEN_WEARABLES,
            content_type=JSON_TYPE,
            filename=f"{at_ms // 1000}-scale.json",
            body=weight_body(account, person.zone, at_ms, kg),
            account=account,
        )
    at = symptom_ms(person, did.first)
    if at is not None:
        yield _report(person, [_yes(person, "symptom", at, "breathless_more")], at + MINUTE_MS, "s")


def _pain(key: str, value: int | None, phase: Phase, at_ms: int) -> Iterator[ReportAnswer]:
    if value is not None:
        yield ReportAnswer(
            key=key,
            instrument=Instrument.PAIN,
            answered_ms=at_ms,
            phase=phase,
            value=value,
            scale="nrs-0-10",
        )


def _by_hand(person: Inhabitant, session: TrueSession, key: str) -> ReportAnswer:
    return ReportAnswer(
        key=f"{key}-session",
        instrument=Instrument.SESSION,
        answered_ms=session.end_ms + 5 * MINUTE_MS,
        type=person.activity,
        span=(session.start_ms, session.end_ms),
    )


def _exertion(session: TrueSession, key: str) -> ReportAnswer:
    return ReportAnswer(
        key=f"{key}-exertion",
        instrument=Instrument.EXERTION,
        answered_ms=session.end_ms + 5 * MINUTE_MS,
        phase=Phase.AFTER,
        value=session.exertion,
        scale="borg-cr10",
    )


def _weekly(person: Inhabitant, did: Doings, seed: int) -> Iterator[Arrival]:
    """Yield the answers to how often a person exercised in a week, mostly given."""
    chance = generator(seed, person.number, 5)
    for sunday, sessions in did.by_week:
        at_ms = midnight(sunday, person.zone) + 21 * HOUR_MS
        is_answered = chance.random() < _WEEK_ANSWERED
        # sessions that end after the answer are told of on their own
        count = sum(session.end_ms <= at_ms for session in sessions)
        if is_answered:
            answer = ReportAnswer(
                key=f"{person.pseudonym}-week-{sunday.isoformat()}",
                instrument=Instrument.WEEK,
                answered_ms=at_ms,
                value=count,
                scale="sessions-this-week",
            )
            yield _report(person, [answer], at_ms + MINUTE_MS, f"week-{sunday.isoformat()}")


def _report(person: Inhabitant, answers: Sequence[ReportAnswer], at_ms: int, name: str) -> Arrival:
    return Arrival(
        received_ms=at_ms,
        connector=TO_REPORTS,
        content_type=JSON_TYPE,
        filename=f"{name}.json",
        body=report_body(person.pseudonym, person.zone, answers),
        account=person.pseudonym,
    )


def _offset_min(person: Inhabitant, at_ms: int) -> int:
    offset = utc(at_ms).astimezone(ZoneInfo(person.zone)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds()) // 60
