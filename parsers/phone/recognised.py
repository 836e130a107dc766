"""Recognises files of phones' apps by their first bytes. Pure, and cheap to import."""

import re

BOM = b"\xef\xbb\xbf"  # some tools put it before a file in UTF-8
_EXPORT = re.compile(
    rb'\s*\{\s*"data"\s*:\s*\{\s*"(?:metrics|workouts|stateOfMind|symptoms|ecg|medications|'
    rb'cycleTracking|heartRateNotifications)"\s*:\s*[\[n]'
)
# Its first member, as the app writes it or as a tool sorts it; and a list of the app.
_FIRST = re.compile(rb'\s*\{\s*"(?:timestamp|app_version|active_calories)"\s*:')
_VERSION = re.compile(rb'"app_version"\s*:\s*"')
_LIST = re.compile(
    rb'"(?:steps|sleep|heart_rate|heart_rate_variability|resting_heart_rate|distance|exercise|'
    rb'active_calories|total_calories|weight|oxygen_saturation|blood_pressure)"\s*:\s*\['
)


def is_health_auto_export(first: bytes) -> bool:
    """Return whether a file is an export of Health Auto Export, by its first bytes."""
    return _EXPORT.match(first.removeprefix(BOM)) is not None


def is_hc_webhook(first: bytes) -> bool:
    """Return whether a file is a payload of HC Webhook, by its first bytes."""
    content = first.removeprefix(BOM)
    is_first = _FIRST.match(content) is not None
    return is_first and all(look.search(content) for look in (_VERSION, _LIST))
