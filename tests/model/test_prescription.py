"""What a prescription asks for on a date: versions, progression, weekdays, pauses and renewal."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.due import due_in_week
from model.calendar import epoch_ms
from model.prescribing.canonical import canonical_prescription, prescription_hash, with_hash
from model.prescribing.recorded import from_recording
from model.prescribing.renewal import current_versions, ending_soon
from model.prescription import (
    FollowUpPlan,
    Intensity,
    Pause,
    Prescription,
    ProgressionStep,
    in_force,
    paused,
    sevenths_due,
    stepped,
    week_of_progression,
)
from model.words.roles import CareRole, care_role
from tests.rows import values_of

_START = date(2026, 6, 1)  # a Monday
_WEEK = timedelta(weeks=1)
_WRITTEN = Prescription(
    id="rx",
    version=1,
    valid_from=_START,
    valid_to=date(2026, 8, 30),
    sessions_per_week=2,
    minutes_per_session=20,
    intensity=Intensity(method="hrr", low=0.4, high=0.6),
)
_GROWING = replace(
    _WRITTEN,
    progression=(
        ProgressionStep(from_week=3, minutes_per_session=30),
        ProgressionStep(
            from_week=5,
            sessions_per_week=3,
            intensity=Intensity(method="hrr", low=0.5, high=0.7),
        ),
    ),
)


def _due(row: Prescription, week: int) -> tuple[int, float]:
    due = due_in_week((row,), _START + week * _WEEK)
    assert due is not None
    return due.sessions, due.minutes


def test_the_due_of_a_week_follows_the_progression() -> None:
    assert [_due(_GROWING, week) for week in range(6)] == [
        (2, 40.0), (2, 40.0), (2, 60.0), (2, 60.0), (3, 90.0), (3, 90.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "week", "minutes"), [(0, 1, 20), (13, 2, 20), (14, 3, 30), (27, 4, 30), (28, 5, 30)]
)
def test_a_week_of_a_progression_has_seven_days(days: int, week: int, minutes: int) -> None:
    day = _START + timedelta(days=days)
    assert week_of_progression(_GROWING, day) == week
    (row,) = in_force((_GROWING,), day)
    assert row.minutes_per_session == minutes
    assert row.intensity.low == (0.5 if week == 5 else 0.4)


def test_a_new_version_may_go_on_counting_from_the_old_start() -> None:
    changed = replace(
        _GROWING, version=2, valid_from=_START + 3 * _WEEK, progression_from=_START, pain_limit=4
    )
    assert _due(changed, 4) == (3, 90.0)
    assert _due(replace(changed, progression_from=None), 4) == (2, 40.0)


def test_a_progression_that_is_recorded_late_does_not_begin_anew() -> None:
    at_ms = epoch_ms(datetime(2026, 6, 15, 9, tzinfo=UTC))
    (row,) = from_recording((_GROWING,), {("rx", 1): at_ms}, "Europe/Stockholm")
    assert (row.valid_from, row.progression_from) == (date(2026, 6, 15), _START)
    assert _due(row, 4) == (3, 90.0)


@pytest.mark.parametrize(
    ("sessions", "days", "expected"),
    [
        (3, ("mon", "wed", "fri"), [7, 0, 7, 0, 7, 0, 0]),
        (4, ("tue", "sun"), [0, 14, 0, 0, 0, 0, 14]),
        (3, (), [3] * 7),
    ],
)
def test_weekdays_ask_for_whole_sessions(
    sessions: int, days: tuple[str, ...], expected: list[int]
) -> None:
    row = replace(_WRITTEN, sessions_per_week=sessions, weekdays=days, max_per_day=2)
    sevenths = [sevenths_due(row, _START + timedelta(days=number)) for number in range(7)]
    assert sevenths == expected
    assert _due(row, 0) == (sessions, sessions * 20.0)


def test_a_pause_takes_off_the_weekdays_that_it_covers() -> None:
    pause = Pause(first=_START + timedelta(days=1), last=_START + timedelta(days=3), why="illness")
    row = replace(_WRITTEN, sessions_per_week=3, weekdays=("mon", "wed", "fri"), pauses=(pause,))
    assert _due(row, 0) == (2, 40.0)
    # without weekdays each day of the pause takes off a seventh: 4 of 7 days ask for 12 sevenths
    assert _due(replace(row, weekdays=()), 0) == (1, 20.0)


def test_a_pause_that_is_written_later_takes_off_what_was_due_before() -> None:
    pause = Pause(first=_START + timedelta(days=7), last=_START + timedelta(days=13), why="illness")
    later = replace(_WRITTEN, version=2, valid_from=pause.first, pauses=(pause,))
    recorded = {("rx", 2): epoch_ms(datetime(2026, 6, 20, 9, tzinfo=UTC))}
    rows = from_recording((later, _WRITTEN), recorded, "Europe/Stockholm")
    assert [paused(row, pause.first) for row in in_force(rows, pause.first)] == [True]
    assert [paused(row, _START) for row in in_force(rows, _START)] == [False]


_steps = st.builds(
    ProgressionStep,
    from_week=st.integers(2, 12),
    sessions_per_week=st.none() | st.integers(0, 7),
    minutes_per_session=st.none() | st.integers(0, 90),
)
_versions = st.builds(
    Prescription,
    id=st.sampled_from(("a", "b")),
    version=st.integers(1, 4),
    valid_from=st.dates(date(2026, 5, 1), date(2026, 7, 1)),
    valid_to=st.dates(date(2026, 7, 1), date(2026, 9, 1)),
    sessions_per_week=st.integers(0, 7),
    minutes_per_session=st.integers(0, 60),
    intensity=st.just(_WRITTEN.intensity),
    progression=st.lists(_steps, max_size=3, unique_by=lambda step: step.from_week).map(
        lambda steps: tuple(sorted(steps, key=lambda step: step.from_week))
    ),
)


@given(
    st.lists(_versions, max_size=5, unique_by=lambda row: (row.id, row.version)),
    st.integers(0, 12),
    st.integers(),
)
def test_the_due_of_a_week_never_depends_on_the_order_of_versions(
    rows: list[Prescription], week: int, seed: int
) -> None:
    mixed = rows.copy()
    Random(seed).shuffle(mixed)  # noqa: S311 - a test, not a secret
    monday = _START + week * _WEEK
    assert due_in_week(rows, monday) == due_in_week(mixed, monday)


@given(_versions, st.integers(0, 80))
def test_a_stepped_version_steps_no_further_on_the_same_day(row: Prescription, days: int) -> None:
    day = row.valid_from + timedelta(days=days)
    assert stepped(stepped(row, day), day) == stepped(row, day)


def test_the_hash_is_over_canonical_json() -> None:
    row = replace(_WRITTEN, dose_min_per_week=90.0, reason="Knä")
    assert canonical_prescription(row).decode() == (
        '{"dose_min_per_week":90,"id":"rx","intensity":{"high":0.6,"low":0.4,"method":"hrr"},'
        '"minutes_per_session":20,"reason":"Knä","sessions_per_week":2,"valid_from":"2026-06-01",'
        '"valid_to":"2026-08-30","version":1}'
    )
    assert prescription_hash(row) == (
        "34ce965b64448286f0c0c0fb1d57e1f0f16c3c55f513954567e6064f24d718d0"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"minutes_per_session": 21},
        {"pauses": (Pause(first=_START, last=_START, why=""),)},
        {"progression": (ProgressionStep(from_week=2, sessions_per_week=3),)},
        {"follow_up": FollowUpPlan(who="Karin Lind")},
        {"rules": {"A1": {"ratio": 0.7}}},
    ],
)
def test_every_change_changes_the_hash(change: dict[str, Any]) -> None:
    assert prescription_hash(replace(_WRITTEN, **change)) != prescription_hash(_WRITTEN)


def test_a_sealed_version_keeps_its_hash_while_it_progresses() -> None:
    row = with_hash(_GROWING)
    assert row.sha256 == prescription_hash(_GROWING) == prescription_hash(row)
    assert stepped(row, _START + 5 * _WEEK).sha256 == row.sha256


_END = _WRITTEN.valid_to


@pytest.mark.parametrize(
    ("days_left", "others", "expected"),
    [
        (15, (), []),
        (14, (), ["rx"]),
        (0, (), ["rx"]),
        (-1, (), []),
        (3, (replace(_WRITTEN, version=2, valid_from=_END, valid_to=_END + _WEEK),), []),
        # a version that only changes the pain limit renews nothing
        (3, (replace(_WRITTEN, version=2, pain_limit=4),), ["rx"]),
        (3, (replace(_WRITTEN, id="ry", renews="rx/1", valid_to=_END + 9 * _WEEK),), []),
        (3, (replace(_WRITTEN, id="ry", renews="r/1", valid_to=_END + 9 * _WEEK),), ["rx"]),
    ],
)
def test_what_ends_within_14_days_and_is_not_renewed(
    days_left: int, others: tuple[Prescription, ...], expected: list[str]
) -> None:
    today = _END - timedelta(days=days_left)
    assert [row.id for row in ending_soon((_WRITTEN, *others), today)] == expected


def test_what_holds_is_beside_the_version_that_is_to_come() -> None:
    renewal = replace(_WRITTEN, version=2, valid_from=_END + _WEEK, valid_to=_END + 8 * _WEEK)
    change = replace(_WRITTEN, version=2, valid_from=_START + _WEEK)
    for stored, today, expected in (
        ((renewal, _WRITTEN), _START, [1, 2]),
        ((_WRITTEN, renewal), _END, [1, 2]),
        ((_WRITTEN, renewal), _END + timedelta(days=1), [2]),
        ((_WRITTEN, renewal), _END + _WEEK, [2]),
        ((_WRITTEN, change), _START + 2 * _WEEK, [2]),
        ((_WRITTEN,), _END + _WEEK, [1]),
    ):
        assert values_of(current_versions(stored, today), "version") == expected


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("prescriber", CareRole.PRESCRIBER),
        ("physiotherapist", CareRole.PRESCRIBER),
        ("clinician", CareRole.CLINICIAN),
        ("", CareRole.CLINICIAN),
        ("support", CareRole.SUPPORT),
        ("helpdesk", CareRole.SUPPORT),
        ("both", CareRole.SUPPORT),
    ],
)
def test_the_role_that_a_word_means(word: str, role: CareRole) -> None:
    assert care_role(word, {"physiotherapist", "both"}, {"helpdesk", "both"}) == role


def _slowly_in_force(rows: list[Prescription], day: date) -> tuple[Prescription, ...]:
    """Say it as the definition does: of each id the newest that has begun, unless it is over."""
    held: list[Prescription] = []
    for key in sorted({row.id for row in rows}):
        begun = [row for row in rows if row.id == key and row.valid_from <= day]
        newest = max((row.version for row in begun), default=0)
        held += [row for row in begun if row.version == newest and day <= row.valid_to]
    return tuple(stepped(row, day) for row in held)


@given(st.integers(0, 2**32), st.integers(0, 60))
def test_what_is_in_force_is_as_the_definition_says(seed: int, days: int) -> None:
    random = Random(seed)  # noqa: S311 - a test, not a secret
    day = _START + timedelta(days=days)
    rows: list[Prescription] = []
    for key in ("a", "b", "c"):
        for version in range(1, random.randint(1, 4)):
            first = _START + timedelta(days=random.randint(0, 60))
            last = first + timedelta(days=random.randint(0, 40))
            base = random.choice((_WRITTEN, _GROWING))
            rows.append(replace(base, id=key, version=version, valid_from=first, valid_to=last))
    random.shuffle(rows)
    assert in_force(rows, day) == _slowly_in_force(rows, day)
