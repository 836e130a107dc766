"""Senders' words for kinds of exercise, in any spelling and as their vendors publish them.

The words are those that vendors publish, written down from their pages and not from the tables.
"""

from collections.abc import Mapping

import pytest

from parsers.exports.polar_names import POLAR_SPORTS
from parsers.fields import Unreadable
from parsers.vendors.garmin.names import ACTIVITY_TYPES
from parsers.vendors.huawei_names import HUAWEI_TYPES
from parsers.vendors.hubs.junction_names import JUNCTION_SPORTS
from parsers.vendors.open_wearables.names import WORKOUT_TYPES
from parsers.vendors.oura.names import OURA_ACTIVITIES
from parsers.vendors.suunto.names import SUUNTO_ACTIVITIES
from parsers.vendors.whoop.names import WHOOP_SPORTS
from parsers.word_tables import type_of_word

_PUBLISHED = (
    (POLAR_SPORTS, "CROSS-COUNTRY_SKIING", "cross_country_skiing"),
    (POLAR_SPORTS, "ULTRARUNNING_RUNNING", "running"),
    (POLAR_SPORTS, "PARASPORTS_WHEELCHAIR", "wheelchair"),
    (POLAR_SPORTS, "TRIATHLON_SWIMMING", "swimming"),
    (POLAR_SPORTS, "ROLLER_SKIING_CLASSIC", "cross_country_skiing"),
    (POLAR_SPORTS, "FITNESS_DANCING", "dance"),
    (POLAR_SPORTS, "LES_MILLS_BODYPUMP", "strength"),
    (POLAR_SPORTS, "VERTICALSPORTS_WALLCLIMBING", "climbing"),
    (POLAR_SPORTS, "CALISTHENICS", "strength"),
    (POLAR_SPORTS, "WATERSPORTS_SAILING", "other"),
    (WHOOP_SPORTS, "stroller-jogging", "running"),
    (WHOOP_SPORTS, "track-&-field", "running"),
    (WHOOP_SPORTS, "paddle-tennis", "racket_sport"),
    (WHOOP_SPORTS, "australian-football", "ball_sport"),
    (WHOOP_SPORTS, "functional_fitness", "strength"),
    (OURA_ACTIVITIES, "strengthTraining", "strength"),
    (OURA_ACTIVITIES, "strength_training", "strength"),
    (OURA_ACTIVITIES, "Strength training", "strength"),
    (OURA_ACTIVITIES, "cross_country_skiing", "cross_country_skiing"),
    (OURA_ACTIVITIES, "hiit", "cardio"),
    (ACTIVITY_TYPES, "SINGLE_GAS_DIVING", "diving"),
    (ACTIVITY_TYPES, "BACKCOUNTRY_SKIING_SNOWBOARDING_WS", "skiing"),
    (ACTIVITY_TYPES, "INDOOR_HAND_CYCLING", "indoor_cycling"),
    (ACTIVITY_TYPES, "BIKETORUNTRANSITION_V2", "transition"),
    (WORKOUT_TYPES, "boxing", "cardio"),
    (WORKOUT_TYPES, "ice_skating", "other"),
    (JUNCTION_SPORTS, "stand_up_paddling", "paddling"),
    (JUNCTION_SPORTS, "functional_strength_training", "strength"),
    (HUAWEI_TYPES, "56", "running"),
    (HUAWEI_TYPES, "97", "indoor_cycling"),
    (HUAWEI_TYPES, "5", "ball_sport"),
    (HUAWEI_TYPES, "155", "diving"),
    (HUAWEI_TYPES, "swimming.open_water", "swimming"),
    (HUAWEI_TYPES, "running", "running"),
)


@pytest.mark.parametrize(("table", "word", "ours"), _PUBLISHED)
def test_a_published_word_has_its_type(table: Mapping[str, str], word: str, ours: str) -> None:
    errors = list[Unreadable]()
    assert type_of_word(table, word, "activity", errors) == ours
    assert not errors


def test_a_number_is_never_read_as_another_one() -> None:
    # -1 is what a vendor writes for none, and 1 is running
    errors = list[Unreadable]()
    assert type_of_word(SUUNTO_ACTIVITIES, "-1", "activityId", errors) == "other"
    assert [error.why for error in errors] == ["an unknown type of workout"]
