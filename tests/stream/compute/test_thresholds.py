"""Heart rate thresholds: the golden patient of the definition and the precedence.

Also when heart rate must not be used.
"""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.codec import dumps, loads, plain
from model.intensity import Confidence, HeartProfile, ZoneThresholds, ZoneTimes
from stream.compute.intensity.schemes import HR_MAX, HRR
from stream.compute.intensity.thresholds import (
    MAX_HEART_RATES,
    IntensityScale,
    heart_scale,
    profile_on,
    threshold_scale,
    zone_thresholds,
)
from stream.compute.intensity.zones import time_in_zones
from tests.rows import values_of

_ON = date(2026, 11, 23)
_SIXTY = HeartProfile(valid_from=date(2026, 1, 1), birth_year=1966, hr_rest=60)
_BLOCKED = replace(_SIXTY, beta_blocker=True, coronary_disease=True)
BPM = (90.0, 100.0, 115.0, 130.0)


def thresholds(**changes: Any) -> ZoneThresholds:  # noqa: ANN401 - any field of a profile
    return zone_thresholds(replace(_SIXTY, **changes), _ON)


def test_golden_patient_by_tanaka() -> None:
    got = zone_thresholds(_SIXTY, _ON)
    assert got.edges == (91.8, 102.4, 123.6, 155.4)
    assert (got.method, got.confidence, got.valid, got.scheme) == (
        "hrr:tanaka",
        Confidence.LOW,
        True,
        "acsm2011",
    )
    assert got.inputs["hr_max"] == 166


def test_golden_patient_by_brawner_shown_but_not_valid() -> None:
    got = zone_thresholds(_BLOCKED, _ON)
    assert got.edges == (78.6, 84.8, 97.2, 115.8)
    assert (got.method, got.confidence, got.valid) == ("hrr:brawner", Confidence.LOW, False)
    assert got.inputs["hr_max"] == 122


def test_a_steady_95_is_light_by_the_one_and_moderate_by_the_other() -> None:
    t, hr = np.arange(0, 60_000, 1_000), np.full(60, 95.0)
    by = [
        time_in_zones(t, hr, 0, 60_000, zone_thresholds(profile, _ON).edges)
        for profile in (_SIXTY, _BLOCKED)
    ]
    assert by == [ZoneTimes(light=60_000), ZoneTimes(moderate=60_000)]


def test_keteyian_in_heart_failure() -> None:
    got = thresholds(beta_blocker=True, heart_failure=True)
    assert (got.method, got.inputs["hr_max"], got.valid) == ("hrr:keteyian", 119 + 30 - 30, False)


def test_without_resting_rate_percent_of_maximum() -> None:
    got = thresholds(hr_rest=None)
    assert (got.method, got.edges) == ("hrmax:tanaka", (94.62, 106.24, 127.82, 159.36))


def test_measured_on_medication_beats_every_formula() -> None:
    got = thresholds(hr_max=120, beta_blocker=True, coronary_disease=True)
    assert (got.method, got.edges) == ("hrr:measured", (78.0, 84.0, 96.0, 114.0))
    assert (got.confidence, got.valid) == (Confidence.HIGH, True)
    assert thresholds(hr_max=120, hr_rest=None).confidence is Confidence.MEDIUM


def test_the_clinician_beats_everything() -> None:
    got = thresholds(clinician_bpm=BPM, hr_max=120, rate_limited=True, beta_blocker=True)
    assert (got.method, got.edges, got.confidence, got.valid) == (
        "clinician",
        BPM,
        Confidence.HIGH,
        True,
    )
    assert got.inputs == {
        "bpm_light": 90,
        "bpm_moderate": 100,
        "bpm_vigorous": 115,
        "bpm_near_max": 130,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"beta_blocker": True},
        {"beta_blocker": True, "hr_rest": None},
        {"beta_blocker": True, "coronary_disease": True},
        {"beta_blocker": True, "heart_failure": True},
        {"rate_limited": True},
        {"rate_limited": True, "hr_max": 150},
        {"birth_year": None},
        {"hr_max": 60},  # not above resting
        {"hr_max": 50},
        {"clinician_bpm": (90.0, 90.0, 115.0, 130.0)},
        {"clinician_bpm": (0.0, 90.0, 115.0, 130.0)},
    ],
)
def test_heart_rate_must_not_be_used(changes: dict[str, Any]) -> None:
    assert not thresholds(**changes).valid


@pytest.mark.parametrize(
    ("changes", "confidence"),
    [
        ({"beta_blocker": True}, Confidence.NONE),
        ({"rate_limited": True, "hr_max": 150}, Confidence.NONE),
    ],
)
def test_a_figure_for_other_people_has_no_confidence(
    changes: dict[str, Any], confidence: Confidence
) -> None:
    assert thresholds(**changes).confidence is confidence


def test_nothing_known_is_method_none() -> None:
    empty = HeartProfile(valid_from=date(2026, 1, 1), hr_rest=60)
    assert (
        values_of((zone_thresholds(None, _ON), zone_thresholds(empty, _ON)), "method", "valid")
        == [("none", False)] * 2
    )


