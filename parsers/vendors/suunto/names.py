"""Names and numbers in Suunto's interface: events, activities, figures, samples. Data only.

They come from what Suunto publishes and from published open code.
"""

from parsers.word_tables import type_by_word

WORKOUT_EVENT = "WORKOUT_CREATED"
# These bring samples with them. What a sample is, its own members show.
SAMPLE_EVENTS = frozenset(("SUUNTO_247_ACTIVITY_CREATED", "SUUNTO_247_SLEEP_CREATED"))
# Known, but not needed to follow up exercise: a route is a plan, recovery is a score.
UNREAD_EVENTS = frozenset(("ROUTE_CREATED", "SUUNTO_247_RECOVERY_CREATED"))

# Suunto's figure of a workout -> our name in Workout.summary, and the greatest believable figure.
SUUNTO_TOTALS: dict[str, tuple[str, float]] = {
    "totalTime": ("duration", 1e6),
    "totalDistance": ("distance", 1e9),
    "energyConsumption": ("active_energy", 1e6),
    "stepCount": ("steps", 1e7),
    "totalAscent": ("ascent", 1e5),
}
# Ours -> the members of `hrdata` that may hold it. `max` is the greatest of the person, as set.
HEART_TOTALS: dict[str, tuple[str, ...]] = {
    "heart_rate_mean": ("workoutAvgHR", "avg"),
    "heart_rate_max": ("workoutMaxHR", "hrmax"),
}

_JOULES_A_KCAL = 4184
# Suunto's name in a sample -> our metric, and by what to multiply.
SUUNTO_SAMPLES: dict[str, tuple[str, float]] = {
    "HR": ("heart_rate", 1),
    "StepCount": ("steps", 1),
    "EnergyConsumption": ("active_energy", 1 / _JOULES_A_KCAL),
    "HRV": ("heart_rate_variability_rmssd", 1),
}
# Members that show what a sample is about.
ASLEEP_MEMBERS = frozenset(("BedtimeStart", "BedtimeEnd", "SleepId"))
RECOVERY_MEMBERS = frozenset(("Balance", "StressState"))
# Known in samples, and not needed.
UNREAD_MEMBERS = frozenset(("SpO2", "Altitude", "AbsPressure", "SeaLevelPressure"))

# Activities are numbers.
_ACTIVITIES: dict[str, str] = {
    "walking": "0",
    "nordic_walking": "24",
    "hiking": "11 65 70 83",
    "running": "1 22 59 60 95 103 115",
    "treadmill": "53",
    "cycling": "2 10 99 105 106 109 114",
    "indoor_cycling": "52",
    "wheelchair": "108",
    "swimming": "21 85 100",
    "rowing": "15 57",
    "paddling": "14 61 72 82",
    "diving": "78 79 90 101",
    "cross_country_skiing": "3 56 117 118",
    "skiing": "13 30 31 84 107 110 116",
    "strength": "20 23 54 63 73 104",
    "cardio": "17 32 62 69 76 77 81 102",
    "elliptical": "55",
    "yoga": "51 121",
    "pilates": "120",
    "mobility": "58",
    "dance": "64",
    "ball_sport": "19 33 35 37 38 39 43 44 45 47 48 50 67 113",
    "racket_sport": "34 36 40 41 42 75",
    "climbing": "29",
    "riding": "25",
    "golf": "16",
    "multisport": "68 74 80 92 93 94 111",
    "transition": "98",
    "other": "4 5 6 7 8 9 12 18 26 27 28 46 49 66 71 86 87 88 89 91 96 97 112 119",
}
SUUNTO_ACTIVITIES: dict[str, str] = type_by_word(_ACTIVITIES)
