"""The deliveries of a cohort by vendors and patients, in the order of time.

Pure. Bodies are built when they are needed. `door` signs and posts them.
"""

from collections.abc import Iterator
from dataclasses import replace
from heapq import merge

from model.calendar import MINUTE_MS
from simulate.bodies import after, worn
from simulate.cast import Role
from simulate.cohort import Cohort, Person
from simulate.delivery import Delivery
from simulate.plan import LIVE_BLOCK_MINUTES, Wear, live_outing, outings, wear_days

LIVE_STEP_MS = 1_000


def history(cohort: Cohort) -> Iterator[Delivery]:
    """Yield the deliveries up to the cohort's `now_ms`, in the order in which they are due."""
    return merge(*(iter(_of(person, cohort)) for person in cohort.people), key=_due)


def live(cohort: Cohort) -> Iterator[Delivery]:
    """Yield the live deliveries, a second apart from the cohort's `now_ms` on.

    They are the latest heart rate, and the file and the answers of a session with pain 8.
    """
    fresh = last_minutes(cohort, cohort.now_ms, LIVE_BLOCK_MINUTES)
    ended: list[Delivery] = []
    for person in cohort.people:
        if person.role is Role.PAIN:
            ended += after(person, cohort, live_outing(person, cohort))
    for n, delivery in enumerate([*fresh, *ended]):
        yield replace(delivery, due_ms=cohort.now_ms + n * LIVE_STEP_MS)


def last_minutes(cohort: Cohort, now_ms: int, minutes: int) -> Iterator[Delivery]:
    """Yield the heart rate of the `minutes` before `now_ms`, for all who still sync a watch."""
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
    deliveries = [worn(person, cohort, span, out) for span in wear_days(person, cohort)]
    for outing in out:
        deliveries += after(person, cohort, outing)
    # `history` merges the people's deliveries, which needs each list in order.
    return sorted(deliveries, key=_due)


def _due(delivery: Delivery) -> int:
    return delivery.due_ms
