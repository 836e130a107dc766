"""Words for the evidence of a session: quality flags, source selections, origins and loads. Pure.

`words.label` shows a name that has no words here.
"""

from clinic.pages import words
from model.derived import Origin

# A flag is a doubt and no verdict: a text names what was seen, and what was done about it.
FLAGS: dict[str, str] = {
    "range": "Values that no heart has, left out",
    "jump": "Jumps of more than 30 beats a minute, left out",
    "flat_line": "The same value for ten minutes or more",
    "cadence_lock": "The heart rate may follow the steps",
    "condensed": "Averages instead of samples",
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


def times(start_ms: int, end_ms: int, zone: str) -> str:
    """Return a span as times of day in `zone`; a single time when both are in the same minute."""
    # Compared as text: two instants of the same minute read the same.
    start, end = words.at(start_ms, zone), words.at(end_ms, zone)
    return start if start == end else f"{start} to {end}"
