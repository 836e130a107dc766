"""Frozen evidence as tables for a clinician. Pure.

It lays out evidence of any shape, and interprets nothing.
"""

from dataclasses import dataclass
from itertools import chain
from typing import Any

from clinic.pages import words
from clinic.pages.evidence.labels import FIRST_THRESHOLDS, NOT_SHOWN, THRESHOLD_LABELS
from clinic.pages.evidence.values import (
    evidence_label,
    evidence_text,
    is_for_programs,
    is_phrase,
)
from model.words.language import _, translated

FIRST = (
    "local_date",
    "monday",
    "at",
    "value",
    "scale",
    "phase",
    "sessions",
    "sessions_due",
    "minutes",
    "minutes_due",
)
LAST = ("prescriptions",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table: a title, column heads and rows of text.

    A table of single values has no heads; its columns are name and value. A turned table has a
    column for each object, and the names of the values in its first column.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    turned: bool = False


def grids(evidence: dict[str, Any], zone: str) -> tuple[Grid, ...]:
    """Return the tables of `evidence`.

    These are a table for each list of objects, then a table for each nested object, then a table of
    the single values.
    """
    tables, nested, single = [], [], {}
    for key, value in evidence.items():
        if is_for_programs(key, value):
            continue
        if not _is_table(key, value):
            single[key] = value
        elif isinstance(value, list):
            tables.append(_listed(key, value, zone))
        else:
            nested.append(_nested(key, value, zone))
    if single:
        nested.append(_named(_("Rule and window"), single, zone))
    return (*tables, *nested)


def _named(title: str, values: dict[str, Any], zone: str) -> Grid:
    rows = tuple(
        (evidence_label(name), evidence_text(name, item, zone))
        for name, item in values.items()
        if name not in NOT_SHOWN
    )
    return Grid(title=title, heads=(), rows=rows)


def _nested(key: str, values: dict[str, Any], zone: str) -> Grid:
    """Return the table of a nested object; thresholds in the order in which they are read."""
    if key != "thresholds":
        return _named(evidence_label(key), values, zone)
    ranked = {name: rank for rank, name in enumerate(FIRST_THRESHOLDS)}
    names = sorted(values, key=lambda name: ranked.get(name, len(ranked)))
    rows = tuple((_threshold(name), evidence_text(name, values[name], zone)) for name in names)
    return Grid(title=words.label(key), heads=(), rows=rows)


def _threshold(name: str) -> str:
    meaning = THRESHOLD_LABELS.get(name)
    return translated(meaning) if meaning else evidence_label(name)


def _listed(key: str, values: list[dict[str, Any]], zone: str) -> Grid:
    """Return a table with a row for each object, or a column when the table is narrower so."""
    # Objects of a list need not have the same keys: each key of any of them gets a column.
    named = dict.fromkeys(chain.from_iterable(values))
    # all of them, where nothing but names for programs is there
    shown = [name for name in named if name not in NOT_SHOWN] or list(named)
    names = sorted(shown, key=_position)
    lines = [_line_of(name, values, zone) for name in names]
    turned = len(values) < len(names)
    heads, *cells = lines if turned else zip(*lines, strict=True)
    return Grid(title=evidence_label(key), heads=heads, rows=tuple(cells), turned=turned)


def _line_of(name: str, values: list[dict[str, Any]], zone: str) -> tuple[str, ...]:
    """Return the head of a key, then its value in each object."""
    texts = (evidence_text(name, value.get(name), zone) for value in values)
    return evidence_label(name), *texts


def _position(name: str) -> tuple[int, int]:
    """Return the position of a column: events first, names of records last.

    The order is set here, because jsonb does not keep the order of keys.
    """
    if name in FIRST:
        return 0, FIRST.index(name)
    return (2, LAST.index(name)) if name in LAST else (1, 0)


def _is_table(key: str, value: object) -> bool:
    listed = (
        isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)
    )
    return not is_phrase(key) and (listed or (isinstance(value, dict) and bool(value)))
