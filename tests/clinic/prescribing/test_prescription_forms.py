"""The form of a prescription says what the prescription says, and names what is wrong with it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from clinic.prescribing.forms import (
    blank_prescription,
    content_typed,
    label_of_field,
    typed_fields,
    violations_by_field,
)
from model.prescription import FollowUpPlan, Intensity, Pause, Prescription, ProgressionStep
from web.problems import Violation

_FULL = Prescription(
    id="rx-1",
    version=3,
    valid_from=date(2026, 6, 1),
    valid_to=date(2026, 8, 30),
    sessions_per_week=3,
    minutes_per_session=30,
    most_minutes_per_session=45,
    intensity=Intensity(method="hrr", low=0.57, high=0.7),
    types=("walking", "strength"),
    weekdays=("mon", "wed", "fri"),
    dose_min_per_week=112.5,
    strength_days=1,
    pain_limit=4,
    hr_ceiling=140,
    rpe_ceiling=14.0,
    rpe_scale="borg-6-20",
    cardiac=True,
    progression=(
        ProgressionStep(from_week=3, minutes_per_session=40, dose_min_per_week=130.0),
        ProgressionStep(
            from_week=5,
            sessions_per_week=1,
            weekdays=("sun",),
            intensity=Intensity(method="hrr", low=0.6, high=0.8),
        ),
    ),
    progression_from=date(2026, 5, 4),
    pauses=(Pause(first=date(2026, 7, 1), last=date(2026, 7, 2), why="holiday"),),
    rules={"A1": {"ratio": 0.7}},
    prescriber="Karin Lind",
    reason="Knee & hip",
    diagnoses=("M17.1", "Z72.3"),
    function="walks",
    balance="steady",
    activity="Nordic walking",
    form="far-1",
    follow_up=FollowUpPlan(who="Karin Lind", how="video", on=date(2026, 7, 15)),
    renews="rx-1/2",
)


@pytest.mark.parametrize(
    "written",
    [_FULL, replace(_FULL, follow_up=None, progression=(), diagnoses=(), weekdays=(), types=())],
)
def test_a_form_that_is_sent_as_it_is_changes_nothing(written: Prescription) -> None:
    content, errors = content_typed(typed_fields(written), written)
    assert not errors
    assert content is not None
    result = content.prescription(written.id, written.version)
    assert replace(result, prescriber=written.prescriber) == written


def test_a_new_form_begins_with_what_can_be_prescribed() -> None:
    blank = blank_prescription(date(2026, 6, 1), date(2026, 8, 23))
    content, errors = content_typed(typed_fields(blank), blank)
    assert content is not None
    assert not errors
    assert content.prescription("", 1) == blank


@pytest.mark.parametrize(
    ("typed", "field", "text"),
    [
        ({"minutes_per_session": ["half"]}, "minutes_per_session", "must be a whole number"),
        ({"minutes_per_session": ["30.5"]}, "minutes_per_session", "must be a whole number"),
        ({"valid_from": ["tomorrow"]}, "valid_from", "must be a date such as 2026-11-23"),
        (
            {"sessions_per_week": [""], "weekdays": []},
            "sessions_per_week",
            "must be a whole number",
        ),
        ({"intensity.low": ["much"]}, "intensity.low", "must be a number"),
        (
            {"progression.0.from_week": ["soon"]},
            "progression.0.from_week",
            "must be a whole number",
        ),
        (
            {"progression.1.intensity.high": [""]},
            "progression.1.intensity.high",
            "must be a number",
        ),
    ],
)
def test_what_is_no_number_and_no_date_is_named(
    typed: dict[str, list[str]], field: str, text: str
) -> None:
    content, errors = content_typed({**typed_fields(_FULL), **typed}, _FULL)
    assert content is None
    assert dict(errors.by_field) == {field: text}


def test_times_a_week_may_be_left_to_the_days() -> None:
    fields = {**typed_fields(_FULL), "sessions_per_week": [""]}
    content, _ = content_typed(fields, _FULL)
    assert content is not None
    assert content.sessions_per_week == 3


def test_a_comma_is_a_decimal_mark_too() -> None:
    content, _ = content_typed({**typed_fields(_FULL), "intensity.low": ["57,5"]}, _FULL)
    assert content is not None
    assert content.intensity.low == 0.575


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("minutes_per_session", "minutes_per_session"),
        ("intensity.low", "intensity.low"),
        ("follow_up.on", "follow_up.on"),
        ("progression.1", "progression.1.from_week"),
        ("progression.1.minutes_per_session", "progression.1.minutes_per_session"),
        ("progression.1.intensity.low", "progression.1.intensity.low"),
        ("progression.1.weekdays", "progression.1.from_week"),
        ("diagnoses.0", "diagnoses"),
        ("pauses.0", ""),
    ],
)
def test_a_problem_finds_its_field(name: str, field: str) -> None:
    detail = "must not be below `minutes_per_session`"
    errors = violations_by_field([Violation(where="body", name=name, detail=detail)])
    text = "must not be below “Minutes each time, at least”"
    expected: dict[str, Any] = {field: text} if field else {}
    assert dict(errors.by_field) == expected
    assert errors.general == (() if field else (f"pauses.0 {text}",))
    if field:
        assert label_of_field(field)
