"""Sessions that nobody declared: active minutes, what absorbs a bout, and its least length."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from model.columns.window import SampleColumn, Window
from model.derived.changes import Derived
from model.derived.sessions import Origin, Session
from model.facts import (
    AttributedFact,
    DeviceType,
    Head,
    Instrument,
    Method,
    Report,
    Source,
    Workout,
)
from model.intensity import HeartProfile, ZoneTimes
from model.prescription import Intensity, Prescription
from stream.compute.derive import derive
from stream.compute.reasons import REASON_GONE, REASON_NEW, retraction_reason, revision_reason
from tests.rows import values_of

_ZONE = "Europe/Stockholm"
_DAY = date(2026, 11, 20)
_MIN = 60_000
_T0 = int(datetime(2026, 11, 20, 9, tzinfo=UTC).timestamp() * 1000)  # 10:00 in Stockholm
_WATCH = Source(vendor="hub", device_type=DeviceType.WATCH, method=Method.BACKGROUND)
_PHONE = Source(vendor="hub", device_type=DeviceType.PHONE)
_FILE = Source(vendor="files", device_type=DeviceType.WATCH, method=Method.WORKOUT)
_APP = Source(vendor="reports", device_type=DeviceType.PERSON, method=Method.MANUAL)
_PROFILE = HeartProfile(valid_from=date(2026, 1, 1), hr_rest=60, hr_max=190)  # moderate from 112
_PLAN = Prescription(
    id="rx",
    version=1,
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    sessions_per_week=3,
    minutes_per_session=12,
    intensity=Intensity(method="hrr", low=0.4, high=0.6),
)


def _column(
    first: int, last: int, value: float, metric: str = "heart_rate", source: Source = _WATCH
) -> SampleColumn:
    """One sample a minute from minute `first` to before `last` after ten o'clock."""
    t = _T0 + np.arange(first, last, dtype=np.int64) * _MIN
    return SampleColumn(metric=metric, source=source, record="r", t=t, v=np.full(len(t), value))


def _workout(start: int, end: int, kind: str = "walking") -> AttributedFact:
    head = Head(source=_FILE, record="w", start_ms=_T0 + start * _MIN, end_ms=_T0 + end * _MIN)
    return AttributedFact(
        patient="p", connector="c", received_ms=0, body="b" * 64, fact=Workout(head=head, type=kind)
    )


def by_hand(start: int, end: int) -> AttributedFact:
    head = Head(source=_APP, record="q", start_ms=_T0 + start * _MIN, end_ms=_T0 + end * _MIN)
    fact = Report(head=head, instrument=Instrument.SESSION, type="nordic_walking")
    return AttributedFact(patient="p", connector="c", received_ms=0, body="b" * 64, fact=fact)


def _detected(*columns: SampleColumn, **more: Any) -> Derived:  # noqa: ANN401
    total = {"workouts": (), "reports": (), "profiles": (_PROFILE,), "dates": (_DAY,), **more}
    return derive(Window(patient="p", zone=_ZONE, columns=columns, **total))


def _spans(derived: Derived) -> list[tuple[str, int, int]]:
    return [
        (s.origin.value, (s.start_ms - _T0) // _MIN, (s.end_ms - _T0) // _MIN)
        for s in derived.sessions
    ]


def test_ten_minutes_of_moderate_heart_rate_are_a_session_that_counts() -> None:
    got = _detected(_column(-60, 0, 70), _column(0, 10, 112), _column(10, 60, 111))
    assert _spans(got) == [("detected", 0, 10)]
    (session,), (day,) = got.sessions, got.days
    assert (session.type, session.declared_by, session.counts) == ("other", _WATCH, True)
    assert session.zones == ZoneTimes(moderate=10 * _MIN)
    assert (day.sessions, day.session_ms) == (1, 10 * _MIN)
    assert (day.volume.moderate, day.wear_min) == (10 * _MIN, 120)


def test_nine_minutes_are_none_but_count_in_the_volume_of_the_day() -> None:
    got = _detected(_column(0, 9, 130), _column(9, 60, 80))
    assert _spans(got) == []
    assert got.days[0].volume.moderate == 9 * _MIN
    assert got.days[0].session_ms == 0


def test_half_of_the_prescribed_minutes_are_enough() -> None:
    assert _spans(_detected(_column(0, 6, 130), prescriptions=(_PLAN,))) == [("detected", 0, 6)]
    assert _spans(_detected(_column(0, 5, 130), prescriptions=(_PLAN,))) == []
    assert (
        _spans(
            _detected(_column(0, 9, 130), prescriptions=(replace(_PLAN, minutes_per_session=40),))
        )
        == []
    )


@pytest.mark.parametrize(("steps", "walks"), [(99, False), (100, True), (250, True), (251, False)])
def test_steps_make_a_minute_active_unless_they_are_the_sum_of_many(
    steps: float,
    walks: bool,  # noqa: FBT001
) -> None:
    got = _detected(_column(0, 30, steps, "steps", _PHONE), _column(0, 30, 80))
    assert _spans(got) == ([("detected", 0, 30)] if walks else [])
    assert values_of(got.sessions, "type") == (["walking"] if walks else [])
    assert got.days[0].steps == 30 * steps


def test_heart_rate_that_may_not_be_used_detects_nothing() -> None:
    assert (
        _spans(_detected(_column(0, 30, 150), profiles=(replace(_PROFILE, rate_limited=True),)))
        == []
    )
    assert _spans(_detected(_column(0, 30, 150), profiles=())) == []


def test_a_declared_workout_absorbs_a_bout_that_shares_half_of_the_shorter() -> None:
    bout = _column(0, 20, 130)
    assert _spans(_detected(bout, workouts=(_workout(10, 40),))) == [("declared", 10, 40)]
    assert _spans(_detected(bout, workouts=(_workout(11, 40),))) == [
        ("detected", 0, 20),
        ("declared", 11, 40),
    ]
    before = _column(-30, 0, 70)
    assert _detected(before, bout, workouts=(_workout(11, 40),)).days[0].session_ms == 40 * _MIN


def test_what_the_patient_reports_absorbs_a_bout_too_and_has_its_heart_rate() -> None:
    got = _detected(_column(0, 20, 130), reports=(by_hand(0, 30),))
    assert _spans(got) == [("reported", 0, 30)]
    assert got.sessions[0].zones.moderate == 20 * _MIN


def test_a_bout_that_is_declared_later_is_retracted_with_that_reason() -> None:
    (before,) = _detected(_column(0, 20, 130)).sessions
    after = _detected(_column(0, 20, 130), workouts=(_workout(0, 20),)).sessions
    assert retraction_reason(before, after) == f"declared later, as session {after[0].id}"
    assert retraction_reason(before, ()) == REASON_GONE
    assert retraction_reason(after[0], (before,)) == f"merged into session {before.id}"


def test_a_revision_names_the_columns_and_no_value() -> None:
    (item,) = _detected(_column(0, 20, 130)).sessions
    other: Session = replace(item, type="walking", partial=True)
    assert revision_reason(None, item) == REASON_NEW
    assert revision_reason(item, other) == "changed: type, partial"


def test_ids_stay_while_the_bout_grows() -> None:
    short, long = (_detected(_column(0, n, 130)).sessions[0] for n in (12, 40))
    assert short.id == long.id
    assert short.origin is Origin.DETECTED
