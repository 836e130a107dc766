"""Names in Terra's events: kinds of events, lists of samples, figures, activities. Data only.

They come from the models that Terra publishes (version 2022-03-16, as of 2026).
"""

from dataclasses import dataclass

from model.received import NoticeKind
from parsers.word_tables import type_by_word

Path = tuple[str, ...]

# kind of event -> what it means, and the members that name the users concerned
NOTICED_KINDS: dict[str, tuple[tuple[NoticeKind, str], ...]] = {
    "auth": ((NoticeKind.CONNECTED, "user"),),
    "deauth": ((NoticeKind.REVOKED, "user"),),
    "access_revoked": ((NoticeKind.REVOKED, "user"),),
    # The user gets a new id. The old one is never used again, so its patient must be linked anew.
    "user_reauth": ((NoticeKind.CONNECTED, "new_user"), (NoticeKind.BROKEN, "old_user")),
    "connection_error": ((NoticeKind.BROKEN, "user"),),
    "permission_change": ((NoticeKind.PERMISSIONS, "user"),),
    "processing": ((NoticeKind.PROGRESS, "user"),),
    "large_request_processing": ((NoticeKind.PROGRESS, "user"),),
    "large_request_sending": ((NoticeKind.PROGRESS, "user"),),
    "rate_limit_hit": ((NoticeKind.PROGRESS, "user"),),
    "healthcheck": ((NoticeKind.PING, "user"),),
}

