"""Activity types of Kadens by the words and numbers of writers of TCX and GPX. Data only.

GPX leaves the word to its writer, and TCX has only three. Compared in lower case, with a `_` for
what separates two words.
"""

from parsers.vendors.garmin.names import ACTIVITY_TYPES
from parsers.vendors.open_wearables.names import WORKOUT_TYPES
from parsers.word_tables import type_by_word

_WORDS: dict[str, str] = {
    "walking": "walk 10 walks speedwalking brisk_walking promenade",
    "hiking": "hike 4 trekking mountain_hike",
    "running": "run 9 jogging jog trailrun trail_run laufen course",
    "treadmill": "treadmillrunning treadmill_run virtualrun virtual_running",
    "nordic_walking": "nordicwalking nordic_walking",
    "cycling": """ride 1 bike biking bicycling bicycle road_cycling road_biking mountain_bike
        mountainbiking mountainbikeride mtb gravelride gravel_ride ebikeride e_bike_ride
        emountainbikeride velomobile cyclo_cross handcycle""",
    "indoor_cycling": "virtualride virtual_cycling indoor_bike spinning spin 17",
    "wheelchair": "wheelchair_walk wheelchair_run",
    "swimming": "swim 16 open_water pool_swim",
    "rowing": "row virtualrow indoor_row",
    "paddling": "canoe kayak sup standuppaddling stand_up_paddling",
    "cross_country_skiing": "nordicski nordic_ski rollerski 7 8 crosscountryskiing skitouring",
    "skiing": "alpineski alpine_ski 2 snowboard 12 backcountryski downhill_skiing ski",
    "strength": "weighttraining weight_training strength",
    "cardio": "workout crossfit cardio fitness 11",
    "elliptical": "crosstrainer cross_trainer",
    "stair_climbing": "stairstepper",
    "climbing": "rockclimbing",
    "riding": "horseback",
    "multisport": "duathlon",
}
TYPES_OF_TRACK: dict[str, str] = {
    **WORKOUT_TYPES,
    **dict(zip(map(str.lower, ACTIVITY_TYPES), ACTIVITY_TYPES.values(), strict=True)),
    **type_by_word(_WORDS),
}


def track_word(written: str) -> str:
    """Return a type as the table spells it.

    >>> track_word("Trail Running"), track_word("cycling-road")
    ('trail_running', 'cycling_road')
    """
    return written.lower().replace(" ", "_").replace("-", "_")
