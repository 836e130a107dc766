"""Recognises files of phones' apps by their first bytes. Pure, and cheap to import."""

import re

BOM = b"\xef\xbb\xbf"  # some tools put it before a file in UTF-8
_EXPORT = re.compile(
    rb'\s*\{\s*"data"\s*:\s*\{\s*"(?:metrics|workouts|stateOfMind|symptoms|ecg|medications|'
    rb'cycleTracking|heartRateNotifications)"\s*:\s*[\[n]'
)


def is_health_auto_export(first: bytes) -> bool:
    """Return whether a file is an export of Health Auto Export, by its first bytes."""
    return _EXPORT.match(first.removeprefix(BOM)) is not None
