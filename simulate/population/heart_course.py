"""What happens to the hearts of the people of the course `heart`, and when it could be known. Pure.

Written from the clinical definition alone. Each of these people has one such sign, by their number;
only for them a prescription turns the rules about the heart on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, midnight
from simulate.population.doings import Doings, TrueSession
from simulate.population.people import Course, Inhabitant
from simulate.population.true_weeks import SIGN_FAMILY, AlertOccasion

HEART_FAMILY = "heart"
ABOVE_RANGE = 15  # beats a minute from the prescribed range to the ceiling
SCALE_MS = 7 * HOUR_MS  # after midnight, when a person steps on the scale
_NIGHT_RISE, _RISEN_NIGHTS = 14, 8
_NIGHT_HIGH, _HIGH_NIGHTS = 105, 4
_KG, _GAIN = 80.0, 2.5
_DAY = timedelta(days=1)


class HeartSign(StrEnum):
    """What happens to a heart."""

    CEILING = "above_ceiling"  # a session above the ceiling
    RISE = "resting_rise"  # nights above usual
    HIGH = "resting_high"  # nights above a limit for anybody
    WEIGHT = "weight_gain"  # a weight that rises within days
    SYMPTOM = "heart_symptom"  # breathlessness that grew over days


@dataclass(frozen=True, slots=True, kw_only=True)
class _Nights:
    """How high the rate of some nights is, and how many of them it takes to know."""

    count: int
    enough: int
    tier: str


_OF_NIGHTS: Mapping[HeartSign, _Nights] = {
    HeartSign.RISE: _Nights(count=_RISEN_NIGHTS, enough=3, tier="C"),
    HeartSign.HIGH: _Nights(count=_HIGH_NIGHTS, enough=2, tier="B"),
}


def heart_sign(person: Inhabitant) -> HeartSign | None:
    """Return what happens to a person's heart, None for nearly everybody."""
    signs = tuple(HeartSign)
    return signs[person.number % len(signs)] if person.course is Course.HEART else None


def sign_begins(person: Inhabitant, first: date) -> date:
    """Return the date on which the sign sets in; `first` is the first Monday."""
    return first + timedelta(weeks=person.begins_week)


def with_hard_session(person: Inhabitant, did: Doings) -> Doings:
    """Return what a person did, with the first session of the sign above the ceiling."""
    if heart_sign(person) is not HeartSign.CEILING:
        return did
    begins = sign_begins(person, did.first)
    later = [row for row in did.sessions if row.day >= begins]
    if not later:
        return did
    sessions = [replace(row, hard=True) if row is later[0] else row for row in did.sessions]
    return replace(did, sessions=tuple(sessions))


def hard_range(person: Inhabitant) -> tuple[int, int]:
    """Return a range above the ceiling, in beats a minute."""
    ceiling = person.moderate[1] + ABOVE_RANGE
    return ceiling + 4, ceiling + 8


def night_rate(person: Inhabitant, day: date, first: date) -> int:
    """Return the rate of the night of a date, in beats a minute."""
    sign = heart_sign(person)
    nights = None if sign is None else _OF_NIGHTS.get(sign)
    since = (day - sign_begins(person, first)).days
    if nights is None or not 0 <= since < nights.count:
        return person.rest
    return _NIGHT_HIGH if sign is HeartSign.HIGH else person.rest + _NIGHT_RISE


def weighed(person: Inhabitant, did: Doings) -> Iterator[tuple[int, float]]:
    """Yield when a person steps on the scale (epoch ms), and the kg; nothing for who has none."""
    if heart_sign(person) is not HeartSign.WEIGHT:
        return
    begins = sign_begins(person, did.first)
    for number in range(7 * did.weeks):
        day = did.first + number * _DAY
        gained = _GAIN if begins <= day < begins + 7 * _DAY else 0.0
        # a few hundred grams from day to day, as bodies have
        yield (
            midnight(day, person.zone) + SCALE_MS,
            round(_KG + gained + 0.1 * (number * 7 % 5 - 2), 1),
        )


def symptom_ms(person: Inhabitant, first: date) -> int | None:
    """Return when a person answers yes to the question about a symptom, None for who does not."""
    if heart_sign(person) is not HeartSign.SYMPTOM:
        return None
    return midnight(sign_begins(person, first), person.zone) + 9 * HOUR_MS


def heart_occasions(person: Inhabitant, did: Doings) -> Iterator[AlertOccasion]:
    """Yield what a clinician would want to know of a person's heart, if there is anything."""
    sign = heart_sign(person)
    begins = sign_begins(person, did.first)
    if sign is None:
        return
    if sign is HeartSign.CEILING:
        yield from _above_ceiling(did.sessions)
    elif sign in _OF_NIGHTS:
        yield _nights(person, did, sign, begins)
    elif sign is HeartSign.WEIGHT:
        at_ms = midnight(begins, person.zone) + SCALE_MS
        yield _occasion(sign, at_ms, at_ms + MINUTE_MS, at_ms + 7 * DAY_MS)
    else:
        at_ms = midnight(begins, person.zone) + 9 * HOUR_MS
        row = _occasion(sign, at_ms, at_ms + MINUTE_MS, at_ms + 7 * DAY_MS)
        yield replace(row, family=SIGN_FAMILY, tier="A")


def _above_ceiling(sessions: Sequence[TrueSession]) -> Iterator[AlertOccasion]:
    for row in sessions:
        if row.hard:
            yield replace(
                _occasion(HeartSign.CEILING, row.start_ms, row.end_ms, row.end_ms + DAY_MS),
                observable=row.recorded,
            )


def _nights(person: Inhabitant, did: Doings, sign: HeartSign, begins: date) -> AlertOccasion:
    nights = _OF_NIGHTS[sign]
    last = begins + (nights.count - 1) * _DAY
    known = [day for day in did.worn if begins <= day <= last]
    is_known = len(known) >= nights.enough
    known_on = known[nights.enough - 1] if is_known else last
    row = _occasion(
        sign,
        midnight(begins, person.zone),
        # a night is final with its date
        midnight(known_on + _DAY, person.zone),
        midnight(last + _DAY, person.zone),
    )
    return replace(row, observable=is_known, tier=nights.tier)


def _occasion(sign: HeartSign, from_ms: int, knowable_ms: int, until_ms: int) -> AlertOccasion:
    return AlertOccasion(
        event=sign.value,
        family=HEART_FAMILY,
        from_ms=from_ms,
        knowable_ms=knowable_ms,
        until_ms=until_ms,
        observable=True,
    )
