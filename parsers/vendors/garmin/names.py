"""Names in Garmin's Health and Activity interfaces: lists, figures, activity types. Data only.

They come from published open code and integrators' notes. The vendor's own pages are for its
partners.
"""

from parsers.word_tables import type_by_word

# Another spelling of a list -> the one used here.
ALIASES: dict[str, str] = {
    "bodyComposition": "bodyComps",
    "bodyCompositions": "bodyComps",
    "pulseOx": "pulseox",
    "moveIQ": "moveIQActivities",
    "moveiq": "moveIQActivities",
    "healthSnapshots": "healthSnapshot",
    "respiration": "allDayRespiration",
    "stress": "stressDetails",
    "menstrualCycleTracking": "mct",
    "userPermissionsChanges": "userPermissionsChange",
    "deregistration": "deregistrations",
}

# Known, but not needed to follow up exercise, and so not kept. `mct` is about menstruation and
# pregnancy. Days of third parties are what other makers measured.
NOT_FOLLOWED_LISTS = frozenset(
    (
        "bodyComps",
        "stressDetails",
        "userMetrics",
        "pulseox",
        "allDayRespiration",
        "bloodPressures",
        "skinTemp",
        "mct",
        "thirdPartyDailies",
    )
)

# Garmin's name -> our metric. Averages are left out: Garmin gives the heart rate's over seven days.
DAY_TOTALS: dict[str, str] = {
    "steps": "steps",
    "distanceInMeters": "distance",
    "activeKilocalories": "active_energy",
    "bmrKilocalories": "basal_energy",
    "restingHeartRateInBeatsPerMinute": "resting_heart_rate",
    "floorsClimbed": "floors",
}
# Together they are the minutes of exercise of a day. A vigorous one is not counted twice.
INTENSE_SECONDS = ("moderateIntensityDurationInSeconds", "vigorousIntensityDurationInSeconds")

# Garmin's name in a slot of a quarter of an hour -> our metric.
SLOT_COUNTS: dict[str, str] = {
    "steps": "steps",
    "distanceInMeters": "distance",
    "activeKilocalories": "active_energy",
}

# How a night was found -> its rank: what is final replaces what is tentative, and a hand both.
VALIDATIONS: dict[str, int] = {
    "AUTO_TENTATIVE": 0,
    "ENHANCED_TENTATIVE": 0,
    "AUTO_FINAL": 1,
    "ENHANCED_FINAL": 1,
    "DEVICE": 1,
    "AUTO_MANUAL": 2,
    "MANUAL": 2,
    "OFF_WRIST": 2,
}

