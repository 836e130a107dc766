"""Names in Google Health: data types with their members, devices, methods, exercises. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter

from model.facts import BEGUN_WORKOUTS, DeviceType, Method
from model.vendors.google_windows import SHAPES, PointShape
from model.vendors.rhythm_notices import NOTICE_NAMES, RHYTHM_NOTICE
from parsers.word_tables import type_by_word

GOOGLE_VENDOR = "google_health"
GOOGLE_NOTICES = NOTICE_NAMES[GOOGLE_VENDOR].verbatim  # a data type
# Google is not known to announce its own notices: they are asked for with what comes once a day.
DAILY_TYPES = frozenset({"sleep", "daily-resting-heart-rate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A member of a point: our metric, and the factor into its unit."""

    member: str
    metric: str
    factor: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DataType:
    """A row: a data type, the member of a point that holds it, and what is read of it."""

    name: str
    member: str
    quantities: tuple[Measure, ...] = ()

    @property
    def shape(self) -> PointShape:
        """Return how its points lie in time."""
        return SHAPES[self.name]

    @property
    def metrics(self) -> tuple[str, ...]:
        """Return our metrics of its quantities."""
        return tuple(map(attrgetter("metric"), self.quantities))


_PER_THOUSAND = 0.001  # millimetres and grams
TYPES_FOLLOWED: tuple[DataType, ...] = (
    DataType(
        name="heart-rate",
        member="heartRate",
        quantities=(Measure(member="beatsPerMinute", metric="heart_rate"),),
    ),
    DataType(
        name="heart-rate-variability",
        member="heartRateVariability",
        quantities=(
            Measure(
                member="rootMeanSquareOfSuccessiveDifferencesMilliseconds",
                metric="heart_rate_variability_rmssd",
            ),
            Measure(member="standardDeviationMilliseconds", metric="heart_rate_variability_sdnn"),
        ),
    ),
    DataType(name="steps", member="steps", quantities=(Measure(member="count", metric="steps"),)),
    DataType(
        name="distance",
        member="distance",
        quantities=(Measure(member="millimeters", metric="distance", factor=_PER_THOUSAND),),
    ),
    DataType(
        name="floors", member="floors", quantities=(Measure(member="count", metric="floors"),)
    ),
    DataType(
        name="active-energy-burned",
        member="activeEnergyBurned",
        quantities=(Measure(member="kcal", metric="active_energy"),),
    ),
    DataType(
        name="weight",
        member="weight",
        quantities=(Measure(member="weightGrams", metric="weight", factor=_PER_THOUSAND),),
    ),
    DataType(
        name="vo2-max", member="vo2Max", quantities=(Measure(member="vo2Max", metric="vo2_max"),)
    ),
    DataType(
        name="run-vo2-max",
        member="runVo2Max",
        quantities=(Measure(member="runVo2Max", metric="vo2_max"),),
    ),
    DataType(
        name="daily-resting-heart-rate",
        member="dailyRestingHeartRate",
        quantities=(Measure(member="beatsPerMinute", metric="resting_heart_rate"),),
    ),
    DataType(
        name="daily-heart-rate-variability",
        member="dailyHeartRateVariability",
        quantities=(
            Measure(
                member="averageHeartRateVariabilityMilliseconds",
                metric="heart_rate_variability_rmssd",
            ),
        ),
    ),
    DataType(
        name="daily-vo2-max",
        member="dailyVo2Max",
        quantities=(Measure(member="vo2Max", metric="vo2_max"),),
    ),
    DataType(name="active-zone-minutes", member="activeZoneMinutes"),
    DataType(name="active-minutes", member="activeMinutes"),
    DataType(name="activity-level", member="activityLevel"),
    DataType(name="exercise", member="exercise"),
    DataType(name="sleep", member="sleep"),
    DataType(name=GOOGLE_NOTICES, member="irregularRhythmNotification"),
)
TYPE_BY_NAME: Mapping[str, DataType] = {row.name: row for row in TYPES_FOLLOWED}
TYPE_BY_MEMBER: Mapping[str, DataType] = {row.member: row for row in TYPES_FOLLOWED}

