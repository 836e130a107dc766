"""Names in Polar's exports and exercises: sports, series, words of effort. Data only.

The words of sports are those of Polar's public interface. The numbers of its own catalogue are
known only where published exports agree on them.
"""

from parsers.word_tables import type_by_word

_SPORTS: dict[str, str] = {
    "walking": "WALKING 3 INDOOR_WALKING TRACK_AND_FIELD_WALKING",
    "hiking": "HIKING 11 TREKKING SNOWSHOE_TREKKING MOUNTAINEERING ORIENTEERING",
    "running": """RUNNING 1 JOGGING ROAD_RUNNING TRAIL_RUNNING TRACK_AND_FIELD_RUNNING ULTRARUNNING
        ULTRA_RUNNING_RUNNING INDOOR_RUNNING VIRTUAL_RUNNING""",
    "treadmill": "TREADMILL_RUNNING",
    "nordic_walking": "NORDIC_WALKING",
    "cycling": """CYCLING 2 ROAD_BIKING ROAD_CYCLING MOUNTAIN_BIKING CYCLOCROSS E_BIKE GRAVEL
        GRAVEL_CYCLING MOUNTAIN_BIKE_ORIENTEERING""",
    "indoor_cycling": "INDOOR_CYCLING SPINNING VIRTUAL_CYCLING",
    "wheelchair": "WHEELCHAIR_RACING WHEELCHAIR",
    "swimming": "SWIMMING POOL_SWIMMING OPEN_WATER_SWIMMING OPEN_WATER",
    "rowing": "ROWING INDOOR_ROWING WATERSPORTS_ROWING",
    "paddling": "WATERSPORTS_CANOEING WATERSPORTS_KAYAKING CANOEING KAYAKING SUP",
    "water_exercise": "AQUATICS_WATER_AEROBICS WATER_EXERCISE WATER_RUNNING AQUA_FITNESS",
    "diving": "SNORKELING FREE_DIVING SCUBA_DIVING",
    "cross_country_skiing": """CROSS_COUNTRY_SKIING CROSSCOUNTRY_SKIING CLASSIC_XC_SKIING
        FREESTYLE_XC_SKIING XC_SKIING_CLASSIC XC_SKIING_FREESTYLE CLASSIC_ROLLER_SKIING
        FREESTYLE_ROLLER_SKIING ROLLER_SKIING BACKCOUNTRY_SKIING SKI_ORIENTEERING""",
    "skiing": "DOWNHILL_SKIING SKIING SNOWBOARDING TELEMARK_SKIING",
    "strength": "STRENGTH_TRAINING CIRCUIT_TRAINING FUNCTIONAL_TRAINING CORE CROSS_FIT KETTLEBELL",
    "cardio": """AEROBICS GROUP_EXERCISE FITNESS_MARTIAL_ARTS BOXING KICKBOXING CROSS_TRAINER_GROUP
        JUMP_ROPE HIIT STEP_WORKOUT BOOTCAMP MOBILITY_DYNAMIC OTHER_FITNESS""",
    "elliptical": "CROSS_TRAINER CROSSTRAINER ELLIPTICAL",
    "stair_climbing": "STAIR_CLIMBING",
    "yoga": "YOGA",
    "pilates": "PILATES",
    "mobility": "STRETCHING MOBILITY_STATIC FLEXIBILITY MOBILITY",
    "dance": """DANCING BALLROOM_DANCING LATIN_DANCING ZUMBA JAZZ_DANCING MODERN_DANCING
        STREET_DANCING""",
    "ball_sport": """SOCCER FUTSAL BASKETBALL VOLLEYBALL BEACH_VOLLEYBALL HANDBALL FLOORBALL
        ICE_HOCKEY FIELD_HOCKEY RUGBY AMERICAN_FOOTBALL BASEBALL CRICKET LACROSSE""",
    "racket_sport": "TENNIS BADMINTON SQUASH TABLE_TENNIS PADEL RACQUET_SPORTS",
    "climbing": "CLIMBING CLIMBING_INDOOR ROCK_CLIMBING",
    "riding": "RIDING HORSEBACK_RIDING",
    "golf": "GOLF DISC_GOLF",
    "multisport": "TRIATHLON DUATHLON FREE_MULTISPORT OFFROADTRIATHLON OFFROADDUATHLON",
    "other": "OTHER OTHER_OUTDOOR OTHER_INDOOR",
}
POLAR_SPORTS: dict[str, str] = type_by_word(_SPORTS)

# A series of an exercise -> our metric, and the factor to its unit: Polar gives km/h.
POLAR_SERIES: dict[str, tuple[str, float]] = {
    "heartRate": ("heart_rate", 1),
    "SAMPLE_TYPE_HEART_RATE": ("heart_rate", 1),
    "SAMPLE_TYPE_SPEED": ("speed", 1 / 3.6),
    "SAMPLE_TYPE_CADENCE": ("cadence", 1),
    "SAMPLE_TYPE_ALTITUDE": ("altitude", 1),
    "SAMPLE_TYPE_DISTANCE": ("distance", 1),
    "SAMPLE_TYPE_TEMPERATURE": ("temperature", 1),
    "HEART_RATE": ("heart_rate", 1),
    "0": ("heart_rate", 1),
    "speed": ("speed", 1 / 3.6),
    "SPEED": ("speed", 1 / 3.6),
    "1": ("speed", 1 / 3.6),
    "cadence": ("cadence", 1),
    "CADENCE": ("cadence", 1),
    "2": ("cadence", 1),
    "altitude": ("altitude", 1),
    "ALTITUDE": ("altitude", 1),
    "3": ("altitude", 1),
    "distance": ("distance", 1),
    "DISTANCE": ("distance", 1),
    "10": ("distance", 1),
    "4": ("power", 1),
    "8": ("cadence", 1),
    "temperature": ("temperature", 1),
    "TEMPERATURE": ("temperature", 1),
    "9": ("temperature", 1),
}
# Metrics of which 0 means that nothing was measured.
NO_READING = frozenset(("heart_rate",))

# Polar asks for one of ten words. Its own numbers for them are 1 to 10 in this order, so the word
# for no effort at all is 1 and not 0.
_EFFORTS = """
    RPE_NONE RPE_EASY RPE_LIGHT RPE_FAIRLY_BRISK RPE_BRISK RPE_MODERATE RPE_FAIRLY_HARD RPE_HARD
    RPE_EXHAUSTING RPE_EXTREME
"""
POLAR_EFFORTS: dict[str, float] = {
    word: float(grade) for grade, word in enumerate(_EFFORTS.split(), 1)
}
POLAR_EFFORTS["RPE_EXHAUSTED"] = POLAR_EFFORTS["RPE_EXHAUSTING"]  # as some exports spell it
