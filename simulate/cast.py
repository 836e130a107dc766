"""The cast of the demo: who each invented patient is, apart from the clock and the seed.

No person here exists, and the names show it.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from model.intensity import HeartProfile
from model.prescription import Intensity


class Role(StrEnum):
    """The role that a patient plays; `truth` lists what each role must lead to."""

    ON_TRACK = "on_track"
    PAIN = "pain"
    LOW = "low"
    STALE = "stale"
    PAUSED = "paused"
    MANUAL = "manual"


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
