"""The tables (CSV) of Health Auto Export to facts, alone or as parts of a form. Pure.

A table of metrics has a column for each (`Step Count (count)`, `Heart Rate [Avg] (count/min)`) and
a row for each time; a table of workouts has a row for each. Times have no offset from UTC: totals
of days need none, and everything else needs the zone that comes with the request.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from model.errors import BodyError
from model.facts import Method, RejectKind
from parsers.fields import JsonObject, Unreadable
from parsers.forms import number_in, plain_number
from parsers.local_times.moments import Moment, in_table_order, moment_of
from parsers.phone.collected import Collected
from parsers.phone.export_metrics import Setting
from parsers.phone.export_names import (
    EXPORTED_METRICS,
    NOT_FOLLOWED,
    OTHER_MEMBERS,
    SLEEP,
    STOOD,
    TABLE_TEXTS,
    TABLE_TOTALS,
    Followed,
)
from parsers.phone.export_workouts import add_workout
from parsers.phone.grids import grid_of
from parsers.phone.recognised import BOM, FORM_START, WORKOUT_TABLE
from parsers.phone.values import ValueColumn, Valued, add_values

_MOST_PARTS = 64
_MOST_CELLS = 300_000  # of a table: 40 days by minutes with five metrics
_PART_END = b"\r\n\r\n"
_HEADING = re.compile(r"(.*?)(?:\s*\[(.*?)\])?(?:\s*\((.*)\))?", re.DOTALL)
_DELIMITERS = ",;\t"
_SOURCES = frozenset({"source", "sources"})
_DURATION = re.compile(r"(\d{1,3}):([0-5]\d):([0-5]\d)", re.ASCII)
_Rows = list[list[str]]


class _Heading(NamedTuple):
    """What a column holds: the app's name of the metric, the member in brackets, and the unit."""

    name: str
    member: str
    units: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A table with its path, its headings and its rows of texts."""

    where: str
    headings: Sequence[_Heading]
    rows: _Rows


def add_tables(payload: bytes, setting: Setting, into: Collected) -> None:
    """Add what the tables of a payload hold; BodyError where it is no table of the app."""
    for number, content in enumerate(_parts(payload)):
        rows = _rows(content) or [[]]
        table = _Table(
            where=f"tables[{number}]", headings=list(map(_heading, rows[0])), rows=rows[1:]
        )
        if WORKOUT_TABLE.match(content):
            _add_workouts(table, setting, into)
        elif any(heading.units for heading in table.headings[1:]):
            _add_metrics(table, setting, into)
        else:
            raise BodyError(table.where, "no export in JSON and no table of the app")


def _parts(payload: bytes) -> Iterator[bytes]:
    """Yield the files of a form, or the payload itself where it is no form."""
    content = payload.removeprefix(BOM)
    start = FORM_START.match(content)
    if start is None:
        yield content
        return
    pieces = content.split(b"\r\n--" + start[1], _MOST_PARTS)
    if len(pieces) > _MOST_PARTS:
        raise BodyError("body", f"a form of more than {_MOST_PARTS} parts", RejectKind.TOO_MUCH)
    for piece in pieces[:-1]:
        _, separator, file = piece.partition(_PART_END)
        if separator:
            yield file.removeprefix(BOM)


def _rows(content: bytes) -> _Rows:
    """Return the rows of a table that are not empty; BodyError where it is no text or no table."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BodyError(f"@{error.start}", "not UTF-8") from error
    first = text.partition("\n")[0]
    if sum(map(text.count, f"\n{_DELIMITERS}")) > _MOST_CELLS:
        raise BodyError("body", f"more than {_MOST_CELLS} cells", RejectKind.TOO_MUCH)
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        read = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return [row for row in read if any(row)]
    except csv.Error as error:
        raise BodyError("body", "not a table", RejectKind.DAMAGED) from error


def _heading(cell: str) -> _Heading:
    match = _HEADING.fullmatch(cell.strip())
    name, member, units = match.groups(default="") if match else ("", "", "")
    letters = [letter if letter.isalnum() else " " for letter in name.lower()]
    return _Heading("_".join("".join(letters).split()), member, units)


