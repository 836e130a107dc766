"""Time in the prescribed range where sessions overlap: a day counts each minute once."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from model.columns.window import SampleColumn, Window
from model.derived.days import Day
from model.facts import AttributedFact, DeviceType, Head, Method, Source, Workout
from model.intensity import HeartProfile
from model.prescription import Intensity, Prescription
from stream.compute.derive import derive
from tests.rows import values_of

_MIN = 60_000
_DAY = date(2026, 11, 20)
_T0 = int(datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp() * 1000)
_WATCH = Source(vendor="files", device_type=DeviceType.WATCH, method=Method.WORKOUT)
_PHONE = Source(vendor="files", device_type=DeviceType.PHONE, method=Method.WORKOUT)
_PROFILE = HeartProfile(valid_from=date(2026, 1, 1), hr_rest=60, hr_max=160)


def _prescription(method: str, low: float, high: float) -> Prescription:
    return Prescription(
        id="rx",
        version=1,
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 12, 31),
        sessions_per_week=3,
        minutes_per_session=30,
        intensity=Intensity(method=method, low=low, high=high),
        types=(),
    )


_HEART = _prescription("bpm", 100, 110)


def _workout(
    source: Source,
    kind: str,
    minutes: tuple[int, int],
    *,
    cr10: float | None = None,
    pauses: tuple[tuple[int, int], ...] = (),
) -> AttributedFact:
    """Return a workout whose times are minutes after the start of the run."""
    start, end = (_T0 + at * _MIN for at in minutes)
    at = tuple((_T0 + first * _MIN, _T0 + last * _MIN) for first, last in pauses)
    workout = Workout(
        head=Head(source=source, record=kind, start_ms=start, end_ms=end),
        type=kind,
        exertion_cr10=cr10,
        pauses=at,
    )
    return AttributedFact(patient="p", connector="c", received_ms=0, body="b" * 64, fact=workout)


def _heart_rate(*bpm_by_minute: tuple[int, float]) -> SampleColumn:
    """Return a sample each second: for each (minutes, bpm), that many minutes of that value."""
    v = np.concatenate([np.full(minutes * 60, bpm) for minutes, bpm in bpm_by_minute])
    t = _T0 + 1_000 * np.arange(len(v), dtype=np.int64)
    return SampleColumn(metric="heart_rate", source=_WATCH, record="r", t=t, v=v)


def _day(prescription: Prescription, heart: SampleColumn, *workouts: AttributedFact) -> Day:
    window = Window(
        patient="p",
        zone="UTC",
        profiles=(_PROFILE,),
        dates=(_DAY,),
        workouts=workouts,
        columns=(heart,),
        reports=(),
        prescriptions=(prescription,),
    )
    (day,) = derive(window).days
    return day


def _range_minutes(day: Day) -> tuple[float, float]:
    """Return the minutes in range and those compared; each type's share must add up to them."""
    for name in ("in_range_ms", "range_known_ms"):
        assert sum(values_of(day.by_type, name)) == getattr(day, name)
    return day.in_range_ms / _MIN, day.range_known_ms / _MIN


_RUN = _workout(_WATCH, "running", (0, 30))


@pytest.mark.parametrize(
    ("minutes", "within", "compared"),
    [
        ((0, 6), 30, 30),  # too short for a session, and all of it within the run
        ((10, 29), 30, 30),
        ((29, 35), 30, 35),  # too short for a session, and its time counts
        ((20, 40), 30, 40),  # half of it within the run
        ((21, 40), 30, 40),
        ((19, 40), 30, 30),  # more than half within the run: it shows nothing of its own
        ((15, 40), 30, 30),
        ((30, 50), 30, 50),
        ((31, 50), 30, 49),
    ],
)
def test_a_minute_of_two_sessions_is_compared_once(
    minutes: tuple[int, int], within: int, compared: int
) -> None:
    heart = _heart_rate((30, 105), (30, 120))
    day = _day(_HEART, heart, _RUN, _workout(_PHONE, "rowing", minutes))
    assert _range_minutes(day) == (within, compared)


def test_the_part_that_counts_is_compared_by_its_own_samples() -> None:
    heart = _heart_rate((30, 120), (5, 105), (5, 120), (20, 105))
    day = _day(_HEART, heart, _RUN, _workout(_PHONE, "rowing", (20, 60)))
    assert _range_minutes(day) == (25, 60)


def test_an_answer_judges_the_part_that_counts() -> None:
    heart = _heart_rate((60, 105))
    row = _workout(_PHONE, "rowing", (20, 60), cr10=4)
    for cr10, within in ((4.0, 60), (7.0, 30)):
        run = _workout(_WATCH, "running", (0, 30), cr10=cr10)
        day = _day(_prescription("rpe_cr10", 3, 5), heart, run, row)
        assert _range_minutes(day) == (within, 60)


def test_a_pause_of_the_covered_session_is_not_compared() -> None:
    heart = _heart_rate((60, 105))
    row = _workout(_PHONE, "rowing", (20, 60), pauses=((40, 50),))
    assert _range_minutes(_day(_HEART, heart, _RUN, row)) == (50, 50)
