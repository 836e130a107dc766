"""What vendors and patients send of a cohort, in the order of time; bodies are made when they are asked for.

Pure. A delivery names its connector and patient; signing and posting it is the player's business.
"""

from collections.abc import Iterator
from dataclasses import replace
from heapq import merge

from ..model.calendar import MINUTE_MS
from .bodies import after, worn
from .cohort import Cohort, Person, Role
from .delivery import Delivery
from .plan import LIVE_BLOCK_MINUTES, Wear, live_outing, outings, wear_days

LIVE_STEP_MS = 1_000


def history(whole: Cohort) -> Iterator[Delivery]:
    """Yield everything up to `whole.now_ms`, in the order it falls due."""
    return merge(*(iter(_of(person, whole)) for person in whole.people), key=_due)


def live(whole: Cohort) -> Iterator[Delivery]:
    """Yield what comes in at `whole.now_ms`, a second apart: fresh heart rate, the file of a session, its pain 8."""
    fresh = last_minutes(whole, whole.now_ms, LIVE_BLOCK_MINUTES)
    hurting = [p for p in whole.people if p.role is Role.PAIN]
    ended = [told for p in hurting for told in after(p, whole, live_outing(p, whole))]
    for n, delivery in enumerate([*fresh, *ended]):
        yield replace(delivery, due_ms=whole.now_ms + n * LIVE_STEP_MS)


def last_minutes(whole: Cohort, now_ms: int, minutes: int) -> Iterator[Delivery]:
    """Yield a block of heart rate for the `minutes` before `now_ms` of everyone who still wears a watch."""
    end = now_ms // MINUTE_MS * MINUTE_MS
    for person in whole.people:
        if person.wear is not None and person.role is not Role.STALE:
            span = Wear(patient=person.pseudonym, start_ms=end - minutes * MINUTE_MS, end_ms=end)
            yield worn(person, whole, span, (live_outing(person, whole),) if person.role is Role.PAIN else ())


def _of(person: Person, whole: Cohort) -> list[Delivery]:
    out = outings(person, whole)
    watch = [worn(person, whole, span, out) for span in wear_days(person, whole)]
    return sorted([*watch, *(told for one in out for told in after(person, whole, one))], key=_due)


def _due(delivery: Delivery) -> int:
    return delivery.due_ms