# what an event of a kind is whose status is an error: nobody was connected by it
FAILED_KINDS = {"auth": "auth_error"}
# Known and not kept: they are not needed to follow up exercise.
NOT_FOLLOWED_KINDS = frozenset(
    """
    athlete nutrition menstruation hormone planned_workout planned_workouts health_observation
    lab_report lab_report_completed lab_report_failed route routes auth_cancelled auth_error
    google_no_datasource
    """.split()  # noqa: SIM905 - words to read, not syntax
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TerraSeries:
    """One row: a list of samples within an object of `data`, and the member that holds the value.

    `at` is the member with the time. `totals` are where the sum of a counter is stated; such a list
    holds readings of a counter since the start of the object. It is empty for readings.
    """

    path: Path
    member: str
    metric: str
    at: str = "timestamp"
    totals: tuple[Path, ...] = ()


_BEATS, _BODY_BEATS = ("heart_rate_data", "detailed"), ("heart_data", "heart_rate_data", "detailed")
_WALKED = ("distance_data", "detailed")


def _total(member: str) -> tuple[Path, ...]:
    """Return where a total stands in a workout and in a day."""
    return ("distance_data", "summary", member), ("distance_data", member)


TERRA_SERIES: tuple[TerraSeries, ...] = (
    TerraSeries(path=(*_BEATS, "hr_samples"), member="bpm", metric="heart_rate"),
    TerraSeries(path=(*_BODY_BEATS, "hr_samples"), member="bpm", metric="heart_rate"),
    TerraSeries(
        path=(*_BEATS, "hrv_samples_rmssd"),
        member="hrv_rmssd",
        metric="heart_rate_variability_rmssd",
    ),
    TerraSeries(
        path=(*_BODY_BEATS, "hrv_samples_rmssd"),
        member="hrv_rmssd",
        metric="heart_rate_variability_rmssd",
    ),
    TerraSeries(
        path=(*_BEATS, "hrv_samples_sdnn"), member="hrv_sdnn", metric="heart_rate_variability_sdnn"
    ),
    TerraSeries(
        path=(*_BODY_BEATS, "hrv_samples_sdnn"),
        member="hrv_sdnn",
        metric="heart_rate_variability_sdnn",
    ),
    TerraSeries(
        path=(*_WALKED, "step_samples"), member="steps", metric="steps", totals=_total("steps")
    ),
    TerraSeries(
        path=(*_WALKED, "distance_samples"),
        member="distance_meters",
        metric="distance",
        totals=_total("distance_meters"),
    ),
    TerraSeries(
        path=(*_WALKED, "floors_climbed_samples"),
        member="floors_climbed",
        metric="floors",
        totals=_total("floors_climbed"),
    ),
    TerraSeries(
        path=("movement_data", "speed_samples"), member="speed_meters_per_second", metric="speed"
    ),
    TerraSeries(path=("power_data", "power_samples"), member="watts", metric="power"),
    TerraSeries(
        path=("measurements_data", "measurements"),
        member="weight_kg",
        metric="weight",
        at="measurement_time",
    ),
    TerraSeries(
        path=("blood_pressure_data", "blood_pressure_samples"),
        member="systolic_bp",
        metric="blood_pressure_systolic",
    ),
    TerraSeries(
        path=("blood_pressure_data", "blood_pressure_samples"),
        member="diastolic_bp",
        metric="blood_pressure_diastolic",
    ),
)

# where a figure of a day stands -> our metric, and whether it grows during the day
DAY_FIGURES: dict[Path, tuple[str, bool]] = {
    ("distance_data", "steps"): ("steps", True),
    ("distance_data", "distance_meters"): ("distance", True),
    ("distance_data", "floors_climbed"): ("floors", True),
    ("calories_data", "net_activity_calories"): ("active_energy", True),
    ("calories_data", "BMR_calories"): ("basal_energy", True),
    ("calories_data", "total_burned_calories"): ("total_energy", True),
    ("heart_rate_data", "summary", "resting_hr_bpm"): ("resting_heart_rate", False),
    ("heart_rate_data", "summary", "avg_hrv_rmssd"): ("heart_rate_variability_rmssd", False),
    ("heart_rate_data", "summary", "avg_hrv_sdnn"): ("heart_rate_variability_sdnn", False),
    ("oxygen_data", "vo2max_ml_per_min_per_kg"): ("vo2_max", False),
}
# seconds of a day at these intensities are its time of exercise
INTENSE_PATHS: tuple[Path, ...] = (
    ("active_durations_data", "moderate_intensity_seconds"),
    ("active_durations_data", "vigorous_intensity_seconds"),
)
# of a night: what the hub counts towards the date on which it ended
NIGHT_FIGURES: dict[Path, tuple[str, bool]] = {
    ("heart_rate_data", "summary", "resting_hr_bpm"): ("resting_heart_rate", False),
    ("heart_rate_data", "summary", "avg_hrv_rmssd"): ("heart_rate_variability_rmssd", False),
    ("heart_rate_data", "summary", "avg_hrv_sdnn"): ("heart_rate_variability_sdnn", False),
}

# where a total of a workout stands -> our name in Workout.summary, and the greatest believable one
TERRA_TOTALS: dict[Path, tuple[str, float]] = {
    ("distance_data", "summary", "distance_meters"): ("distance", 1e9),
    ("distance_data", "summary", "steps"): ("steps", 1e7),
    ("distance_data", "summary", "elevation", "gain_actual_meters"): ("ascent", 1e5),
    ("calories_data", "net_activity_calories"): ("active_energy", 1e6),
    ("calories_data", "total_burned_calories"): ("total_energy", 1e6),
    ("heart_rate_data", "summary", "avg_hr_bpm"): ("heart_rate_mean", 1e3),
    ("heart_rate_data", "summary", "max_hr_bpm"): ("heart_rate_max", 1e3),
}

# Terra numbers its activities.
_ACTIVITIES: dict[str, str] = {
    "walking": "7 93 116",
    "hiking": "35 75 130 141",
    "running": "8 56 57 149",
    "treadmill": "58 88 95 133",
    "nordic_walking": "94",
    "cycling": "1 15 16 19 150 152 153",
    "indoor_cycling": "17 18",
    "wheelchair": "14 98",
    "swimming": "82 83 84",
    "rowing": "53 54 103",
    "paddling": "40 79 129 140",
    "diving": "60 102",
    "cross_country_skiing": "13 66 67 70",
    "skiing": "65 68 69 71 73",
    "strength": "21 41 80 97",
    "cardio": "9 20 22 39 42 44 46 47 113 114 115 123",
    "elliptical": "25",
    "stair_climbing": "77 78",
    "yoga": "100",
    "pilates": "49",
    "mobility": "33 125 154",
    "dance": "24 101",
    "ball_sport": "11 12 23 27 28 29 34 36 55 86 89 90 91 96 120 124 147 148",
    "racket_sport": "10 51 76 85 87 134",
    "climbing": "52",
    "riding": "37 50",
    "golf": "32",
    "multisport": "126 151",
    "other": """4 26 30 31 38 43 45 48 59 61 62 63 64 74 81 92 99 104 105 106 108 119 122 127 128
        131 132 137 138 139 142 145 146""",
}
TERRA_TYPES: dict[str, str] = type_by_word(_ACTIVITIES)
# in a vehicle, still, tilting, lift, escalator, driving, flying, ballooning
NO_EXERCISE = frozenset(("0", "3", "5", "117", "118", "135", "136", "143", "144"))
