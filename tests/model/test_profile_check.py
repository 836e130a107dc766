"""The check of a heart profile: every bound at its edge and every order.

The texts of the errors name no value.
"""

from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest

from model.intensity import MUST_BE_BELOW, PROFILE_BOUNDS, HeartProfile, profile_problems

FINE = HeartProfile(
    valid_from=date(2026, 1, 1),
    birth_year=1960,
    hr_rest=60,
    hr_max=170,
    threshold_hr=150,
    vt1_bpm=120,
    vt2_bpm=151,
    ftp_w=200,
    sex="female",
    clinician_bpm=(90, 100, 120, 140),
)


def test_a_whole_and_an_empty_profile_may_stand() -> None:
    assert (
        profile_problems(FINE) == profile_problems(HeartProfile(valid_from=date(2026, 1, 1))) == ()
    )


@pytest.mark.parametrize("name", PROFILE_BOUNDS)
def test_the_bounds_of_each_figure(name: str) -> None:
    low, high = PROFILE_BOUNDS[name]
    alone = HeartProfile(valid_from=date(2026, 1, 1))
    for value, fine in (
        (low, False),
        (low + 1, True),
        (high, True),
        (high + 1, False),
        (float("nan"), False),
    ):
        changes: dict[str, Any] = {name: value}
        assert (profile_problems(replace(alone, **changes)) == ()) is fine


@pytest.mark.parametrize(("low", "high"), MUST_BE_BELOW)
def test_what_must_lie_below_what(low: str, high: str) -> None:
    alone = HeartProfile(valid_from=date(2026, 1, 1))
    for a, b, wrong in ((100, 101, ()), (100, 100, (f"{low}: must be below {high}",))):
        changes: dict[str, Any] = {low: a, high: b}
        assert profile_problems(replace(alone, **changes)) == wrong


@pytest.mark.parametrize(
    "bpm", [(90, 90, 120, 140), (100, 90, 120, 140), (20, 90, 120, 140), (90, 100, 120, 251)]
)
def test_the_clinicians_figures_ascend(bpm: tuple[float, float, float, float]) -> None:
    assert [
        text.partition(":")[0] for text in profile_problems(replace(FINE, clinician_bpm=bpm))
    ] == ["clinician_bpm"]


@pytest.mark.parametrize(
    ("sex", "fine"), [("female", True), ("male", True), ("", True), ("F", False), ("x", False)]
)
def test_sex_is_of_a_list(sex: str, *, fine: bool) -> None:
    assert (profile_problems(replace(FINE, sex=sex)) == ()) is fine


def test_every_figure_has_bounds() -> None:
    figures = {field.name for field in fields(HeartProfile) if "None" in str(field.type)} - {
        "clinician_bpm"
    }
    assert figures == set(PROFILE_BOUNDS)
