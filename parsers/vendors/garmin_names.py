"""Names in Garmin's Health and Activity interfaces: lists, figures, activity types. Data only.

They come from published open code and integrators' notes. The vendor's own pages are for its
partners.
"""

from parsers.word_tables import type_by_word

# Another spelling of a list -> the one used here.
ALIASES: dict[str, str] = {"bodyComposition": "bodyComps", "pulseOx": "pulseox"}

# Known, but not needed to follow up exercise, and so not kept. `mct` is about menstruation and
# pregnancy.
NOT_FOLLOWED_LISTS = frozenset(
    (
        "moveIQActivities",
        "sleeps",
        "bodyComps",
        "stressDetails",
        "userMetrics",
        "pulseox",
        "allDayRespiration",
        "healthSnapshot",
        "hrv",
        "bloodPressures",
        "skinTemp",
        "mct",
    )
)

# Garmin's name -> our metric. Averages are left out: Garmin gives the heart rate's over seven days.
DAY_TOTALS: dict[str, str] = {
    "steps": "steps",
    "distanceInMeters": "distance",
    "activeKilocalories": "active_energy",
    "bmrKilocalories": "basal_energy",
    "restingHeartRateInBeatsPerMinute": "resting_heart_rate",
}

# Garmin's name -> our name in Workout.summary, and the greatest believable figure.
ACTIVITY_TOTALS: dict[str, tuple[str, float]] = {
    "durationInSeconds": ("duration", 1e6),
    "distanceInMeters": ("distance", 1e9),
    "activeKilocalories": ("active_energy", 1e6),
    "averageHeartRateInBeatsPerMinute": ("heart_rate_mean", 1e3),
    "maxHeartRateInBeatsPerMinute": ("heart_rate_max", 1e3),
    "totalElevationGainInMeters": ("ascent", 1e5),
    "steps": ("steps", 1e7),
}

# Garmin's name in a sample of an activity -> our metric. Places are never read.
SAMPLE_METRICS: dict[str, str] = {
    "heartRate": "heart_rate",
    "speedMetersPerSecond": "speed",
    "stepsPerMinute": "cadence",
    "bikeCadenceInRPM": "cadence",
    "totalDistanceInMeters": "distance",
    "powerInWatts": "power",
    "elevationInMeters": "altitude",
    "airTemperatureCelcius": "temperature",  # spelt so by Garmin
}

_ACTIVITIES: dict[str, str] = {
    "walking": "WALKING CASUAL_WALKING SPEED_WALKING INDOOR_WALKING",
    "hiking": "HIKING MOUNTAINEERING SNOW_SHOE",
    "running": "RUNNING STREET_RUNNING TRACK_RUNNING TRAIL_RUNNING ULTRA_RUN OBSTACLE_RUN",
    "treadmill": "TREADMILL_RUNNING INDOOR_RUNNING VIRTUAL_RUN",
    "cycling": """CYCLING ROAD_BIKING MOUNTAIN_BIKING GRAVEL_CYCLING CYCLOCROSS DOWNHILL_BIKING
        TRACK_CYCLING RECUMBENT_CYCLING BMX E_BIKE_FITNESS E_BIKE_MOUNTAIN""",
    "indoor_cycling": "INDOOR_CYCLING VIRTUAL_RIDE HANDCYCLING_INDOOR",
    "wheelchair": "WHEELCHAIR_PUSH_WALK WHEELCHAIR_PUSH_RUN",
    "swimming": "SWIMMING LAP_SWIMMING OPEN_WATER_SWIMMING",
    "rowing": "ROWING INDOOR_ROWING ROWING_V2",
    "paddling": "PADDLING KAYAKING STAND_UP_PADDLEBOARDING",
    "cross_country_skiing": "CROSS_COUNTRY_SKIING CROSS_COUNTRY_SKIING_WS SKATE_SKIING_WS",
    "skiing": "RESORT_SKIING_SNOWBOARDING RESORT_SKIING_SNOWBOARDING_WS BACKCOUNTRY_SKIING",
    "strength": "STRENGTH_TRAINING",
    "cardio": "FITNESS_EQUIPMENT INDOOR_CARDIO HIIT JUMP_ROPE BOXING",
    "elliptical": "ELLIPTICAL",
    "stair_climbing": "STAIR_CLIMBING FLOOR_CLIMBING",
    "yoga": "YOGA",
    "pilates": "PILATES",
    "mobility": "MOBILITY BREATHWORK",
    "dance": "DANCE",
    "golf": "GOLF",
    "climbing": "INDOOR_CLIMBING BOULDERING ROCK_CLIMBING",
    "racket_sport": "TENNIS TENNIS_V2 BADMINTON SQUASH PADEL PICKLEBALL TABLE_TENNIS RACQUETBALL",
    "ball_sport": "SOCCER BASKETBALL VOLLEYBALL AMERICAN_FOOTBALL BASEBALL RUGBY CRICKET",
    "riding": "HORSEBACK_RIDING",
    "multisport": "MULTI_SPORT TRIATHLON",
    "other": """OTHER GENERIC UNCATEGORIZED BOATING DRIVING_GENERAL E_SPORT FISHING FLYING
        GEOCACHING HANG_GLIDING HUNTING MEDITATION MOTORCYCLING RC_DRONE SAILING SKY_DIVING
        SNOWMOBILING SURFING TACTICAL WAKEBOARDING WATERSKIING WHITEWATER_RAFTING_KAYAKING
        WIND_KITE_SURFING MIXED_MARTIAL_ARTS ARCHERY AUTO_RACING STOP_WATCH""",
    "transition": "TRANSITION TRANSITION_V2 BIKETORUNTRANSITION SWIMTOBIKETRANSITION",
}
ACTIVITY_TYPES: dict[str, str] = type_by_word(_ACTIVITIES)
