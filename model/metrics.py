"""The registry of metrics: the quantities of samples and day summaries, each with its unit.

Parsers convert every value to the unit given here. Ids are stored in the database, so an id must
never be used again for another metric.
"""

from dataclasses import dataclass
from enum import StrEnum

from model.calendar import HOUR_MS, MINUTE_MS

# Of a sample. A total of a local date is the longest that is told, and in autumn a date has 25 h.
# Samples are read back this far, because an interval may hold long after its beginning.
LONGEST_INTERVAL_MS = 25 * HOUR_MS
# Of a count without a stated end: pedometers of phones write at most ten minutes as one count.
GUESSED_INTERVAL_MS = 10 * MINUTE_MS


class Holding(StrEnum):
    """The time for which a sample of a metric holds.

    INSTANT: at its instant. COUNT: over an interval, whose length is guessed where none is stated,
    and counts add up. STRETCH: a count where an interval is stated, else a running total. STATE:
    over the interval that is stated, at all times of it alike.
    """

    INSTANT = "instant"
    COUNT = "count"
    STRETCH = "stretch"
    STATE = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A quantity with its stored id, its UCUM unit and the range of readable values.

    A value outside of `floor` and `ceiling` is rejected as unreadable. The range is wide on
    purpose: it bounds what a device can report at all. What is plausible for a person (30 to 230
    beats a minute) is judged where a value is used.
    """

    id: int
    name: str
    unit: str
    floor: float
    ceiling: float
    holding: Holding = Holding.INSTANT

    @property
    def over_interval(self) -> bool:
        """Return whether a sample may state until when it holds, as a count of steps does."""
        return self.holding is not Holding.INSTANT


# Only ever add rows: the ids are stored with every sample.
METRICS: tuple[Metric, ...] = (
    Metric(id=1, name="heart_rate", unit="/min", floor=0, ceiling=1_000),
    Metric(id=2, name="cadence", unit="/min", floor=0, ceiling=1_000),
    Metric(id=3, name="speed", unit="m/s", floor=0, ceiling=1_000),
    Metric(id=4, name="distance", unit="m", floor=0, ceiling=1e9, holding=Holding.STRETCH),
    Metric(id=5, name="power", unit="W", floor=0, ceiling=65_000),
    Metric(id=6, name="altitude", unit="m", floor=-1_000, ceiling=20_000),
    Metric(id=7, name="temperature", unit="Cel", floor=-100, ceiling=200),
    Metric(id=8, name="steps", unit="{steps}", floor=0, ceiling=1e7, holding=Holding.COUNT),
    Metric(id=9, name="rr_interval", unit="ms", floor=0, ceiling=10_000),
    Metric(id=10, name="resting_heart_rate", unit="/min", floor=0, ceiling=1_000),
    Metric(id=11, name="active_energy", unit="kcal", floor=0, ceiling=1e6, holding=Holding.COUNT),
    Metric(id=12, name="heart_rate_variability_rmssd", unit="ms", floor=0, ceiling=10_000),
    Metric(id=13, name="oxygen_saturation", unit="%", floor=0, ceiling=100),
    Metric(id=14, name="respiratory_rate", unit="/min", floor=0, ceiling=500),
    Metric(id=15, name="weight", unit="kg", floor=0, ceiling=1_000),
    Metric(id=16, name="heart_rate_variability_sdnn", unit="ms", floor=0, ceiling=10_000),
    Metric(id=17, name="basal_energy", unit="kcal", floor=0, ceiling=1e6, holding=Holding.COUNT),
    Metric(id=18, name="body_temperature", unit="Cel", floor=0, ceiling=100),
    Metric(id=19, name="oxygen_uptake", unit="mL/kg/min", floor=0, ceiling=200),
    Metric(id=20, name="blood_glucose", unit="mmol/L", floor=0, ceiling=200),
    Metric(id=21, name="blood_pressure_systolic", unit="mm[Hg]", floor=0, ceiling=500),
    Metric(id=22, name="blood_pressure_diastolic", unit="mm[Hg]", floor=0, ceiling=500),
    Metric(id=23, name="mets", unit="{MET}", floor=0, ceiling=100),
    Metric(id=24, name="walking_heart_rate", unit="/min", floor=0, ceiling=1_000),
    Metric(id=25, name="vo2_max", unit="mL/kg/min", floor=0, ceiling=200),
    Metric(id=26, name="exercise_time", unit="min", floor=0, ceiling=1_440, holding=Holding.COUNT),
    Metric(id=27, name="stand_time", unit="min", floor=0, ceiling=1_440, holding=Holding.COUNT),
    Metric(id=28, name="floors", unit="{floors}", floor=0, ceiling=1e5, holding=Holding.COUNT),
    Metric(id=29, name="effort_score", unit="{score}", floor=0, ceiling=10),
    # 1 where a source says that a device was worn, as in sleep that it measured
    Metric(id=30, name="wear", unit="1", floor=0, ceiling=1, holding=Holding.STATE),
    # at rest and in motion together; never added to the two that it consists of
    Metric(id=31, name="total_energy", unit="kcal", floor=0, ceiling=1e6, holding=Holding.COUNT),
    # 1 at the beginning of each notice about rhythm of a vendor's own (`model.vendors`)
    Metric(id=32, name="rhythm_notice", unit="1", floor=0, ceiling=1),
)

METRIC: dict[str, Metric] = {row.name: row for row in METRICS}
METRIC_BY_ID: dict[int, Metric] = {row.id: row for row in METRICS}
INTERVAL_METRICS: tuple[int, ...] = tuple(row.id for row in METRICS if row.over_interval)
