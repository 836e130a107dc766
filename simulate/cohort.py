"""A cohort of invented patients: their data, their prescriptions and the role that each plays.

Pure: seed and `now_ms` are arguments. No person here exists, and the names show it. `plan` decides
what they do, and `truth` what Kadens must make of it.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from model.calendar import local_date, midnight, monday
from model.intensity import HeartProfile
from model.prescription import Intensity, Pause, Prescription

UNIT = "Demo care unit"
STALE_DAYS = 10
LOW_WEEKS = 2
PAUSE_WEEKS = 2


class Role(StrEnum):
    """The role that a patient plays; `truth` lists what each role must lead to."""

    ON_TRACK = "on_track"
    PAIN = "pain"
    LOW = "low"
    STALE = "stale"
    PAUSED = "paused"
    MANUAL = "manual"


# As the pages of the demo name who is signed in, so that one person has one name.
DEMO_NAME = "Demo physiotherapist"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clinician:
    """The clinician who prescribed and follows up; `subject` is as at the identity provider."""

    subject: str
    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The heart behind the simulated samples, in beats a minute.

    `rest` is its rate at rest, and [`low`, `high`) is its rate at moderate effort. Zones are
    checked against it; Kadens itself sees only the profile.
    """

    rest: float
    low: float
    high: float


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """A row of the cast: the data of a person that depend neither on the clock nor on the seed."""

    name: str
    role: Role
    zone: str
    born: int
    body: Body
    heart: HeartProfile
    intensity: Intensity
    activity: str
    weekdays: tuple[int, ...]
    minute: int
    wear: tuple[int, int] | None
    columns: tuple[str, ...]
    hub: bool = False
    pain: int = 1
    pause_min: int = 0


STOCKHOLM, NEW_YORK = "Europe/Stockholm", "America/New_York"
_EPOCH = date(1970, 1, 1)
MODERATE = Intensity(method="hrr", low=0.4, high=0.6)
EXERTION = Intensity(method="rpe_cr10", low=3, high=5)
MON_WED_FRI, TUE_THU_SAT = (0, 2, 4), (1, 3, 5)
DAYTIME, WITH_NIGHT = (7 * 60, 19 * 60), (0, 14 * 60)
_FOOT, WHEEL = ("heart_rate", "cadence"), ("heart_rate", "cadence", "power")

# Together the rows cover each way to zones: measured, computed, given by a clinician.
CAST: tuple[Cast, ...] = (
    Cast(
        name="Demo Andersson",
        role=Role.PAIN,
        zone=STOCKHOLM,
        born=1958,
        body=Body(rest=58, low=98, high=118),
        heart=HeartProfile(valid_from=_EPOCH, birth_year=1958, hr_rest=58, hr_max=158),
        intensity=MODERATE,
        activity="walking",
        weekdays=MON_WED_FRI,
        minute=17 * 60 + 10,
        wear=DAYTIME,
        columns=_FOOT,
        pain=2,
    ),
    Cast(
        name="Demo Bergström",
        role=Role.LOW,
        zone=STOCKHOLM,
        born=1961,
        body=Body(rest=62, low=102.2, high=122.3),
        heart=HeartProfile(valid_from=_EPOCH, birth_year=1961, hr_rest=62),
        intensity=MODERATE,
        activity="nordic_walking",
        weekdays=MON_WED_FRI,
        minute=16 * 60,
        wear=WITH_NIGHT,
        columns=_FOOT,
    ),
    Cast(
        name="Demo Carlsson",
        role=Role.STALE,
        zone=STOCKHOLM,
        born=1955,
        body=Body(rest=64, low=98.4, high=115.6),
        heart=HeartProfile(valid_from=_EPOCH, birth_year=1955, hr_rest=64, hr_max=150),
        intensity=MODERATE,
        activity="walking",
        weekdays=TUE_THU_SAT,
        minute=10 * 60,
        wear=DAYTIME,
        columns=_FOOT,
    ),
    Cast(
        name="Demo Dahl",
        role=Role.ON_TRACK,
        zone=STOCKHOLM,
        born=1970,
        body=Body(rest=55, low=100, high=122),
        heart=HeartProfile(
            valid_from=_EPOCH, birth_year=1970, hr_rest=55, clinician_bpm=(88, 100, 122, 150)
        ),
        intensity=Intensity(method="bpm", low=100, high=122),
        activity="indoor_cycling",
        weekdays=MON_WED_FRI,
        minute=18 * 60,
        wear=None,
        columns=WHEEL,
        pain=0,
    ),
    Cast(
        name="Demo Ek",
        role=Role.PAUSED,
        zone=STOCKHOLM,
        born=1966,
        body=Body(rest=60, low=106.3, high=127.8),
        heart=HeartProfile(valid_from=_EPOCH, birth_year=1966),
        intensity=MODERATE,
        activity="walking",
        weekdays=TUE_THU_SAT,
        minute=12 * 60,
        wear=DAYTIME,
        columns=_FOOT,
    ),
    Cast(
        name="Demo Fors",
        role=Role.MANUAL,
        zone=STOCKHOLM,
        born=1948,
        body=Body(rest=66, low=95, high=115),
        heart=HeartProfile(valid_from=_EPOCH, birth_year=1948),
        intensity=EXERTION,
        activity="swimming",
        weekdays=MON_WED_FRI,
        minute=9 * 60,
        wear=None,
        columns=(),
        pain=3,
    ),
    Cast(
        name="Demo Grahn",
        role=Role.ON_TRACK,
        zone=STOCKHOLM,
        born=1963,
        body=Body(rest=57, low=88, high=104),
        heart=HeartProfile(
            valid_from=_EPOCH,
            birth_year=1963,
            beta_blocker=True,
            clinician_bpm=(80, 88, 104, 122),
            coronary_disease=True,
        ),
        intensity=Intensity(method="bpm", low=88, high=104),
        activity="walking",
        weekdays=TUE_THU_SAT,
        minute=15 * 60,
        wear=DAYTIME,
        columns=(),
        hub=True,
    ),
    Cast(
        name="Demo Holm",
        role=Role.ON_TRACK,
        zone=NEW_YORK,
        born=1959,
        body=Body(rest=54, low=84, high=98),
        heart=HeartProfile(valid_from=_EPOCH, birth_year=1959, hr_rest=54, beta_blocker=True),
        intensity=EXERTION,
        activity="walking",
        weekdays=MON_WED_FRI,
        minute=8 * 60,
        wear=DAYTIME,
        columns=("heart_rate", "cadence", "speed"),
        pause_min=4,
    ),
)


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
            f"at least one patient and {LOW_WEEKS + 1} weeks are wanted, not {patients} and {weeks}"
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
