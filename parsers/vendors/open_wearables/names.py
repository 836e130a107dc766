"""Names in Open Wearables: events, series, workout types and devices. Data only.

They come from its public sources (version of August 2026). Each series name appears once: followed,
or known and not followed.
"""

from model.facts import DeviceType
from model.received import NoticeKind
from parsers.word_tables import type_by_word

SERIES: dict[str, str] = {
    "heart_rate": "heart_rate",
    "resting_heart_rate": "resting_heart_rate",
    "heart_rate_variability_sdnn": "heart_rate_variability_sdnn",
    "heart_rate_variability_rmssd": "heart_rate_variability_rmssd",
    "oxygen_saturation": "oxygen_saturation",
    "respiratory_rate": "respiratory_rate",
    "blood_glucose": "blood_glucose",
    "blood_pressure_systolic": "blood_pressure_systolic",
    "blood_pressure_diastolic": "blood_pressure_diastolic",
    "weight": "weight",
    "body_temperature": "body_temperature",
    "vo2_max": "oxygen_uptake",
    "steps": "steps",
    "energy": "active_energy",
    "active_energy": "active_energy",  # what later senders call `energy`
    "basal_energy": "basal_energy",
    "cadence": "cadence",
    "power": "power",
    "speed": "speed",
    "running_power": "power",
    "running_speed": "speed",
    "elevation": "altitude",
}

# Known and not kept: they are not needed to follow up exercise, and what is not needed is not
# stored (positions above all). Distances come as increments, but the metric `distance` is a running
# total.
NOT_FOLLOWED_SERIES: frozenset[str] = frozenset(
    """
    latitude longitude
    distance_walking_running distance_cycling distance_swimming distance_downhill_snow_sports
    distance_other
    heart_rate_recovery_one_minute walking_heart_rate_average atrial_fibrillation_burden
    sleeping_breathing_disturbances breathing_disturbance_index blood_alcohol_content
    peripheral_perfusion_index
    forced_vital_capacity forced_expiratory_volume_1 peak_expiratory_flow_rate insulin_delivery
    height body_fat_percentage body_mass_index lean_body_mass waist_circumference body_fat_mass
    skeletal_muscle_mass
    skin_temperature skin_temperature_deviation skin_temperature_trend_deviation
    six_minute_walk_test_distance cardiovascular_age
    stand_time exercise_time physical_effort flights_climbed average_met active_time push_count
    walking_step_length walking_speed walking_double_support_percentage walking_asymmetry_percentage
    walking_steadiness stair_descent_speed stair_ascent_speed
    running_vertical_oscillation running_ground_contact_time running_stride_length
    running_vertical_ratio running_stance_time_balance swimming_stroke_count underwater_depth
    workout_effort_score estimated_workout_effort_score
    environmental_audio_exposure headphone_audio_exposure environmental_sound_reduction
    time_in_daylight
    water_temperature uv_exposure inhaler_usage weather_temperature weather_humidity air_temperature
    garmin_stress_level garmin_skin_temperature garmin_fitness_age garmin_body_battery
    electrodermal_activity number_of_times_fallen number_of_alcoholic_beverages nike_fuel hydration
    """.split()  # noqa: SIM905 - words to read, not syntax
)

# An event has the name of a group of series; `data.series_type` says which series it holds.
SERIES_EVENTS: frozenset[str] = frozenset(
    """
    heart_rate.created heart_rate_variability.created steps.created calories.created spo2.created
    respiratory_rate.created body_temperature.created stress.created blood_glucose.created
    blood_pressure.created body_composition.created fitness_metrics.created recovery_score.created
    activity_timeseries.created workout_metrics.created environmental.created timeseries.created
    """.split()  # noqa: SIM905 - words to read, not syntax
)
# The same samples once more, an event for each series. They join to the same facts.
SERIES_EVENT_PREFIX = "series."

# A session that a vendor found by itself has the form of a workout.
WORKOUT_EVENTS = frozenset(("workout.created", "activity.created"))
SLEEP_EVENT = "sleep.created"
CONNECTION_EVENTS: dict[str, NoticeKind] = {
    "connection.created": NoticeKind.CONNECTED,
    "connection.revoked": NoticeKind.REVOKED,
}
# Known and not kept. Cycles are no part of exercise, and the sender's runs change nothing here.
NOT_FOLLOWED_EVENTS: frozenset[str] = frozenset(
    ("menstrual_cycle.created", "sync.started", "sync.completed", "sync.failed")
)

