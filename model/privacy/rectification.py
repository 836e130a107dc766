"""Corrections of what a patient or a source has stated: what may be corrected, and what follows.

Pure. A correction is laid over the fact, which stays as it was stated. Samples are never corrected:
nobody remembers a heart rate better than the watch; a restriction keeps wrong ones out of use.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Any

from model.calendar import rfc3339
from model.facts import MARKS, Instrument, Report, Workout
from model.schemas.report_body import SCALES, Scale
from model.storable import LONGEST_SESSION_MS, fact_refusal
from model.words.activities import TYPES

_SCALES: Mapping[str, Scale] = {scale.id: scale for scale in SCALES}
_EXERTION = "borg-cr10"


class RectificationError(ValueError):
    """A correction that cannot be made; the text says why, for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RightValues:
    """What is right instead; None is left as it was stated. Times are epoch ms.

    `value` is on the scale of the report, `exertion` on Borg CR10. With `void` the report or the
    workout does not hold at all.
    """

    value: float | None = None
    type: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    exertion: float | None = None
    void: bool = False


def named_values(right: RightValues) -> dict[str, Any]:
    """Return what is corrected, by name; instants in RFC 3339."""
    named: dict[str, Any] = {}
    for field in fields(right):
        value = getattr(right, field.name)
        if value is None or value is False:
            continue
        timed = field.name.endswith("_ms")
        named[field.name.removesuffix("_ms")] = rfc3339(value) if timed else value
    return named


def stated_values(fact: Workout | Report, right: RightValues) -> dict[str, Any]:
    """Return what was stated of all that a correction corrects, by the same names."""
    stated: dict[str, Any] = {
        "type": fact.type,
        "start": rfc3339(fact.head.start_ms),
        "end": rfc3339(fact.head.end_ms),
        "void": False,
    }
    if isinstance(fact, Workout):
        stated["exertion"] = fact.exertion_cr10
    else:
        stated["value"] = fact.value
    return {name: stated[name] for name in named_values(right)}


def correctable(fact: Workout | Report) -> frozenset[str]:
    """Return the names of the values of a fact that may be corrected; a mark has none."""
    if isinstance(fact, Workout):
        return frozenset({"type", "start", "end", "exertion", "void"})
    # a later mark takes back an earlier one, so a mark needs no correction
    if fact.instrument in MARKS:
        return frozenset()
    if fact.instrument is Instrument.SESSION:
        return frozenset({"type", "start", "end", "void"})
    return frozenset({"value", "void"})


def with_right_values(fact: Workout | Report, right: RightValues) -> Workout | Report:
    """Return a fact as if its source had stated the right values at once.

    Pauses are cut to the new times of a workout, whose stated time without pauses is dropped: it
    was that of the old ones. Raises `RectificationError`.
    """
    named = named_values(right)
    _check_names(fact, named)
    head = fact.head
    start_ms = head.start_ms if right.start_ms is None else right.start_ms
    end_ms = head.end_ms if right.end_ms is None else right.end_ms
    if not start_ms < end_ms and ("start" in named or "end" in named):
        raise RectificationError("a session must end after it begins")
    if end_ms - start_ms > LONGEST_SESSION_MS:
        raise RectificationError("a session cannot be as long as that")
    head = replace(head, start_ms=start_ms, end_ms=end_ms)
    made = _workout(fact, head, right) if isinstance(fact, Workout) else _report(fact, head, right)
    # what could not be stored if a source stated it may not come in by this way either
    if why := fact_refusal(made):
        raise RectificationError(f"it could not be stored so: {why}")
    return made


def _check_names(fact: Workout | Report, named: Mapping[str, Any]) -> None:
    if not named:
        raise RectificationError("say what is right instead")
    if any(isinstance(value, float) and not isfinite(value) for value in named.values()):
        raise RectificationError("what is right must be a number")
    if others := named.keys() - correctable(fact):
        what = "a session" if _is_session(fact) else "that report"
        raise RectificationError(f"{what} has no {min(others)} that could be corrected")
    if "void" in named and len(named) > 1:
        raise RectificationError("what does not hold at all has no right values")


def _is_session(fact: Workout | Report) -> bool:
    return isinstance(fact, Workout) or fact.instrument is Instrument.SESSION


def _workout(fact: Workout, head: Any, right: RightValues) -> Workout:  # noqa: ANN401 - a Head
    made = replace(fact, head=head, type=_known_type(fact, right))
    if right.exertion is not None:
        _check_scale(_EXERTION, right.exertion)
        made = replace(made, exertion_cr10=right.exertion)
    # without other times the pauses stay as the source counted them
    if head == fact.head:
        return made
    cut = ((max(a, head.start_ms), min(b, head.end_ms)) for a, b in fact.pauses)
    return replace(made, moving_ms=None, pauses=tuple(pair for pair in cut if pair[0] < pair[1]))


def _report(fact: Report, head: Any, right: RightValues) -> Report:  # noqa: ANN401 - a Head
    made = replace(fact, head=head, type=_known_type(fact, right))
    if right.value is None:
        return made
    _check_scale(fact.scale, right.value)
    return replace(made, value=right.value)


def _known_type(fact: Workout | Report, right: RightValues) -> str:
    if right.type is None:
        return fact.type
    if right.type not in TYPES:
        raise RectificationError(f"the type must be one of {', '.join(TYPES)}")
    return right.type


def _check_scale(name: str, value: float) -> None:
    scale = _SCALES[name]
    fits = value == int(value) or not scale.integers_only
    if not (scale.low <= value <= scale.high and fits):
        kind = "a whole number " if scale.integers_only else ""
        raise RectificationError(
            f"on the scale {name} a value is {kind}from {scale.low:g} to {scale.high:g}"
        )
