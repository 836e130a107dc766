"""The registry of units: how sources spell them, and how values become those of `metrics`.

The canonical value is `value * factor + offset`. A parser looks up the unit here and rejects the
record when the unit is unknown.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """An accepted spelling of a unit, with its conversion to the unit of a metric."""

    spelling: str
    unit: str
    factor: float = 1.0
    offset: float = 0.0


UNITS: tuple[Unit, ...] = (
    Unit("/min", "/min"),
    Unit("bpm", "/min"),
    Unit("count/min", "/min"),
    Unit("count/s", "/min", 60.0),
    Unit("Hz", "/min", 60.0),
    Unit("beats/min", "/min"),
    Unit("brpm", "/min"),
    Unit("breaths_per_minute", "/min"),
    Unit("breaths/min", "/min"),
    Unit("rpm", "/min"),
    Unit("spm", "/min"),
    Unit("steps_per_minute", "/min"),
    Unit("{steps}", "{steps}"),
    Unit("count", "{steps}"),
    Unit("steps", "{steps}"),
    Unit("m/s", "m/s"),
    Unit("m_per_s", "m/s"),
    Unit("meters_per_second", "m/s"),
    # A mile has 1,609.344 m, a foot 0.3048 m and a yard 0.9144 m, exactly (agreement of 1959).
    Unit("km/h", "m/s", 1 / 3.6),
    Unit("km/hr", "m/s", 1 / 3.6),
    Unit("kmph", "m/s", 1 / 3.6),
    Unit("mi/hr", "m/s", 0.44704),
    Unit("mph", "m/s", 0.44704),
    Unit("ft/s", "m/s", 0.3048),
    Unit("m", "m"),
    Unit("meters", "m"),
    Unit("km", "m", 1000.0),
    Unit("mi", "m", 1609.344),
    Unit("ft", "m", 0.3048),
    Unit("yd", "m", 0.9144),
    Unit("cm", "m", 0.01),
    Unit("in", "m", 0.0254),
    Unit("W", "W"),
    Unit("watts", "W"),
    Unit("Cel", "Cel"),
    Unit("celsius", "Cel"),
    Unit("degC", "Cel"),
    Unit("°C", "Cel"),
    # 32 degrees Fahrenheit are 0 degrees Celsius
    Unit("degF", "Cel", 5 / 9, -160 / 9),
    Unit("ms", "ms"),
    Unit("s", "ms", 1000.0),
    Unit("kcal", "kcal"),
    Unit("Cal", "kcal"),
    # the thermochemical calorie of 4.184 J
    Unit("kJ", "kcal", 1 / 4.184),
    Unit("cal", "kcal", 0.001),
    Unit("J", "kcal", 1 / 4_184),
    Unit("%", "%"),
    Unit("percent", "%"),
    Unit("kg", "kg"),
    Unit("g", "kg", 0.001),
    # the pound of the agreement of 1959, exactly
    Unit("lb", "kg", 0.45359237),
    # a pound has 16 ounces, a stone 14 pounds
    Unit("oz", "kg", 0.028349523125),
    Unit("st", "kg", 6.35029318),
    Unit("mL/kg/min", "mL/kg/min"),
    Unit("ml_kg_min", "mL/kg/min"),
    Unit("mL/min·kg", "mL/kg/min"),
    Unit("ml/min·kg", "mL/kg/min"),
    Unit("mL/kg·min", "mL/kg/min"),
    Unit("mL/kg*min", "mL/kg/min"),
    Unit("ml/kg*min", "mL/kg/min"),
    Unit("ml/kg/min", "mL/kg/min"),
    Unit("mL/(kg·min)", "mL/kg/min"),
    Unit("ml/(kg·min)", "mL/kg/min"),
    Unit("mmol/L", "mmol/L"),
    Unit("mmol_l", "mmol/L"),
    # glucose has 180.15588 g/mol, and a litre ten decilitres
    Unit("mg/dL", "mmol/L", 1 / 18.015588),
    Unit("mg_dl", "mmol/L", 1 / 18.015588),
    Unit("{MET}", "{MET}"),
    Unit("mets", "{MET}"),
    Unit("mm[Hg]", "mm[Hg]"),
    Unit("mmHg", "mm[Hg]"),
    # the conventional millimetre of mercury has 133.322387415 Pa
    Unit("kPa", "mm[Hg]", 1000 / 133.322387415),
    Unit("inHg", "mm[Hg]", 25.4),
    Unit("min", "min"),
    Unit("s", "min", 1 / 60),
    Unit("hr", "min", 60.0),
    Unit("{floors}", "{floors}"),
    Unit("count", "{floors}"),
    Unit("{score}", "{score}"),
    Unit("appleEffortScore", "{score}"),
    Unit("1", "1"),
)

# The unit is part of the key: a spelling counts only for metrics of its unit.
_BY_SPELLING: dict[tuple[str, str], Unit] = {(row.spelling, row.unit): row for row in UNITS}


def unit_conversion(text: str, unit: str) -> Unit | None:
    """Return the conversion from a spelling of a unit to `unit`, None when it is unknown."""
    return _BY_SPELLING.get((text, unit))
