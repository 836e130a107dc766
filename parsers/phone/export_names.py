"""Names in Health Auto Export: metrics, members of workouts, types of workouts. Data only.

They come from the app's public documentation (2026) and from what people report of its exports. The
app makes its own names of those of Apple Health: lower case, words joined by `_`.
"""

from enum import Enum
from typing import NamedTuple

from parsers.word_tables import type_by_word


class Held(Enum):
    """What the values of a metric are, which decides what a mean over a longer time is worth.

    COUNT adds up over its time. READING is judged at its instant, so a mean over more than a minute
    is left out. STATE changes so slowly that a mean over an hour or a day still says something.
    """

    COUNT = "count"
    READING = "reading"
    STATE = "state"


class Followed(NamedTuple):
    """A metric that is kept: ours, what its values are, and the members with the value."""

    metric: str
    held: Held
    members: tuple[str, ...] = ("qty",)


_MEAN = ("Avg", "avg", "qty")
# Distances of other sports are left out: two of them in one minute could not be told apart, and
# a workout states its own.
EXPORTED_METRICS: dict[str, tuple[Followed, ...]] = {
    "heart_rate": (Followed("heart_rate", Held.READING, _MEAN),),
    "resting_heart_rate": (Followed("resting_heart_rate", Held.STATE),),
    "walking_heart_rate_average": (Followed("walking_heart_rate", Held.STATE),),
    "walking_heart_rate": (Followed("walking_heart_rate", Held.STATE),),
    "heart_rate_variability": (Followed("heart_rate_variability_sdnn", Held.STATE),),
    "heart_rate_variability_sdnn": (Followed("heart_rate_variability_sdnn", Held.STATE),),
    "heart_rate_variability_rmssd": (Followed("heart_rate_variability_rmssd", Held.STATE),),
    "step_count": (Followed("steps", Held.COUNT),),
    "walking_running_distance": (Followed("distance", Held.COUNT),),
    "active_energy": (Followed("active_energy", Held.COUNT),),
    "active_energy_burned": (Followed("active_energy", Held.COUNT),),
    "basal_energy_burned": (Followed("basal_energy", Held.COUNT),),
    "resting_energy": (Followed("basal_energy", Held.COUNT),),
    "apple_exercise_time": (Followed("exercise_time", Held.COUNT),),
    "apple_stand_time": (Followed("stand_time", Held.COUNT),),
    "flights_climbed": (Followed("floors", Held.COUNT),),
    "vo2_max": (Followed("vo2_max", Held.STATE),),
    "vo2max": (Followed("vo2_max", Held.STATE),),
    "cycling_cadence": (Followed("cadence", Held.READING),),
    "cycling_power": (Followed("power", Held.READING),),
    "running_power": (Followed("power", Held.READING),),
    "cycling_speed": (Followed("speed", Held.READING),),
    "running_speed": (Followed("speed", Held.READING),),
    "weight_body_mass": (Followed("weight", Held.STATE),),
    "body_mass": (Followed("weight", Held.STATE),),
    "weight": (Followed("weight", Held.STATE),),
    "blood_oxygen_saturation": (Followed("oxygen_saturation", Held.STATE),),
    "oxygen_saturation": (Followed("oxygen_saturation", Held.STATE),),
    "respiratory_rate": (Followed("respiratory_rate", Held.STATE),),
    "body_temperature": (Followed("body_temperature", Held.STATE),),
    "blood_glucose": (Followed("blood_glucose", Held.STATE),),
    "blood_pressure": (
        Followed("blood_pressure_systolic", Held.STATE, ("systolic",)),
        Followed("blood_pressure_diastolic", Held.STATE, ("diastolic",)),
    ),
    "blood_pressure_systolic": (Followed("blood_pressure_systolic", Held.STATE),),
    "blood_pressure_diastolic": (Followed("blood_pressure_diastolic", Held.STATE),),
    "workout_effort_score": (Followed("effort_score", Held.STATE),),
}
OTHER_MEMBERS = frozenset({"min", "max"})  # beside a mean
SLEEP, STOOD = "sleep_analysis", "apple_stand_hour"
# The default of the app sends heart rate by the second, and minutes of everything else.
BY_SECONDS = frozenset({"heart_rate"})

