"""Load: every oracle of the definition, what a figure needs and what forbids it.

The order of facts makes no difference.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.codec import dumps, plain
from model.codec import loads as read
from model.derived.sessions import Load
from model.intensity import Confidence, HeartProfile
from stream.compute.intensity import load_inputs
from stream.compute.intensity.formulas import (
    BANISTER,
    BANISTER_SAME_A,
    Coefficients,
    decoupling,
    edwards,
    lucia,
    per_minute,
    session_rpe,
    trimp,
    trimp100,
    weighted_minutes,
    zonal,
)
from stream.compute.intensity.load import ADDITIVE_LOADS, LOAD_FORMULAS, session_loads
from stream.compute.intensity.measured_session import MeasuredSession
from stream.compute.intensity.zones import HeldValues
from stream.compute.pieces import Pieces
from stream.compute.series.resolved_series import ResolvedSeries
from tests.rows import keyed, value_of_each, values_of

_ON = date(2026, 11, 23)
_MINUTE = 60_000
MEN, WOMEN, WOMEN_SAME_A = BANISTER["male"], BANISTER["female"], BANISTER_SAME_A["female"]
_TESTED = HeartProfile(
    valid_from=date(2026, 1, 1),
    birth_year=1966,
    hr_rest=60,
    hr_max=180,
    threshold_hr=150,
    vt1_bpm=120,
    vt2_bpm=150,
    sex="male",
)


def _minutes(*rows: tuple[float, float]) -> HeldValues:
    """Return values with the minutes for which each was held."""
    v, length = zip(*rows, strict=True)
    return HeldValues(
        v=np.array(v, dtype=np.float64),
        ms=np.array([round(m * _MINUTE) for m in length], dtype=np.int64),
    )


def _track(metric: str, *values: float) -> ResolvedSeries:
    """One sample a minute, each holding a minute."""
    t = np.arange(len(values), dtype=np.int64) * _MINUTE
    return ResolvedSeries(
        metric=metric, t=t, v=np.array(values, dtype=np.float64), hold=np.full(len(t), _MINUTE)
    )


def _loads_of(
    *tracks: ResolvedSeries,
    minutes: int = 60,
    exertion: float | None = None,
    profile: HeartProfile | None = _TESTED,
    running: Pieces | None = None,
    timer_ms: int | None = None,
    **more: Any,  # noqa: ANN401
) -> dict[str, Load]:
    """Return the loads by name; every row of the table is among them."""
    length_ms = minutes * _MINUTE
    session = MeasuredSession(
        by_metric=keyed(tracks, "metric"),
        start_ms=0,
        end_ms=length_ms,
        running=((0, length_ms),) if running is None else running,
        timer_ms=length_ms if timer_ms is None else timer_ms,
        profile=profile,
        on=_ON,
        exertion_cr10=exertion,
    )
    rows = session_loads(session, **more)
    assert values_of(rows, "name") == values_of(LOAD_FORMULAS, "name")
    return keyed(rows, "name")


def exact(length: int, r: str, a: str, b: str) -> float:
    """Banister's formula in decimal arithmetic."""
    return float(length * Decimal(r) * Decimal(a) * (Decimal(b) * Decimal(r)).exp())


@pytest.mark.parametrize(
    ("heart", "rest", "peak", "by", "printed", "digits", "unrounded"),
    [
        (_minutes((130, 30)), 40, 200, MEN, 31.80, 2, exact(30, "0.5625", "0.64", "1.92")),
        (_minutes((200, 1)), 40, 200, MEN, 4.365, 3, exact(1, "1", "0.64", "1.92")),
        (_minutes((200, 1)), 40, 200, WOMEN_SAME_A, 3.400, 3, exact(1, "1", "0.64", "1.67")),
        (_minutes((200, 1)), 40, 200, WOMEN, 4.568, 3, exact(1, "1", "0.86", "1.67")),
        (
            _minutes((140, 60)),
            60,
            180,
            MEN,
            92.07,
            2,
            60 * 2 / 3 * 0.64 * float(Decimal("1.28").exp()),
        ),
        (_minutes((140, 60)), 60, 180, WOMEN_SAME_A, 77.94, 2, None),
        (_minutes((140, 60)), 60, 180, WOMEN, 104.73, 2, None),
    ],
)
def test_banister_oracles(
    heart: HeldValues,
    rest: float,
    peak: float,
    by: Coefficients,
    printed: float,
    digits: int,
    unrounded: float | None,
) -> None:
    got = trimp(heart, rest, peak, by)
    assert round(got, digits) == printed
    assert unrounded is None or round(got, 9) == round(unrounded, 9)


