"""Activity types of Kadens by FIT's names of sports. Data only.

The sub-sport decides where it is known, else the sport. Any other workout has the type "other".
"""

from model.facts import DeviceType
from parsers.word_tables import type_by_word

_SUB_SPORTS: dict[str, str] = {
    "treadmill": "treadmill indoor_running",
    "walking": "indoor_walking casual_walking speed_walking",
    "indoor_cycling": "spin indoor_cycling",
    "rowing": "indoor_rowing",
    "elliptical": "elliptical",
    "stair_climbing": "stair_climbing",
    "strength": "strength_training",
    "cardio": "cardio_training hiit amrap emom tabata",
    "mobility": "flexibility_training",
    "yoga": "yoga",
    "pilates": "pilates",
    "swimming": "lap_swimming open_water",
    "wheelchair": "indoor_wheelchair_walk indoor_wheelchair_run",
    "climbing": "indoor_climbing bouldering",
    "racket_sport": "pickleball padel squash badminton racquetball table_tennis",
    "transition": "bike_to_run_transition run_to_bike_transition swim_to_bike_transition",
}
_SPORTS: dict[str, str] = {
    "walking": "walking",
    "hiking": "hiking mountaineering snowshoeing",
    "running": "running",
    "cycling": "cycling e_biking",
    "wheelchair": "wheelchair_push_walk wheelchair_push_run",
    "swimming": "swimming",
    "rowing": "rowing",
    "paddling": "paddling kayaking rafting stand_up_paddleboarding",
    "diving": "diving snorkeling",
    "cross_country_skiing": "cross_country_skiing",
    "skiing": "alpine_skiing snowboarding",
    "cardio": "fitness_equipment training hiit jump_rope boxing mixed_martial_arts",
    "stair_climbing": "floor_climbing",
    "dance": "dance",
    "ball_sport": """basketball soccer american_football baseball cricket rugby hockey lacrosse
        volleyball disc_golf""",
    "racket_sport": "tennis racket",
    "climbing": "rock_climbing",
    "riding": "horseback_riding",
    "golf": "golf",
    "transition": "transition",
    "multisport": "multisport",
}
BY_SUB_SPORT: dict[str, str] = type_by_word(_SUB_SPORTS)
BY_SPORT: dict[str, str] = type_by_word(_SPORTS)
# A virtual ride happens on a trainer at home; its sub-sport does not name the machine.
VIRTUAL = {
    "cycling": "indoor_cycling",
    "running": "treadmill",
    "rowing": "rowing",
    "walking": "treadmill",
}

# FIT counts strides on foot; Kadens counts steps.
ON_FOOT = frozenset({"walking", "hiking", "running", "treadmill", "nordic_walking"})

# A bike computer counts as a watch: its heart rate comes from the same kinds of sensor.
_WATCHES = """
    garmin suunto coros polar polar_electro wahoo_fitness tomtom bryton sigmasport dynastream timex
    lezyne hammerhead xplova magene apple samsung huawei amazfit zepp fitbit fossil withings
"""
MAKERS: dict[str, DeviceType] = dict.fromkeys(_WATCHES.split(), DeviceType.WATCH) | {
    "strava": DeviceType.PHONE
}


def type_of(sport: str, sub_sport: str) -> str:
    """Return our activity type for FIT's sport and sub-sport names."""
    if sub_sport == "virtual_activity" and sport in VIRTUAL:
        return VIRTUAL[sport]
    return BY_SUB_SPORT.get(sub_sport) or BY_SPORT.get(sport, "other")
