"""Activity types and their families. Parsers map the words of vendors to these in their tables."""

TYPES: dict[str, str] = {
    "walking": "foot",
    "hiking": "foot",
    "running": "foot",
    "treadmill": "foot",
    "nordic_walking": "foot",
    "cycling": "wheel",
    "indoor_cycling": "wheel",
    "wheelchair": "wheel",
    "swimming": "water",
    "rowing": "water",
    "paddling": "water",
    "water_exercise": "water",
    "diving": "water",
    "cross_country_skiing": "snow",
    "skiing": "snow",
    "strength": "gym",
    "cardio": "gym",
    "elliptical": "gym",
    "stair_climbing": "gym",
    "home_training_video": "gym",  # exercises at home, shown by a video of the care unit
    "yoga": "calm",
    "pilates": "calm",
    "mobility": "calm",
    "balance": "calm",
    "dance": "play",
    "ball_sport": "play",
    "racket_sport": "play",
    "climbing": "play",
    "riding": "play",
    "golf": "play",
    "transition": "other",
    "multisport": "other",
    "other": "other",
}

# The legs of a multisport workout may begin with it, and each of them stays beside it.
BESIDE_OTHERS = frozenset({"multisport", "transition"})

# Elsewhere cadence counts strokes or turns of a crank, not steps.
FAMILIES_WITH_STEPS = frozenset({"foot"})
