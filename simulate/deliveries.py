"""What vendors and patients send of a cohort, in the order of time; bodies are made when they are asked for.

Pure. A delivery names its connector and patient; signing and posting it is the player's business.
"""

from collections.abc import Iterator
from dataclasses import replace
from heapq import merge

from model.calendar import MINUTE_MS
from simulate.bodies import after, worn
from simulate.cohort import Cohort, Person, Role
from simulate.delivery import Delivery
from simulate.plan import LIVE_BLOCK_MINUTES, Wear, live_outing, outings, wear_days

LIVE_STEP_MS = 1_000


def history(cohort: Cohort) -> Iterator[Delivery]:
    """Yield everything up to `whole.now_ms`, in the order it falls due."""
    return merge(*(iter(_of(person, cohort)) for person in cohort.people), key=_due)


def live(cohort: Cohort) -> Iterator[Delivery]:
    """Yield what comes in at `whole.now_ms`, a second apart: fresh heart rate, the file of a session, its pain 8."""
    fresh = last_minutes(cohort, cohort.now_ms, LIVE_BLOCK_MINUTES)
    hurting = [p for p in cohort.people if p.role is Role.PAIN]
    ended = [reported for p in hurting for reported in after(p, cohort, live_outing(p, cohort))]
    for n, delivery in enumerate([*fresh, *ended]):
        yield replace(delivery, due_ms=cohort.now_ms + n * LIVE_STEP_MS)


def last_minutes(cohort: Cohort, now_ms: int, minutes: int) -> Iterator[Delivery]:
    """Yield a block of heart rate for the `minutes` before `now_ms` of everyone who still wears a watch."""
    end = now_ms // MINUTE_MS * MINUTE_MS
    for person in cohort.people:
        if person.wear is not None and person.role is not Role.STALE:
            span = Wear(patient=person.pseudonym, start_ms=end - minutes * MINUTE_MS, end_ms=end)
            yield worn(
                person,
                cohort,
                span,
                (live_outing(person, cohort),) if person.role is Role.PAIN else (),
            )


def _of(person: Person, cohort: Cohort) -> list[Delivery]:
    out = outings(person, cohort)
    watch = [worn(person, cohort, span, out) for span in wear_days(person, cohort)]
    return sorted(
        [*watch, *(reported for item in out for reported in after(person, cohort, item))], key=_due
    )


def _due(delivery: Delivery) -> int:
    return delivery.due_ms
