"""What each rule looks for, in words for the header of a group. Data only.

The figures come from the rule itself: a threshold that changes is worded anew. A rule that is not
listed is worded by its title and its thresholds.
"""

from model.words.language import N_

CONDITION_WORDS: dict[str, str] = {
    "P1": N_(
        "pain of %(very_high)s or more once, or of %(high)s or more in %(sessions)s of %(of_last)s "
        "sessions"
    ),
    "P2": N_(
        "pain up by %(rise)s or more the next morning, after %(sessions)s of %(of_last)s sessions"
    ),
    "P3": N_(
        "weekly pain up by %(each_week)s or more two weeks running, or by %(at_once)s at once"
    ),
    "P4": N_("a flare, %(rise)s or more above the usual pain for %(apart_hours)s hours"),
    "P5": N_("a warning sign that the patient named"),
    "P6": N_("pain with a load %(rise)s times that of the four weeks before, or more"),
    "P8": N_("no answer about pain for %(sessions)s sessions"),
    "D1": N_("nothing from a worn device for %(silent_days)s days"),
    "H1": N_("heart rate above the ceiling that a prescription names"),
    "H2": N_("resting heart rate up by %(rise)s, where a prescription asks for it"),
    "H3": N_("resting heart rate of %(bpm)s or more, where a prescription asks for it"),
    "H4": N_(
        "weight up by %(rise)s kg or more within %(days)s days, where a prescription asks for it"
    ),
    "H5": N_("a vendor's own notice about rhythm, where a prescription asks for it"),
    "H6": N_("a symptom of the heart that the patient named, where a prescription asks for it"),
    "A1": N_("two weeks below %(ratio)s of what is prescribed"),
    "A2": N_("%(missed)s due sessions in a row missed"),
    "A3": N_("a low week that cannot be caught up any more"),
    "A4": N_("no session in the first %(days)s days"),
    "A5": N_("less and less of what is prescribed over %(judged_weeks)s weeks"),
    "A6": N_("two weeks above %(dose)s times the prescribed dose, or a long session that hurt"),
    "A7": N_(
        "less than %(share)s of the time at the prescribed intensity, in %(sessions)s sessions"
    ),
}
# Thresholds that are shares, and read better in percent.
SHARES = frozenset({"ratio", "share"})
