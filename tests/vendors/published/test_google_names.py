"""What Google's own client library (v4beta, 2026-10) names: platforms, data types, exercises."""

from collections.abc import Mapping

import pytest

from model.facts import DeviceType, Method
from parsers.fields import Unreadable
from parsers.vendors.google_health.names import EXERCISE_TYPES, TYPE_BY_NAME, TYPES_NOT_FOLLOWED
from parsers.vendors.google_health.sources import point_source
from parsers.word_tables import type_of_word

_NAMED: Mapping[str, str] = {
    "AEROBIC_WORKOUT": "cardio",
    "ARCHERY": "other",
    "ASSAULT_BIKE": "indoor_cycling",
    "BACKPACKING": "hiking",
    "BALLROOM_DANCE": "dance",
    "BARRE_CLASS": "pilates",
    "CARDIO_WORKOUT": "cardio",
    "CROSS_COUNTRY_SKI": "cross_country_skiing",
    "DIVING": "diving",
    "ELECTRIC_BIKE": "cycling",
    "EQUESTRIAN_SPORTS": "riding",
    "FREE_WEIGHTS": "strength",
    "FRISBEE_PLAYING_GENERAL": "ball_sport",
    "HAND_CYCLING": "wheelchair",
    "INCLINE_RUN": "treadmill",
    "INCLINE_WALK": "walking",
    "MOUNTAIN_BIKE": "cycling",
    "MULTISPORT": "multisport",
    "PICKELBALL": "racket_sport",
    "STROLLER_WALK": "walking",
    "SYNCHRONIZED_SWIMMING": "swimming",
    "TRAIL_RUN": "running",
    "TREADMILL_WALK": "walking",
    "WATER_JOGGING": "water_exercise",
    "WRESTLING": "other",
    "YOGA_HATHA": "yoga",
}


@pytest.mark.parametrize(("word", "ours"), _NAMED.items())
def test_an_exercise_has_its_type(word: str, ours: str) -> None:
    errors = list[Unreadable]()
    assert type_of_word(EXERCISE_TYPES, word.lower(), "exercise.exerciseType", errors) == ours
    assert not errors


@pytest.mark.parametrize("name", ["Luxe", "Fitbit Air", "Ace LTE"])
def test_a_tracker_of_any_name_is_worn(name: str) -> None:
    # its nights show that it was worn, and those of a device of no type show nothing
    stated = {"platform": "FITBIT", "device": {"displayName": name}}
    source = point_source({"dataSource": stated}, Method.BACKGROUND)
    assert source.device_type is DeviceType.WATCH


@pytest.mark.parametrize(
    ("stated", "ours"),
    [
        ({"platform": "FITBIT", "device": {"displayName": "MobileTrack"}}, DeviceType.PHONE),
        ({"platform": "FITBIT", "device": {"formFactor": "RING"}}, DeviceType.UNKNOWN),
        ({"platform": "FITBIT", "device": {"formFactor": "SMART_DISPLAY"}}, DeviceType.UNKNOWN),
        ({"platform": "HEALTH_CONNECT", "device": {"displayName": "Luxe"}}, DeviceType.UNKNOWN),
    ],
)
def test_what_is_no_tracker_is_not_taken_for_one(stated: object, ours: DeviceType) -> None:
    assert point_source({"dataSource": stated}, Method.BACKGROUND).device_type is ours


@pytest.mark.parametrize(
    "name",
    [
        "basal-energy-burned",
        "menstrual-period",
        "moods",
        "ovulation-test",
        "skin-temperature-sensors",
        "symptoms",
        "body-fat",
        "active-energy-burned",
        "irregular-rhythm-notification",
    ],
)
def test_a_data_type_is_known(name: str) -> None:
    assert name in TYPES_NOT_FOLLOWED or name in TYPE_BY_NAME