# Known, but not needed to follow up exercise, and so not fetched; or never to be read.
TYPES_NOT_FOLLOWED = frozenset(
    [
        "altitude",
        "basal-energy-burned",
        "blood-glucose",
        "body-fat",
        "calories-in-heart-rate-zone",
        "core-body-temperature",
        "daily-heart-rate-zones",
        "daily-oxygen-saturation",
        "daily-respiratory-rate",
        "daily-sleep-temperature-derivations",
        "electrocardiogram",
        "food",
        "food-measurement-unit",
        "height",
        "hydration-log",
        "menstrual-period",
        "moods",
        "nutrition-log",
        "ovulation-test",
        "oxygen-saturation",
        "respiratory-rate-sleep-summary",
        "sedentary-period",
        "skin-temperature-sensors",
        "swim-lengths-data",
        "symptoms",
        "time-in-heart-rate-zone",
        "total-calories",
    ]
)
# Members of a point besides those of its data type.
MEMBERS_BESIDE = frozenset({"name", "dataPointName", "dataSource"})

# Of these metrics a deleted interval takes the samples back.
ACTIVE_MINUTES, NIGHT_METRIC = "exercise_time", "wear"
METRICS_OF: Mapping[str, tuple[str, ...]] = {
    **{row.name: row.metrics for row in TYPES_FOLLOWED},
    "active-zone-minutes": (ACTIVE_MINUTES,),
    "active-minutes": (ACTIVE_MINUTES,),
    "activity-level": (ACTIVE_MINUTES,),
    "sleep": (NIGHT_METRIC,),
    GOOGLE_NOTICES: (RHYTHM_NOTICE,),
    "exercise": (BEGUN_WORKOUTS,),
}

# Rings, displays and glasses stand beside: where they are worn says too little.
FORM_FACTORS: Mapping[str, DeviceType] = {
    "FITNESS_BAND": DeviceType.WATCH,
    "WATCH": DeviceType.WATCH,
    "CHEST_STRAP": DeviceType.STRAP,
    "PHONE": DeviceType.PHONE,
    "TABLET": DeviceType.PHONE,
    "SCALE": DeviceType.SCALE,
}
FORMS_BESIDE = frozenset({"RING", "HEAD_MOUNTED", "SMART_DISPLAY"})
NO_FORM = frozenset({"", "FORM_FACTOR_UNSPECIFIED"})
# What is derived comes from what was measured in the background.
METHODS_OF_GOOGLE: Mapping[str, Method] = {
    "MANUAL": Method.MANUAL,
    "ACTIVELY_MEASURED": Method.WORKOUT,
    "PASSIVELY_MEASURED": Method.BACKGROUND,
    "DERIVED": Method.BACKGROUND,
}
# Fitbit sells trackers only; with a phone alone the steps of its app have this name.
FITBIT_PLATFORMS = frozenset({"FITBIT", "FITBIT_PLATFORM"})
OF_A_PHONE = "mobiletrack"
CHEST = "CHEST"

# A minute in the two upper zones counts as two of these minutes.
ZONE_FACTORS: Mapping[str, float] = {"FAT_BURN": 1.0, "CARDIO": 0.5, "PEAK": 0.5}
ACTIVE_LEVELS = frozenset({"MODERATELY_ACTIVE", "VERY_ACTIVE"})
QUIET_LEVELS = frozenset({"SEDENTARY", "LIGHTLY_ACTIVE"})
COUNTED_MINUTES = frozenset({"MODERATE", "VIGOROUS"})

# Google's name in `metricsSummary` -> (our name, factor, greatest believable figure).
GOOGLE_TOTALS: Mapping[str, tuple[str, float, float]] = {
    "caloriesKcal": ("active_energy", 1.0, 1e6),
    "distanceMillimeters": ("distance", _PER_THOUSAND, 1e9),
    "distanceMillimiters": ("distance", _PER_THOUSAND, 1e9),  # spelt so in answers of 2026
    "steps": ("steps", 1.0, 1e7),
    "averageHeartRateBeatsPerMinute": ("heart_rate_mean", 1.0, 1e3),
    "elevationGainMillimeters": ("ascent", _PER_THOUSAND, 1e5),
}
# A timer that stopped by itself stands still as well.
STOPS = frozenset({"PAUSE", "AUTO_PAUSE"})
RESTARTS = frozenset({"RESUME", "AUTO_RESUME", "START"})

