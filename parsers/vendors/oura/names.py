"""Names in Oura's second interface: types of data, figures, activities. Data only."""

from model.facts import Method
from parsers.vendors.figures import Figure
from parsers.word_tables import type_by_word

# What a cue asks for. Heart rate has no cues: it is asked for by the times of these.
FOLLOWED_TYPES = ("workout", "session", "daily_activity", "sleep", "vO2_max")
EVENTS_OF_DATA = ("create", "update")
DELETED = "delete"
OURA_PATH = "/v2/usercollection/"
HEART_RATE_TYPE = "heartrate"

# A period of sleep that its wearer has rejected is no longer one.
REJECTED_SLEEPS = frozenset(("deleted", "rest"))

OURA_DAY_FIGURES: dict[str, Figure] = {
    "steps": Figure("steps"),
    "active_calories": Figure("active_energy"),
    "total_calories": Figure("total_energy"),
    # metres of walking that would have taken as much energy
    "equivalent_walking_distance": Figure("distance"),
    "medium_activity_time": Figure("exercise_time", 1 / 60),
    "high_activity_time": Figure("exercise_time", 1 / 60),
}
WORKOUT_FIGURES: dict[str, Figure] = {
    "calories": Figure("active_energy", most=1e6),
    "distance": Figure("distance"),
}
# The series of a period of sleep or of a session -> our metric.
SERIES_METRICS: dict[str, str] = {
    "heart_rate": "heart_rate",
    "hrv": "heart_rate_variability_rmssd",
    "heart_rate_variability": "heart_rate_variability_rmssd",
}
# How a workout came to be, else it was found in the background.
WORKOUT_METHODS: dict[str, Method] = {
    "manual": Method.MANUAL,
    "workout_heart_rate": Method.WORKOUT,
}
HEART_RATE_METHODS: dict[str, Method] = {"workout": Method.WORKOUT, "live": Method.WORKOUT}

_ACTIVITIES: dict[str, str] = {
    "walking": "walking dogWalking stroller houseWalking walkingFitness",
    "nordic_walking": "nordicWalking",
    "hiking": "hiking snowshoeing orienteering mountaineering",
    "running": "running trailRunning jogging",
    "treadmill": "treadmill indoorRunning",
    "cycling": "cycling mountainBiking bmx eBiking",
    "indoor_cycling": "indoorCycling spinning",
    "swimming": "swimming",
    "water_exercise": "waterAerobics aquaFitness",
    "rowing": "rowing indoorRowing",
    "paddling": "kayaking canoeing paddling standUpPaddling",
    "cross_country_skiing": "crossCountrySkiing",
    "skiing": "downhillSkiing skiing snowboarding alpineSkiing",
    "strength": "strengthTraining weightlifting coreExercise crossfit crossTraining",
    "cardio": "HIIT hiit boxing kickboxing jumpRope aerobics cardioTraining",
    "elliptical": "elliptical crossTrainer",
    "stair_climbing": "stairExercise stairClimbing",
    "yoga": "yoga",
    "pilates": "pilates barre",
    "mobility": "stretching flexibility",
    "dance": "dancing dance zumba",
    "golf": "golf discGolf",
    "climbing": "climbing bouldering",
    "racket_sport": "tennis badminton squash padel pickleball tableTennis racquetball",
    "ball_sport": """basketball soccer football americanFootball volleyball handball baseball rugby
        cricket hockey iceHockey floorball waterPolo""",
    "riding": "horsebackRiding",
    "other": """other houseWork yardWork sauna surfing sailing martialArts skateboarding
        iceSkating skating gymnastics bowling fishing gardening mindfulness""",
}
OURA_ACTIVITIES: dict[str, str] = type_by_word(_ACTIVITIES)