def test_banister_adds_over_time_and_weighs_nothing_at_rest() -> None:
    assert trimp(_minutes((140, 10), (140, 20), (60, 90), (40, 90)), 60, 180, MEN) == pytest.approx(
        trimp(_minutes((140, 30)), 60, 180, MEN), rel=1e-15
    )
    assert per_minute(np.array([60.0, 59.0, 30.0]), 60, 180, MEN).tolist() == [0, 0, 0]


@pytest.mark.parametrize("by", [MEN, WOMEN, WOMEN_SAME_A])
@pytest.mark.parametrize(("rest", "peak", "threshold"), [(60, 180, 150), (47, 187.3, 161.9)])
def test_an_hour_at_the_threshold_is_100(
    by: Coefficients, rest: float, peak: float, threshold: float
) -> None:
    assert trimp100(_minutes((threshold, 60)), rest, peak, threshold, by) == 100
    assert trimp100(_minutes((threshold, 30)), rest, peak, threshold, by) == 50


def test_trimp100_does_not_depend_on_a() -> None:
    item, other = (trimp100(_minutes((140, 60)), 60, 180, 150, by) for by in (WOMEN, WOMEN_SAME_A))
    assert round(item, 9) == round(other, 9)


def test_edwards_oracle() -> None:
    assert edwards(_minutes(*((percent, 10) for percent in (50, 60, 70, 80, 90))), 100) == 150
    assert edwards(_minutes((49.9, 60)), 100) == 0
    assert edwards(_minutes((120, 1)), 100) == 5


def test_lucia_at_its_thresholds() -> None:
    assert lucia(_minutes((119.9, 10)), 120, 150) == 10
    assert lucia(_minutes((120, 10), (149.9, 10)), 120, 150) == 40
    assert lucia(_minutes((150, 10)), 120, 150) == 30


def test_zonal_weights() -> None:
    edges = (136.0, 166.0, 188.0, 210.0)  # of 200
    assert [zonal(_minutes((hr, 10)), 200) for hr in (100.0, *edges)] == [9, 11, 12, 20, 50]
    assert [zonal(_minutes((np.nextafter(hr, 0), 10)), 200) for hr in edges] == [9, 11, 12, 20]


def test_weights_of_classes() -> None:
    assert weighted_minutes(_minutes((1, 2), (5, 3)), (5,), (10, 100)) == 320


def test_session_rpe_oracle() -> None:
    assert session_rpe(6, 120 * _MINUTE) == 720


def test_decoupling_of_halves() -> None:
    assert decoupling((200, 150), (100, 100)) == 25
    assert round(decoupling((200, 190), (100, 100)), 9) == 5
    assert decoupling((3, 3), (120, 150)) == pytest.approx(20)
    assert decoupling((3, 3), (150, 120)) == pytest.approx(-25)


def test_a_session_with_everything() -> None:
    heart = _track("heart_rate", *[140.0] * 60, 110.0, 90.0)
    got = _loads_of(heart, _track("speed", *[3.0] * 30, *[2.7] * 30), exertion=6)
    values = value_of_each(got, "value")
    assert values == {
        "trimp": round(60 * 2 / 3 * 0.64 * float(Decimal("1.28").exp()), 6),
        "trimp100": round(
            100
            * 2
            / 3
            / 0.75
            * float((Decimal("1.92") * (Decimal(2) / 3 - Decimal("0.75"))).exp()),
            6,
        ),
        "edwards": 180.0,  # 77.8 % of 180
        "lucia": 120.0,
        "zonal": 72.0,  # 93.3 % of 150 is in the third zone, of weight 1.2
        "session_rpe": 360.0,
        "decoupling": 10.0,
        "hr_recovery": 50.0,
    }
    assert all(row.why == "" for row in got.values())


def test_no_decoupling_is_zero_without_a_sign() -> None:
    """These halves differ by -1e-14, which the database keeps as 0.0.

    A long run of the property tests revealed them.
    """
    heart = _track("heart_rate", *[62.0] * 30, *[66.96] * 30)
    row = _loads_of(heart, _track("speed", *[2.0] * 30, *[2.16] * 30))["decoupling"]
    assert decoupling((2.0, 2.16), (62.0, 66.96)) < 0
    assert repr(row.value) == "0.0"


