"""The form of a correction: what is typed becomes right values, or mistakes beside fields. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import isfinite
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from model.calendar import local_instant, utc
from model.facts import Report, Workout
from model.privacy.rectification import (
    RectificationError,
    RightValues,
    correctable,
    with_right_values,
)
from model.schemas.plain_text import text_problem, typed_text
from model.words.language import N_

LONGEST_CORRECTION_WHY = 500  # characters, as the database keeps them
_NUMBERS = ("value", "exertion")
_TIMES = ("start", "end")
# What is said beside a field when its value cannot be right.
_WRONG: Mapping[str, str] = {
    "value": N_("That is no value of the scale."),
    "exertion": N_("That is no value of the scale."),
    "type": N_("Choose a type from the list."),
    "start": N_("A session must end after it begins, and within 31 days."),
    "end": N_("A session must end after it begins, and within 31 days."),
}
_NO_NUMBER = N_("Write a number.")
_NO_TIME = N_("Write a date and a time of day.")
_NOTHING = N_("Change what is wrong, or say that it does not hold at all.")
_VOID_ALONE = N_("What does not hold at all has no right values: undo one of the two.")
_WHY = N_("Write what was wrong and how you know, in at most 500 characters.")


class CorrectionForm(BaseModel):
    """What is sent: the record, its right values as they were typed, the reason, and the step."""

    token: str = ""
    record: str = ""
    source: str = ""
    value: str = ""
    exertion: str = ""
    type: str = ""
    start: str = ""
    end: str = ""
    void: str = ""
    why: str = ""
    step: str = "preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCorrection:
    """The right values of a form, with its reason; `wrong` has the mistakes by field."""

    right: RightValues
    why: str
    wrong: Mapping[str, str]


def present_values(fact: Workout | Report, zone: str) -> dict[str, str]:
    """Return the values of a fact that may be corrected, as the form's fields have them."""
    values: dict[str, str] = {"type": fact.type}
    values["start"] = _typed_time(fact.head.start_ms, zone)
    values["end"] = _typed_time(fact.head.end_ms, zone)
    if isinstance(fact, Workout):
        values["exertion"] = _typed_number(fact.exertion_cr10)
    else:
        values["value"] = _typed_number(fact.value)
    return {name: values[name] for name in correctable(fact) if name != "void"}


def checked_correction(
    stated: Workout | Report, now: Workout | Report, form: CorrectionForm, zone: str
) -> CheckedCorrection:
    """Return the right values of a form, where they differ from what is read `now`."""
    wrong: dict[str, str] = {}
    plain = typed_text(form.why)
    if not plain or text_problem(plain, LONGEST_CORRECTION_WHY, allowed="\n"):
        wrong["why"] = _WHY
    typed = form.model_dump()
    present = present_values(now, zone)
    given = {name: typed[name].strip() for name in present}
    changed = {name: text for name, text in given.items() if text != present[name]}
    right = RightValues(void=form.void == "yes")
    if right.void and changed:
        wrong["void"] = _VOID_ALONE
        changed = {}
    for name, text in changed.items():
        right = _with_field(right, name, text, zone, wrong)
    if not wrong:
        wrong |= _refusals(stated, right)
    return CheckedCorrection(right=right, why=plain, wrong=wrong)


def _with_field(
    right: RightValues, name: str, text: str, zone: str, wrong: dict[str, str]
) -> RightValues:
    """Return the right values with those of a field; a mistake is noted instead."""
    try:
        if name in _NUMBERS:
            number = _number(text)
            if name == "value":
                return replace(right, value=number)
            return replace(right, exertion=number)
        if name in _TIMES:
            at_ms = _instant(text, zone)
            if name == "start":
                return replace(right, start_ms=at_ms)
            return replace(right, end_ms=at_ms)
    except ValueError:
        wrong[name] = _NO_NUMBER if name in _NUMBERS else _NO_TIME
        return right
    return replace(right, type=text)


def _refusals(stated: Workout | Report, right: RightValues) -> dict[str, str]:
    """Return why the right values cannot be, by the first field that cannot."""
    if right == RightValues():
        return {"record": _NOTHING}
    # field by field, so that it is known which is meant; times only make sense together
    parts = {
        "value": RightValues(value=right.value),
        "exertion": RightValues(exertion=right.exertion),
        "type": RightValues(type=right.type),
        "end": RightValues(start_ms=right.start_ms, end_ms=right.end_ms),
    }
    for name, part in parts.items():
        if part != RightValues() and not _fits(stated, part):
            return {name: _WRONG[name]}
    return {}


def _fits(stated: Workout | Report, right: RightValues) -> bool:
    try:
        with_right_values(stated, right)
    except RectificationError:
        return False
    return True


def _typed_number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _typed_time(ms: int, zone: str) -> str:
    # the form of the browser's field for date and time, which has no zone: it is the patient's
    return utc(ms).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def _number(text: str) -> float:
    number = float(text.replace(",", "."))
    # Python reads words for what is no number, and no scale has it
    if not isfinite(number):
        raise ValueError("no number of a scale")
    return number


def _instant(text: str, zone: str) -> int:
    at = datetime.fromisoformat(text)
    if at.tzinfo is not None:
        raise ValueError("a time of the patient's zone has no offset")
    return local_instant(at.date(), at.time(), zone)
