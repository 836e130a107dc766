"""What is worth a line in a clinician's digest, and when that could first be known. Pure.

Written from the definitions alone, like `occasions`: adherence that drifts below the person's own
beginning, exercise beside the prescribed intensity, and far more than was prescribed.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from statistics import fmean

from model.calendar import DAY_MS, midnight
from simulate.population.doings import Doings
from simulate.population.people import Course, Inhabitant, Recorder
from simulate.population.true_weeks import ADHERENCE_FAMILY, AlertOccasion, TrueWeek, true_weeks

INTENSITY_FAMILY, LOAD_FAMILY = "intensity", "load"
_WEEK = timedelta(days=7)
_BEGINNING = slice(1, 5)  # the weeks that a person is compared with; the first is for learning
_LOST = 0.4  # of what was due: so much less than in the beginning is a loss for anybody
_SESSIONS = 4
_TOO_MUCH = 1.5  # times what was due
_DIGEST = "C"


def digest_occasions(person: Inhabitant, did: Doings) -> Iterator[AlertOccasion]:
    """Yield what of a person's doings is worth a line in the digest."""
    yield from _drift(person, did)
    yield from _off_intensity(person, did)
    yield from _too_much(person, did)


def _drift(person: Inhabitant, did: Doings) -> Iterator[AlertOccasion]:
    """Yield the first loss that lasts for two weeks, of somebody who does less and less."""
    weeks = true_weeks(person, did)
    # who drifts already within the beginning has no beginning to be compared with
    if person.course is not Course.DRIFT or person.begins_week < _BEGINNING.stop:
        return
    level = fmean(map(_share, weeks[_BEGINNING]))
    for first, second in pairwise(weeks[_BEGINNING.stop :]):
        if max(_share(first), _share(second)) <= level - _LOST:
            yield AlertOccasion(
                event="drift",
                family=ADHERENCE_FAMILY,
                from_ms=midnight(first.monday, person.zone),
                knowable_ms=midnight(second.monday + _WEEK, person.zone),
                until_ms=midnight(weeks[-1].monday + _WEEK, person.zone),
                observable=_is_worn(person, did, weeks),
                tier=_DIGEST,
            )
            return


def _share(week: TrueWeek) -> float:
    return min(1.0, week.done / week.due)


def _is_worn(person: Inhabitant, did: Doings, weeks: Sequence[TrueWeek]) -> bool:
    """Return whether nearly every day is known, so that missing days explain nothing."""
    if person.device is Recorder.HAND:
        return True
    return len(did.worn) >= 6 * len(weeks)


def _off_intensity(person: Inhabitant, did: Doings) -> Iterator[AlertOccasion]:
    """Yield the time from the first easy session on, known after the fourth."""
    easy = [session for session in did.sessions if session.easy]
    if len(easy) < _SESSIONS:
        return
    yield AlertOccasion(
        event="intensity_off",
        family=INTENSITY_FAMILY,
        from_ms=easy[0].start_ms,
        knowable_ms=easy[_SESSIONS - 1].end_ms,
        until_ms=easy[-1].end_ms,
        observable=person.device is Recorder.WATCH,
        tier=_DIGEST,
    )


def _too_much(person: Inhabitant, did: Doings) -> Iterator[AlertOccasion]:
    """Yield the first two weeks in a row with more than half as much again as was due."""
    due_ms = len(person.weekdays) * person.minutes * 60_000
    sums = []
    for sunday, sessions in did.by_week:
        sums.append((sunday, sum(session.end_ms - session.start_ms for session in sessions)))
    for (first, before_ms), (second, after_ms) in pairwise(sums):
        if person.course is Course.TOO_MUCH and min(before_ms, after_ms) > _TOO_MUCH * due_ms:
            end_ms = midnight(second + timedelta(days=1), person.zone)
            yield AlertOccasion(
                event="overdose",
                family=LOAD_FAMILY,
                from_ms=midnight(first - timedelta(days=6), person.zone),
                knowable_ms=end_ms,
                until_ms=end_ms + 14 * DAY_MS,
                observable=person.device is Recorder.WATCH,
                tier=_DIGEST,
            )
            return
