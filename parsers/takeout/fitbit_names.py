"""Names in Fitbit's export: members that tell its files apart, and activities. Data only."""

import re

from parsers.word_tables import type_by_word

# A member that only entries of one file have -> the file.
HEART_RATES, RESTING_RATES, EXERCISES, VO2MAX_VALUES, SLEEP_LOG = (
    "heart_rate",
    "resting",
    "exercise",
    "vo2max",
    "sleep",
)
FILE_MARKS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb'"bpm"\s*:'), HEART_RATES),
    (re.compile(rb'"demographicVO2Max"\s*:|"runVO2Max"\s*:'), VO2MAX_VALUES),
    (re.compile(rb'"dateOfSleep"\s*:'), SLEEP_LOG),
    (re.compile(rb'"activityName"\s*:'), EXERCISES),
    (re.compile(rb'"value"\s*:\s*\{\s*"date"\s*:'), RESTING_RATES),
)

FITBIT_TYPES: dict[str, str] = type_by_word(
    {
        "walking": "walk walking incline_walk",
        "hiking": "hike hiking",
        "running": "run running",
        "treadmill": "treadmill treadmill_run",
        "cycling": "bike outdoor_bike biking bicycling mountain_biking",
        "indoor_cycling": "spinning stationary_bike indoor_bike",
        "swimming": "swim swimming",
        "rowing": "rowing rowing_machine",
        "paddling": "kayaking canoeing paddleboarding",
        "cross_country_skiing": "cross_country_skiing",
        "skiing": "skiing snowboarding",
        "strength": """weights weightlifting strength_training bootcamp powerlifting crossfit
            core_training""",
        "cardio": """workout aerobic_workout interval_workout circuit_training kickboxing
            martial_arts boxing hiit outdoor_workout""",
        "elliptical": "elliptical elliptical_trainer",
        "stair_climbing": "stairclimber stair_climber",
        "yoga": "yoga",
        "pilates": "pilates barre",
        "mobility": "stretching",
        "dance": "dancing zumba",
        "golf": "golf",
        "climbing": "rock_climbing indoor_climbing",
        "racket_sport": "tennis badminton squash table_tennis padel",
        "ball_sport": """soccer basketball volleyball football handball rugby baseball cricket
            hockey lacrosse""",
        "riding": "horseback_riding",
        "other": "sport other skating surfing roller_skating meditating",
    }
)
# What stands in `logType` -> whether a person started it.
BY_HAND, BY_ITSELF = "manual", "auto_detected"

# The column of a table -> our metric, and whether it counts what happened in a minute.
COLUMNS_BY_MINUTES: dict[str, tuple[str, bool]] = {
    "beats per minute": ("heart_rate", False),
    "steps": ("steps", True),
    "distance": ("distance", True),
    "calories": ("total_energy", True),
    "weight grams": ("weight", False),
    "oxygen saturation percentage": ("oxygen_saturation", False),
}
UNIT_FACTORS: dict[str, float] = {"weight grams": 0.001}
# How the names of sources begin that are a phone, and end that only passed on what another counted.
ON_A_PHONE = ("MobileTrack", "Phone", "iPhone")
ACCOUNT_APPS = ("Health Connect", "Health Kit", "App")

# Columns of exercises, of which the first with a figure counts -> our name, factor, greatest.
SESSION_FIGURES: tuple[tuple[tuple[str, ...], str, float, float], ...] = (
    (("tracker_total_steps", "manually_logged_total_steps"), "steps", 1, 1e7),
    (("tracker_total_calories", "manually_logged_total_calories"), "total_energy", 1, 1e6),
    (("tracker_total_distance_mm", "manually_logged_total_distance_mm"), "distance", 0.001, 1e9),
    (("tracker_avg_heart_rate",), "heart_rate_mean", 1, 1e3),
    (("tracker_peak_heart_rate",), "heart_rate_max", 1, 1e3),
)