# Known and not kept: not needed to follow up exercise, or not for us to see.
NOT_FOLLOWED = frozenset(
    """
    apple_move_time cycling_distance downhill_snow_sports downhill_snow_sports_distance
    swimming_distance wheelchair_distance wheelchair_push_count swim_stroke_count
    swimming_stroke_count rowing_distance paddle_sports_distance cross_country_skiing_distance
    skating_sports_distance physical_effort cycling_functional_threshold_power
    running_ground_contact_time running_stride_length running_vertical_oscillation
    estimated_workout_effort_score height waist_circumference body_fat_percentage body_mass_index
    lean_body_mass cardio_recovery heart_rate_recovery_one_minute atrial_fibrillation_burden
    walking_speed walking_step_length walking_asymmetry_percentage
    walking_double_support_percentage six_minute_walking_test_distance
    six_minute_walk_test_distance stair_speed_up stair_speed_down stair_ascent_speed
    stair_descent_speed walking_steadiness forced_expiratory_volume
    forced_expiratory_volume_1 forced_vital_capacity
    peripheral_perfusion_index peak_expiratory_flow_rate inhaler_usage basal_body_temperature
    under_water_depth underwater_depth under_water_temperature underwater_temperature
    water_temperature uv_exposure time_in_daylight environmental_audio
    environmental_audio_exposure headphone_audio headphone_audio_exposure mindful_minutes
    mindful_session sexual_activity electrodermal_activity apple_sleeping_wrist_temperature
    wrist_temperature breathing_disturbances sleeping_breathing_disturbances insulin_delivery
    dietary_energy dietary_water dietary_sugar dietary_cholesterol cholesterol carbohydrates
    biotin caffeine calcium chloride chromium copper fiber folate iodine iron magnesium
    manganese molybdenum monosaturated_fat monounsaturated_fat niacin pantothenic_acid
    polyunsaturated_fat potassium protein riboflavin saturated_fat selenium sodium thiamin
    total_fat vitamin_a vitamin_b6 vitamin_b12 vitamin_c vitamin_d vitamin_e vitamin_k zinc
    sugar water dietary_biotin dietary_caffeine blood_alcohol_content handwashing
    number_of_time_fallen number_of_times_fallen number_of_alcoholic_beverages alcohol_consumption
    toothbrushing heartbeat_series beat_to_beat_intervals
    """.split()  # noqa: SIM905 - words to read, not syntax
)

# The kinds of sleep that a device measures. In bed is what a phone makes of its alarm.
ASLEEP = frozenset({"asleep", "core", "deep", "rem", "awake", "unspecified"})
IN_BED = frozenset({"in bed", "inbed"})
# Hours of sleep of a night: where they are all 0, only time in bed was recorded.
SLEPT = ("totalSleep", "asleep", "core", "deep", "rem")

# Lists of samples of a workout, by the metric of their values.
WORKOUT_SERIES: dict[str, Followed] = {
    "heartRateData": Followed("heart_rate", Held.READING, _MEAN),
    "heartRateRecovery": Followed("heart_rate", Held.READING, _MEAN),
    "stepCount": Followed("steps", Held.COUNT),
    "activeEnergy": Followed("active_energy", Held.COUNT),
    "walkingAndRunningDistance": Followed("distance", Held.COUNT),
    "cyclingDistance": Followed("distance", Held.COUNT),
    "swimDistance": Followed("distance", Held.COUNT),
    "cyclingCadence": Followed("cadence", Held.READING),
    "cyclingPower": Followed("power", Held.READING),
    "cyclingSpeed": Followed("speed", Held.READING),
    "runningPower": Followed("power", Held.READING),
    "runningSpeed": Followed("speed", Held.READING),
}
TRACE = "heartRateData"
# Totals of a workout: path of the member -> (our name in Workout.summary, metric of its unit).
WORKOUT_TOTALS: dict[tuple[str, ...], tuple[str, str]] = {
    ("activeEnergy",): ("active_energy", "active_energy"),
    ("activeEnergyBurned",): ("active_energy", "active_energy"),
    ("distance",): ("distance", "distance"),
    ("heartRate", "avg"): ("heart_rate_mean", "heart_rate"),
    ("heartRate", "max"): ("heart_rate_max", "heart_rate"),
    ("avgHeartRate",): ("heart_rate_mean", "heart_rate"),
    ("maxHeartRate",): ("heart_rate_max", "heart_rate"),
    ("avgSpeed",): ("speed_mean", "speed"),
    ("maxSpeed",): ("speed_max", "speed"),
    ("elevationUp",): ("ascent", "altitude"),
    ("stepCount",): ("steps", "steps"),
}
OF_THE_TRACE = ("heart_rate_mean", "heart_rate_max")  # what the app makes of the trace

