"""Bandings: every method with its exact edges, what it needs and what forbids it.

No millisecond is lost.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from math import nextafter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.codec import dumps, loads, plain
from model.intensity import Confidence, HeartProfile, ZoneTimesByMethod
from model.prescription import Intensity
from model.words.activities import TYPES
from stream.compute.intensity.measured_session import MeasuredSession
from stream.compute.intensity.schemes import INTENSITY_SCHEMES
from stream.compute.intensity.zone_methods import ZONE_METHODS
from stream.compute.intensity.zone_times import zone_times_by_method
from stream.compute.series.resolved_series import ResolvedSeries
from tests.rows import matching, values_of

_ON = date(2026, 11, 23)
_MINUTE = 60_000
_SIXTY = HeartProfile(valid_from=date(2026, 1, 1), birth_year=1966, hr_rest=60)
_BLOCKED = replace(_SIXTY, beta_blocker=True, coronary_disease=True)
_TESTED = replace(
    _SIXTY,
    hr_max=160.0,
    threshold_hr=150.0,
    ftp_w=200.0,
    clinician_bpm=(90.0, 100.0, 115.0, 130.0),
    sex="male",
)
FAMILIES = tuple(sorted(set(TYPES.values())))
PRESCRIBED = {
    "hrr": Intensity(method="hrr", low=0.4, high=0.6),
    "bpm": Intensity(method="bpm", low=100, high=122),
    "watts": Intensity(method="watts", low=90, high=120),
    "cadence": Intensity(method="cadence", low=105, high=120),
    "rpe_cr10": Intensity(method="rpe_cr10", low=3, high=5),
    "rpe_6_20": Intensity(method="rpe_6_20", low=12, high=14),
}


def _track(metric: str, *values: float, hold: int = _MINUTE) -> ResolvedSeries:
    """One sample a minute."""
    t = np.arange(len(values), dtype=np.int64) * _MINUTE
    return ResolvedSeries(
        metric=metric, t=t, v=np.array(values, dtype=np.float64), hold=np.full(len(t), hold)
    )


def _session(
    by_metric: Mapping[str, ResolvedSeries],
    span: tuple[int, int],
    profile: HeartProfile | None,
    exertion: float | None,
) -> MeasuredSession:
    start, end = span
    return MeasuredSession(
        by_metric=by_metric,
        start_ms=start,
        end_ms=end,
        running=(span,),
        timer_ms=end - start,
        profile=profile,
        on=_ON,
        exertion_cr10=exertion,
    )


def banded(
    tracks: Mapping[str, ResolvedSeries] | ResolvedSeries,
    profile: HeartProfile | None = _SIXTY,
    *,
    minutes: int = 10,
    family: str = "foot",
    exertion: float | None = None,
    prescribed: Intensity | None = None,
) -> dict[tuple[str, str], ZoneTimesByMethod]:
    """Return bandings by (scheme, method)."""
    by_metric = {tracks.metric: tracks} if isinstance(tracks, ResolvedSeries) else tracks
    session = _session(by_metric, (0, minutes * _MINUTE), profile, exertion)
    rows = zone_times_by_method(session, family=family, prescribed=prescribed)
    by_key = {(row.scheme, row.method): row for row in rows}
    assert len(by_key) == len(rows)
    return by_key


EVERYTHING = {
    metric: _track(metric, 100.0)
    for metric in ("heart_rate", "power", "cadence", "mets", "oxygen_uptake")
}


@pytest.mark.parametrize(
    ("scheme", "method", "edges", "confidence"),
    [
        ("acsm2011", "clinician", (90, 100, 115, 130), Confidence.HIGH),
        ("acsm2011", "hrr:measured", (90, 100, 120, 150), Confidence.HIGH),
        ("acsm2011", "hrmax:measured", (91.2, 102.4, 123.2, 153.6), Confidence.MEDIUM),
        ("esc2020", "hrr:measured", (100, 130, 145), Confidence.HIGH),
        ("esc2020", "hrmax:measured", (88, 120, 144), Confidence.MEDIUM),
        ("coaching5", "hrmax:measured", (80, 96, 112, 128, 144), Confidence.MEDIUM),
        ("threshold5", "threshold_hr:measured", (102, 124.5, 141, 157.5), Confidence.HIGH),
        ("power7", "ftp:measured", (110, 150, 180, 210, 240, 300), Confidence.HIGH),
        ("cadence", "cadence:absolute", (100, 130), Confidence.LOW),
        ("acsm2011", "mets:device", (2, 3, 6, 8.8), Confidence.LOW),
        ("acsm2011", "mets:oxygen_uptake", (7, 10.5, 21, 30.8), Confidence.MEDIUM),
    ],
)
def test_an_edge_belongs_to_the_class_above_and_a_float_below_does_not(
    scheme: str, method: str, edges: tuple[float, ...], confidence: Confidence
) -> None:
    row = banded(EVERYTHING, _TESTED)[scheme, method]
    assert (row.edges, row.names, row.confidence, row.valid) == (
        edges,
        INTENSITY_SCHEMES[scheme].names,
        confidence,
        True,
    )
    at = banded(_track(row.metric, *edges), _TESTED, minutes=len(edges))[scheme, method]
    assert at.ms == (0, *(_MINUTE for _ in edges))
    below = _track(row.metric, *(nextafter(edge, 0) for edge in edges))
    assert banded(below, _TESTED, minutes=len(edges))[scheme, method].ms == (
        *(_MINUTE for _ in edges),
        0,
    )


def test_the_patient_with_everything_has_every_method_once() -> None:
    times = banded(EVERYTHING, _TESTED, exertion=4, prescribed=PRESCRIBED["bpm"])
    assert list(times) == [
        ("acsm2011", "clinician"),
        ("acsm2011", "hrr:measured"),
        ("acsm2011", "hrmax:measured"),
        ("esc2020", "hrr:measured"),
        ("esc2020", "hrmax:measured"),
        ("coaching5", "hrmax:measured"),
        ("threshold5", "threshold_hr:measured"),
        ("power7", "ftp:measured"),
        ("cadence", "cadence:absolute"),
        ("acsm2011", "mets:device"),
        ("acsm2011", "mets:oxygen_uptake"),
        ("acsm2011", "rpe:borg-cr10"),
        ("esc2020", "rpe:borg-cr10"),
        ("prescribed", "prescribed:bpm"),
    ]


def test_golden_patient_a_steady_95() -> None:
    steady = _track("heart_rate", *[95.0] * 10)
    tanaka = banded(steady)["acsm2011", "hrr:tanaka"]
    assert tanaka.edges == (91.8, 102.4, 123.6, 155.4)
    assert (tanaka.names[1], tanaka.ms, tanaka.confidence) == (
        "light",
        (0, 600_000, 0, 0, 0),
        Confidence.LOW,
    )
    brawner = banded(steady, _BLOCKED)["acsm2011", "hrr:brawner"]
    assert (brawner.edges, brawner.edges[1] <= 95 < brawner.edges[2]) == (
        (78.6, 84.8, 97.2, 115.8),
        True,
    )
    assert brawner.inputs == {"hr_rest": 60, "age": 60, "hr_max": 122}


def test_what_the_drug_forbids_is_shown_and_counts_nothing() -> None:
    times = banded(_track("heart_rate", *[95.0] * 10), _BLOCKED, prescribed=PRESCRIBED["hrr"])
    assert set(values_of(times.values(), "method")) == {
        "hrr:brawner",
        "hrmax:brawner",
        "prescribed:hrr:brawner",
    }
    for row in times.values():
        assert (row.valid, set(row.ms), row.unknown_ms) == (False, {0}, 600_000)


def test_the_clinicians_figures_hold_where_formulas_do_not() -> None:
    limited = replace(_TESTED, rate_limited=True)
    times = banded(EVERYTHING, limited, exertion=4, prescribed=PRESCRIBED["bpm"])
    assert {key for key, row in times.items() if not row.valid} == {
        ("acsm2011", "hrr:measured"),
        ("acsm2011", "hrmax:measured"),
        ("esc2020", "hrr:measured"),
        ("esc2020", "hrmax:measured"),
        ("coaching5", "hrmax:measured"),
        ("threshold5", "threshold_hr:measured"),
    }
    assert times["prescribed", "prescribed:bpm"].ms == (0, _MINUTE, 0)
    assert times["acsm2011", "clinician"].ms == (0, 0, _MINUTE, 0, 0)


@pytest.mark.parametrize("family", FAMILIES)
def test_steps_are_counted_on_foot_only(family: str) -> None:
    times = banded(_track("cadence", 110.0), family=family, prescribed=PRESCRIBED["cadence"])
    keys = [("cadence", "cadence:absolute"), ("prescribed", "prescribed:cadence:absolute")]
    assert list(times) == (keys if family == "foot" else [])


@pytest.mark.parametrize(
    ("method", "metric", "edges", "how"),
    [
        ("hrr", "heart_rate", (100, 120), "hrr:measured"),
        ("bpm", "heart_rate", (100, 122), "bpm"),
        ("watts", "power", (90, 120), "watts"),
        ("cadence", "cadence", (105, 120), "cadence:absolute"),
    ],
)
def test_the_prescribed_range_is_below_within_above(
    method: str, metric: str, edges: tuple[float, float], how: str
) -> None:
    low, high = edges
    values = (nextafter(low, 0), low, nextafter(high, 0), high, high)
    wanted = PRESCRIBED[method]
    row = banded(_track(metric, *values), _TESTED, prescribed=wanted)[
        "prescribed", f"prescribed:{how}"
    ]
    assert (row.names, row.edges, row.metric) == (("below", "within", "above"), edges, metric)
    assert (row.ms, row.unknown_ms) == ((_MINUTE, 2 * _MINUTE, 2 * _MINUTE), 5 * _MINUTE)
    assert (row.inputs["low"], row.inputs["high"]) == (wanted.low, wanted.high)
    assert row.confidence is Confidence.HIGH


@pytest.mark.parametrize(
    ("method", "cr10", "within"),
    [
        ("rpe_cr10", 2.9, 0),
        ("rpe_cr10", 3, 1),
        ("rpe_cr10", 5, 1),  # both ends belong to it
        ("rpe_cr10", 5.1, 2),
        ("rpe_6_20", 2.5, 0),
        ("rpe_6_20", 3, 1),
    ],
)
def test_prescribed_exertion_is_the_whole_session(method: str, cr10: float, within: int) -> None:
    times = banded({}, None, exertion=cr10, prescribed=PRESCRIBED[method])
    row = matching(times.values(), scheme="prescribed")[0]
    assert row.ms[within] == 10 * _MINUTE
    assert (sum(row.ms), row.unknown_ms, row.inputs["exertion_cr10"]) == (10 * _MINUTE, 0, cr10)


def test_the_scale_of_an_answer_is_named() -> None:
    result = [
        matching(
            banded({}, None, exertion=4, prescribed=PRESCRIBED[m]).values(), scheme="prescribed"
        )[0]
        for m in ("rpe_cr10", "rpe_6_20")
    ]
    assert values_of(result, "method", "confidence") == [
        ("prescribed:rpe:borg-cr10", Confidence.MEDIUM),
        ("prescribed:rpe:borg-6-20 from borg-cr10", Confidence.LOW),
    ]


@pytest.mark.parametrize(
    ("cr10", "acsm", "esc"),
    [
        (0, "very_light", "low"),
        (1, "light", "low"),
        (2.9, "light", "low"),
        (3, "moderate", "moderate"),
        (4, "moderate", "moderate"),
        (4.5, "vigorous", "high"),
        (7, "vigorous", "very_high"),
        (8.5, "near_max", "very_high"),
        (10, "near_max", "very_high"),
    ],
)
def test_the_whole_session_is_in_the_class_of_the_answer(cr10: float, acsm: str, esc: str) -> None:
    times = banded({}, None, exertion=cr10)
    for scheme, name in (("acsm2011", acsm), ("esc2020", esc)):
        row = times[scheme, "rpe:borg-cr10"]
        assert dict(zip(row.names, row.ms, strict=True)) == {
            **dict.fromkeys(row.names, 0),
            name: 10 * _MINUTE,
        }
        assert row.inputs == {"exertion_cr10": cr10}


@pytest.mark.parametrize("profile", [None, HeartProfile(valid_from=date(2026, 1, 1))])
def test_without_figures_only_what_is_the_same_for_everybody(profile: HeartProfile | None) -> None:
    assert list(banded(EVERYTHING, profile)) == [
        ("cadence", "cadence:absolute"),
        ("acsm2011", "mets:device"),
        ("acsm2011", "mets:oxygen_uptake"),
    ]


def test_no_sample_in_the_session_is_no_banding() -> None:
    late = ResolvedSeries(
        metric="heart_rate",
        t=np.array([10 * _MINUTE]),
        v=np.array([100.0]),
        hold=np.array([_MINUTE]),
    )
    assert banded(late, _TESTED) == {}
    assert banded({}, _TESTED) == {}


def test_each_sample_holds_for_its_own_time() -> None:
    mixed = ResolvedSeries(
        metric="heart_rate",
        t=np.array([0, 5 * _MINUTE]),
        v=np.array([95.0, 110.0]),
        hold=np.array([30_000, 90_000]),
    )
    row = banded(mixed)["acsm2011", "hrr:tanaka"]
    assert (row.ms, row.unknown_ms) == ((0, 30_000, 90_000, 0, 0), 480_000)


_rates = st.integers(0, 240).map(float) | st.floats(0, 400)
_columns = st.dictionaries(
    st.integers(-500, 1500), st.tuples(_rates, st.integers(1, 300)), max_size=20
)
bpm = st.none() | st.integers(30, 220)
_profiles = st.none() | st.builds(
    HeartProfile,
    valid_from=st.just(date(2026, 1, 1)),
    birth_year=st.none() | st.integers(1900, 2026),
    hr_rest=bpm,
    hr_max=bpm,
    beta_blocker=st.booleans(),
    heart_failure=st.booleans(),
    rate_limited=st.booleans(),
    clinician_bpm=st.none() | st.tuples(*[st.floats(0, 240)] * 4),
    threshold_hr=bpm,
    ftp_w=bpm,
)


def _column(metric: str, rows: dict[int, tuple[float, int]]) -> ResolvedSeries:
    at = sorted(rows)
    t, hold = np.array(at, dtype=np.int64), np.array([rows[ms][1] for ms in at], dtype=np.int64)
    return ResolvedSeries(
        metric=metric, t=t, v=np.array([rows[ms][0] for ms in at], dtype=np.float64), hold=hold
    )


@given(
    st.dictionaries(st.sampled_from(sorted(set(values_of(ZONE_METHODS, "metric")))), _columns),
    st.tuples(st.integers(0, 1000), st.integers(0, 1000)).map(sorted),
    _profiles,
    st.sampled_from(FAMILIES),
    st.none() | st.floats(0, 11),
    st.none() | st.sampled_from(sorted(PRESCRIBED)),
)
def test_bands_and_unknown_add_up_whatever_comes(
    columns: dict[str, dict[int, tuple[float, int]]],
    span: list[int],
    profile: HeartProfile | None,
    family: str,
    exertion: float | None,
    method: str | None,
) -> None:
    tracks = {metric: _column(metric, rows) for metric, rows in columns.items()}
    wanted = None if method is None else PRESCRIBED[method]
    start, end = span
    session = _session(tracks, (start, end), profile, exertion)
    for row in zone_times_by_method(session, family=family, prescribed=wanted):
        assert sum(row.ms) + row.unknown_ms == end - start
        assert min(*row.ms, row.unknown_ms) >= 0
        assert len(row.names) == len(row.ms) == len(row.edges) + 1
        assert row.valid or row.unknown_ms == end - start
        assert loads(dumps(plain(row)))["inputs"] == row.inputs
