"""Dates, activities and sources in the words of whoever reads a page of the patient door. Pure.

Stored names are keys here; a page never shows a key.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from babel.dates import format_date

from model.words.language import N_

# A template words these with `_`, and the catalogue has each.
ACTIVITY_WORDS: Mapping[str, str] = {
    "walking": N_("Walking"),
    "hiking": N_("Hiking"),
    "running": N_("Running"),
    "treadmill": N_("Treadmill"),
    "nordic_walking": N_("Nordic walking"),
    "cycling": N_("Cycling"),
    "indoor_cycling": N_("Indoor cycling"),
    "wheelchair": N_("Wheelchair"),
    "swimming": N_("Swimming"),
    "rowing": N_("Rowing"),
    "paddling": N_("Paddling"),
    "water_exercise": N_("Water exercise"),
    "diving": N_("Diving"),
    "cross_country_skiing": N_("Cross-country skiing"),
    "skiing": N_("Skiing"),
    "strength": N_("Strength training"),
    "cardio": N_("Cardio training"),
    "elliptical": N_("Elliptical trainer"),
    "stair_climbing": N_("Stair climbing"),
    "home_training_video": N_("Home exercise video"),
    "yoga": N_("Yoga"),
    "pilates": N_("Pilates"),
    "mobility": N_("Mobility"),
    "balance": N_("Balance"),
    "dance": N_("Dance"),
    "ball_sport": N_("Ball sport"),
    "racket_sport": N_("Racket sport"),
    "climbing": N_("Climbing"),
    "riding": N_("Riding"),
    "golf": N_("Golf"),
    "transition": N_("Change between sports"),
    "multisport": N_("Several sports"),
    "other": N_("Other exercise"),
}
# Senders that are no brand, and so have a name in each language.
SENDER_WORDS: Mapping[str, str] = {
    "reports": N_("your own answers"),
    "files": N_("files that you or your clinic sent"),
    "clinic": N_("your clinic"),
    # a hub between the watch's own service and us, whose name says nothing to a patient
    "open_wearables": N_("watch data by Open Wearables"),
}

# How hard a prescription wants the exercise, by its method; heart rates have words of their own.
PULSE_WORDS = N_("Exercise so that your pulse is %(low)s to %(high)s beats a minute.")
EFFORT_WORDS: Mapping[str, str] = {
    "rpe_cr10": N_(
        "Exercise so that it feels like %(low)s to %(high)s on the scale from 0 (nothing at all) "
        "to 10 (extremely hard)."
    ),
    "rpe_6_20": N_(
        "Exercise so that it feels like %(low)s to %(high)s on the scale from 6 (no effort) to 20 "
        "(the hardest there is)."
    ),
    "watts": N_("Exercise at %(low)s to %(high)s watts."),
    "cadence": N_("Walk with %(low)s to %(high)s steps a minute."),
}

# Phases of an answer about pain, as the question that is asked.
PAIN_QUESTIONS: Mapping[str, str] = {
    "none": N_("Pain right now"),
    "before": N_("Pain before exercise"),
    "during": N_("Pain during exercise"),
    "after": N_("Pain after exercise"),
    "next_morning": N_("Pain the next morning"),
}
FORM_WORDS: Mapping[int, str] = {
    1: N_("Very bad"),
    2: N_("Bad"),
    3: N_("Fair"),
    4: N_("Good"),
    5: N_("Very good"),
}
# Keys are stored. A list and no free text, because free text could name a person.
EQUIPMENT_WORDS: Mapping[str, str] = {
    "resistance band": N_("Resistance band"),
    "weights": N_("Weights"),
    "poles": N_("Walking poles"),
    "mat": N_("Mat"),
    "chair or step": N_("Chair or step"),
    "gym machine": N_("Gym machine"),
    "exercise ball": N_("Exercise ball"),
    "exercise bike": N_("Exercise bike"),
    "other": N_("Something else"),
}
# Where it hurts. Keys are stored as an app states them; a list and no free text, as above.
SITE_WORDS: Mapping[str, str] = {
    "head": N_("Head"),
    "neck": N_("Neck"),
    "left shoulder": N_("Left shoulder"),
    "right shoulder": N_("Right shoulder"),
    "left elbow": N_("Left elbow"),
    "right elbow": N_("Right elbow"),
    "left hand or wrist": N_("Left hand or wrist"),
    "right hand or wrist": N_("Right hand or wrist"),
    "chest": N_("Chest"),
    "belly": N_("Belly"),
    "upper back": N_("Upper back"),
    "lower back": N_("Lower back"),
    "left hip or groin": N_("Left hip or groin"),
    "right hip or groin": N_("Right hip or groin"),
    "left thigh": N_("Left thigh"),
    "right thigh": N_("Right thigh"),
    "left knee": N_("Left knee"),
    "right knee": N_("Right knee"),
    "left calf or heel tendon": N_("Left calf or heel tendon"),
    "right calf or heel tendon": N_("Right calf or heel tendon"),
    "left foot or ankle": N_("Left foot or ankle"),
    "right foot or ankle": N_("Right foot or ankle"),
    "several places": N_("Several places"),
}
# The signs of `model.words.red_flags`, as a patient is asked about them.
SIGN_QUESTIONS: Mapping[str, str] = {
    "chest_pain": N_("Chest pain"),
    "fainting": N_("I have fainted"),
    "breathless_at_rest": N_("Breathless at rest"),
    "breathless_more": N_("More breathless over the last days"),
    "bladder_or_bowel": N_("I cannot control my bladder or bowel"),
    "saddle_numbness": N_("Numb between the legs"),
    "leg_weakness": N_("A leg is getting weaker"),
    "fever_with_pain": N_("Fever with pain"),
    "major_trauma": N_("A severe injury"),
    "swollen_calf_or_joint": N_("A hot, swollen calf or joint"),
    "night_pain": N_("Pain at night or when lying down"),
    "weight_loss": N_("Losing weight without a reason"),
    "cancer_history": N_("New pain, and I have had cancer"),
}


def activity_words(key: str) -> str:
    """Return an activity in English, for the catalogue to translate."""
    return ACTIVITY_WORDS.get(key, ACTIVITY_WORDS["other"])


def sender_words(vendor: str, titles: Mapping[str, str]) -> str:
    """Return the name of a sender, for the catalogue to translate where it is no brand."""
    return SENDER_WORDS.get(vendor) or titles.get(vendor, vendor)


def full_date(language: str, value: date) -> str:
    """Return a date with its year, such as 23 November 2026."""
    return _written(value, "d MMMM y", language)


def weekday_date(language: str, value: date) -> str:
    """Return a date with its weekday and no year, such as Monday 23 November."""
    return _written(value, "EEEE d MMMM", language)


def brief_date(language: str, value: date) -> str:
    """Return a date that takes little room, such as 23 Nov."""
    return _written(value, "d MMM", language)


# a page has the same few dates many times, and their names come from large tables
@lru_cache(maxsize=2048)
def _written(value: date, form: str, language: str) -> str:
    return format_date(value, form, locale=language)
