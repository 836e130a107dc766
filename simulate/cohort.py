"""A cohort of invented patients: their data, their prescriptions and the role that each plays.

Pure: seed and `now_ms` are arguments. No person here exists, and the names show it. `plan` decides
what they do, and `truth` what Kadens must make of it.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta

from model.calendar import local_date, midnight, monday
from model.intensity import HeartProfile
from model.prescription import Pause, Prescription
from simulate.cast import CAST, Body, Cast, Role

UNIT = "Demo care unit"
STALE_DAYS = 10
LOW_WEEKS = 2
PAUSE_WEEKS = 2


# As the pages of the demo name who is signed in, so that one person has one name.
DEMO_NAME = "Demo physiotherapist"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clinician:
    """The clinician who prescribed and follows up; `subject` is as at the identity provider."""

    subject: str
    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An invented patient.

    - `number` is the position in the cohort, from 0, and `zone` the time zone.
    - `weekdays` are the days of exercise (0 is Monday), and `minute` is the earliest minute of the
      local day at which it begins.
    - `wear` are the local minutes [from, to) with the watch on; None is no watch in the background.
    - `columns` are the metrics in the patient's FIT files; empty is no files. With `hub`, the
      phone declares the workouts instead.
    - `account` is the id at Open Wearables, "" for none.
    - `pain` is the usual pain after a session (NRS).
    - `pause_min` is for how long the watch is paused in the middle of each session, in minutes.
    """

    number: int
    pseudonym: str
    name: str
    role: Role
    zone: str
    born: int
    body: Body
    profile: HeartProfile
    prescription: Prescription
    activity: str
    weekdays: tuple[int, ...]
    minute: int
    wear: tuple[int, int] | None
    columns: tuple[str, ...]
    hub: bool
    account: str
    pain: int
    pause_min: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """The people of a care unit, with `weeks` full weeks of history and the week of `now_ms`."""

    seed: int
    now_ms: int
    weeks: int
    unit: str
    clinician: _Clinician
    people: tuple[Person, ...]


def demo_cohort(*, now_ms: int, seed: int = 1, weeks: int = 12) -> Cohort:
    """Return the eight patients of the demo.

    They have `weeks` full ISO weeks of history before the week of `now_ms` (epoch ms).
    """
    return cohort(now_ms=now_ms, seed=seed, patients=len(CAST), weeks=weeks)


def cohort(*, now_ms: int, seed: int, patients: int, weeks: int) -> Cohort:
    """Return a cohort of `patients` people: the cast repeated, with numbered names.

    Their accounts follow from `seed`. Raises ValueError for no patients or too few `weeks`.
    """
    if patients < 1 or weeks < LOW_WEEKS + 1:
        raise ValueError(
            f"a cohort has a patient and {LOW_WEEKS + 1} weeks at least, not {patients} and {weeks}"
        )
    clinician = _Clinician(
        subject="demo-clinician", name=DEMO_NAME, email="demo.clinician@localhost"
    )
    people = tuple(_person(number, seed, now_ms, weeks) for number in range(patients))
    return Cohort(
        seed=seed, now_ms=now_ms, weeks=weeks, unit=UNIT, clinician=clinician, people=people
    )


def first_monday(person: Person, value: Cohort) -> date:
    """Return the Monday, local to the person, on which the history begins."""
    return this_monday(person, value) - timedelta(weeks=value.weeks)


def this_monday(person: Person, value: Cohort) -> date:
    """Return the Monday, local to the person, of the running week."""
    return monday(local_date(value.now_ms, person.zone))


def begins_ms(value: Cohort) -> int:
    """Return the instant (epoch ms) before all data of the cohort: the earliest first Monday."""
    return min(midnight(first_monday(person, value), person.zone) for person in value.people)


def _person(number: int, seed: int, now_ms: int, weeks: int) -> Person:
    row, round_ = CAST[number % len(CAST)], number // len(CAST)
    first = monday(local_date(now_ms, row.zone)) - timedelta(weeks=weeks)
    # derived from seed and number, so that a cohort that is made again keeps its accounts
    account = str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:kadens:demo:{seed}:{number}"))
    return Person(
        number=number,
        pseudonym=f"demo-{number + 1:02d}",
        name=row.name if round_ == 0 else f"{row.name} {round_ + 1}",
        role=row.role,
        zone=row.zone,
        born=row.born,
        body=row.body,
        profile=replace(row.heart, valid_from=first),
        prescription=_prescription(number, row, first, weeks),
        activity=row.activity,
        weekdays=row.weekdays,
        minute=row.minute,
        wear=row.wear,
        columns=row.columns,
        hub=row.hub,
        # Who neither wears a watch nor has a phone hub has no account to link.
        account=account if row.wear is not None or row.hub else "",
        pain=row.pain,
        pause_min=row.pause_min,
    )


def _prescription(number: int, row: Cast, first: date, weeks: int) -> Prescription:
    now_monday = first + timedelta(weeks=weeks)
    # the plan has no sessions in these weeks: without the pause they would lead to an alert
    away = Pause(
        first=now_monday - timedelta(weeks=PAUSE_WEEKS),
        last=now_monday - timedelta(days=1),
        why="holiday",
    )
    return Prescription(
        id=f"demo-rx-{number + 1:02d}",
        version=1,
        valid_from=first,
        valid_to=now_monday + timedelta(weeks=12),
        sessions_per_week=len(row.weekdays),
        minutes_per_session=40,
        intensity=row.intensity,
        pauses=(away,) if row.role is Role.PAUSED else (),
        prescriber=DEMO_NAME,
        reason="demo",
    )
