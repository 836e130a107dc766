"""Types of exercise and of segments by number, as Health Connect writes them. Data only.

Two numberings are in use. The phone's own database has that of the Android platform. What was
written with the constants of the library that apps use has that of the library. The same number
means different things (53 is walking or rowing), so a number is looked up in the table of its
numbering first, and in the other where that has none.
"""

from collections.abc import Mapping

from parsers.word_tables import type_by_word

# The words of each numbering in order of their numbers, `-` where a number has no meaning.
_PLATFORM = """unknown badminton baseball basketball biking biking_stationary boot_camp boxing
    calisthenics cricket dancing exercise_class fencing football_american football_australian
    frisbee_disc golf guided_breathing gymnastics handball high_intensity_interval_training hiking
    ice_hockey ice_skating martial_arts paddling paragliding pilates racquetball rock_climbing
    roller_hockey rowing rugby running running_treadmill sailing scuba_diving skating skiing
    snowboarding snowshoeing soccer softball squash stair_climbing strength_training stretching
    surfing swimming_open_water swimming_pool table_tennis tennis volleyball walking water_polo
    weightlifting wheelchair yoga other_workout stair_climbing_machine elliptical rowing_machine"""
_LIBRARY = """other_workout - badminton - baseball basketball - - biking biking_stationary boot_camp
    boxing - calisthenics cricket - dancing - - - - - - - - elliptical exercise_class fencing
    football_american football_australian - frisbee_disc golf guided_breathing gymnastics handball
    high_intensity_interval_training hiking ice_hockey ice_skating - - - - martial_arts - paddling
    paragliding pilates - racquetball rock_climbing roller_hockey rowing rowing_machine rugby
    running running_treadmill sailing scuba_diving skating skiing snowboarding snowshoeing soccer
    softball squash - stair_climbing stair_climbing_machine strength_training stretching surfing
    swimming_open_water swimming_pool table_tennis tennis - volleyball walking water_polo
    weightlifting wheelchair yoga"""


def _numbered(words: str) -> dict[int, str]:
    numbered = dict(enumerate(words.split()))
    return {number: word for number, word in numbered.items() if word != "-"}


PLATFORM, LIBRARY = "platform", "library"
_WORDS: Mapping[str, tuple[dict[int, str], dict[int, str]]] = {
    PLATFORM: (_numbered(_PLATFORM), _numbered(_LIBRARY)),
    LIBRARY: (_numbered(_LIBRARY), _numbered(_PLATFORM)),
}
# The number of a segment in which the timer stood still. In the library's numbering, the platform's
# number does not exist, and the reverse is an exercise.
PAUSE_SEGMENTS: Mapping[str, frozenset[int]] = {
    PLATFORM: frozenset((67,)),
    LIBRARY: frozenset((39, 67)),
}


def exercise_word(number: int, numbering: str) -> str:
    """Return Health Connect's word for a type of exercise, "" for a number that neither has."""
    first, second = _WORDS[numbering]
    return first.get(number, second.get(number, ""))


TYPES_OF_WORDS: dict[str, str] = type_by_word(
    {
        "walking": "walking",
        "hiking": "hiking snowshoeing",
        "running": "running",
        "treadmill": "running_treadmill",
        "cycling": "biking",
        "indoor_cycling": "biking_stationary",
        "wheelchair": "wheelchair",
        "swimming": "swimming_open_water swimming_pool",
        "rowing": "rowing rowing_machine",
        "paddling": "paddling",
        "diving": "scuba_diving",
        "skiing": "skiing snowboarding",
        "strength": "strength_training weightlifting calisthenics",
        "cardio": "high_intensity_interval_training boot_camp boxing exercise_class martial_arts",
        "elliptical": "elliptical",
        "stair_climbing": "stair_climbing stair_climbing_machine",
        "yoga": "yoga",
        "pilates": "pilates",
        "mobility": "stretching gymnastics guided_breathing",
        "dance": "dancing",
        "ball_sport": """baseball basketball cricket football_american football_australian
            frisbee_disc handball ice_hockey roller_hockey rugby soccer softball volleyball
            water_polo""",
        "racket_sport": "badminton racquetball squash table_tennis tennis",
        "climbing": "rock_climbing",
        "golf": "golf",
        "other": "other_workout unknown fencing ice_skating paragliding sailing skating surfing",
    }
)
