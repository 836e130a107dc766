"""Names in HC Webhook (Android): its lists, the members of their records, types of exercise. Data.

They come from the app's public documentation (2026). Types of exercise are the numbers of Android's
Health Connect library, as text; some builds write their names.
"""

from typing import NamedTuple

from model.facts import DeviceType, Method
from parsers.phone.export_names import Held
from parsers.word_tables import type_by_word


class Listed(NamedTuple):
    """A list that is kept: our metric, what its values are, the member with one, and its unit.

    `mean` is the member of a mean over several minutes, "" where the app makes none.
    """

    metric: str
    held: Held
    member: str
    unit: str
    mean: str = ""


LISTS: dict[str, tuple[Listed, ...]] = {
    "steps": (Listed("steps", Held.COUNT, "count", "count"),),
    "distance": (Listed("distance", Held.COUNT, "meters", "m"),),
    "active_calories": (Listed("active_energy", Held.COUNT, "calories", "kcal"),),
    "heart_rate": (Listed("heart_rate", Held.READING, "bpm", "bpm", "avg"),),
    "heart_rate_variability": (
        Listed("heart_rate_variability_rmssd", Held.STATE, "rmssd_millis", "ms", "avg"),
    ),
    "resting_heart_rate": (Listed("resting_heart_rate", Held.STATE, "bpm", "bpm"),),
    "oxygen_saturation": (Listed("oxygen_saturation", Held.STATE, "percentage", "%", "avg"),),
    "respiratory_rate": (Listed("respiratory_rate", Held.STATE, "rate", "/min", "avg"),),
    "body_temperature": (Listed("body_temperature", Held.STATE, "celsius", "Cel"),),
    "weight": (Listed("weight", Held.STATE, "kilograms", "kg"),),
    "vo2_max": (Listed("vo2_max", Held.STATE, "ml_per_kg_per_min", "mL/kg/min"),),
    "blood_glucose": (Listed("blood_glucose", Held.STATE, "mmol_per_liter", "mmol/L"),),
    "blood_pressure": (
        Listed("blood_pressure_systolic", Held.STATE, "systolic", "mmHg"),
        Listed("blood_pressure_diastolic", Held.STATE, "diastolic", "mmHg"),
    ),
}
EXERCISE, ASLEEP_LIST = "exercise", "sleep"
# Known and not kept: not needed to follow up exercise, or not for us to see. Total calories hold
# those at rest and projections of the rest of the day.
UNREAD_LISTS = frozenset(
    """
    total_calories height skin_temperature hydration nutrition basal_metabolic_rate body_fat
    lean_body_mass bone_mass menstruation_flow menstruation_period intermenstrual_bleeding
    ovulation_test cervical_mucus sexual_activity basal_body_temperature
    """.split()  # noqa: SIM905 - words to read, not syntax
)

# How a record came about, by the app's words.
RECORDING_METHODS: dict[str, Method] = {
    "actively_recorded": Method.WORKOUT,
    "automatically_recorded": Method.BACKGROUND,
    "manual_entry": Method.MANUAL,
}
# Types of device by Android's numbers. A ring is on no list of ranks.
DEVICES_BY_NUMBER: dict[int, DeviceType] = {
    1: DeviceType.WATCH,
    2: DeviceType.PHONE,
    3: DeviceType.SCALE,
    6: DeviceType.WATCH,  # a fitness band
    7: DeviceType.STRAP,
}

# Totals of an exercise: member -> (our name in Workout.summary, greatest believable figure)
EXERCISE_TOTALS: dict[str, tuple[str, float]] = {
    "distance_meters": ("distance", 1e9),
    "steps": ("steps", 1e7),
    "avg_cadence_spm": ("cadence_mean", 1e3),
    "max_cadence_spm": ("cadence_max", 1e3),
    "calories": ("active_energy", 1e6),
    "active_calories": ("active_energy", 1e6),
    "avg_heart_rate": ("heart_rate_mean", 1e3),
    "max_heart_rate": ("heart_rate_max", 1e3),
}

_EXERCISES: dict[str, str] = {
    "walking": "79 walking",
    "hiking": "37 63 hiking snowshoeing",
    "running": "56 running",
    "treadmill": "57 running_treadmill treadmill",
    "cycling": "8 biking cycling",
    "indoor_cycling": "9 biking_stationary stationary_biking",
    "wheelchair": "82 wheelchair",
    "swimming": "73 74 swimming_open_water swimming_pool swimming",
    "rowing": "53 54 rowing rowing_machine",
    "paddling": "46 paddling",
    "diving": "59 scuba_diving",
    "skiing": "61 62 skiing snowboarding",
    "strength": "13 70 81 calisthenics strength_training weightlifting",
    "cardio": """10 11 26 36 boot_camp boxing exercise_class high_intensity_interval_training
        hiit""",
    "elliptical": "25 elliptical",
    "stair_climbing": "68 69 stair_climbing stair_climbing_machine",
    "yoga": "83 yoga",
    "pilates": "48 pilates",
    "mobility": "33 71 guided_breathing stretching",
    "dance": "16 dancing",
    "ball_sport": """4 5 14 28 29 35 38 52 55 64 65 78 80 baseball basketball cricket
        football_american football_australian handball ice_hockey roller_hockey rugby soccer
        softball volleyball water_polo""",
    "racket_sport": "2 50 66 75 76 badminton racquetball squash table_tennis tennis",
    "climbing": "51 rock_climbing",
    "golf": "32 golf",
    "other": """0 27 31 34 39 44 47 58 60 72 other_workout other workout fencing frisbee_disc
        gymnastics ice_skating martial_arts paragliding sailing skating surfing unknown""",
}
EXERCISE_WORDS: dict[str, str] = type_by_word(_EXERCISES)
EXERCISE_PREFIX = "exercise_type_"