_WORKOUTS: dict[str, str] = {
    "walking": "walking walking_fitness casual_walking",
    "hiking": "hiking trail_hiking mountaineering snowshoeing orienteering",
    "running": "running trail_running",
    "treadmill": "treadmill",
    "cycling": "cycling mountain_biking cyclocross e_biking",
    "indoor_cycling": "indoor_cycling",
    "wheelchair": "wheelchair",
    "swimming": "swimming pool_swimming open_water_swimming",
    "rowing": "rowing rowing_machine",
    "paddling": "kayaking canoeing paddling stand_up_paddleboarding",
    "diving": "diving snorkeling",
    "cross_country_skiing": "cross_country_skiing backcountry_skiing",
    "skiing": "alpine_skiing downhill_skiing snowboarding snow_sports winter_sports",
    "strength": "strength_training",
    "cardio": "cardio_training fitness_equipment aerobics group_exercise boxing",
    "elliptical": "elliptical",
    "stair_climbing": "stair_climbing",
    "yoga": "yoga",
    "pilates": "pilates",
    "mobility": "stretching",
    "dance": "dance",
    "ball_sport": """soccer basketball football american_football baseball volleyball handball rugby
        hockey floorball lacrosse cricket water_polo team_sports""",
    "racket_sport": (
        "tennis badminton squash table_tennis padel pickleball racquetball racket_sports"
    ),
    "climbing": "rock_climbing indoor_climbing bouldering",
    "riding": "horseback_riding",
    "golf": "golf",
    "transition": "transition",
    "multisport": "triathlon multisport",
    "other": """other generic unknown meditation ice_skating surfing kitesurfing windsurfing
        sailing martial_arts wrestling skating inline_skating skateboarding gymnastics
        motorcycling motor_sports virtual_activity sport""",
}
WORKOUT_TYPES: dict[str, str] = type_by_word(_WORKOUTS)

# name in the body -> (our name in Workout.summary, greatest believable figure)
SUMMARY: dict[str, tuple[str, float]] = {
    "duration_seconds": ("duration", 1e6),
    "calories_kcal": ("active_energy", 1e6),
    "distance_meters": ("distance", 1e9),
    "avg_heart_rate_bpm": ("heart_rate_mean", 1e3),
    "max_heart_rate_bpm": ("heart_rate_max", 1e3),
    "elevation_gain_meters": ("ascent", 1e5),
}

# The first of these words that the device's name holds, in lower case, decides. The order matters:
# a "Polar H10" is a strap and a "Pixel Watch" a watch. Rings and earbuds stay unknown.
DEVICES: tuple[tuple[DeviceType, tuple[str, ...]], ...] = (
    (DeviceType.STRAP, ("hrm", "polar h", "h10", "h9", "oh1", "verity", "tickr", "strap")),
    (DeviceType.SCALE, ("scale", "index s", "body+", "body comp")),
    (DeviceType.PHONE, ("phone", "ipad")),
    (DeviceType.WATCH, ("watch", "band", "forerunner", "fenix", "fēnix", "venu", "vivo", "vívo")),
    (DeviceType.WATCH, ("epix", "enduro", "instinct", "tactix", "approach", "lily", "vantage")),
    (DeviceType.WATCH, ("grit x", "pacer", "ignite", "unite", "suunto", "whoop", "versa")),
    (DeviceType.WATCH, ("charge", "sense", "inspire", "apex", "vertix", "coros")),
    (DeviceType.PHONE, ("pixel", "galaxy")),
)
PROVIDERS: dict[str, DeviceType] = dict.fromkeys(
    ("garmin", "polar", "suunto", "coros", "whoop", "fitbit"), DeviceType.WATCH
)


def device_type(provider: str, device: str) -> DeviceType:
    """Return the type of a device by its name, else, if it has none, by what its provider sells."""
    name = device.lower()
    if not name:
        return PROVIDERS.get(provider.lower(), DeviceType.UNKNOWN)
    for kind, words in DEVICES:
        for word in words:
            if word in name:
                return kind
    return DeviceType.UNKNOWN
