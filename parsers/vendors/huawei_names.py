"""Names and numbers in Huawei's Health Kit: types of activity, totals, samples. Data only.

They come from the pages that Huawei publishes (as of 2026).
"""

from parsers.vendors.open_wearables.names import WORKOUT_TYPES
from parsers.word_tables import type_by_word

# The cloud numbers its types of activity, and the phone's library has a word for each of them.
_ACTIVITIES: dict[str, str] = {
    "walking": "45 on_foot 90 111 stroll_machine 127 indoor_walk",
    "hiking": "30 72 126 129 mountain_climbing",
    "running": "56 130 cross_country_race 135 obstacle_race",
    "treadmill": "57 running.machine 109 128 indoor_running",
    "cycling": "13 125 bmx",
    "indoor_cycling": "97 cycling_indoor 110 spinning",
    "wheelchair": "93",
    "swimming": "81 82 swimming.open_water 83 swimming.pool",
    "rowing": "18 ergometer 53 54 rowing.machine",
    "paddling": "38 77 standup_paddleboarding 146 dragon_boat 148 sup",
    "diving": "15 59 scuba_diving 154 freediving 155 apnea_training 156 apnea_test",
    "cross_country_skiing": "6 biathlon 142 crosscountry_skiing",
    "skiing": "63 skiing 70",
    "strength": """39 kettlebell_training 79 92 weightlifting 112 cross_fit 11 crossfit 113
        functional_training 119 core_training 120 horizontal_bar 121 parallel_bars""",
    "cardio": """1 7 boxing 8 calisthenics 9 circuit_training 29 interval_training.high_intensity
        36 interval_training 37 jumping_rope 40 kickboxing 47 p90x 102 group_calisthenics 114
        physical_training 124 hu_la_hoop 151 body_combat""",
    "elliptical": "17",
    "stair_climbing": "75 76 stair_climbing.machine",
    "yoga": "95",
    "pilates": "49",
    "balance": "153 tai_chi",
    "dance": "14 dancing 96 zumba 115 belly_dance 116 jazz 117 latin 118 ballet 122 hip_hop 123",
    "ball_sport": """4 5 10 21 football.american 22 football.australian 23 football.soccer 28 31
        hockey 55 73 softball 85 88 91 104 beach_soccer 105 beach_volleyball 107 sepaktakraw 108
        dodge_ball 141 ice_hockey""",
    "racket_sport": "3 51 74 84 86 100 shuttlecock",
    "climbing": "52",
    "riding": "32 horse_riding 50 polo",
    "golf": "26",
    "multisport": "140 triathlons",
    "other": """0 2 archery 12 curling 20 fencing 24 flying_disc 25 gardening 27 gymnastics 33
        housework 34 ice_skating 41 kitesurfing 42 martial_arts 43 martial_arts.mixed 44 meditation
        46 48 paragliding 58 sailing 60 scooter_riding 61 skateboarding 62 skating 64 sledding 71
        snowmobile 80 surfing 89 wakeboarding 94 windsurfing 98 darts 99 billiards 101 bowling 103
        tug_of_war 106 gateball 131 roller_skating 132 hunting 133 fly_a_kite 134 swing 136
        bungee_jumping 137 parkour 138 parachute 139 racing_car 143 sled 144 fishing 145 drifting
        147 motorboat 149 free_sparring 150 karate 152 kendo""",
}
# lift, escalator, vehicle, kinds of sleep, still, tilting
NO_HUAWEI_EXERCISE = frozenset(
    """
    16 elevator 19 escalator 35 in_vehicle 65 sleep 66 sleep.light 67 sleep.deep 68 sleep.rem 69
    sleep.awake 78 still 87 tilting
    """.split()  # noqa: SIM905 - words to read, not syntax
)
HUAWEI_TYPES: dict[str, str] = {**WORKOUT_TYPES, **type_by_word(_ACTIVITIES)}

# (kind of data, field) -> our name in Workout.summary, and the greatest believable figure
HUAWEI_TOTALS: dict[tuple[str, str], tuple[str, float]] = {
    ("distance", "distance"): ("distance", 1e9),
    ("steps", "steps"): ("steps", 1e7),
    ("calories", "calories"): ("active_energy", 1e6),
    ("calories", "calories_total"): ("active_energy", 1e6),
    ("heart_rate", "avg"): ("heart_rate_mean", 1e3),
    ("heart_rate", "max"): ("heart_rate_max", 1e3),
    ("exercise_heart_rate", "avg"): ("heart_rate_mean", 1e3),
    ("exercise_heart_rate", "max"): ("heart_rate_max", 1e3),
    ("altitude", "ascent_total"): ("ascent", 1e5),
}

# (kind of data, field) of a sample of a workout -> our metric. Places are never read.
HUAWEI_SAMPLES: dict[tuple[str, str], str] = {
    ("exercise_heart_rate", "bpm"): "heart_rate",
    ("heart_rate", "bpm"): "heart_rate",
    ("speed", "speed"): "speed",
}
