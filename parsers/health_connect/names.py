"""Names in Health Connect's database: tables, columns, units, devices, methods. Data only.

There is no official schema. The names come from the platform's open source and from exports that
were measured. Tables of nutrition, cycles, medical records and routes are never read.
"""

from dataclasses import dataclass

from model.facts import DeviceType, Method


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKind:
    """A kind of record whose rows become samples of `metric`.

    `value` is the column of the value, which `factor` converts to the unit of the metric; it is
    empty where the row itself is the statement, as sleep is of wear. `counts`: the value holds from
    `start_time` to `end_time`. `series`: the values have a table of their own, whose rows name
    their record.
    """

    name: str
    metric: str
    value: str = ""
    factor: float = 1.0
    counts: bool = False
    series: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the fields of a row: the time, the end of a count, the value."""
        more = {"until": self.counts, "v": bool(self.value)}
        return "t", *filter(more.__getitem__, more)

    @property
    def parents(self) -> tuple[str, ...]:
        """Return the names that the table of the records may have, in lower case."""
        return f"{self.name}_record_table", f"{self.name.replace('_', '')}recordtable"

    @property
    def children(self) -> tuple[str, ...]:
        """Return the names that the table of a series may have, in lower case."""
        return f"{self.name}_record_series_table", f"{self.name}_record_table"


# Energy is in calories, and a kilocalorie has 1,000 of them; weight is in grams.
RECORD_KINDS: tuple[RecordKind, ...] = (
    RecordKind(name="heart_rate", metric="heart_rate", value="beats_per_minute", series=True),
    RecordKind(name="speed", metric="speed", value="speed", series=True),
    RecordKind(name="power", metric="power", value="power", series=True),
    RecordKind(name="steps_cadence", metric="cadence", value="rate", series=True),
    RecordKind(
        name="cycling_pedaling_cadence",
        metric="cadence",
        value="revolutions_per_minute",
        series=True,
    ),
    RecordKind(name="resting_heart_rate", metric="resting_heart_rate", value="beats_per_minute"),
    RecordKind(
        name="heart_rate_variability_rmssd",
        metric="heart_rate_variability_rmssd",
        value="heart_rate_variability_millis",
    ),
    RecordKind(name="oxygen_saturation", metric="oxygen_saturation", value="percentage"),
    RecordKind(name="respiratory_rate", metric="respiratory_rate", value="rate"),
    RecordKind(name="vo2_max", metric="vo2_max", value="vo2_milliliters_per_minute_kilogram"),
    RecordKind(name="weight", metric="weight", value="weight", factor=0.001),
    RecordKind(name="steps", metric="steps", value="count", counts=True),
    RecordKind(name="distance", metric="distance", value="distance", counts=True),
    RecordKind(name="floors_climbed", metric="floors", value="floors", counts=True),
    RecordKind(
        name="active_calories_burned",
        metric="active_energy",
        value="energy",
        factor=0.001,
        counts=True,
    ),
    RecordKind(
        name="total_calories_burned",
        metric="total_energy",
        value="energy",
        factor=0.001,
        counts=True,
    ),
    RecordKind(name="sleep_session", metric="wear", counts=True),
)
RECORD_KIND: dict[str, RecordKind] = {kind.name: kind for kind in RECORD_KINDS}

EXERCISE_KIND = "exercise_session"
EXERCISE_TABLE = "exercise_session_record_table"
SEGMENT_TABLES = ("exercise_segments_table", "exercise_segment_table")
LAP_TABLES = ("exercise_laps_table", "exercise_lap_table")
APP_TABLE, DEVICE_TABLE = "application_info_table", "device_info_table"

# Tables that the phone's own Health Connect writes beside the records. Their presence shows that
# types of exercise are numbered as the platform does, and not as the library of apps does.
PLATFORM_TABLES = frozenset(
    ("android_metadata", "change_logs_table", "activity_date_table", "preference_table")
)

# Records that are known, and not needed to follow up exercise or never read.
NOT_FOLLOWED_RECORDS = frozenset(
    (
        *("activity_intensity", "basal_body_temperature", "basal_metabolic_rate", "blood_glucose"),
        *("blood_pressure", "body_fat", "body_temperature", "body_water_mass", "bone_mass"),
        *("cervical_mucus", "elevation_gained", "height", "hydration", "intermenstrual_bleeding"),
        *("lean_body_mass", "menstruation_flow", "menstruation_period", "mindfulness_session"),
        *("nutrition", "ovulation_test", "planned_exercise_session", "sexual_activity"),
        *("skin_temperature", "wheelchair_pushes", "medical_resource", "nicotine_intake"),
        "symptom",
    )
)

DEVICE_TYPES: dict[int, DeviceType] = {
    1: DeviceType.WATCH,
    2: DeviceType.PHONE,
    3: DeviceType.SCALE,
    4: DeviceType.WATCH,  # a ring is worn as a watch is
    6: DeviceType.WATCH,  # a band
    7: DeviceType.STRAP,
}
METHOD_NUMBERS: dict[int, Method] = {1: Method.WORKOUT, 2: Method.BACKGROUND, 3: Method.MANUAL}
