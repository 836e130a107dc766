"""Corrections that hold, in words for the patient whose data they are about. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from model.calendar import epoch_ms, local_date, local_time
from model.words.language import N_
from patient.words import activity_words
from storage.rights.corrections import Correction

# What may be corrected; the words are for the catalogue.
VALUE_WORDS: Mapping[str, str] = {
    "value": N_("your answer"),
    "exertion": N_("how hard it was"),
    "type": N_("kind of exercise"),
    "start": N_("start"),
    "end": N_("end"),
}
_UNKNOWN = N_("not stated")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCorrection:
    """A correction: when, what was stated and what is right, and why. `values` is () when void.

    Each of `values` is a name, what was stated and what is right. Words are for the catalogue.
    """

    day: date
    values: tuple[tuple[str, str, str], ...]
    why: str


def own_corrections(rows: Iterable[Correction], zone: str) -> list[OwnCorrection]:
    """Return the corrections that hold, newest first."""
    held = [row for row in rows if row.ended_ms is None]
    return [_shown(row, zone) for row in reversed(held)]


def _shown(row: Correction, zone: str) -> OwnCorrection:
    times: Mapping[str, Any] = {"start": row.start_ms, "end": row.end_ms}
    fields = {"exertion": row.fields.get("exertion_cr10"), **row.fields, **times}
    names = () if row.is_void else tuple(row.was)
    return OwnCorrection(
        day=local_date(row.set_ms, zone),
        values=tuple(
            (VALUE_WORDS[name], _word(name, row.was[name], zone), _word(name, fields[name], zone))
            for name in names
        ),
        why=row.why,
    )


def _word(name: str, value: Any, zone: str) -> str:  # noqa: ANN401 - a number, word or instant
    if value is None or value == "":
        return _UNKNOWN
    if name == "type":
        return activity_words(str(value))
    if name in {"start", "end"}:
        ms = value if isinstance(value, int) else epoch_ms(datetime.fromisoformat(value))
        return f"{local_date(ms, zone)} {local_time(ms, zone)}"
    return f"{value:g}"
