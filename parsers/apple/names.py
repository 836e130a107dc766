"""Names in Apple Health exports: types of records, of workouts and of their statistics. Data only.

They are those of HealthKit up to iOS 26.
"""

from dataclasses import dataclass

from model.vendors.rhythm_notices import NOTICE_NAMES, RHYTHM_NOTICE
from parsers.word_tables import type_by_word

QUANTITY, CATEGORY = "HKQuantityTypeIdentifier", "HKCategoryTypeIdentifier"
TYPE_PREFIX = "HKWorkoutActivityType"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What a type of record is to us.

    `holds`: its value holds over the time of the record, as a count does. `by_hand`: only people
    enter it. `share`: a percentage that is written as a share of 1. `words` are the values of a
    category that count, as 1; a category is of `worn` devices alone. `is_notice`: the record
    itself counts, as 1, whatever its value and whichever device passed it on.
    """

    metric: str
    holds: bool = False
    by_hand: bool = False
    share: bool = False
    words: frozenset[str] = frozenset()
    is_notice: bool = False

    @property
    def is_category(self) -> bool:
        """Return whether its records have no number and no unit."""
        return self.is_notice or bool(self.words)


_ASLEEP = "HKCategoryValueSleepAnalysis"
# What a watch measures in sleep shows that it was worn; the stages themselves are never kept.
# Time in bed is a guess of the phone.
_SLEEP = frozenset(
    f"{_ASLEEP}{word}"
    for word in ("Asleep", "AsleepUnspecified", "AsleepCore", "AsleepDeep", "AsleepREM", "Awake")
)
_DISTANCE = Quantity(metric="distance", holds=True)
_SPEED = Quantity(metric="speed")
_POWER = Quantity(metric="power")

FOLLOWED: dict[str, Quantity] = {
    f"{QUANTITY}HeartRate": Quantity(metric="heart_rate"),
    f"{QUANTITY}RestingHeartRate": Quantity(metric="resting_heart_rate"),
    f"{QUANTITY}WalkingHeartRateAverage": Quantity(metric="walking_heart_rate"),
    f"{QUANTITY}HeartRateVariabilitySDNN": Quantity(metric="heart_rate_variability_sdnn"),
    f"{QUANTITY}StepCount": Quantity(metric="steps", holds=True),
    f"{QUANTITY}DistanceWalkingRunning": _DISTANCE,
    f"{QUANTITY}DistanceCycling": _DISTANCE,
    f"{QUANTITY}DistanceSwimming": _DISTANCE,
    f"{QUANTITY}DistanceWheelchair": _DISTANCE,
    f"{QUANTITY}DistanceDownhillSnowSports": _DISTANCE,
    f"{QUANTITY}DistanceCrossCountrySkiing": _DISTANCE,
    f"{QUANTITY}DistancePaddleSports": _DISTANCE,
    f"{QUANTITY}DistanceRowing": _DISTANCE,
    f"{QUANTITY}DistanceSkatingSports": _DISTANCE,
    f"{QUANTITY}ActiveEnergyBurned": Quantity(metric="active_energy", holds=True),
    f"{QUANTITY}BasalEnergyBurned": Quantity(metric="basal_energy", holds=True),
    f"{QUANTITY}FlightsClimbed": Quantity(metric="floors", holds=True),
    f"{QUANTITY}AppleExerciseTime": Quantity(metric="exercise_time", holds=True),
    f"{QUANTITY}AppleStandTime": Quantity(metric="stand_time", holds=True),
    f"{QUANTITY}CyclingCadence": Quantity(metric="cadence"),
    f"{QUANTITY}CyclingPower": _POWER,
    f"{QUANTITY}RunningPower": _POWER,
    f"{QUANTITY}CyclingSpeed": _SPEED,
    f"{QUANTITY}RunningSpeed": _SPEED,
    f"{QUANTITY}CrossCountrySkiingSpeed": _SPEED,
    f"{QUANTITY}PaddleSportsSpeed": _SPEED,
    f"{QUANTITY}RowingSpeed": _SPEED,
    f"{QUANTITY}VO2Max": Quantity(metric="vo2_max"),
    f"{QUANTITY}WorkoutEffortScore": Quantity(metric="effort_score", by_hand=True),
    f"{QUANTITY}EstimatedWorkoutEffortScore": Quantity(metric="effort_score"),
    f"{QUANTITY}OxygenSaturation": Quantity(metric="oxygen_saturation", share=True),
    f"{QUANTITY}RespiratoryRate": Quantity(metric="respiratory_rate"),
    f"{QUANTITY}BodyMass": Quantity(metric="weight"),
    f"{QUANTITY}BloodPressureSystolic": Quantity(metric="blood_pressure_systolic"),
    f"{QUANTITY}BloodPressureDiastolic": Quantity(metric="blood_pressure_diastolic"),
    f"{CATEGORY}SleepAnalysis": Quantity(metric="wear", holds=True, words=_SLEEP),
    f"{CATEGORY}AppleStandHour": Quantity(
        metric="wear", holds=True, words=frozenset(("HKCategoryValueAppleStandHourStood",))
    ),
    # Apple's own notice, passed on as such. The beats and the electrocardiogram are never read.
    NOTICE_NAMES["apple_health"].verbatim: Quantity(metric=RHYTHM_NOTICE, is_notice=True),
}
# What a person felt of a workout, on a scale of 1 to 10.
EFFORT = f"{QUANTITY}WorkoutEffortScore"
VARIABILITY = f"{QUANTITY}HeartRateVariabilitySDNN"

# Known and not kept, because following up exercise does not need it. Categories other than those
# above are never read: they are symptoms, cycles and findings, and notices of a heart rate.
UNFOLLOWED_TYPES: frozenset[str] = frozenset(
    f"{QUANTITY}{word}"
    for word in """
    AppleMoveTime AppleSleepingBreathingDisturbances AppleSleepingWristTemperature
    AppleWalkingSteadiness AtrialFibrillationBurden BasalBodyTemperature BloodAlcoholContent
    BloodGlucose BodyFatPercentage BodyMassIndex BodyTemperature
    CyclingFunctionalThresholdPower ElectrodermalActivity EnvironmentalAudioExposure
    EnvironmentalSoundReduction ForcedExpiratoryVolume1 ForcedVitalCapacity HeadphoneAudioExposure
    HeartRateRecoveryOneMinute Height InhalerUsage InsulinDelivery LeanBodyMass NikeFuel
    NumberOfAlcoholicBeverages NumberOfTimesFallen PeakExpiratoryFlowRate PeripheralPerfusionIndex
    PhysicalEffort PushCount RunningGroundContactTime RunningStrideLength RunningVerticalOscillation
    SixMinuteWalkTestDistance StairAscentSpeed StairDescentSpeed SwimmingStrokeCount TimeInDaylight
    UVExposure UnderwaterDepth WaistCircumference WalkingAsymmetryPercentage
    WalkingDoubleSupportPercentage WalkingSpeed WalkingStepLength WaterTemperature
    """.split()  # noqa: SIM905 - words to read, not syntax
)
UNFOLLOWED_PREFIXES = (CATEGORY, "HKDataType", f"{QUANTITY}Dietary")

_WORKOUTS: dict[str, str] = {
    "walking": "Walking",
    "hiking": "Hiking",
    "running": "Running TrackAndField",
    "cycling": "Cycling HandCycling",
    "wheelchair": "WheelchairWalkPace WheelchairRunPace",
    "swimming": "Swimming",
    "rowing": "Rowing",
    "paddling": "PaddleSports",
    "water_exercise": "WaterFitness",
    "diving": "UnderwaterDiving",
    "cross_country_skiing": "CrossCountrySkiing",
    "skiing": "DownhillSkiing Snowboarding SnowSports",
    "strength": "TraditionalStrengthTraining FunctionalStrengthTraining CoreTraining",
    "cardio": """MixedCardio HighIntensityIntervalTraining MixedMetabolicCardioTraining
        CrossTraining JumpRope FitnessGaming StepTraining Kickboxing""",
    "elliptical": "Elliptical",
    "stair_climbing": "StairClimbing Stairs",
    "yoga": "Yoga",
    "pilates": "Pilates Barre",
    "mobility": "Flexibility Cooldown PreparationAndRecovery",
    "balance": "TaiChi",
    "dance": "Dance CardioDance SocialDance DanceInspiredTraining",
    "ball_sport": """Soccer Basketball AmericanFootball AustralianFootball Baseball Softball
        Volleyball Handball Rugby Hockey Lacrosse Cricket WaterPolo""",
    "racket_sport": "Tennis Badminton Squash TableTennis Pickleball Racquetball Paddle",
    "climbing": "Climbing",
    "riding": "EquestrianSports",
    "golf": "Golf DiscSports",
    "transition": "Transition",
    "multisport": "SwimBikeRun",
    "other": """Other Archery Bowling Boxing Curling Fencing Fishing Gymnastics Hunting MartialArts
        MindAndBody Play Sailing SkatingSports SurfingSports WaterSports Wrestling""",
}
TYPES_OF_APPLE: dict[str, str] = type_by_word(_WORKOUTS)
# Indoors, with the metadata of the workout.
INDOOR_TYPES: dict[str, str] = {"running": "treadmill", "cycling": "indoor_cycling"}
# A leg of a multisport names no type: the distance that it states shows it.
LEG_TYPES: dict[str, str] = {
    f"{QUANTITY}DistanceSwimming": "swimming",
    f"{QUANTITY}DistanceCycling": "cycling",
    f"{QUANTITY}DistanceWalkingRunning": "running",
}

# Attributes of `WorkoutStatistics` -> what is added to the name of a metric in a summary. A total
# of what holds over time is a sum; of the rest there is a mean and a maximum.
FIGURES: dict[str, str] = {"sum": "", "average": "_mean", "maximum": "_max"}
STATISTICS: dict[str, str] = {
    name: row.metric for name, row in FOLLOWED.items() if not row.is_category
}
# The totals of exports before iOS 15: attribute, that of its unit, metric.
OLD_TOTALS: tuple[tuple[str, str, str], ...] = (
    ("totalDistance", "totalDistanceUnit", "distance"),
    ("totalEnergyBurned", "totalEnergyBurnedUnit", "active_energy"),
)
EVENT = "HKWorkoutEventType"
# Events that stop and start a workout: whether it stops, and who says so.
PAUSES: dict[str, tuple[bool, str]] = {
    f"{EVENT}Pause": (True, "person"),
    f"{EVENT}Resume": (False, "person"),
    f"{EVENT}MotionPaused": (True, "motion"),
    f"{EVENT}MotionResumed": (False, "motion"),
}
