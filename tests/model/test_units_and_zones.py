"""Units convert as printed, classes add up, and every unit of the registry reaches a metric."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.intensity import CLASSES, ZONES, Zone, ZoneTimes
from model.metrics import METRIC, METRIC_BY_ID, METRICS
from model.words.units import unit_conversion


@pytest.mark.parametrize(
    ("spelling", "unit", "value", "canonical"),
    [
        ("bpm", "/min", 60, 60),
        ("km/h", "m/s", 36, 10),
        ("mi", "m", 1, 1609.344),
        ("degF", "Cel", 212, 100),
        ("degF", "Cel", -40, -40),
        ("s", "ms", 0.8, 800),
        ("kJ", "kcal", 4.184, 1),
        ("lb", "kg", 100, 45.359237),
        ("km/hr", "m/s", 36, 10),
        ("cal", "kcal", 4184, 4.184),
        ("J", "kcal", 4184, 1),
        ("st", "kg", 10, 63.5029318),
        ("oz", "kg", 160, 4.5359237),
        ("in", "m", 36, 0.9144),
        ("ft/s", "m/s", 10, 3.048),
        ("inHg", "mm[Hg]", 4, 101.6),
        ("s", "min", 90, 1.5),
        ("ml/kg*min", "mL/kg/min", 41.5, 41.5),
        ("kPa", "mm[Hg]", 13.3322387415, 100),
        ("mg/dL", "mmol/L", 90.07794, 5),
    ],
)
def test_conversions(spelling: str, unit: str, value: float, canonical: float) -> None:
    row = unit_conversion(spelling, unit)
    assert row is not None
    assert value * row.factor + row.offset == pytest.approx(canonical, rel=1e-9)


@pytest.mark.parametrize(
    ("spelling", "unit"), [("furlong", "m"), ("bpm", "m"), ("", "/min"), ("BPM", "/min")]
)
def test_an_unknown_unit_is_no_number(spelling: str, unit: str) -> None:
    assert unit_conversion(spelling, unit) is None


def test_metrics_are_found_by_name_and_id() -> None:
    assert all(METRIC[row.name] is METRIC_BY_ID[row.id] is row for row in METRICS)
    assert all(row.floor < row.ceiling for row in METRICS)


times = st.builds(ZoneTimes, **{zone.value: st.integers(0, 10**9) for zone in ZONES})


@given(times, times)
def test_zone_times_add_class_by_class(some: ZoneTimes, other: ZoneTimes) -> None:
    both = some + other
    assert both.total == some.total + other.total
    for zone in ZONES:
        assert getattr(both, zone) == getattr(some, zone) + getattr(other, zone)
    assert both == other + some


def test_the_order_of_classes() -> None:
    assert CLASSES == (Zone.VERY_LIGHT, Zone.LIGHT, Zone.MODERATE, Zone.VIGOROUS, Zone.NEAR_MAX)
    assert ZoneTimes(
        very_light=1, light=2, moderate=3, vigorous=4, near_max=5, unknown=6
    ).as_tuple() == (
        1,
        2,
        3,
        4,
        5,
        6,
    )