# Columns of the table of workouts, by the member of JSON that holds the same.
TABLE_TEXTS: dict[str, str] = {
    "workout_type": "name",
    "start": "start",
    "end": "end",
    "duration": "duration",
    "location": "location",
}
TABLE_TOTALS: dict[str, str] = {
    "active_energy": "activeEnergy",
    "max_heart_rate": "maxHeartRate",
    "avg_heart_rate": "avgHeartRate",
    "distance": "distance",
    "max_speed": "maxSpeed",
    "avg_speed": "avgSpeed",
    "elevation_ascended": "elevationUp",
    "step_count": "stepCount",
}

_WORKOUTS: dict[str, str] = {
    "walking": """walk walking outdoor_walk indoor_walk promenad promenad_utomhus
        promenad_inomhus gång""",
    "hiking": "hike hiking vandring",
    "running": "run running outdoor_run track_running löpning löpning_utomhus",
    "treadmill": "indoor_run treadmill treadmill_running löpning_inomhus",
    "cycling": """cycling cycle biking outdoor_cycling outdoor_cycle cykling cykling_utomhus
        cykel_utomhus""",
    "indoor_cycling": """indoor_cycling indoor_cycle stationary_bike cykling_inomhus
        cykel_inomhus""",
    "wheelchair": """wheelchair_walk_pace wheelchair_run_pace wheelchair outdoor_push_walking_pace
        outdoor_push_running_pace hand_cycling""",
    "swimming": """swimming swim pool_swim pool_swimming open_water_swim open_water_swimming
        simning simning_i_bassäng simning_i_öppet_vatten""",
    "rowing": "rowing rower indoor_rowing outdoor_rowing rodd roddmaskin",
    "paddling": "paddling paddle_sports kayaking canoeing stand_up_paddling paddelsport",
    "water_exercise": "water_fitness water_sports aqua_fitness vattengympa",
    "diving": "diving underwater_diving snorkeling",
    "cross_country_skiing": "cross_country_skiing längdskidåkning längdåkning",
    "skiing": "downhill_skiing skiing snow_sports snowboarding utförsåkning snowboard",
    "strength": """traditional_strength_training functional_strength_training strength_training
        core_training core weightlifting styrketräning traditionell_styrketräning
        funktionell_styrketräning bålträning""",
    "cardio": """mixed_cardio mixed_metabolic_cardio_training high_intensity_interval_training hiit
        cross_training jump_rope step_training kickboxing boxing aerobics fitness_gaming
        blandad_kondition högintensiv_intervallträning""",
    "elliptical": "elliptical crosstrainer",
    "stair_climbing": "stair_climbing stairs stair_stepper trappträning trappmaskin",
    "yoga": "yoga",
    "pilates": "pilates barre",
    "mobility": """flexibility cooldown preparation_and_recovery mind_and_body stretching rörlighet
        nedvarvning""",
    "balance": "tai_chi",
    "dance": "dance dancing cardio_dance social_dance dance_inspired_training dans",
    "ball_sport": """soccer football american_football australian_football basketball baseball
        softball volleyball handball hockey lacrosse cricket rugby water_polo fotboll innebandy""",
    "racket_sport": """tennis table_tennis badminton squash racquetball pickleball padel paddle
        bordtennis""",
    "climbing": "climbing klättring",
    "riding": "equestrian_sports horseback_riding ridning",
    "golf": "golf disc_sports",
    "transition": "transition",
    "multisport": "swim_bike_run triathlon multisport",
    "other": """other archery bowling curling fencing fishing gymnastics hunting martial_arts play
        sailing skating_sports surfing_sports surfing track_and_field wrestling övrigt annat
        other_workout""",
}
WORKOUT_WORDS: dict[str, str] = type_by_word(_WORKOUTS)
# What a type becomes where the app says that it was indoors.
INDOORS: dict[str, str] = {"running": "treadmill", "cycling": "indoor_cycling"}
