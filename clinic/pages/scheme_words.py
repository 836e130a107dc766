"""Words for how a session was put into classes: the scheme, and by what its edges were computed.

Pure. A name that has no words here is shown as it is stored.
"""

from model.words.language import N_, translated

_SCHEMES: dict[str, str] = {
    "acsm2011": N_("ACSM 2011"),
    "esc2020": N_("ESC 2020"),
    "coaching5": N_("Five coaching zones"),
    "threshold5": N_("Five zones by the threshold"),
    "power7": N_("Seven zones of power"),
    "cadence": N_("Steps a minute"),
    "prescribed": N_("The prescribed range"),
}
# A method is several of these with colons between: on what it rests, and whose formula it took.
_METHODS: dict[str, str] = {
    "prescribed": N_("as prescribed"),
    "hrr": N_("heart rate reserve"),
    "hrmax": N_("maximal heart rate"),
    "threshold_hr": N_("heart rate at the threshold"),
    "ftp": N_("threshold power"),
    "bpm": N_("beats a minute"),
    "watts": N_("watts"),
    "cadence": N_("steps a minute"),
    "mets": N_("METs"),
    "oxygen_uptake": N_("oxygen uptake"),
    "borg-cr10": N_("Borg CR10"),
    "borg-6-20": N_("Borg 6-20"),
    "measured": N_("measured"),
    "absolute": N_("equal for everybody"),
    "device": N_("stated by the device"),
    "clinician": N_("written by a clinician"),
    "tanaka": N_("formula of Tanaka"),
    "brawner": N_("formula of Brawner"),
    "keteyian": N_("formula of Keteyian"),
    "none": N_("nothing to compute them by"),
}


def scheme(name: str) -> str:
    """Return the name of a scheme of classes in words."""
    return translated(_SCHEMES[name]) if name in _SCHEMES else name


def method(name: str) -> str:
    """Return in words what the edges of classes rest on."""
    return ", ".join(map(_part, name.split(":")))


def _part(name: str) -> str:
    return translated(_METHODS[name]) if name in _METHODS else name
