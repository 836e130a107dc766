"""What a heart profile lacks for a prescribed range, for each method and profile."""

from datetime import date
from typing import Any

import pytest

from model.intensity import HeartProfile
from model.prescription import Intensity
from stream.compute.intensity.prescribed_beats import prescribed_beats
from stream.compute.intensity.range_needs import RangeNeed, range_needs

_ON = date(2026, 11, 23)
_RESERVE = Intensity(method="hrr", low=0.4, high=0.6)
_MAXIMUM = Intensity(method="hrmax", low=0.6, high=0.75)


def _profile(**figures: Any) -> HeartProfile:  # noqa: ANN401 - fields of the profile
    return HeartProfile(valid_from=date(2026, 1, 1), **figures)


@pytest.mark.parametrize(
    ("profile", "of_reserve", "of_maximum"),
    [
        (None, ["RESTING", "MAXIMUM"], ["MAXIMUM"]),
        (_profile(), ["RESTING", "MAXIMUM"], ["MAXIMUM"]),
        (_profile(birth_year=1966), ["RESTING"], []),
        (_profile(hr_rest=60), ["MAXIMUM"], ["MAXIMUM"]),
        (_profile(hr_rest=60, birth_year=1966), [], []),
        (_profile(hr_rest=60, hr_max=150), [], []),
        (_profile(birth_year=1966, beta_blocker=True), ["RESTING", "MEASURED"], ["MEASURED"]),
        (_profile(hr_rest=60, birth_year=1966, beta_blocker=True), ["MEASURED"], ["MEASURED"]),
        (_profile(hr_rest=60, hr_max=120, beta_blocker=True), [], []),
        (_profile(hr_rest=60, hr_max=150, rate_limited=True), ["ANOTHER"], ["ANOTHER"]),
        # a resting rate above the maximum of the formula
        (_profile(hr_rest=170, birth_year=1930), ["MEASURED"], []),
    ],
)
def test_a_range_says_what_the_profile_lacks(
    profile: HeartProfile | None, of_reserve: list[str], of_maximum: list[str]
) -> None:
    for wanted, names in ((_RESERVE, of_reserve), (_MAXIMUM, of_maximum)):
        needs = range_needs(wanted, profile, _ON)
        assert needs == tuple(RangeNeed[name] for name in names)
        # nothing is missing exactly where there are beats to compare with
        assert (prescribed_beats(wanted, profile, _ON) is None) is bool(needs)


@pytest.mark.parametrize("method", ["bpm", "watts", "cadence", "rpe_cr10", "rpe_6_20"])
def test_other_methods_need_no_profile(method: str) -> None:
    assert range_needs(Intensity(method=method, low=3, high=5), None, _ON) == ()
