"""Names in WHOOP's second interface: figures, zones, sports. Data only."""

from parsers.vendors.figures import Figure
from parsers.word_tables import type_by_word

WHOOP_ACTIVITY_PATH = "/developer/v2/activity/"
WHOOP_CYCLE_PATH = "/developer/v2/cycle/"
WHOOP_KINDS = ("workout", "sleep", "recovery")
UPDATED_EVENT, DELETED_EVENT = "updated", "deleted"
# The sleep that names the cycle of a recovery: the cue of a recovery names only the sleep.
SLEEP_OF_RECOVERY = "sleep_of_recovery"

_KCAL = 1 / 4.184  # of a kilojoule

WORKOUT_SCORES: dict[str, Figure] = {
    "average_heart_rate": Figure("heart_rate_mean", most=1e3, is_absent_at_0=True),
    "max_heart_rate": Figure("heart_rate_max", most=1e3, is_absent_at_0=True),
    "kilojoule": Figure("total_energy", _KCAL, most=1e6),
    "distance_meter": Figure("distance"),
    "altitude_gain_meter": Figure("ascent", most=1e5),
}
# Seconds in each zone of WHOOP's own; they are shown, and ours are never made of them.
ZONE_FIGURES: dict[str, Figure] = {
    f"zone_{word}_milli": Figure(f"heart_rate_zone_{number}_s", 1e-3, most=1e6)
    for number, word in enumerate(("zero", "one", "two", "three", "four", "five"))
}
# A recovery's figure -> our metric.
RECOVERY_METRICS: dict[str, str] = {
    "resting_heart_rate": "resting_heart_rate",
    "hrv_rmssd_milli": "heart_rate_variability_rmssd",
}

_SPORTS: dict[str, str] = {
    "walking": "walking dog-walking stroller-walking rucking caddying",
    "hiking": "hiking-rucking hiking snowshoeing mountaineering",
    "running": "running track-field trail-running obstacle-course-racing stroller-jogging",
    "treadmill": "treadmill-running treadmill",
    "cycling": "cycling mountain-biking road-cycling gravel-cycling bmx",
    "indoor_cycling": "spin indoor-cycling assault-bike",
    "wheelchair": "wheelchair-pushing",
    "swimming": "swimming open-water-swimming",
    "rowing": "rowing indoor-rowing",
    "paddling": "kayaking canoeing paddleboarding outrigger-canoeing",
    "water_exercise": "water-aerobics aqua-fitness",
    "diving": "diving scuba-diving",
    "cross_country_skiing": "cross-country-skiing backcountry-skiing ski-touring",
    "skiing": "skiing snowboarding downhill-skiing",
    "strength": "weightlifting powerlifting weightlifting_msk strength-trainer functional-fitness",
    "cardio": """hiit boxing kickboxing jumping-rope cross-training f45 barrys circuit-training
        box-fitness""",
    "elliptical": "elliptical",
    "stair_climbing": "stairmaster climber stadium-steps",
    "yoga": "yoga hot-yoga",
    "pilates": "pilates barre barre3",
    "mobility": "stretching mobility physical-therapy",
    "dance": "dance zumba ballet",
    "golf": "golf disc-golf",
    "climbing": "rock-climbing bouldering indoor-climbing",
    "racket_sport": """tennis squash badminton pickleball padel table-tennis racquetball paddle
        paddle-tennis""",
    "ball_sport": """basketball soccer football volleyball baseball softball rugby cricket lacrosse
        handball hockey ice-hockey field-hockey netball water-polo gaelic-football ultimate
        australian-football hurling-camogie spikeball""",
    "riding": "horseback-riding polo",
    "multisport": "triathlon duathlon",
    "other": """activity other surfing sailing wrestling martial-arts jiu-jitsu fencing gymnastics
        skateboarding ice-skating inline-skating motocross manual-labor yard-work massage-therapy
        sauna ice-bath meditation commuting gaming parkour circus-arts paintball
        motor-racing coaching cleaning stage-performance musical-performance public-speaking
        watching-sports high-stress-work operations-tactical operations-medical operations-flying
        operations-water air-compression percussive-massage hot-tub dedicated-parenting
        toddlerwearing babywearing""",
}
WHOOP_SPORTS: dict[str, str] = type_by_word(_SPORTS)
