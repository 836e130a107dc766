"""What the keys of frozen evidence mean, and in which unit their figures are. Data only.

A key that is not listed is worded as every stored name is. Nothing here changes what is stored.
"""

from collections.abc import Mapping

from model.words.language import N_

EVIDENCE_LABELS: Mapping[str, str] = {
    "frequency": N_("Sessions done, of those due"),
    "time": N_("Minutes done, of those due"),
    "known_days": N_("Days of which something is known"),
    "valid_days": N_("Days with the watch worn"),
    "answered_days": N_("Other days that the patient answered for"),
    "recalled_days": N_("Other days that the answer about the week covers"),
    "carried_days": N_("Other days with a phone carried"),
    "unseen_days": N_("Days with the watch off for as long as a session"),
    "recalled_sessions": N_("Sessions that the patient told of"),
    "share": N_("Share"),
    "ratio": N_("Least share of what is due"),
    "lag_hours": N_("Waits for late data"),
    "answer_hours": N_("Waits for the patient's answer"),
    "look_back_days": N_("Looks back"),
    "fresh_days": N_("Raises an alert for"),
    "fresh_until_ms": N_("Raises an alert until"),
    "from_ms": N_("Evidence from"),
    "apart_hours": N_("Apart, at least"),
    "mean": N_("Weighted mean of late"),
    "least_mean": N_("Limit of the weighted mean"),
    "lost": N_("Sum of what the weeks lost"),
    "most_lost": N_("Limit of the sum"),
    "baseline": N_("Level at the beginning"),
    "mean_dose_min": N_("Mean dose of the four weeks before"),
    "dose_min": N_("Dose of the week"),
    "below_ms": N_("Time below the prescribed range"),
    "within_ms": N_("Time within the prescribed range"),
    "above_ms": N_("Time above the prescribed range"),
    "at": N_("When"),
    "day": N_("Day"),
    "median": N_("Median of the answers"),
    "at_start": N_("Usual pain at the start"),
    "signs": N_("Warning signs answered with yes"),
    "sign": N_("Warning sign"),
    "types": N_("Only sessions of these types"),
    "contacted": N_("Contact before it"),
    "level": N_("Usual resting heart rate"),
    "spread": N_("Spread of the resting heart rate"),
    "weighings": N_("Weighings"),
    "kg": N_("Weight"),
    "vendor": N_("Sent by"),
    "exertion": N_("Exertion"),
    "ceiling": N_("Prescribed ceiling"),
    "verbatim": N_("In the vendor's own words"),
    "local": N_("Began, by the patient's clock"),
    "of_last": N_("Of so many last sessions"),
    "usual": N_("Usual pain before exercise"),
    "very_high": N_("Very high from"),
    "high": N_("High from"),
}
# Thresholds that are named like a figure of the evidence and mean another thing.
THRESHOLD_LABELS: Mapping[str, str] = {
    "sessions": N_("In so many sessions"),
    "weight": N_("Weight of a new week in the mean"),
}
# Thresholds that are read one after the other; the others follow.
FIRST_THRESHOLDS = ("very_high", "high", "rise", "sessions", "of_last")
# What a figure is followed by, by the end of its key; the longest end that fits wins. Days are
# counted, and not listed here: their word bends with the number.
UNIT_BY_END: Mapping[str, str] = {
    "hours": N_("h"),
    "minutes": N_("min"),
    "minutes_due": N_("min"),
    "minutes_prescribed": N_("min"),
    "dose_min": N_("min"),
    "bpm": N_("a minute"),
    "ceiling": N_("a minute"),
    "highest": N_("a minute"),
    "level": N_("a minute"),
    "kg": N_("kg"),
}
# Shares of 1, which read better in percent.
PERCENT = frozenset({"frequency", "time", "ratio", "share", "mean", "least_mean", "baseline"})
# Names for programs: the API has them, and no reader needs them.
NOT_SHOWN = frozenset({"sha256", "record", "session"})
# A list under this name holds ids of sessions, and a number counts them.
IDS_IN_LISTS = frozenset({"sessions"})
# Where the page of the patient shows what an alert is about, by its family: section and its name.
# No section of that page shows warning signs, nights or weighings.
_PAIN, _WEEKS = ("pain", N_("Pain over time")), ("weeks", N_("Weeks"))
SECTIONS_OF_FAMILY: Mapping[str, tuple[tuple[str, str], ...]] = {
    "pain": (_PAIN,),
    "answers": (_PAIN,),
    "progress": (_PAIN, _WEEKS),
    "adherence": (_WEEKS,),
    "load": (_WEEKS,),
    "intensity": (_WEEKS,),
    "data": (("sources", N_("Sources")),),
    "heart": (),
    "red_flag": (),
}
