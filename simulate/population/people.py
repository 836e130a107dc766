"""Draws invented people: bodies, habits, devices, and the course that their exercise takes.

Pure. Every person has a random generator of their own, by seed and number, so a cohort of 500 has
the same first ten people as a cohort of ten. Nobody here exists.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

_STOCKHOLM = 0.9
_BETA_BLOCKED, _RATES_PAIN, _MEASURED = 0.15, 0.6, 0.7
_ZONES = ("Europe/Stockholm", "Europe/Helsinki")
_ACTIVITIES = ("walking", "walking", "nordic_walking", "running", "cycling")


class Course(StrEnum):
    """What becomes of a person's exercise over the weeks."""

    STEADY = "steady"
    DRIFT = "drift"  # does less and less
    DROP_OUT = "drop_out"  # stops, with the watch on
    NEVER = "never"  # never begins, with the watch on
    HOLIDAY = "holiday"  # away for two weeks, and the prescription is paused
    GAP = "gap"  # exercises on, without the watch
    FLARE = "flare"  # pain above usual for some days
    SPIKE = "spike"  # very high pain after one session
    SLOW = "slow"  # the watch syncs only every some days
    TWICE = "twice"  # every session arrives by two routes
    EASY = "easy"  # exercises on, far below the prescribed intensity
    TOO_MUCH = "too_much"  # sessions of more than twice the prescribed time
    RISE = "rise"  # pain that is a point higher from week to week
    STRAIN = "strain"  # sessions of more than twice the usual time, which hurt for two weeks
    HEART = "heart"  # signs of the heart, with its rules turned on; only when asked for


class Recorder(StrEnum):
    """How a person's exercise is recorded."""

    WATCH = "watch"  # files of workouts and of all day
    HAND = "hand"  # the person's own reports, and nothing else


# How likely each course is. The shares are made up, so that each kind of event is met often enough.
# `heart` is not among them: the rules about the heart are off.
COURSES: tuple[tuple[Course, float], ...] = (
    (Course.STEADY, 0.24),
    (Course.RISE, 0.04),
    (Course.STRAIN, 0.04),
    (Course.DRIFT, 0.12),
    (Course.DROP_OUT, 0.10),
    (Course.NEVER, 0.04),
    (Course.HOLIDAY, 0.08),
    (Course.GAP, 0.08),
    (Course.FLARE, 0.08),
    (Course.SPIKE, 0.05),
    (Course.SLOW, 0.04),
    (Course.TWICE, 0.03),
    (Course.EASY, 0.03),
    (Course.TOO_MUCH, 0.03),
)
_HURT = frozenset({Course.FLARE, Course.SPIKE, Course.RISE, Course.STRAIN})
_HAND_SHARE = 0.12
_WITH_HAND = frozenset({Course.STEADY, Course.DRIFT, Course.HOLIDAY, Course.FLARE, Course.SPIKE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhabitant:
    """An invented person.

    `rest` and `peak` are the rates of their heart, in beats a minute. With `beta_blocker` the
    clinician has stated the range. `weekdays` are those of exercise (0 is Monday), `minute` is the
    usual minute of the local day. `begins_week` is the week in which the course sets in. `usual` is
    the usual pain (NRS), None for who is not asked about pain.
    """

    number: int
    pseudonym: str
    zone: str
    birth_year: int
    rest: int
    peak: int
    measured_peak: bool
    beta_blocker: bool
    activity: str
    weekdays: tuple[int, ...]
    minutes: int
    minute: int
    course: Course
    device: Recorder
    begins_week: int
    usual: int | None

    @property
    def moderate(self) -> tuple[int, int]:
        """Return the moderate range of this heart, in beats a minute."""
        reserve = self.peak - self.rest
        return round(self.rest + 0.4 * reserve), round(self.rest + 0.6 * reserve)

    @property
    def easy(self) -> tuple[int, int]:
        """Return a range that is easy for this heart, in beats a minute: well below moderate."""
        reserve = self.peak - self.rest
        return round(self.rest + 0.15 * reserve), round(self.rest + 0.3 * reserve)


def inhabitants(
    seed: int, patients: int, weeks: int, courses: Sequence[Course] = ()
) -> tuple[Inhabitant, ...]:
    """Return the people of a cohort; with `courses` only these are taken, all equally likely."""
    return tuple(_inhabitant(seed, number, weeks, courses) for number in range(patients))


def generator(seed: int, number: int, purpose: int) -> np.random.Generator:
    """Return a person's generator for a purpose; equal arguments give equal draws."""
    return np.random.default_rng([seed, number, purpose])


def _inhabitant(seed: int, number: int, weeks: int, courses: Sequence[Course]) -> Inhabitant:
    chance = generator(seed, number, 0)
    course = _course(chance, courses)
    by_hand = course in _WITH_HAND and bool(chance.random() < _HAND_SHARE)
    birth_year = int(chance.integers(1944, 1986))
    beta_blocker = bool(chance.random() < _BETA_BLOCKED)
    rest = int(chance.integers(52, 72)) - (6 if beta_blocker else 0)
    # Tanaka's formula by age; a beta blocker takes about so many beats off the peak
    peak = round(208 - 0.7 * (2026 - birth_year)) - (35 if beta_blocker else 0)
    per_week = int(chance.integers(2, 6))
    days = chance.choice(7, size=per_week, replace=False)
    rates_pain = course in _HURT or chance.random() < _RATES_PAIN
    return Inhabitant(
        number=number,
        pseudonym=f"sim-{seed}-{number + 1:04d}",
        zone=_ZONES[int(chance.random() >= _STOCKHOLM)],
        birth_year=birth_year,
        rest=rest,
        peak=peak + int(chance.integers(-8, 9)),
        measured_peak=bool(chance.random() < _MEASURED),
        beta_blocker=beta_blocker,
        activity=str(chance.choice(_ACTIVITIES)),
        weekdays=tuple(sorted(map(int, days))),
        minutes=int(chance.choice((20, 30, 40))),
        minute=int(chance.integers(7 * 60, 19 * 60)),
        course=course,
        device=Recorder.HAND if by_hand else Recorder.WATCH,
        begins_week=int(chance.integers(2, max(3, weeks - 5))),
        usual=int(chance.integers(0, 4)) if rates_pain else None,
    )


def _course(chance: np.random.Generator, courses: Sequence[Course]) -> Course:
    if courses:
        return courses[int(chance.integers(len(courses)))]
    names = [course for course, _ in COURSES]
    shares = np.array([share for _, share in COURSES])
    return names[int(chance.choice(len(names), p=shares / shares.sum()))]