def test_age_is_that_reached_in_the_year() -> None:
    assert [zone_thresholds(_SIXTY, date(year, 6, 1)).inputs["age"] for year in (2026, 2027)] == [
        60,
        61,
    ]


def test_percent_of_maximum_can_be_asked_for_beside_reserve() -> None:
    by = {basis: heart_scale(replace(_SIXTY, hr_max=170), _ON, basis) for basis in (HRR, HR_MAX)}
    assert by[HRR] == IntensityScale(
        base=60,
        top=170,
        method="hrr:measured",
        inputs={"hr_rest": 60, "hr_max": 170},
        confidence=Confidence.HIGH,
    )
    assert by[HR_MAX] == IntensityScale(
        base=0,
        top=170,
        method="hrmax:measured",
        inputs={"hr_max": 170},
        confidence=Confidence.MEDIUM,
    )


@pytest.mark.parametrize("basis", [HRR, HR_MAX])
@pytest.mark.parametrize(
    ("changes", "valid"),
    [
        ({"beta_blocker": True}, False),
        ({"beta_blocker": True, "coronary_disease": True}, False),
        ({"beta_blocker": True, "hr_max": 120}, True),
        ({"rate_limited": True, "hr_max": 150}, False),
        (
            {"clinician_bpm": BPM, "rate_limited": True},
            False,
        ),  # what the clinician set is another method
        ({}, True),
    ],
)
def test_drugs_decide_on_every_scale(basis: str, changes: dict[str, Any], *, valid: bool) -> None:
    scale = heart_scale(replace(_SIXTY, **changes), _ON, basis)
    assert scale is not None
    assert scale.valid is valid


@pytest.mark.parametrize(
    ("changes", "confidence", "valid"),
    [
        ({}, Confidence.HIGH, True),
        ({"beta_blocker": True}, Confidence.HIGH, True),
        ({"rate_limited": True}, Confidence.NONE, False),
    ],
)
def test_a_measured_threshold_holds_as_a_measured_maximum_does(
    changes: dict[str, Any], confidence: Confidence, *, valid: bool
) -> None:
    got = threshold_scale(replace(_SIXTY, threshold_hr=150, **changes))
    assert got == IntensityScale(
        top=150,
        method="threshold_hr:measured",
        inputs={"threshold_hr": 150},
        confidence=confidence,
        valid=valid,
    )
    assert threshold_scale(_SIXTY) is None


def test_profile_on_takes_the_latest_begun() -> None:
    older, newer = _SIXTY, replace(_SIXTY, valid_from=date(2026, 6, 1), hr_rest=55)
    for rows in ([older, newer], [newer, older]):
        assert profile_on(rows, date(2026, 5, 31)) is older
        assert profile_on(rows, date(2026, 6, 1)) is newer
        assert profile_on(rows, date(2025, 12, 31)) is None


_profiles = st.builds(
    HeartProfile,
    valid_from=st.just(date(2026, 1, 1)),
    birth_year=st.none() | st.integers(1900, 2026),
    hr_rest=st.none() | st.integers(30, 120),
    hr_max=st.none() | st.integers(60, 220),
    beta_blocker=st.booleans(),
    coronary_disease=st.booleans(),
    heart_failure=st.booleans(),
    rate_limited=st.booleans(),
)


@given(_profiles)
def test_from_inputs_alone_the_edges_can_be_computed_again(profile: HeartProfile) -> None:
    got = zone_thresholds(profile, _ON)
    if got.method == "none":
        assert not got.valid
        return
    base = got.inputs["hr_rest"] if got.method.startswith("hrr") else 0.0
    percent = [
        got.inputs[f"percent_{name}"] for name in ("light", "moderate", "vigorous", "near_max")
    ]
    assert got.edges == pytest.approx(
        [base + p / 100 * (got.inputs["hr_max"] - base) for p in percent], abs=1e-6
    )


@given(_profiles)
def test_valid_edges_ascend_and_survive_json(profile: HeartProfile) -> None:
    got = zone_thresholds(profile, _ON)
    assert not got.valid or 0 < got.edges[0] < got.edges[1] < got.edges[2] < got.edges[3]
    assert not got.valid or not profile.rate_limited
    assert not got.valid or not profile.beta_blocker or got.method.endswith("measured")
    assert loads(dumps(plain(got)))["inputs"] == got.inputs


def test_the_order_of_precedence() -> None:
    assert values_of(MAX_HEART_RATES, "name") == ["measured", "keteyian", "brawner", "tanaka"]


def test_figures_as_whole_numbers_and_as_floats_give_the_same_bytes_in_any_order() -> None:
    total, point = (
        replace(_SIXTY, hr_max=170, hr_rest=60),
        replace(_SIXTY, hr_max=170.0, hr_rest=60.0),
    )
    written = [dumps(zone_thresholds(item, _ON)) for item in (total, point, total)]
    assert len(set(written)) == 1