# Kinds of summaries within a snapshot -> our metric: a series, and what is only a mean.
SNAPSHOT_SAMPLES: dict[str, str] = {"heart_rate": "heart_rate"}
SNAPSHOT_MEANS: dict[str, str] = {
    "rmssd_hrv": "heart_rate_variability_rmssd",
    "sdrr_hrv": "heart_rate_variability_sdnn",
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
    "hiking": "HIKING MOUNTAINEERING SNOW_SHOE SNOW_SHOE_WS RUCKING",
    "running": "RUNNING STREET_RUNNING TRACK_RUNNING TRAIL_RUNNING ULTRA_RUN OBSTACLE_RUN",
    "treadmill": "TREADMILL_RUNNING INDOOR_RUNNING VIRTUAL_RUN",
    "cycling": """CYCLING ROAD_BIKING MOUNTAIN_BIKING GRAVEL_CYCLING CYCLOCROSS DOWNHILL_BIKING
        TRACK_CYCLING RECUMBENT_CYCLING BMX E_BIKE_FITNESS E_BIKE_MOUNTAIN ENDURO_MTB
        E_ENDURO_MTB HANDCYCLING""",
    "indoor_cycling": "INDOOR_CYCLING VIRTUAL_RIDE HANDCYCLING_INDOOR INDOOR_HANDCYCLING",
    "wheelchair": "WHEELCHAIR_PUSH_WALK WHEELCHAIR_PUSH_RUN",
    "swimming": "SWIMMING LAP_SWIMMING OPEN_WATER_SWIMMING",
    "rowing": "ROWING INDOOR_ROWING ROWING_V2",
    "paddling": """PADDLING KAYAKING STAND_UP_PADDLEBOARDING PADDLING_V2 KAYAKING_V2
        STAND_UP_PADDLEBOARDING_V2""",
    "cross_country_skiing": """CROSS_COUNTRY_SKIING CROSS_COUNTRY_SKIING_WS SKATE_SKIING_WS
        CROSS_COUNTRY_INDOOR_SKIING CROSS_COUNTRY_CLASSIC_SKIING""",
    "skiing": """RESORT_SKIING_SNOWBOARDING RESORT_SKIING_SNOWBOARDING_WS BACKCOUNTRY_SKIING
        RESORT_SKIING SNOWBOARDING_WS BACKCOUNTRY_SNOWBOARDING
        BACKCOUNTRY_SKIING_SNOWBOARDING_WS RESORT_SNOWBOARDING""",
    "strength": "STRENGTH_TRAINING",
    "cardio": """FITNESS_EQUIPMENT INDOOR_CARDIO HIIT JUMP_ROPE BOXING GYM_AND_FITNESS_EQUIPMENT
        CARDIO_TRAINING""",
    "elliptical": "ELLIPTICAL",
    "stair_climbing": "STAIR_CLIMBING FLOOR_CLIMBING",
    "yoga": "YOGA",
    "pilates": "PILATES",
    "mobility": "MOBILITY BREATHWORK",
    "dance": "DANCE",
    "diving": """SNORKELING DIVING SINGLE_GAS_DIVING MULTI_GAS_DIVING GAUGE_DIVING APNEA_DIVING
        CCR_DIVING POOL_APNEA APNEA_HUNTING""",
    "golf": "GOLF",
    "climbing": "INDOOR_CLIMBING BOULDERING ROCK_CLIMBING",
    "racket_sport": """TENNIS TENNIS_V2 BADMINTON SQUASH PADEL PICKLEBALL TABLE_TENNIS RACQUETBALL
        RACKET_SPORTS PADDELBALL PLATFORM_TENNIS""",
    "ball_sport": """SOCCER BASKETBALL VOLLEYBALL AMERICAN_FOOTBALL BASEBALL RUGBY CRICKET
        TEAM_SPORTS FIELD_HOCKEY ICE_HOCKEY LACROSSE SOFTBALL""",
    "riding": "HORSEBACK_RIDING",
    "multisport": "MULTI_SPORT TRIATHLON",
    "other": """OTHER GENERIC UNCATEGORIZED BOATING DRIVING_GENERAL E_SPORT FISHING FLYING
        GEOCACHING HANG_GLIDING HUNTING MEDITATION MOTORCYCLING RC_DRONE SAILING SKY_DIVING
        SNOWMOBILING SURFING TACTICAL WAKEBOARDING WATERSKIING WHITEWATER_RAFTING_KAYAKING
        WIND_KITE_SURFING MIXED_MARTIAL_ARTS ARCHERY AUTO_RACING STOP_WATCH WINTER_SPORTS
        WATER_SPORTS SKATING_WS INLINE_SKATING SNOWMOBILING_WS BOATING_V2 FISHING_V2 SAILING_V2
        SURFING_V2 WAKEBOARDING_V2 WINDSURFING WINDSURFING_V2 KITEBOARDING KITEBOARDING_V2
        WHITEWATER_RAFTING WHITEWATER_RAFTING_V2 OFFSHORE_GRINDING OFFSHORE_GRINDING_V2
        ONSHORE_GRINDING ONSHORE_GRINDING_V2 ULTIMATE_DISC DISC_GOLF PARA_SPORTS HUNTING_V2
        HUNTING_FISHING ATV ATV_V2 MOTOCROSS MOTOCROSS_V2 MOTORCYCLING_V2 OVERLAND SAFETY
        INCIDENT_DETECTED ASSISTANCE WAKESURFING WATER_TUBING WINGSUIT_FLYING""",
    "transition": """TRANSITION TRANSITION_V2 BIKETORUNTRANSITION SWIMTOBIKETRANSITION
        BIKE_TO_RUN_TRANSITION BIKE_TO_RUN_TRANSITION_V2 RUN_TO_BIKE_TRANSITION
        RUN_TO_BIKE_TRANSITION_V2 SWIM_TO_BIKE_TRANSITION SWIM_TO_BIKE_TRANSITION_V2""",
}
ACTIVITY_TYPES: dict[str, str] = type_by_word(_ACTIVITIES)