def test_inputs_name_every_number() -> None:
    heart = _track("heart_rate", *[140.0] * 60, 110.0, 90.0)
    got = _loads_of(heart, _track("power", *[200.0] * 60), exertion=6)
    known = {"known_ms": 3_600_000}
    assert value_of_each(got, "inputs") == {
        "trimp": {"hr_rest": 60, "hr_max": 180, "a": 0.64, "b": 1.92, **known},
        "trimp100": {
            "hr_rest": 60,
            "hr_max": 180,
            "threshold_hr": 150,
            "a": 0.64,
            "b": 1.92,
            **known,
        },
        "edwards": {"hr_max": 180, **known},
        "lucia": {"vt1_bpm": 120, "vt2_bpm": 150, **known},
        "zonal": {"threshold_hr": 150, **known},
        "session_rpe": {"exertion_cr10": 6, "length_ms": 3_600_000},
        "decoupling": {
            "heart_rate_1": 140,
            "heart_rate_2": 140,
            "power_1": 200,
            "power_2": 200,
            **known,
        },
        "hr_recovery": {"hr_peak": 140, "hr_after": 90, "after_ms": 60_000},
    }
    assert value_of_each(got, "confidence") == {
        "trimp": Confidence.HIGH,
        "trimp100": Confidence.HIGH,
        "edwards": Confidence.MEDIUM,
        "lucia": Confidence.HIGH,
        "zonal": Confidence.HIGH,
        "session_rpe": Confidence.MEDIUM,
        "decoupling": Confidence.MEDIUM,
        "hr_recovery": Confidence.MEDIUM,
    }


@pytest.mark.parametrize(
    ("sex", "coefficients", "value", "a"),
    [
        ("male", BANISTER, 92.07, 0.64),
        ("female", BANISTER, 104.73, 0.86),
        ("female", BANISTER_SAME_A, 77.94, 0.64),
        ("male", BANISTER_SAME_A, 92.07, 0.64),
    ],
)
def test_which_coefficients_were_taken_is_recorded(
    sex: str, coefficients: dict[str, Coefficients], value: float, a: float
) -> None:
    profile = replace(_TESTED, sex=sex)
    row = _loads_of(
        _track("heart_rate", *[140.0] * 60), profile=profile, coefficients=coefficients
    )["trimp"]
    assert row.value is not None
    assert (round(row.value, 2), row.inputs["a"]) == (value, a)


HEARTLESS = {"trimp", "trimp100", "edwards", "lucia", "zonal", "decoupling", "hr_recovery"}


@pytest.mark.parametrize(
    ("changes", "without", "why"),
    [
        ({"sex": ""}, {"trimp", "trimp100"}, load_inputs.NO_SEX),
        ({"hr_rest": None}, {"trimp", "trimp100"}, load_inputs.NO_RESERVE),
        ({"threshold_hr": None}, {"trimp100", "zonal"}, load_inputs.NO_THRESHOLD),
        ({"vt2_bpm": None}, {"lucia"}, load_inputs.NO_VENTILATORY),
        ({"vt2_bpm": 120}, {"lucia"}, load_inputs.FORBIDDEN),
        (
            {"hr_max": None, "birth_year": None, "hr_rest": None, "threshold_hr": None},
            {"edwards"},
            load_inputs.NO_PEAK,
        ),
        (
            {"hr_max": None, "beta_blocker": True},
            {"trimp", "trimp100", "edwards"},
            load_inputs.FORBIDDEN,
        ),
        ({"rate_limited": True}, HEARTLESS, load_inputs.FORBIDDEN),
        ({"threshold_hr": 60}, {"trimp100"}, load_inputs.FORBIDDEN),
        ({"beta_blocker": True}, set(), load_inputs.FORBIDDEN),
    ],
)
def test_what_cannot_be_computed_says_why(
    changes: dict[str, Any], without: set[str], why: str
) -> None:
    heart = _track("heart_rate", *[140.0] * 60, 110.0, 90.0)
    got = _loads_of(
        heart, _track("speed", *[3.0] * 60), exertion=6, profile=replace(_TESTED, **changes)
    )
    assert {name for name, row in got.items() if row.why == why} == without
    for row in got.values():
        assert (
            (row.value is None)
            == (row.why != "")
            == (row.confidence is Confidence.NONE)
            == (row.inputs == {})
        )


