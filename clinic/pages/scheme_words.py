"""Words for how a session was put into classes: the scheme, and by what its edges were computed.

Pure. A name that has no words here is shown as it is stored.
"""

from collections.abc import Mapping
from typing import Any

from clinic.pages import words
from model.words.language import N_, translated

_SCHEMES: dict[str, str] = {
    # guidelines, which are named by their year: the edges differ from year to year
    "acsm2011": N_("ACSM 2011"),
    "esc2020": N_("ESC 2020"),
    # what watches and coaches show, for whoever compares with them
    "coaching5": N_("Five coaching zones"),
    "threshold5": N_("Five zones by the threshold"),
    "power7": N_("Seven zones of power"),
    "cadence": N_("Steps a minute"),
    # below it, within it and above it
    "prescribed": N_("The prescribed range"),
}
# A method is several of these with colons between: on what it rests, and whose formula it took.
_METHODS: dict[str, str] = {
    "prescribed": N_("as prescribed"),
    # what a heart rate is compared with
    "hrr": N_("heart rate reserve"),
    "hrmax": N_("maximal heart rate"),
    "threshold_hr": N_("heart rate at the threshold"),
    # what stands in for a heart rate
    "ftp": N_("threshold power"),
    "bpm": N_("beats a minute"),
    "watts": N_("watts"),
    "cadence": N_("steps a minute"),
    "mets": N_("METs"),
    "oxygen_uptake": N_("oxygen uptake"),
    "borg-cr10": N_("Borg CR10"),
    "borg-6-20": N_("Borg 6-20"),
    "borg-6-20 from borg-cr10": N_("Borg 6-20, from an answer on Borg CR10"),
    "rpe": N_("as the patient answered"),
    # where the figures of the edges are from
    "measured": N_("measured"),
    "absolute": N_("equal for everybody"),
    "device": N_("stated by the device"),
    "clinician": N_("written by a clinician"),
    # by a formula for the maximal heart rate, which is least certain
    "tanaka": N_("formula of Tanaka"),
    "brawner": N_("formula of Brawner"),
    "keteyian": N_("formula of Keteyian"),
    "none": N_("nothing to compute them by"),
}
_EDGES = ("percent_light", "percent_moderate", "percent_vigorous", "percent_near_max")
_ANSWERED = N_("exertion")


def scheme(name: str) -> str:
    """Return the name of a scheme of classes in words."""
    return translated(_SCHEMES[name]) if name in _SCHEMES else name


def method(name: str) -> str:
    """Return in words what the edges of classes rest on."""
    return ", ".join(map(_part, name.split(":")))


def profile_inputs(held: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return what classes were computed from: the patient's figures, then the edges from below."""
    return sorted(held.items(), key=_order)


def _order(item: tuple[str, Any]) -> int:
    # the database keeps no order, and near maximum would come before vigorous
    return _EDGES.index(item[0]) if item[0] in _EDGES else -1


def metric_phrase(metric: str) -> str:
    """Return what a method measures, within a line; of an answer, the method names the scale."""
    return translated(_ANSWERED) if metric.startswith("exertion") else words.label(metric).lower()


def _part(name: str) -> str:
    return translated(_METHODS[name]) if name in _METHODS else name
