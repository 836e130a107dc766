"""Heart rate alone is not exercise: absurd lives, and each limit just inside and just outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import pytest

from model.columns.window import SampleColumn, Window
from model.derived.changes import Derived
from model.derived.sessions import Session
from model.facts import DeviceType, Method, Source
from model.intensity import HeartProfile, ZoneTimes
from model.words.not_counted import FEW_STEPS, NO_MOVEMENT
from stream.compute.derive import derive

_MIN = 60_000
_DAY = date(2026, 11, 20)
_T0 = int(datetime(2026, 11, 20, 0, tzinfo=UTC).timestamp() * 1000)
_WATCH = Source(vendor="hub", device_type=DeviceType.WATCH, method=Method.BACKGROUND)
_PHONE = Source(vendor="hub", device_type=DeviceType.PHONE)
_PROFILE = HeartProfile(valid_from=date(2026, 1, 1), hr_rest=60, hr_max=190)  # moderate from 112
# Minutes of a day from the first to before the second, every so many minutes, with a value.
_Stretch = tuple[int, int, float] | tuple[int, int, float, int]


def _column(metric: str, stretches: Sequence[_Stretch], source: Source = _WATCH) -> SampleColumn:
    t: list[int] = []
    v: list[float] = []
    for first, last, value, *every in stretches:
        minutes = range(first, last, every[0] if every else 1)
        t += [_T0 + minute * _MIN for minute in minutes]
        v += [value] * len(minutes)
    return SampleColumn(
        metric=metric, source=source, record="r", t=np.array(t, np.int64), v=np.array(v)
    )


def _day(*columns: SampleColumn, profile: HeartProfile = _PROFILE) -> Derived:
    return derive(
        Window(
            patient="p",
            zone="UTC",
            columns=columns,
            profiles=(profile,),
            workouts=(),
            reports=(),
            dates=(_DAY,),
        )
    )


def _spans(derived: Derived, *, counts: bool) -> list[tuple[int, int]]:
    return [
        ((row.start_ms - _T0) // _MIN, (row.end_ms - _T0) // _MIN)
        for row in derived.sessions
        if row.counts is counts
    ]


@dataclass(frozen=True, kw_only=True)
class _Life:
    """What the sensors of a day record, and the bouts that must count and must not."""

    heart: Sequence[_Stretch]
    steps: Sequence[_Stretch] | None = None
    speed: Sequence[_Stretch] | None = None
    profile: HeartProfile = _PROFILE
    counting: Sequence[tuple[int, int]] = ()
    kept: Sequence[tuple[int, int]] = ()


_BLOCKED = HeartProfile(
    valid_from=date(2026, 1, 1), beta_blocker=True, clinician_bpm=(75, 85, 100, 115)
)
_LIVES = {
    "fever: a raised pulse for six hours in bed, with a few steps to the kitchen": _Life(
        heart=[(0, 480, 62), (480, 840, 118), (840, 1440, 62)],
        steps=[(500, 503, 40), (700, 702, 40)],
        kept=[(480, 840)],
    ),
    "flutter: 150 for four hours, and nothing tells of movement": _Life(
        heart=[(0, 600, 70), (600, 840, 150), (840, 1440, 70)], kept=[(600, 840)]
    ),
    "sauna: twenty minutes of heat, no step": _Life(
        heart=[(0, 1140, 64), (1140, 1160, 125), (1160, 1440, 70)],
        steps=[(600, 620, 50)],
        kept=[(1140, 1160)],
    ),
    "at a desk with a beta-blocker, where a low edge holds all day": _Life(
        heart=[(0, 480, 60), (480, 960, 88), (960, 1440, 62)],
        steps=[(480, 960, 12)],
        profile=_BLOCKED,
        kept=[(480, 960)],
    ),
    "a walk from that desk is not lost in the day around it": _Life(
        heart=[(0, 480, 60), (480, 960, 88), (960, 1440, 62)],
        steps=[(480, 720, 5), (720, 750, 105), (750, 960, 5)],
        profile=_BLOCKED,
        counting=[(720, 750)],
        kept=[(480, 720), (750, 960)],
    ),
    "five-minute watch: its samples lie too far apart for a bout": _Life(
        heart=[(0, 600, 62, 5), (600, 660, 140, 5), (660, 1440, 62, 5)]
    ),
    "stuck sensor: one value for two hours": _Life(
        heart=[(0, 600, 70), (600, 720, 130), (720, 1440, 70)], kept=[(600, 720)]
    ),
    "shaking road: the pulse locks to it, and the speed is that of a bus": _Life(
        heart=[(0, 600, 70), (600, 645, 120), (645, 1440, 70)],
        speed=[(600, 645, 15.0)],
        kept=[(600, 645)],
    ),
    "shaking road: the wrist counts steps in the bus": _Life(
        heart=[(0, 1440, 70)], steps=[(600, 645, 110)], speed=[(600, 645, 15.0)]
    ),
    "cafe: a ride of which less than half is riding": _Life(
        heart=[(0, 600, 70), (600, 620, 130), (620, 645, 113), (645, 1440, 70)],
        speed=[(600, 620, 5.0), (620, 645, 0.0)],
        counting=[(600, 620)],
        kept=[(620, 645)],
    ),
    "wheelchair: no step, but speed": _Life(
        heart=[(0, 600, 70), (600, 640, 120), (640, 1440, 70)],
        steps=[(0, 1440, 0)],
        speed=[(600, 640, 1.4)],
        counting=[(600, 640)],
    ),
    "a walk with steps and no heart rate": _Life(
        heart=[], steps=[(600, 640, 108)], counting=[(600, 640)]
    ),
    "a ride with a watch that tells of heart rate only": _Life(
        heart=[(0, 600, 70), (600, 640, 120), (640, 1440, 70)], counting=[(600, 640)]
    ),
}


@pytest.mark.parametrize("life", _LIVES.values(), ids=list(_LIVES))
def test_absurd_lives(life: _Life) -> None:
    columns = [_column("heart_rate", life.heart)] if life.heart else []
    columns += [_column("steps", life.steps, _PHONE)] if life.steps else []
    columns += [_column("speed", life.speed)] if life.speed else []
    derived = _day(*columns, profile=life.profile)
    assert _spans(derived, counts=True) == list(life.counting)
    assert _spans(derived, counts=False) == list(life.kept)
    (day,) = derived.days
    assert day.sessions == len(life.counting)
    assert day.session_ms == sum((end - start) * _MIN for start, end in life.counting)


def test_a_bout_without_movement_is_kept_with_its_figures_and_adds_nothing() -> None:
    derived = _day(_column("heart_rate", [(0, 600, 64), (600, 640, 125)]), _column("steps", [_NO]))
    (session,), (day,) = derived.sessions, derived.days
    assert (session.counts, session.why) == (False, NO_MOVEMENT)
    assert session.zones.moderate == 40 * _MIN
    assert (day.sessions, day.session_ms, day.zones, day.loads) == (0, 0, ZoneTimes(), {})
    assert day.volume.moderate == 40 * _MIN  # every minute of the date, whatever it was


_NO: _Stretch = (0, 10, 0)


def _bout(*columns: SampleColumn, minutes: int = 20, bpm: float = 120) -> Session:
    """Return the single session of a day at 70 beats a minute with a bout from minute 600."""
    saw = [(600 + n, 601 + n, bpm + (0.5 if n % 2 else -0.5)) for n in range(minutes)]
    end = 600 + minutes
    (session,) = _day(
        _column("heart_rate", [(0, 600, 70), *saw, (end, 1440, 70)]), *columns
    ).sessions
    return session


@pytest.mark.parametrize(
    ("stretches", "counts"),
    [
        ([(600, 610, 20)], True),  # half of the minutes
        ([(600, 609, 20)], False),
        ([(600, 610, 19)], False),
        ([(600, 620, 40, 2)], True),
        ([(0, 1, 0)], False),  # told, and there is none
    ],
)
def test_steps_in_half_of_the_minutes(
    stretches: list[_Stretch],
    counts: bool,  # noqa: FBT001
) -> None:
    assert _bout(_column("steps", stretches, _PHONE)).counts is counts


@pytest.mark.parametrize(
    ("stretches", "counts"),
    [
        ([(600, 610, 0.31)], True),
        ([(600, 609, 0.31)], False),
        ([(600, 610, 0.3)], False),  # stopped
        ([(600, 610, 12.0)], True),
        ([(600, 610, 12.1)], False),  # a vehicle
        ([(570, 571, 0.0)], False),  # told in the half hour before
        ([(569, 570, 0.0)], True),  # told before that: nothing tells of the bout
    ],
)
def test_speed_in_half_of_the_minutes(
    stretches: list[_Stretch],
    counts: bool,  # noqa: FBT001
) -> None:
    assert _bout(_column("speed", stretches)).counts is counts


@pytest.mark.parametrize(("before", "counts"), [(100, True), (100.5, False)])
def test_twenty_beats_above_the_half_hour_before(
    before: float,
    counts: bool,  # noqa: FBT001
) -> None:
    heart = [(570, 600, before), (600, 610, 119), (610, 620, 121)]
    (session,) = _day(_column("heart_rate", heart)).sessions
    assert session.counts is counts


def test_without_a_half_hour_before_heart_rate_cannot_decide() -> None:
    heart = [(500, 570, 70), (600, 620, 130)]
    assert _spans(_day(_column("heart_rate", heart)), counts=True) == []
    assert _spans(_day(_column("heart_rate", [(500, 571, 70), *heart[1:]])), counts=True) == [
        (600, 620)
    ]


@pytest.mark.parametrize(("minutes", "counts"), [(180, True), (181, False)])
def test_three_hours_at_most(
    minutes: int,
    counts: bool,  # noqa: FBT001
) -> None:
    assert _bout(minutes=minutes).counts is counts


@pytest.mark.parametrize(("minutes", "counts"), [(59, True), (60, False)])
def test_one_value_for_an_hour_is_a_stuck_sensor(
    minutes: int,
    counts: bool,  # noqa: FBT001
) -> None:
    heart = [(570, 600, 70), (600, 600 + minutes, 130)]
    (session,) = _day(_column("heart_rate", heart)).sessions
    assert session.counts is counts


def test_few_steps_are_named_as_such() -> None:
    steps: list[_Stretch] = [(600, 603, 110)]
    for minute in (607, 612, 617):
        # a count holds until the next one, so that a minute without steps is told as such
        steps += [(minute - 4, minute, 0), (minute, minute + 1, 110)]
    steps.append((618, 620, 0))
    (session,) = _day(_column("steps", steps, _PHONE)).sessions
    assert (session.counts, session.why) == (False, FEW_STEPS)


@pytest.mark.parametrize("rate", [95, 110])
def test_cadence_that_nobody_declared_is_spinning_and_no_walk(rate: float) -> None:
    cadence = _column("cadence", [(600, 640, rate)])
    assert _day(cadence).sessions == ()
    heart = _column("heart_rate", [(0, 600, 70), (600, 640, 120)])
    (session,) = _day(heart, cadence, _column("steps", [_NO])).sessions
    assert (session.counts, session.type) == (False, "other")
