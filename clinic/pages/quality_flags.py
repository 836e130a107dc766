"""Words for the evidence of a session: quality flags, source selections, origins and loads. Pure.

`words.label` shows a name that has no words here.
"""

from clinic.pages import words
from model.derived import Origin, Session

# A flag is a doubt and no verdict: a text names what was seen, and what was done about it.
FLAGS: dict[str, str] = {
    "range": "Values that no heart has, left out",
    "jump": "Jumps of more than 30 beats a minute, left out",
    "flat_line": "The same value for ten minutes or more",
    "cadence_lock": "The heart rate may follow the steps",
    "condensed": "Averages instead of samples",
    "made_from_laps": "Made from laps: the file has no usable session of its own",
    "made_from_lengths": "Made from lengths of a pool: the file has no usable session of its own",
    "made_from_records": "Made from records: the file has no usable session of its own",
    "forgot_to_stop": "Forgot to stop? Very light for five minutes or more, taken out like a pause",
}
CHOSEN: dict[str, str] = {
    "only": "No other source measured",
    "coverage": "The others cover less of the minute",
    "rank": "Ranks above the others",
    "samples": "More samples than one of equal rank",
    "name": "One of equal rank, taken by name",
}
ORIGINS: dict[Origin, str] = {
    Origin.DECLARED: "Declared by its source",
    Origin.REPORTED: "Reported by the patient",
    Origin.DETECTED: "Found in the samples",
}
_LOADS: dict[str, str] = {
    "trimp": "TRIMP (Banister)",
    "trimp100": "TRIMP, % of an hour at threshold",
    "edwards": "Edwards",
    "lucia": "Lucia",
    "zonal": "Zonal",
    "session_rpe": "Session RPE",
    "decoupling": "Decoupling, %",
    "hr_recovery": "Heart rate recovery: highest less 60 s after the end",
}


# What is missing before heart rate can be put into classes, and who can give it.
_NO_THRESHOLDS: dict[str, str] = {
    "none": "there is no heart profile for this date, or one without enough figures: have one "
    "written (kadens patient profile), with a birth year and a resting heart rate at the least.",
}
_NOT_USABLE = (
    "the profile gives no edges that hold for this patient's rhythm and drugs: write the edges in "
    "beats a minute, or a maximum measured on the drug."
)


def flag(what: str) -> str:
    """Return a quality flag in words."""
    return FLAGS.get(what, words.label(what))


def chosen(why: str) -> str:
    """Return the reason of a source selection in words."""
    return CHOSEN.get(why, words.label(why))


def load(name: str) -> str:
    """Return the name of a load in words."""
    return _LOADS.get(name, words.label(name))


def counted(*, counts: bool, why: str) -> str:
    """Return in words whether a session counts, and why not."""
    return "Counted" if counts else f"Not counted: {why}"


def doubts(session: Session) -> tuple[str, ...]:
    """Return in words what is doubted of a session as such, whether or not it counts."""
    forgotten = ("forgot to stop?",) if session.forgotten else ()
    made = (f"made from {session.made_from}",) if session.made_from else ()
    return (*forgotten, *made)


def no_classes(method: str, samples: int) -> str:
    """Return why no time of a session is in a class although heart rate may be there.

    `method` is that of the thresholds, `samples` the number of heart rate samples of the session.
    """
    measured = f"{samples:,} heart rate samples are there" if samples else "No heart rate is there"
    return f"{measured}, but {_NO_THRESHOLDS.get(method, _NOT_USABLE)}"


def times(start_ms: int, end_ms: int, zone: str) -> str:
    """Return a span as times of day in `zone`; a single time when both are in the same minute."""
    # Compared as text: two instants of the same minute read the same.
    start, end = words.at(start_ms, zone), words.at(end_ms, zone)
    return start if start == end else f"{start} to {end}"
