"""Strava's words for kinds of activity, as its interface writes them. Data only."""

from parsers.word_tables import type_by_word

_SPORTS: dict[str, str] = {
    "walking": "Walk",
    "hiking": "Hike Snowshoe",
    "running": "Run TrailRun VirtualRun",
    "cycling": """Ride MountainBikeRide GravelRide EBikeRide EMountainBikeRide Velomobile
        Handcycle""",
    "indoor_cycling": "VirtualRide",
    "wheelchair": "Wheelchair",
    "swimming": "Swim",
    "rowing": "Rowing VirtualRow",
    "paddling": "Canoeing Kayaking StandUpPaddling",
    "cross_country_skiing": "NordicSki RollerSki BackcountrySki",
    "skiing": "AlpineSki Snowboard",
    "strength": "WeightTraining",
    "cardio": "Workout Crossfit HighIntensityIntervalTraining",
    "elliptical": "Elliptical",
    "stair_climbing": "StairStepper",
    "yoga": "Yoga",
    "pilates": "Pilates",
    "dance": "Dance",
    "racket_sport": "Tennis Badminton Squash Pickleball Racquetball TableTennis Padel",
    "ball_sport": "Soccer Basketball Volleyball Cricket",
    "climbing": "RockClimbing",
    "golf": "Golf",
    "other": """IceSkate InlineSkate Kitesurf Sail Skateboard Surfing Windsurf
        PhysicalTherapy""",
}
STRAVA_SPORTS: dict[str, str] = type_by_word(_SPORTS)

# A stream of an activity -> our metric. Positions are never requested.
STRAVA_STREAMS: dict[str, str] = {
    "heartrate": "heart_rate",
    "cadence": "cadence",
    "velocity_smooth": "speed",
    "distance": "distance",
    "altitude": "altitude",
    "watts": "power",
    "temp": "temperature",
}
