"""Workloads by name, each a pure function of a cohort and a day.

Payloads come from `simulate`. Each round of a workload is a day of its own, so that nothing in it
is known already.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from model.calendar import DAY_MS, MINUTE_MS
from simulate.bodies import after, worn
from simulate.cast import Role
from simulate.cohort import Cohort, Person, cohort
from simulate.delivery import TO_FILES, Delivery
from simulate.plan import Outing, Wear

NOW_MS = 1_788_220_800_000  # 2026-09-01T00:00Z
HOUR_MS = 60 * MINUTE_MS
DAYS_A_WEEK = 7
WEEKS = 8  # of prescription behind NOW_MS; rounds lie within
COLUMNS = ("heart_rate", "cadence", "speed", "power")
WORKOUT_MS = 40 * MINUTE_MS

Make = Callable[[Cohort, Person, int], Iterator[Delivery]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A workload: its name, what a payload of it holds, its patients, and what each does on a day.

    `make` takes the cohort, a person of it and the first instant of the day. `bound` tells whether
    its figure has a floor.
    """

    name: str
    body: str = ""
    patients: int
    make: Make
    bound: bool = True


def people(patients: int) -> Cohort:
    """Return so many patients with watch, account, profile and prescription."""
    total = cohort(now_ms=NOW_MS, seed=1, patients=patients, weeks=WEEKS)
    return replace(total, people=tuple(map(_person, total.people)))


def day_of(number: int) -> int:
    """Return the first instant of the day of a round.

    Round 0 has the oldest day, as data arrive.
    """
    return NOW_MS - WEEKS * DAYS_A_WEEK * DAY_MS + (number + 1) * DAY_MS


def deliveries(make: Make, value: Cohort, of: Sequence[Person], day_ms: int) -> list[Delivery]:
    """Return what people send on a day, in the order it is due, with its payloads made already."""
    made: list[Delivery] = []
    for person in of:
        made += make(value, person, day_ms)
    return list(map(_ready, sorted(made, key=_by_time)))


def _by_time(delivery: Delivery) -> tuple[int, str]:
    return delivery.due_ms, delivery.key


def workouts(value: Cohort, person: Person, day_ms: int) -> Iterator[Delivery]:
    """Yield the file of a workout."""
    return (
        item for item in after(person, value, outing(person, day_ms)) if item.connector == TO_FILES
    )


def background(hours: int, last: int = 24) -> Make:
    """Return a workload of heart rate each minute, up to `last` hours into the day.

    Each payload covers `hours` hours. The watch records a workout of every other patient as well,
    whether or not anybody declares one.
    """

    def make(value: Cohort, person: Person, day_ms: int) -> Iterator[Delivery]:
        for start in range(day_ms, day_ms + last * HOUR_MS, hours * HOUR_MS):
            span = Wear(patient=person.pseudonym, start_ms=start, end_ms=start + hours * HOUR_MS)
            yield worn(person, value, span, (outing(person, day_ms),) if active(person) else ())

    return make


def mixed(value: Cohort, person: Person, day_ms: int) -> Iterator[Delivery]:
    """Yield a day: heart rate a minute in four syncs.

    Of every other patient it also has the file of a workout and the reports that answer it.
    """
    yield from background(hours=6)(value, person, day_ms)
    if active(person):
        yield from after(person, value, outing(person, day_ms))


def active(person: Person) -> bool:
    """Tell whether a person is among those who work out on these days: every second person."""
    return person.number % 2 == 0


def outing(person: Person, day_ms: int) -> Outing:
    """Return the workout of a person on a day: 40 minutes, some time between 6 and 18 hours UTC."""
    start = day_ms + 6 * HOUR_MS + person.number * 7 % 720 * MINUTE_MS
    return Outing(
        patient=person.pseudonym, start_ms=start, end_ms=start + WORKOUT_MS, pain=2, exertion=4
    )


def _person(person: Person) -> Person:
    return replace(
        person,
        role=Role.ON_TRACK,
        zone="Europe/Stockholm",
        wear=(0, 24 * 60),
        columns=COLUMNS,
        hub=False,
        account=f"bench-account-{person.number}",
        prescription=replace(person.prescription, pauses=()),
    )


def _ready(delivery: Delivery) -> Delivery:
    body = delivery.make()
    return replace(delivery, make=lambda: body)
