"""What a session rests on and what speaks against it, in words. Pure; a name that is new is shown as it is."""

from clinic.pages import words
from model.derived import Origin

FLAGS: dict[str, str] = {
    "range": "Values that no heart has, left out",
    "jump": "Jumps of more than 30 beats a minute, left out",
    "flat_line": "The same value for ten minutes or more",
    "cadence_lock": "The heart rate may follow the steps",
    "condensed": "Averages instead of samples",
}
CHOSEN: dict[str, str] = {
    "only": "No other source measured",
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
    """Return what a doubt says."""
    return FLAGS.get(what, words.label(what))


def chosen(why: str) -> str:
    """Return why a source speaks for its minutes."""
    return CHOSEN.get(why, words.label(why))


def load(name: str) -> str:
    """Return the name of a figure of load."""
    return _LOADS.get(name, words.label(name))


def counted(*, counts: bool, why: str) -> str:
    """Return whether a session is one of its day's sessions, and why not."""
    return "Counted" if counts else f"Not counted: {why}"


def _clock(start_ms: int, end_ms: int, zone: str) -> str:
    """Return a span by the clock; one time where both are in the same minute."""
    start, end = words.at(start_ms, zone), words.at(end_ms, zone)
    return start if start == end else f"{start} to {end}"
