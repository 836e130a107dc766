"""Recognises files of phones' apps by their first bytes. Pure, and cheap to import."""

import re

MOST_OBJECTS_PUSHED = 1_000_000  # a second of reading; two days of readings a second have half
BOM = b"\xef\xbb\xbf"  # some tools put it before a file in UTF-8
_EXPORT = re.compile(
    rb'\s*\{\s*"data"\s*:\s*\{\s*"(?:metrics|workouts|stateOfMind|symptoms|ecg|medications|'
    rb'cycleTracking|heartRateNotifications)"\s*:\s*[\[n]'
)
# A new version may write a list of another name first.
_DATA, _LISTED = (
    re.compile(rb'\s*\{\s*"data"\s*:\s*\{\s*"\w{1,40}"\s*:\s*[\[n]'),
    re.compile(
        rb'"(?:metrics|workouts)"\s*:\s*\[\s*\{\s*"(?:name|units|data|id|start|end|duration)"\s*:'
    ),
)
# A table of the app, alone or as a part of a form. The first heading is in English everywhere.
WORKOUT_TABLE = re.compile(rb'"?Workout Type"?[,;\t]"?Start"?[,;\t]"?End"?[,;\t]')
_METRIC_TABLE = re.compile(rb'"?Date/Time"?[,;\t][^\r\n]*\(')
FORM_START = re.compile(rb"--([!-~]{1,70})\r\n(?:[!-~][^\r\n]*\r\n){1,8}\r\n")
# The first member of HC Webhook, as the app writes it or as a tool sorts it; and a list of the app.
_FIRST = re.compile(rb'\s*\{\s*"(?:timestamp|app_version|active_calories)"\s*:')
_VERSION = re.compile(rb'"app_version"\s*:\s*"')
_LIST = re.compile(
    rb'"(?:steps|sleep|heart_rate|heart_rate_variability|resting_heart_rate|distance|exercise|'
    rb'active_calories|total_calories|weight|oxygen_saturation|blood_pressure)"\s*:\s*\['
)


def is_health_auto_export(first: bytes) -> bool:
    """Return whether a file is an export of Health Auto Export, by its first bytes."""
    content = first.removeprefix(BOM)
    form = FORM_START.match(content)
    file = content[form.end() :].removeprefix(BOM) if form else content
    if _DATA.match(file) and _LISTED.search(file):
        return True
    return any(look.match(file) for look in (_EXPORT, WORKOUT_TABLE, _METRIC_TABLE))


def is_hc_webhook(first: bytes) -> bool:
    """Return whether a file is a payload of HC Webhook, by its first bytes."""
    content = first.removeprefix(BOM)
    is_first = _FIRST.match(content) is not None
    return is_first and all(look.search(content) for look in (_VERSION, _LIST))
