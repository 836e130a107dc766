"""Frozen evidence as tables for a clinician. Pure.

It lays out evidence of any shape, and interprets nothing.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from clinic.pages import words
from clinic.pages.evidence_labels import (
    EVIDENCE_LABELS,
    FIRST_THRESHOLDS,
    NOT_SHOWN,
    PERCENT,
    THRESHOLD_LABELS,
    UNIT_BY_END,
)
from model.calendar import epoch_ms
from model.words.language import _, translated
from model.words.rounding import in_full

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
_WORDED = ("phase",)  # keys whose values are names of ours
# The form in which evidence is frozen: always UTC.
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
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
        if key in NOT_SHOWN:
            continue
        if not _is_table(value):
            single[key] = value
        elif isinstance(value, list):
            tables.append(_listed(key, value, zone))
        else:
            nested.append(_nested(key, value, zone))
    if single:
        nested.append(_named(_("Rule and window"), single, zone))
    return (*tables, *nested)


def _text(key: str, value: object, zone: str) -> str:
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
        return ", ".join(_text("", item, zone) for item in value) or _("none")
    if isinstance(value, dict):
        shown = [(name, item) for name, item in value.items() if name not in NOT_SHOWN]
        return "; ".join(f"{_label(name)} {_text(name, item, zone)}" for name, item in shown)
    return _figure(key, value) if isinstance(value, (int, float)) else _word(key, str(value))


def _figure(key: str, value: float) -> str:
    """Return a number with its unit, a share in percent."""
    if key in PERCENT:
        return f"{words.number(float(in_full(value, 2)))} %"
    # `minutes_due` ends in no shorter key, and `known_days` does in `days`
    ends = [end for end in UNIT_BY_END if key == end or key.endswith(f"_{end}")]
    text = words.exact(value)
    return f"{text} {translated(UNIT_BY_END[max(ends, key=len)])}" if ends else text


def _label(name: str) -> str:
    meaning = EVIDENCE_LABELS.get(name)
    return translated(meaning) if meaning else words.label(_bare(name))


def _word(key: str, value: str) -> str:
    if key == "scale":
        return words.scale(value)
    return words.label(value).lower() if key in _WORDED else value


def _named(title: str, values: dict[str, Any], zone: str) -> Grid:
    rows = tuple(
        (_label(name), _text(name, item, zone))
        for name, item in values.items()
        if name not in NOT_SHOWN
    )
    return Grid(title=title, heads=(), rows=rows)


def _nested(key: str, values: dict[str, Any], zone: str) -> Grid:
    """Return the table of a nested object; thresholds in the order in which they are read."""
    if key != "thresholds":
        return _named(words.label(key), values, zone)
    ranked = {name: rank for rank, name in enumerate(FIRST_THRESHOLDS)}
    names = sorted(values, key=lambda name: ranked.get(name, len(ranked)))
    rows = tuple((_threshold(name), _text(name, values[name], zone)) for name in names)
    return Grid(title=words.label(key), heads=(), rows=rows)


def _threshold(name: str) -> str:
    meaning = THRESHOLD_LABELS.get(name)
    return translated(meaning) if meaning else _label(name)


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
    return Grid(title=words.label(key), heads=heads, rows=tuple(cells), turned=turned)


def _line_of(name: str, values: list[dict[str, Any]], zone: str) -> tuple[str, ...]:
    """Return the head of a key, then its value in each object."""
    texts = (_text(name, value.get(name), zone) for value in values)
    return _label(name), *texts


def _position(name: str) -> tuple[int, int]:
    """Return the position of a column: events first, names of records last.

    The order is set here, because jsonb does not keep the order of keys.
    """
    if name in FIRST:
        return 0, FIRST.index(name)
    return (2, LAST.index(name)) if name in LAST else (1, 0)


def _is_table(value: object) -> bool:
    listed = (
        isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)
    )
    return listed or (isinstance(value, dict) and bool(value))


def _bare(key: str) -> str:
    return key.removesuffix("_ms")
