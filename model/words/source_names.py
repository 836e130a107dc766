"""Names of sources as people know them, for every door: one table. Pure.

A source that is no brand, such as a patient's own answers, is worded where it is read: a patient
and a clinician call it by other names.
"""

from collections.abc import Iterable, Mapping

# Where the stored name with capitals is not the name.
_BRANDS: Mapping[str, str] = {
    "hc_webhook": "HC Webhook",
    "huawei": "Huawei Health",
    "huawei_health": "Huawei Health",
    "whoop": "WHOOP",
    "coros": "COROS",
}


def brand(vendor: str) -> str:
    """Return the name of a sender that is a brand: apple_health is Apple Health."""
    return _BRANDS.get(vendor) or " ".join(
        word[:1].upper() + word[1:] for word in vendor.split("_")
    )


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
