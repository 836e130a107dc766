"""Names in Junction's events: resources, series, figures, sports, kinds of sources. Data only.

They come from the interface that Junction publishes (as of 2026).
"""

from dataclasses import dataclass

from model.facts import DeviceType
from parsers.vendors.open_wearables.names import WORKOUT_TYPES
from parsers.word_tables import type_by_word


@dataclass(frozen=True, slots=True, kw_only=True)
class JunctionSeries:
    """One row: a series, our metric, and whether its values hold over intervals."""

    metric: str
    counts: bool = False
    member: str = "value"


# resource -> the metrics in its samples
JUNCTION_SERIES: dict[str, tuple[JunctionSeries, ...]] = {
    "heartrate": (JunctionSeries(metric="heart_rate"),),
    "hrv": (JunctionSeries(metric="heart_rate_variability_rmssd"),),
    "steps": (JunctionSeries(metric="steps", counts=True),),
    "distance": (JunctionSeries(metric="distance", counts=True),),
    "floors_climbed": (JunctionSeries(metric="floors", counts=True),),
    "calories_active": (JunctionSeries(metric="active_energy", counts=True),),
    "calories_basal": (JunctionSeries(metric="basal_energy", counts=True),),
    "weight": (JunctionSeries(metric="weight"),),
    "blood_pressure": (
        JunctionSeries(metric="blood_pressure_systolic", member="systolic"),
        JunctionSeries(metric="blood_pressure_diastolic", member="diastolic"),
    ),
}
# another spelling of a resource, or its name in the path of a request -> the one used here
RESOURCE_ALIASES: dict[str, str] = {"heart_rate": "heartrate", "body_weight": "weight"}
# resource -> its name in the path, where that differs
SERIES_PATHS: dict[str, str] = {"weight": "body_weight"}

WORKOUT_SUMMARIES, DAY_SUMMARIES, NIGHT_SUMMARIES = "workouts", "activity", "sleep"
WORKOUT_STREAM = "workout_stream"
SUMMARIES = (WORKOUT_SUMMARIES, DAY_SUMMARIES, NIGHT_SUMMARIES)

# Known and not kept: they are not needed to follow up exercise.
NOT_FOLLOWED_RESOURCES = frozenset(
    """
    afib_burden basal_body_temperature blood_oxygen body body_mass_index body_temperature
    body_temperature_delta caffeine carbohydrates cholesterol daylight_exposure device
    electrocardiogram electrocardiogram_voltage fall fat forced_expiratory_volume_1
    forced_vital_capacity glucose handwashing heart_rate_alert heart_rate_recovery_one_minute
    hypnogram ige igg inhaler_usage insulin_injection lean_body_mass meal menstrual_cycle
    mindfulness_minutes note peak_expiratory_flow_rate profile respiratory_rate sleep_apnea_alert
    sleep_breathing_disturbance sleep_cycle sleep_stream stand_duration stand_hour stress_level
    uv_exposure vo2_max waist_circumference water wheelchair_push workout_distance workout_duration
    workout_swimming_stroke
    """.split()  # noqa: SIM905 - words to read, not syntax
)
NOT_FOLLOWED_PREFIXES = (
    "provider.device.",
    "labtest.",
    "lab_report.",
    "testkit.",
    "continuous_query.",
    "message.attempt.",
    "endpoint.",
)

# Junction's name in a day -> our metric, and whether it grows during the day
JUNCTION_DAY: dict[str, tuple[str, bool]] = {
    "steps": ("steps", True),
    "distance": ("distance", True),
    "floors_climbed": ("floors", True),
    "calories_active": ("active_energy", True),
    "calories_total": ("total_energy", True),
}
RESTING = ("resting_heart_rate", False)
INTENSE = ("medium", "high")  # minutes of a day at these intensities are its minutes of exercise
JUNCTION_NIGHT: dict[str, tuple[str, bool]] = {
    "hr_resting": ("resting_heart_rate", False),
    "average_hrv": ("heart_rate_variability_rmssd", False),
}
NAPS = frozenset(("acknowledged_nap", "short_sleep"))

# Junction's name in a workout -> our name in Workout.summary, and the greatest believable figure
JUNCTION_TOTALS: dict[str, tuple[str, float]] = {
    "distance": ("distance", 1e9),
    "steps": ("steps", 1e7),
    "calories": ("active_energy", 1e6),
    "average_hr": ("heart_rate_mean", 1e3),
    "max_hr": ("heart_rate_max", 1e3),
    "total_elevation_gain": ("ascent", 1e5),
}

# Junction's name of a column of a workout's stream -> our metric. Places are never read.
STREAM_COLUMNS: dict[str, str] = {
    "heartrate": "heart_rate",
    "cadence": "cadence",
    "velocity_smooth": "speed",
    "distance": "distance",
    "power": "power",
    "altitude": "altitude",
}

# kind of a source -> type of device. Of the rest nobody knows where it was worn, if it was.
SOURCE_TYPES: dict[str, DeviceType] = {
    "watch": DeviceType.WATCH,
    "chest_strap": DeviceType.STRAP,
    "phone": DeviceType.PHONE,
    "scale": DeviceType.SCALE,
}
WORN_SOURCES = frozenset(("watch", "ring", "chest_strap"))
BY_HAND_SOURCE = "app"

_SPORTS: dict[str, str] = {
    "walking": "walk casual_walk dog_walking stroller_walking",
    "hiking": "hike rucking",
    "running": "run track_running virtual_run street_running ultra_running",
    "treadmill": "treadmill_running treadmill_walking indoor_running indoor_walking",
    "nordic_walking": "nordic_walking",
    "cycling": "ride road_cycling gravel_cycling bike_commuting hand_cycling bmx road_biking",
    "indoor_cycling": "virtual_ride spinning stationary_cycling stationary_biking",
    "swimming": "swim lap_swimming",
    "rowing": "indoor_rowing",
    "strength": """weightlifting weight_training strength core_training functional_training
        functional_strength_training traditional_strength_training""",
    "cardio": """hiit crossfit circuit_training boxing kickboxing martial_arts jump_rope cardio
        calisthenics interval_training""",
    "stair_climbing": "stairs stair_stepper floor_climbing",
    "mobility": "flexibility gymnastics physical_therapy",
    "dance": "dancing zumba",
    "ball_sport": "softball ice_hockey",
    "skiing": "snowboard skiing",
    "cross_country_skiing": "nordic_skiing roller_skiing",
    "paddling": "stand_up_paddling",
    "wheelchair": "wheelchair_walk wheelchair_run",
    "climbing": "climbing",
    "pilates": "barre",
    "other": "breathing fishing hunting fencing judo karate taekwondo workout",
}
JUNCTION_SPORTS: dict[str, str] = {**WORKOUT_TYPES, **type_by_word(_SPORTS)}
