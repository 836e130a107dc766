"""Names in Withings' interface: categories, measures, figures, devices. Data only."""

from model.facts import DeviceType, Method
from parsers.vendors.figures import Figure
from parsers.word_tables import type_by_word

# Categories of cues (`appli`): what is measured on the body, activity, sleep, the profile.
BODY_CATEGORIES = frozenset(("1", "4"))
ACTIVITY_CATEGORY, SLEEP_CATEGORY, PROFILE_CATEGORY = "16", "44", "46"
ENDED_PROFILES = frozenset(("delete", "unlink"))

MEASURES_PATH, ACTIVITY_PATH, SLEEP_PATH = "/measure", "/v2/measure", "/v2/sleep"

# The type of a measure -> our metric.
MEASURE_METRICS: dict[int, str] = {
    1: "weight",
    9: "blood_pressure_diastolic",
    10: "blood_pressure_systolic",
    11: "heart_rate",
    12: "body_temperature",
    54: "oxygen_saturation",
    71: "body_temperature",
    123: "vo2_max",
}
MEASURED_GROUP, GOAL_GROUP = 1, 2  # categories of groups
# How a group or a workout came to its user. 1: it may be another's who uses the device.
ATTRIBUTED: dict[int, Method] = {
    0: Method.BACKGROUND,
    2: Method.MANUAL,
    4: Method.MANUAL,
    5: Method.BACKGROUND,
    7: Method.BACKGROUND,
    8: Method.BACKGROUND,
    15: Method.BACKGROUND,
}

WITHINGS_DAY_FIGURES: dict[str, Figure] = {
    "steps": Figure("steps"),
    "distance": Figure("distance"),
    "elevation": Figure("floors"),
    "calories": Figure("active_energy"),
    "totalcalories": Figure("total_energy"),
    "moderate": Figure("exercise_time", 1 / 60),
    "intense": Figure("exercise_time", 1 / 60),
}
WITHINGS_WORKOUT_FIGURES: dict[str, Figure] = {
    "calories": Figure("active_energy", most=1e6, is_absent_at_0=True),
    "distance": Figure("distance", is_absent_at_0=True),
    "steps": Figure("steps", most=1e7, is_absent_at_0=True),
    "elevation": Figure("floors", most=1e5, is_absent_at_0=True),
    "hr_average": Figure("heart_rate_mean", most=1e3, is_absent_at_0=True),
    "hr_min": Figure("heart_rate_min", most=1e3, is_absent_at_0=True),
    "hr_max": Figure("heart_rate_max", most=1e3, is_absent_at_0=True),
    "hr_zone_0": Figure("heart_rate_zone_0_s", most=1e6, is_absent_at_0=True),
    "hr_zone_1": Figure("heart_rate_zone_1_s", most=1e6, is_absent_at_0=True),
    "hr_zone_2": Figure("heart_rate_zone_2_s", most=1e6, is_absent_at_0=True),
    "hr_zone_3": Figure("heart_rate_zone_3_s", most=1e6, is_absent_at_0=True),
    # from 0 to 100, as the person put it; no scale of exertion that we know
    "intensity": Figure("intensity_percent", most=100, is_absent_at_0=True),
}
# Samples at an instant, and counts over `duration` seconds after it.
INSTANT_METRICS: dict[str, str] = {
    "heart_rate": "heart_rate",
    "rmssd": "heart_rate_variability_rmssd",
    "sdnn1": "heart_rate_variability_sdnn",
}
COUNT_METRICS: dict[str, str] = {
    "steps": "steps",
    "distance": "distance",
    "elevation": "floors",
    "calories": "active_energy",
}
SLEEP_METRICS: dict[str, str] = {
    "hr": "heart_rate",
    "rmssd": "heart_rate_variability_rmssd",
    "sdnn_1": "heart_rate_variability_sdnn",
}

# The first of these words that the device's name holds, in lower case, decides. Nobody wears a mat
# under a mattress, a scale, a cuff or a thermometer, so that their silence means nothing.
WITHINGS_DEVICES: tuple[tuple[DeviceType, tuple[str, ...]], ...] = (
    (DeviceType.WATCH, ("watch",)),
    (DeviceType.SCALE, ("body", "scale", "ws-", "bpm", "thermo", "aura", "sleep", "wpm")),
    (DeviceType.PHONE, ("googlefit", "google fit", "ios", "iphone", "healthkit", "android")),
    (DeviceType.WATCH, ("pulse", "steel", "move", "activit", "go", "nova", "hwa", "wam")),
)
# Numbers of models, where an answer has no name.
WITHINGS_MODELS: dict[int, DeviceType] = {
    **dict.fromkeys((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13), DeviceType.SCALE),
    **dict.fromkeys((41, 42, 43, 44, 45, 46, 47), DeviceType.SCALE),
    **dict.fromkeys((51, 52, 53, 54, 55, 58, 59, 90, 91, 92, 93, 94), DeviceType.WATCH),
    **dict.fromkeys((60, 61, 62, 63), DeviceType.SCALE),
    **dict.fromkeys((70, 71, 72), DeviceType.SCALE),
    **dict.fromkeys((1051, 1052, 1053, 1054, 1055, 1056, 1057, 1060), DeviceType.PHONE),
    1058: DeviceType.WATCH,  # Apple's, by way of HealthKit
}

_CATEGORIES: dict[str, str] = {
    "walking": "1 306",
    "running": "2",
    "treadmill": "307",
    "hiking": "3",
    "cycling": "5 6",
    "indoor_cycling": "308",
    "swimming": "7",
    "racket_sport": "12 13 14 15",
    "strength": "16",
    "cardio": "17 30",
    "elliptical": "18",
    "pilates": "19",
    "ball_sport": "20 21 22 23 24 25 191 192 193 194",
    "riding": "26",
    "golf": "27",
    "yoga": "28",
    "dance": "29 188",
    "skiing": "34 35",
    "rowing": "187",
    "climbing": "195",
    "multisport": "272",
    "other": "4 8 9 10 11 31 32 33 36 128 190 196 550",
}
WITHINGS_CATEGORIES: dict[str, str] = type_by_word(_CATEGORIES)
