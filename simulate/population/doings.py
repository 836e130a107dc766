"""What a person truly does: sessions, days with the watch, pain, and answers. Pure.

Everything here is true, whether it is recorded or not. `arrivals` decides what of it arrives.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from model.calendar import HOUR_MS, MINUTE_MS, midnight
from simulate.population.people import Course, Inhabitant, Recorder, generator

AWAY_WEEKS = STRAINED_WEEKS = 2
RISING_WEEKS, RISEN_WEEKS = 3, 4  # weeks in which pain rises, and is above usual
_USUALLY = 0.97  # how likely a planned session is
_WORN = 0.95  # how likely the watch is worn on a day
_MOVED = 0.15  # to the next day
_DRIFT_WEEKS = 6  # until next to nothing is left
_LEAST = 0.15
_WARNED = 0.06  # of all people
_TOO_LONG = 2.4  # times the prescribed length


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueSession:
    """A session as it was: [start, end) in epoch ms; `recorded` tells whether a device saw it.

    `pain` is the pain after it, `before` that before it, and `morning` that of the next morning;
    each is None where the person was not asked or did not answer. `exertion` is on Borg CR10.
    `easy` is a session far below the prescribed intensity, `hard` one above the ceiling.
    """

    day: date
    start_ms: int
    end_ms: int
    recorded: bool
    exertion: int
    before: int | None = None
    pain: int | None = None
    morning: int | None = None
    easy: bool = False
    hard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Doings:
    """All that a person did: sessions in order, and the days on which the watch was worn.

    `paused` are the local dates [first, last] of a pause that was agreed. `flare` are those of a
    flare. `warned_ms` is the instant (epoch ms) of a yes to a question about a warning sign.
    """

    sessions: tuple[TrueSession, ...]
    worn: tuple[date, ...]
    paused: tuple[date, date] | None
    flare: tuple[date, date] | None
    first: date
    weeks: int
    warned_ms: int | None = None

    @property
    def by_week(self) -> list[tuple[date, list[TrueSession]]]:
        """Return the sessions of each week, with its Sunday."""
        of_week: list[list[TrueSession]] = [[] for _ in range(self.weeks)]
        for session in self.sessions:
            number = (session.day - self.first).days // 7
            if number < self.weeks:
                of_week[number].append(session)
        sundays = [self.first + timedelta(days=7 * n + 6) for n in range(self.weeks)]
        return list(zip(sundays, of_week, strict=True))


def doings(person: Inhabitant, seed: int, first: date, weeks: int) -> Doings:
    """Return what a person does in `weeks` full weeks from the Monday `first` on."""
    begins = first + timedelta(weeks=person.begins_week)
    away = (begins, begins + timedelta(days=7 * AWAY_WEEKS - 1))
    flare = _flare(person, seed, begins)
    sessions = tuple(_sessions(person, seed, first, weeks, flare))
    return Doings(
        sessions=sessions,
        worn=tuple(_worn(person, seed, first, weeks)),
        paused=away if person.course is Course.HOLIDAY else None,
        flare=flare,
        first=first,
        weeks=weeks,
        warned_ms=_warned_ms(person, seed, first, weeks),
    )


def _warned_ms(person: Inhabitant, seed: int, first: date, weeks: int) -> int | None:
    """Return when a person answers yes to a warning sign; few do, whatever their course is."""
    chance = generator(seed, person.number, 6)
    is_warned, day = chance.random() < _WARNED, int(chance.integers(7 * (weeks - 1)))
    if not is_warned:
        return None
    return midnight(first + timedelta(days=day), person.zone) + 9 * HOUR_MS


def _flare(person: Inhabitant, seed: int, begins: date) -> tuple[date, date] | None:
    if person.course is Course.STRAIN:
        return begins, begins + timedelta(days=7 * STRAINED_WEEKS - 1)
    if person.course is not Course.FLARE:
        return None
    length = int(generator(seed, person.number, 1).integers(6, 11))
    return begins, begins + timedelta(days=length - 1)


def _sessions(
    person: Inhabitant, seed: int, first: date, weeks: int, flare: tuple[date, date] | None
) -> Iterator[TrueSession]:
    chance = generator(seed, person.number, 2)
    last = first + timedelta(days=7 * weeks - 1)
    held: set[date] = set()
    spiked = False
    for week in range(weeks):
        for weekday in person.weekdays:
            day = first + timedelta(days=7 * week + weekday)
            is_done, is_moved = chance.random() < _likely(person, week), chance.random() < _MOVED
            # not beyond the last week: what is done later belongs to no week, and syncs too late
            if is_moved and day < last:
                day += timedelta(days=1)
            # a session that was moved may fall on the day of the next, and one a day is held
            if not is_done or day in held:
                continue
            held.add(day)
            is_spike = person.course is Course.SPIKE and week == person.begins_week and not spiked
            spiked = spiked or is_spike
            yield _session(person, chance, day, week, flare, is_spike=is_spike)


def _likely(person: Inhabitant, week: int) -> float:
    """Return how likely a planned session of a week is done."""
    since = week - person.begins_week
    is_away = person.course is Course.HOLIDAY and 0 <= since < AWAY_WEEKS
    has_stopped = person.course is Course.DROP_OUT and since >= 0
    if is_away or has_stopped or person.course is Course.NEVER:
        return 0.0
    if person.course is Course.DRIFT and since >= 0:
        return max(_LEAST, _USUALLY * (1 - (since + 1) / _DRIFT_WEEKS))
    return _USUALLY


def _session(
    person: Inhabitant,
    chance: np.random.Generator,
    day: date,
    week: int,
    flare: tuple[date, date] | None,
    *,
    is_spike: bool,
) -> TrueSession:
    start = midnight(day, person.zone) + (person.minute + int(chance.integers(0, 40))) * MINUTE_MS
    has_begun = week >= person.begins_week
    is_strained = has_begun and week < person.begins_week + STRAINED_WEEKS
    is_long = (has_begun and person.course is Course.TOO_MUCH) or (
        is_strained and person.course is Course.STRAIN
    )
    length = round(person.minutes * (_TOO_LONG if is_long else 1)) + int(chance.integers(0, 7))
    above = 4 if flare and flare[0] <= day <= flare[1] else _risen(person, week)
    ratings = _ratings(person, chance, above, is_spike=is_spike)
    return TrueSession(
        day=day,
        start_ms=start,
        end_ms=start + length * MINUTE_MS,
        recorded=not _is_gap(person, week),
        exertion=int(chance.integers(3, 6)),
        before=ratings[0],
        pain=ratings[1],
        morning=ratings[2],
        easy=has_begun and person.course is Course.EASY,
    )


def _is_gap(person: Inhabitant, week: int) -> bool:
    """Return whether a person exercises without the watch in a week."""
    return person.course is Course.GAP and 0 <= week - person.begins_week < AWAY_WEEKS


def _risen(person: Inhabitant, week: int) -> int:
    """Return by how much pain is above usual where it rises from week to week, and then settles."""
    since = week - person.begins_week
    if person.course is not Course.RISE or not 0 <= since < RISEN_WEEKS:
        return 0
    return min(since + 1, RISING_WEEKS)


def _ratings(
    person: Inhabitant,
    chance: np.random.Generator,
    above: int,
    *,
    is_spike: bool,
) -> tuple[int | None, int | None, int | None]:
    """Return pain before, after and the next morning; drawn whether or not the person is asked."""
    noise, more, next_day = chance.choice((-1, 0, 0, 0, 0, 1), size=3)
    answers = chance.random(3) < (0.9, 0.95, 0.6)
    if person.usual is None:
        return None, None, None
    level = person.usual + above
    before = min(10, max(0, level + int(noise)))
    after = 9 if is_spike else min(10, max(0, level + abs(int(more))))
    # what hurt in a flare hurts the next morning too
    morning = min(10, max(0, level + int(next_day)))
    values = (before, after, morning)
    given = [value if answer else None for value, answer in zip(values, answers, strict=True)]
    return given[0], after if is_spike else given[1], given[2]


def _worn(person: Inhabitant, seed: int, first: date, weeks: int) -> Iterator[date]:
    """Yield the days on which the watch is worn from early to late."""
    if person.device is not Recorder.WATCH:
        return
    chance = generator(seed, person.number, 3)
    for number in range(7 * weeks):
        is_worn = chance.random() < _WORN
        if is_worn and not _is_gap(person, number // 7):
            yield first + timedelta(days=number)
