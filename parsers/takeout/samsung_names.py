"""Names in Samsung Health's export: tables, columns, numbers of exercises. Data only.

They come from published readers of such exports and from the types of Samsung's own kit.
"""

from dataclasses import dataclass

from parsers.word_tables import type_by_word


@dataclass(frozen=True, slots=True, kw_only=True)
class SamsungTable:
    """A table whose rows become samples: the column of the value, our metric, and what it is.

    `counts`: the value holds from the start to the end. `bins`: a column that names a file of finer
    values; a row that has it is left to that file.
    """

    metric: str
    value: str = ""
    counts: bool = False
    bins: str = ""


# The name of a table in the first line -> what its rows are.
SAMPLE_TABLES: dict[str, SamsungTable] = {
    "com.samsung.shealth.tracker.heart_rate": SamsungTable(
        metric="heart_rate", value="heart_rate", bins="binning_data"
    ),
    "com.samsung.health.heart_rate": SamsungTable(
        metric="heart_rate", value="heart_rate", bins="binning_data"
    ),
    "com.samsung.shealth.tracker.pedometer_step_count": SamsungTable(
        metric="steps", value="count", counts=True
    ),
    "com.samsung.health.step_count": SamsungTable(metric="steps", value="count", counts=True),
    "com.samsung.health.floors_climbed": SamsungTable(metric="floors", value="floor", counts=True),
    "com.samsung.shealth.tracker.oxygen_saturation": SamsungTable(
        metric="oxygen_saturation", value="spo2", bins="binning"
    ),
    "com.samsung.health.oxygen_saturation": SamsungTable(
        metric="oxygen_saturation", value="spo2", bins="binning"
    ),
    "com.samsung.health.weight": SamsungTable(metric="weight", value="weight"),
    "com.samsung.shealth.sleep": SamsungTable(metric="wear", counts=True),
    "com.samsung.health.sleep": SamsungTable(metric="wear", counts=True),
}
EXERCISE_TABLES = ("com.samsung.shealth.exercise", "com.samsung.health.exercise")
# Totals of dates: the column -> our metric.
DAY_TABLES: dict[str, dict[str, str]] = {
    "com.samsung.shealth.tracker.pedometer_day_summary": {
        "step_count": "steps",
        "distance": "distance",
    }
}
# A value in a file of bins, or among the live data of an exercise -> our metric.
BINNED: dict[str, str] = {
    "heart_rate": "heart_rate",
    "spo2": "oxygen_saturation",
    "cadence": "cadence",
    "speed": "speed",
    "power": "power",
}

# A column of the table of exercises -> our name in Workout.summary, greatest figure.
SAMSUNG_TOTALS: dict[str, tuple[str, float]] = {
    "distance": ("distance", 1e9),
    "calorie": ("active_energy", 1e6),
    "mean_heart_rate": ("heart_rate_mean", 1e3),
    "max_heart_rate": ("heart_rate_max", 1e3),
    "mean_cadence": ("cadence_mean", 1e3),
    "count": ("steps", 1e7),
}

# Numbers of exercises in the order of Samsung's list; the word is ours and what is shown.
SAMSUNG_WORDS: dict[str, str] = {
    "1001": "walking", "1002": "running", "2001": "baseball", "2002": "softball",
    "2003": "cricket", "3001": "golf", "4001": "hockey", "4002": "rugby", "4003": "basketball",
    "4004": "soccer", "4005": "handball", "4006": "american_football", "5001": "volleyball",
    "5002": "beach_volleyball", "6001": "squash", "6002": "tennis", "6003": "badminton",
    "6004": "table_tennis", "6005": "racquetball", "7001": "tai_chi", "7002": "boxing",
    "7003": "martial_arts", "8001": "ballet", "8002": "dancing", "8003": "ballroom_dancing",
    "9001": "pilates", "9002": "yoga", "10001": "stretching", "10002": "jump_rope",
    "10004": "push_ups", "10005": "pull_ups", "10006": "sit_ups", "10007": "circuit_training",
    "10008": "mountain_climbers", "10009": "jumping_jacks", "10010": "burpees",
    "10011": "bench_press", "10012": "squats", "10013": "lunges", "11001": "inline_skating",
    "11005": "horseback_riding", "11007": "cycling", "11009": "roller_skating",
    "12001": "aerobics", "13001": "hiking", "13002": "rock_climbing", "13003": "backpacking",
    "13004": "mountain_biking", "14001": "swimming", "14002": "aquarobics", "14003": "canoeing",
    "14005": "scuba_diving", "14007": "kayaking", "14010": "rowing", "15001": "step_machine",
    "15002": "weight_machine", "15003": "exercise_bike", "15004": "rowing_machine",
    "15005": "treadmill", "15006": "elliptical", "16001": "cross_country_skiing",
    "16002": "skiing", "16004": "ice_skating", "16007": "snowboarding", "16008": "alpine_skiing",
    "16009": "snowshoeing", "0": "custom",
}  # fmt: skip
SAMSUNG_TYPES: dict[str, str] = type_by_word(
    {
        "walking": "walking",
        "running": "running",
        "treadmill": "treadmill",
        "hiking": "hiking backpacking snowshoeing",
        "cycling": "cycling mountain_biking",
        "indoor_cycling": "exercise_bike",
        "swimming": "swimming",
        "water_exercise": "aquarobics",
        "diving": "scuba_diving",
        "rowing": "rowing rowing_machine",
        "paddling": "canoeing kayaking",
        "cross_country_skiing": "cross_country_skiing",
        "skiing": "skiing snowboarding alpine_skiing",
        "strength": """push_ups pull_ups sit_ups bench_press squats lunges weight_machine""",
        "cardio": """circuit_training mountain_climbers jumping_jacks burpees jump_rope aerobics
            boxing martial_arts""",
        "elliptical": "elliptical",
        "stair_climbing": "step_machine",
        "yoga": "yoga",
        "pilates": "pilates",
        "mobility": "stretching",
        "balance": "tai_chi",
        "dance": "ballet dancing ballroom_dancing",
        "golf": "golf",
        "climbing": "rock_climbing",
        "racket_sport": "squash tennis badminton table_tennis racquetball",
        "ball_sport": """baseball softball cricket hockey rugby basketball soccer handball
            american_football volleyball beach_volleyball""",
        "riding": "horseback_riding",
        "other": "custom inline_skating roller_skating ice_skating",
    }
)
