"""Names of sources as people know them, for every door: one table. Pure.

A source that is no brand, such as a patient's own answers, is worded where it is read: a patient
and a clinician call it by other names.
"""

import re
from collections.abc import Iterable, Mapping

# Where the stored name with capitals is not the name.
_BRANDS: Mapping[str, str] = {
    "hc_webhook": "HC Webhook",
    "huawei": "Huawei Health",
    "huawei_health": "Huawei Health",
    "whoop": "WHOOP",
    "coros": "COROS",
}
# Devices of FIT files name themselves by a key, such as fr245_music, which begins with their line.
_LINES: Mapping[str, str] = {
    "fr": "Forerunner", "hrm": "HRM", "marq": "MARQ", "gpsmap": "GPSMAP", "virb": "VIRB",
    "edge": "Edge", "Edge": "Edge", "fenix": "Fenix", "venu": "Venu", "epix": "Epix",
    "instinct": "Instinct", "enduro": "Enduro", "descent": "Descent", "lily": "Lily",
    "tactix": "Tactix", "approach": "Approach", "swim": "Swim", "tacx": "Tacx",
    "vector": "Vector", "rally": "Rally", "varia": "Varia", "foretrex": "Foretrex",
    "etrex": "Etrex", "oregon": "Oregon", "rino": "Rino",
    "vivo_active": "Vivoactive", "vivoactive": "Vivoactive", "vivo_fit": "Vivofit",
    "vivo_move": "Vivomove", "vivomove": "Vivomove", "vivo_smart": "Vivosmart",
    "vivosmart": "Vivosmart", "vivo_sport": "Vivosport",
}  # fmt: skip
_DEVICE_KEY = re.compile(rf"({'|'.join(_LINES)})([_A-Z\d]\w*|)")
_SPELLED: Mapping[str, str] = {"hr": "HR", "gps": "GPS", "lte": "LTE"}
# Two letters alone name no line.
_SHORTEST_KEY = 3
_APP_KEY = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


def device_name(device: str) -> str:
    """Return the name of a device: fr245_music is Forerunner 245 Music; others stay as sent."""
    key = _DEVICE_KEY.fullmatch(device)
    if key is None or len(device) < _SHORTEST_KEY:
        return device
    parts = filter(None, key[2].split("_"))
    return " ".join([_LINES[key[1]], *(_SPELLED.get(part, _capital(part)) for part in parts)])


def app_name(app: str) -> str:
    """Return the name of an app or maker: wahoo_fitness is Wahoo Fitness; others stay as sent."""
    return brand(app) if _APP_KEY.fullmatch(app) else app


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def brand(vendor: str) -> str:
    """Return the name of a sender that is a brand: apple_health is Apple Health."""
    return _BRANDS.get(vendor) or " ".join(map(_capital, vendor.split("_")))


def without_repetition(vendor: str, device: str, app: str) -> str:
    """Return a source by its vendor, device and app: each name that says more than the others.

    "Polar, Polar Pacer, Polar Flow" says Polar three times.
    """
    names = [name for name in (vendor, device, app) if name]
    return ", ".join(dict.fromkeys(name for name in names if not _is_repeated(name, names)))


def _is_repeated(name: str, names: Iterable[str]) -> bool:
    """Return whether another name begins with this one and says more."""
    beginning = f"{name.casefold()} "
    return any(other.casefold().startswith(beginning) for other in names)