def _add_metrics(table: _Table, setting: Setting, into: Collected) -> None:
    moments = _moments(table, setting, into)
    sources = _source_column(table)
    for position, heading in enumerate(table.headings[1:], 1):
        where = f"{table.where}.columns[{position}]"
        followed = _followed(heading)
        if followed is None:
            if _is_unknown(heading):
                error = Unreadable("", "an unknown column", RejectKind.UNKNOWN)
                into.refused.add(where, None, error)
            continue
        values = list(_cells(table, position, sources, moments, followed, into))
        grid = grid_of((valued.at for valued in values), setting.grid(heading.name))
        column = ValueColumn(followed, where, grid, Method.BACKGROUND, setting.vendor)
        add_values(column, heading.units, values, into)


def _moments(table: _Table, setting: Setting, into: Collected) -> list[Moment | None]:
    """Return the time of each row, None where it has none; that is told once for the row."""
    moments: list[Moment | None] = []
    for index, row in enumerate(table.rows):
        try:
            moments.append(moment_of(row[0], "", setting.zone))
        except Unreadable as error:
            into.refused.add(f"{table.where}.columns[0]", index, error)
            moments.append(None)
    # A table that names sources may have a row for each of them at one time.
    is_of_sources = _source_column(table) is not None
    return moments if is_of_sources else in_table_order(moments, setting.zone)


def _source_column(table: _Table) -> int | None:
    for position, heading in enumerate(table.headings):
        if heading.name in _SOURCES:
            return position
    return None


def _followed(heading: _Heading) -> Followed | None:
    for followed in EXPORTED_METRICS.get(heading.name, ()):
        members = {member.lower() for member in followed.members}
        if (heading.member or "qty").lower() in members:
            return followed
    return None


def _is_unknown(heading: _Heading) -> bool:
    if heading.name in _SOURCES or heading.name in NOT_FOLLOWED or heading.name in (SLEEP, STOOD):
        return False
    is_known = heading.name in EXPORTED_METRICS
    return bool(heading.name) and not (is_known and heading.member.lower() in OTHER_MEMBERS)


def _cells(
    table: _Table,
    position: int,
    sources: int | None,
    moments: Sequence[Moment | None],
    followed: Followed,
    into: Collected,
) -> Iterator[Valued]:
    """Yield the values of a column; an empty cell is no value, and no fault either."""
    for index, (row, at) in enumerate(zip(table.rows, moments, strict=True)):
        cell = row[position].strip() if position < len(row) else ""
        if not cell or at is None:
            continue
        try:
            item: JsonObject = {followed.members[0]: _number(cell)}
        except Unreadable as error:
            into.refused.add(f"{table.where}.columns[{position}]", index, error)
            continue
        if sources is not None and sources < len(row):
            item["source"] = row[sources]
        yield Valued(index, at, None, item)


def _number(cell: str) -> float:
    """Return the number of a cell; phones of some languages write a comma in it."""
    return number_in(plain_number(cell, in_english=False), "")


def _add_workouts(table: _Table, setting: Setting, into: Collected) -> None:
    for index, row in enumerate(table.rows):
        entry = _entry(table.headings, row)
        try:
            add_workout(entry, f"{table.where}.rows[{index}]", setting, into)
        except Unreadable as error:
            into.refused.add("", None, error)


def _entry(headings: Sequence[_Heading], row: Sequence[str]) -> JsonObject:
    """Return a row of workouts as the app's JSON has it. 0 is what the app writes for nothing."""
    entry: JsonObject = {}
    for heading, cell in zip(headings, row, strict=False):
        text = cell.strip()
        member = TABLE_TEXTS.get(heading.name)
        if member is not None and text:
            entry[member] = _seconds(text) if member == "duration" else text
        total = TABLE_TOTALS.get(heading.name)
        if total is not None and text:
            try:
                qty: float | str = _number(text)
            except Unreadable:
                qty = text  # told as a number that is none
            if qty:
                entry[total] = {"qty": qty, "units": heading.units}
    return entry


def _seconds(text: str) -> float | str:
    """Return hours, minutes and seconds as seconds, anything else as it is."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return text
    hours, minutes, seconds = map(int, match.groups())
    return float(hours * 3600 + minutes * 60 + seconds)
