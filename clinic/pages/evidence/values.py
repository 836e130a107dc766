"""The values of frozen evidence as text for a clinician. Pure; nothing here changes what is stored.

Instants and dates are by the clock of the patient.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from clinic.pages import words
from clinic.pages.evidence.labels import (
    EVIDENCE_LABELS,
    IDS_IN_LISTS,
    NOT_SHOWN,
    PERCENT,
    UNIT_BY_END,
)
from model.calendar import epoch_ms
from model.words.language import _, ngettext, translated
from model.words.red_flags import sign_words
from model.words.rounding import in_full

# The form in which evidence is frozen: always UTC.
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
# A date by the patient's clock, with or without the time of day.
_LOCAL = re.compile(r"(\d{4}-\d\d-\d\d)( \d\d:\d\d)?")
# Other keys that end in `_ms` are lengths.
EPOCH_ENDS = (
    "from_ms",
    "at_ms",
    "start_ms",
    "end_ms",
    "time_ms",
    "now_ms",
    "received_ms",
    "since_ms",
    "until_ms",
    "judged_ms",
)


def evidence_text(key: str, value: object, zone: str) -> str:
    """Return a value as text.

    A number whose `key` is in `EPOCH_ENDS` is an instant in `zone`; with another key in `_ms` it is
    a length. RFC 3339 text is an instant in `zone` as well.
    """
    # Before the numbers: True is an int in Python.
    if value is None or isinstance(value, bool):
        return {None: words.NOTHING, True: _("yes"), False: _("no")}[value]
    if isinstance(value, int) and key.endswith("_ms"):
        return words.when(value, zone) if key.endswith(EPOCH_ENDS) else words.span(value)
    if isinstance(value, str) and RFC3339.fullmatch(value):
        return words.when(epoch_ms(datetime.fromisoformat(value)), zone)
    if isinstance(value, (list, tuple)):
        between = "; " if key in _OBJECTS else ", "
        return between.join(evidence_text(key, item, zone) for item in value) or _("none")
    if isinstance(value, dict):
        return _OBJECTS.get(key, _object_words)(value, zone)
    return _figure(key, value) if isinstance(value, (int, float)) else _word(key, str(value))


def _object_words(values: Mapping[str, Any], zone: str) -> str:
    """Return the values of an object one after the other, each with its name."""
    shown = [(name, item) for name, item in values.items() if name not in NOT_SHOWN]
    texts = (f"{evidence_label(name)} {evidence_text(name, item, zone)}" for name, item in shown)
    return "; ".join(texts)


def _prescription_words(part: Mapping[str, Any], _zone: str) -> str:
    """Return the version of a prescription, and what was done of it where that is known."""
    name = _("%(id)s, version %(n)s", id=part.get("id", ""), n=part.get("version", ""))
    if not part.keys() >= set(_DONE_OF_DUE):
        return name
    return _(
        "%(name)s: %(sessions)s of %(sessions_due)s sessions, %(minutes)s of %(minutes_due)s min",
        name=name,
        **{key: words.exact(part[key]) for key in _DONE_OF_DUE},
    )


def _exertion_words(answer: Mapping[str, Any], _zone: str) -> str:
    """Return an answer about exertion beside the prescribed ceiling."""
    return _(
        "%(value)s %(scale)s, prescribed at most %(ceiling)s",
        value=words.exact(answer["value"]),
        scale=words.scale(answer["scale"]),
        ceiling=words.exact(answer["ceiling"]),
    )


_DONE_OF_DUE = ("sessions", "sessions_due", "minutes", "minutes_due")
# Objects that read best as a phrase, by their key.
_OBJECTS: Mapping[str, Callable[[Mapping[str, Any], str], str]] = {
    "prescription": _prescription_words,
    "prescriptions": _prescription_words,
    "exertion": _exertion_words,
}


def _figure(key: str, value: float) -> str:
    """Return a number with its unit, a share in percent."""
    if key in PERCENT:
        return f"{words.number(float(in_full(value, 2)))} %"
    text = words.exact(value)
    if _ends_in(key, "days"):
        return ngettext("%(num)s day", "%(num)s days", value, num=text)
    # `minutes_due` ends in no shorter key
    ends = [end for end in UNIT_BY_END if _ends_in(key, end)]
    return f"{text} {translated(UNIT_BY_END[max(ends, key=len)])}" if ends else text


def is_phrase(key: str) -> bool:
    """Return whether the objects under a key read best as a phrase, and not as a table."""
    return key in _OBJECTS


def _ends_in(key: str, end: str) -> bool:
    return key == end or key.endswith(f"_{end}")


def evidence_label(name: str) -> str:
    """Return what a key of evidence means."""
    meaning = EVIDENCE_LABELS.get(name)
    return translated(meaning) if meaning else words.label(_bare(name))


def _word(key: str, value: str) -> str:
    """Return a name of ours or a date in words, any other text as it is."""
    local = _LOCAL.fullmatch(value)
    if local:
        at = f",{local[2]}" if local[2] else ""
        return words.day(date.fromisoformat(local[1])) + at
    return _WORDED[key](value) if key in _WORDED else value


def _lower_label(name: str) -> str:
    return words.label(name).lower()


# How names of ours are worded, by the key whose value they are.
_WORDED: Mapping[str, Callable[[str], str]] = {
    "phase": _lower_label,
    "types": _lower_label,
    "scale": words.scale,
    "sign": sign_words,
    "signs": sign_words,
    "vendor": words.vendor,
}


def is_for_programs(key: str, value: object) -> bool:
    """Return whether a value is a name for programs, which no reader needs."""
    return key in NOT_SHOWN or (key in IDS_IN_LISTS and isinstance(value, list))


def _bare(key: str) -> str:
    return key.removesuffix("_ms")