def test_without_heart_rate_only_the_answer() -> None:
    got = _loads_of(_track("speed", *[3.0] * 60), exertion=6, minutes=120)
    assert {name for name, row in got.items() if row.value is None} == HEARTLESS
    assert got["session_rpe"].value == 720
    assert {got[name].why for name in HEARTLESS - {"decoupling"}} == {load_inputs.NO_HEART}
    assert got["decoupling"].why == load_inputs.NO_HALVES


def test_without_profile_or_answer() -> None:
    got = _loads_of(_track("heart_rate", *[140.0] * 62), profile=None)
    assert {name: row.value for name, row in got.items() if row.value is not None} == {
        "hr_recovery": 0.0
    }
    assert got["session_rpe"].why == load_inputs.NO_EXERTION


def test_unknown_time_adds_nothing() -> None:
    half, total = (_loads_of(_track("heart_rate", *[140.0] * n)) for n in (30, 60))
    for name in ("trimp", "trimp100", "edwards", "lucia", "zonal"):
        a, b = half[name], total[name]
        assert a.value is not None
        assert b.value == pytest.approx(2 * a.value, abs=2e-6)
        assert (a.inputs["known_ms"], b.inputs["known_ms"]) == (1_800_000, 3_600_000)


@pytest.mark.parametrize(("known", "there"), [(24, True), (23, False)])
def test_decoupling_wants_80_percent_of_each_half(known: int, *, there: bool) -> None:
    heart = _track("heart_rate", *[140.0] * 60)
    speed = _track("speed", *[3.0] * (30 + known))
    assert (_loads_of(heart, speed)["decoupling"].value == 0) is there


def test_power_speaks_before_speed() -> None:
    heart, speed = _track("heart_rate", *[140.0] * 60), _track("speed", *[3.0] * 60)
    assert (
        _loads_of(heart, speed, _track("power", *[200.0] * 30, *[190.0] * 30))["decoupling"].value
        == 5
    )
    assert _loads_of(heart, speed, _track("power", *[200.0] * 30))["decoupling"].value == 0
    assert _loads_of(heart, speed, _track("power", *[0.0] * 60))["decoupling"].value == 0


@pytest.mark.parametrize(
    ("at", "hold", "value"),
    [
        (60_000, 30_000, 40.0),
        (30_001, 30_000, 40.0),
        (30_000, 30_000, None),  # no longer held at 60 s
        (60_001, 30_000, None),
        (0, 90_000, 40.0),
        (-1, 90_000, None),  # measured before the end
    ],
)
def test_recovery_is_read_60_s_after_the_end(at: int, hold: int, value: float | None) -> None:
    end = 10 * _MINUTE
    heart = ResolvedSeries(
        metric="heart_rate",
        t=np.array([0, end + at]),
        v=np.array([150.0, 110.0]),
        hold=np.array([30_000, hold]),
    )
    assert _loads_of(heart, minutes=10)["hr_recovery"].value == value


def test_what_adds_over_a_day() -> None:
    assert {"trimp", "trimp100", "edwards", "lucia", "zonal", "session_rpe"} == ADDITIVE_LOADS


@given(st.permutations(range(40)))
def test_order_of_values_does_not_show(order: list[int]) -> None:
    rng = np.random.default_rng(3)
    v, ms = rng.uniform(60, 180, 40), rng.integers(1, 90_000, 40)
    item, other = (
        trimp(HeldValues(v=v[at], ms=ms[at]), 60, 180, MEN) for at in (list(range(40)), order)
    )
    assert item == other


@given(
    st.dictionaries(st.integers(-5, 70), st.floats(30, 230), max_size=40),
    st.integers(0, 60),
    st.none() | st.floats(0, 10),
    st.sampled_from(
        [
            None,
            _TESTED,
            replace(_TESTED, rate_limited=True),
            replace(_TESTED, hr_max=None, sex="female"),
        ]
    ),
)
def test_a_value_or_a_reason_never_both(
    rows: dict[int, float], length: int, exertion: float | None, profile: HeartProfile | None
) -> None:
    at = sorted(rows)
    t, v = np.array(at, dtype=np.int64) * _MINUTE, np.array([rows[m] for m in at], dtype=np.float64)
    heart = ResolvedSeries(metric="heart_rate", t=t, v=v, hold=np.full(len(t), 90_000))
    for row in _loads_of(
        heart, replace(heart, metric="speed"), minutes=length, exertion=exertion, profile=profile
    ).values():
        assert (row.value is None) == (row.why != "")
        assert row.value is None or row.name in {"decoupling", "hr_recovery"} or row.value >= 0
        assert read(dumps(plain(row)))["inputs"] == row.inputs
