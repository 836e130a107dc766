"""Records and corrections in words, for the clinic's pages. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clinic.pages import words
from model.calendar import epoch_ms
from model.facts import Report, Workout
from model.privacy.rectification import RightValues, named_values, stated_values
from model.words.language import N_, translated
from storage.rights.corrections import Correction
from storage.rights.stated import StatedRecord

VALUE_NAMES: Mapping[str, str] = {
    "value": N_("Answer"),
    "exertion": N_("Exertion, Borg CR10"),
    "type": N_("Type"),
    "start": N_("Beginning"),
    "end": N_("Ending"),
}
_VOID = N_("does not hold at all")
_UNKNOWN = N_("not stated")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWords:
    """A record in words: what it is, its value ("" for none), and its instants in epoch ms."""

    what: str
    value: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionLine:
    """A correction with each value as it was stated and as it is right, in words."""

    row: Correction
    values: tuple[tuple[str, str, str], ...]  # name, was, is
    is_void: bool

    @property
    def was(self) -> str:
        """Return what had been stated, in words."""
        if len(self.values) == 1:
            return self.values[0][1]
        return ", ".join(f"{name.lower()} {was}" for name, was, _ in self.values)


def record_words(fact: Workout | Report) -> RecordWords:
    """Return a record in words."""
    head = fact.head
    if isinstance(fact, Workout):
        what, value = words.label(fact.type), ""
    else:
        phase = words.label(fact.phase.value) if fact.phase.value != "none" else ""
        name = words.label(fact.type) if fact.type else words.label(fact.instrument.value)
        what = f"{name}, {phase.lower()}" if phase else name
        value = words.number(fact.value) if fact.value is not None else ""
        if value and fact.scale:
            value = f"{value} {words.scale(fact.scale)}"
    return RecordWords(what=what, value=value, start_ms=head.start_ms, end_ms=head.end_ms)


def right_words(
    kept: StatedRecord, right: RightValues, zone: str
) -> tuple[tuple[str, str, str], ...]:
    """Return each value that is to be corrected: its name, what was stated, and what is right."""
    return _values(stated_values(kept.stated, right), named_values(right), zone)


def correction_line(row: Correction, zone: str) -> CorrectionLine:
    """Return a correction in words."""
    right: dict[str, Any] = {"void": True} if row.is_void else _right(row)
    return CorrectionLine(row=row, values=_values(row.was, right, zone), is_void=row.is_void)


def correction_lines(rows: Iterable[Correction], zone: str) -> list[CorrectionLine]:
    """Return corrections in words."""
    return [correction_line(row, zone) for row in rows]


def _right(row: Correction) -> dict[str, Any]:
    times = {"start": row.start_ms, "end": row.end_ms}
    fields = {"exertion": row.fields.get("exertion_cr10"), **row.fields}
    # only what was meant: the record of what had been stated has exactly those names
    return {name: times.get(name, fields.get(name)) for name in row.was}


def _values(
    was: Mapping[str, Any], right: Mapping[str, Any], zone: str
) -> tuple[tuple[str, str, str], ...]:
    if right.get("void"):
        return (("", "", translated(_VOID)),)
    return tuple(
        (
            translated(VALUE_NAMES[name]),
            _shown(name, was.get(name), zone),
            _shown(name, value, zone),
        )
        for name, value in right.items()
    )


def _shown(name: str, value: Any, zone: str) -> str:  # noqa: ANN401 - as VALUE_NAMES
    if value is None:
        return translated(_UNKNOWN)
    if name == "type":
        return words.label(str(value)) if value else translated(_UNKNOWN)
    if name in {"start", "end"}:
        ms = value if isinstance(value, int) else epoch_ms(datetime.fromisoformat(value))
        return words.when(ms, zone)
    return words.number(float(value))