EXERCISE_TYPES: Mapping[str, str] = type_by_word(
    {
        "walking": """walking walk power_walking race_walking treadmill_walking walking_treadmill
            treadmill_walk incline_walk stroller_walk walk_with_weights""",
        "nordic_walking": "nordic_walking walking_nordic",
        "hiking": "hiking trekking rucking snowshoeing backpacking orienteering",
        "running": """running jogging trail_running track_running running_jogging run
            trail_run track_and_field""",
        "treadmill": "treadmill running_treadmill treadmill_running incline_run",
        "cycling": """biking cycling bike outdoor_bike mountain_biking road_biking e_bike
            electric_biking biking_mountain biking_road bmx handcycling_outdoor electric_bike
            mountain_bike unicycling""",
        "indoor_cycling": """spinning stationary_bike biking_stationary indoor_biking
            assault_bike""",
        "wheelchair": "wheelchair wheelchair_pushing handcycling",
        "swimming": """swimming swimming_pool swimming_open_water lap_swimming
            open_water_swimming synchronized_swimming""",
        "water_exercise": "water_aerobics aqua_fitness water_polo water_jogging water_volleyball",
        "rowing": "rowing rowing_machine indoor_rowing",
        "paddling": "kayaking canoeing paddling paddleboarding stand_up_paddleboarding",
        "diving": "scuba_diving snorkeling diving",
        "cross_country_skiing": """cross_country_skiing skiing_cross_country roller_skiing
            cross_country_ski""",
        "skiing": "skiing alpine_skiing downhill_skiing snowboarding",
        "strength": """strength_training weightlifting weights functional_strength_training
            calisthenics crossfit kettlebell powerlifting core_training bootcamp body_weight
            free_weights weight_machines resistance_bands trx""",
        "cardio": """workout aerobic_workout aerobics hiit interval_workout interval_training
            circuit_training kickboxing boxing martial_arts jumping_rope jump_rope step_training
            exercise_class cardio_workout cardio_sculpt cross_training tabata_workout
            outdoor_workout karate taekwondo muay_thai jiu_jitsu""",
        "elliptical": "elliptical",
        "stair_climbing": "stair_climbing stairclimber stair_climbing_machine",
        "yoga": "yoga yoga_bikram yoga_hatha yoga_power yoga_vinyasa",
        "pilates": "pilates barre barre_class",
        "mobility": "stretching flexibility foam_rolling",
        "balance": "tai_chi",
        "dance": """dancing zumba ballet ballroom_dance breakdancing hip_hop jazz_dance modern_dance
            tango""",
        "ball_sport": """soccer football_soccer basketball volleyball football football_american
            football_australian handball rugby baseball softball hockey ice_hockey field_hockey
            cricket lacrosse ultimate_frisbee floorball frisbee_playing_general
            volleyball_beach""",
        "racket_sport": """tennis badminton squash table_tennis padel pickleball racquetball
            pickelball racket_sports""",
        "climbing": "rock_climbing indoor_climbing climbing bouldering",
        "riding": "horseback_riding horse_riding equestrian_sports polo",
        "golf": "golf",
        "multisport": "multisport",
        "other": """other sport skating ice_skating inline_skating surfing sailing gardening archery
            billiards bowling carpentry cheerleading cleaning croquet curling electric_scooter
            fencing fishing fitness_gaming foiling gymnastics hoeing household_chores hunting
            kitesurfing meditate motocross motorcycle mowing_lawn musical_performance painting
            paragliding parkour rollerblading roller_skating scootering shooting shoveling
            skateboarding skydiving snowmobiling snow_sport speed_skating trampoline wakeboarding
            water_skiing water_sport weeding windsurfing wrestling""",
    }
)
