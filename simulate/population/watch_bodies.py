"""What a person's watch and scale send: workouts, days, and the same workout by a hub. Pure.

Bodies are real: FIT files and webhooks, as vendors send them. Watches sync late, or lie in a
drawer.
"""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, midnight
from simulate import signals
from simulate.cast import Body
from simulate.delivery import FIT_TYPE, JSON_TYPE, TO_FILES, TO_OPEN_WEARABLES
from simulate.fit_day import monitoring_file
from simulate.fit_writer import Recording, write_activity
from simulate.open_wearables_writer import workout_body
from simulate.population.arrival import Arrival, clock_offset_min, hub_account
from simulate.population.doings import Doings, TrueSession
from simulate.population.heart_course import hard_range, night_rate
from simulate.population.people import Course, Inhabitant, generator

EVERY_S = 5  # between two readings of a workout
_WORN_MIN = (6 * 60, 22 * 60)
_SLOW_DAYS = 5
_WATCH = 3076
_SERIAL = 3_800_000_000
_SPORTS = {"cycling": ("cycling", 0), "running": ("running", 0), "walking": ("walking", 0)}
_ON_A_WHEEL = frozenset({"cycling"})


def true_heart(person: Inhabitant, session: TrueSession, seed: int) -> NDArray[np.float64]:
    """Return the true heart rate of a session at 1 Hz (1/min), NaN where the watch lost it."""
    low, high = person.easy if session.easy else person.moderate
    if session.hard:
        low, high = hard_range(person)
    chance = generator(seed, person.number, 10_000 + session.start_ms // MINUTE_MS)
    seconds = (session.end_ms - session.start_ms) // 1000
    return signals.session_heart(chance, Body(rest=person.rest, low=low, high=high), seconds)


def watch_bodies(person: Inhabitant, did: Doings, seed: int) -> Iterator[Arrival]:
    """Yield the files of a person's workouts and days, and what a hub repeats of them."""
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
        offset_min=clock_offset_min(person, session.start_ms),
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
            offset_min=clock_offset_min(person, first),
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
