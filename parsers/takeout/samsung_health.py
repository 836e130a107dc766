"""Samsung Health's export to facts: its tables, and the files of finer values beside them. Pure.

A table begins with a line of its name (`com.samsung.shealth.exercise,6310013,7`), then come the
names of the columns, some of them behind the name of a table again. Times are texts in UTC, and
`time_offset` (`UTC+0200`) says where the clock was. The device is only an id here, so that a phone
and a watch are sources of their own, and what both counted is never added.

A row of heart rate that names a file of bins is a mean of many minutes: it is left to that file.
Totals of dates are no samples; where both are there, the greater counts and nothing is added.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

from model.calendar import DAY_MS
from model.errors import BodyError
from model.facts import Method, RejectKind, Source, Workout
from model.metrics import LONGEST_INTERVAL_MS
from model.received import Context, Part
from parsers.bounds import LONGEST_WORKOUT_MS, MOST_RECORDS, readable
from parsers.exports.tables import table_rows
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    kept_without,
    measure_of,
    number_within,
    optional_text,
    real_offset,
)
from parsers.pauses import SHORTEST_PAUSE_MS
from parsers.phone.collected import Collected
from parsers.takeout.samsung_names import (
    BINNED,
    DAY_TABLES,
    EXERCISE_TABLES,
    SAMPLE_TABLES,
    SAMSUNG_TOTALS,
    SAMSUNG_TYPES,
    SAMSUNG_WORDS,
    SamsungTable,
)
from parsers.takeout.values import day_total, each_entry, only_part, parsed_json
from parsers.word_tables import type_of_word

_VENDOR = "samsung_health"
_BOM = b"\xef\xbb\xbf"
_FIRST_LINE = re.compile(rb"(com\.samsung\.[a-z_.]+),")
_BINS = re.compile(rb"\s*\[\s*\{")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?")
# Versions of the app write an instant, or the midnight of a date, in either form.
_EPOCH_MS = re.compile(r"[0-9]{12,13}")
_OFFSET = re.compile(r"UTC([+-])([0-9]{2}):?([0-9]{2})")
_EPOCH, _MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
_EPOCH_DAY = date(1970, 1, 1).toordinal()

_Row: TypeAlias = Mapping[str, str]


def is_samsung_health(first: bytes) -> bool:
    """Return whether a file is a table of Samsung Health, by its first line."""
    return _FIRST_LINE.match(first.removeprefix(_BOM)) is not None


def is_samsung_bins(first: bytes) -> bool:
    """Return whether a file holds the finer values of a row, by its first entry."""
    entry = first[: first.find(b"}") + 1]
    is_timed = b'"start_time"' in entry and b"longitude" not in entry
    return _BINS.match(first) is not None and is_timed


def read_samsung_health(payload: bytes, _context: Context) -> Iterator[Part]:
    """Yield the only part of a table; BodyError for a table that is not read."""
    content = payload.removeprefix(_BOM)
    first = _FIRST_LINE.match(content)
    name = first[1].decode().rstrip(".") if first else ""
    add = _adder(name)
    if add is None:
        raise BodyError("@0", "a table of Samsung Health that is not read", RejectKind.UNKNOWN)
    into = Collected()
    for index, row in enumerate(_rows(content)):
        try:
            add(row, into)
        except Unreadable as error:
            into.refused.add("", index, error)
    yield from only_part(into)


def _adder(name: str) -> Callable[[_Row, Collected], None] | None:
    if name in EXERCISE_TABLES:
        return _add_exercise
    if name in DAY_TABLES:
        return lambda row, into: _add_day(row, DAY_TABLES[name], into)
    if name in SAMPLE_TABLES:
        return lambda row, into: _add_sample(row, SAMPLE_TABLES[name], into)
    return None


def _rows(content: bytes) -> Iterator[_Row]:
    """Yield the rows by the short names of their columns: the last word of `a.b.start_time`."""
    written = content.decode("utf-8", "replace").split("\n", 1)
    reader = table_rows(written[1] if len(written) > 1 else "")
    try:
        columns = [name.rpartition(".")[2].strip() for name in next(reader, [])]
        for count, row in enumerate(reader):
            if count >= MOST_RECORDS:
                raise BodyError("body", f"more than {MOST_RECORDS} rows", RejectKind.TOO_MUCH)
            # Each row ends with a comma that the line of names may lack.
            if any(row):
                yield dict(zip(columns, row, strict=False))
    except csv.Error as error:
        raise BodyError("@0", "not a table") from error


def _ms(row: _Row, name: str) -> int:
    written = row.get(name, "")
    if not _TIME.fullmatch(written) and not _EPOCH_MS.fullmatch(written):
        raise Unreadable(name, "not a time of Samsung Health")
    try:
        if _EPOCH_MS.fullmatch(written):
            ms = int(written)
        else:
            ms = (datetime.fromisoformat(written).replace(tzinfo=UTC) - _EPOCH) // _MS
    except ValueError as error:
        raise Unreadable(name, "not a time that exists") from error
    if not readable(ms):
        raise Unreadable(name, "not between the years 2000 and 2100", RejectKind.RANGE)
    return ms


def _offset(row: _Row) -> int | None:
    """Return the offset of a row in minutes; None where none is stated."""
    written = row.get("time_offset", "")
    if not written:
        return None
    parts = _OFFSET.fullmatch(written)
    if parts is None:
        raise Unreadable("time_offset", "not a UTC offset")
    minutes = int(parts[2]) * 60 + int(parts[3])
    return real_offset(-minutes if parts[1] == "-" else minutes, "time_offset")


def _source(row: _Row, method: Method, errors: list[Unreadable]) -> Source:
    app = kept_without(errors, "", optional_text, row.get("pkg_name"), "pkg_name")
    device = kept_without(errors, "", optional_text, row.get("deviceuuid"), "deviceuuid")
    return Source(vendor=_VENDOR, app=app, device=device, method=method)


def _number(row: _Row, name: str) -> float:
    try:
        return float(row.get(name, ""))
    except ValueError as error:
        raise Unreadable(name, "not a number") from error


def _add_sample(row: _Row, table: SamsungTable, into: Collected) -> None:
    # A mean of an hour would stand as a reading at its first instant.
    if table.bins and row.get(table.bins):
        why = "a mean of values that are in a file of their own, which is read instead"
        raise Unreadable(table.bins, why, RejectKind.UNKNOWN)
    start = _ms(row, "start_time")
    end = _ms(row, "end_time") if table.counts else start
    if table.counts and not 0 < end - start <= LONGEST_INTERVAL_MS:
        why = "not after the start by at most 25 hours"
        raise Unreadable("end_time", why, RejectKind.RANGE)
    value = 1.0
    if table.value:
        value = measure_of(_number(row, table.value), table.metric, table.value)
    errors: list[Unreadable] = []
    offset = kept_without(errors, None, _offset, row)
    source = _source(row, Method.UNKNOWN, errors)
    into.series.add(table.metric, source, offset, (start, end, value))
    for error in errors:
        into.refused.add("", None, error)


def _add_day(row: _Row, columns: Mapping[str, str], into: Collected) -> None:
    # Midnight in UTC of the local date.
    day = date.fromordinal(_EPOCH_DAY + _ms(row, "day_time") // DAY_MS)
    values = {}
    for column, metric in columns.items():
        if row.get(column):
            values[metric] = measure_of(_number(row, column), metric, column)
    errors: list[Unreadable] = []
    if values:
        into.facts.append(day_total(_source(row, Method.UNKNOWN, errors), "day", day, values))
    for error in errors:
        into.refused.add("", None, error)


def _add_exercise(row: _Row, into: Collected) -> None:
    start, end = _ms(row, "start_time"), _ms(row, "end_time")
    if not 0 < end - start <= LONGEST_WORKOUT_MS:
        why = "a session of no length" if end == start else "not after the start by seven days"
        raise Unreadable("end_time", why, RejectKind.RANGE)
    errors: list[Unreadable] = []
    record = kept_without(errors, "", optional_text, row.get("datauuid"), "datauuid")
    # Numbers come and go with versions of the app, so an unknown one is kept as it is.
    number = row.get("exercise_type", "")
    word = SAMSUNG_WORDS.get(number, number)[:64]
    revision = kept_without(errors, 0, _ms, row, "update_time") if row.get("update_time") else 0
    source = _source(row, Method.WORKOUT, errors)
    offset = kept_without(errors, None, _offset, row)
    into.facts.append(
        Workout(
            head=head(source, record or f"{word}:{start}", revision, (start, end), offset),
            type=type_of_word(SAMSUNG_TYPES, word, "exercise_type", errors),
            vendor_type=word,
            moving_ms=_moving_ms(row, end - start, errors),
            summary=dict(_totals(row, errors)),
        )
    )
    for error in errors:
        into.refused.add("", None, error)


def _moving_ms(row: _Row, lasted_ms: int, errors: list[Unreadable]) -> int | None:
    # The time of the timer; when it stood still is in a file of its own, which has positions.
    if not row.get("duration"):
        return None
    moving = kept_without(errors, 0.0, _number, row, "duration")
    return int(moving) if 0 < moving <= lasted_ms - SHORTEST_PAUSE_MS else None


def _totals(row: _Row, errors: list[Unreadable]) -> Iterator[tuple[str, float]]:
    for column, (ours, most) in SAMSUNG_TOTALS.items():
        try:
            if row.get(column):
                yield ours, number_within(_number(row, column), 0, most, column)
        except Unreadable as error:
            errors.append(error.with_traceback(None))


def read_samsung_bins(payload: bytes, _context: Context) -> Iterator[Part]:
    """Yield the only part of a file of finer values; their times are in UTC."""
    into = Collected()
    each_entry(parsed_json(payload), "", into, _add_bin)
    yield from only_part(into)


def _add_bin(entry: JsonObject, into: Collected) -> None:
    at = entry.get("start_time")
    if isinstance(at, bool) or not isinstance(at, int):
        raise Unreadable("start_time", "not a time in milliseconds")
    if not readable(at):
        raise Unreadable("start_time", "not between the years 2000 and 2100", RejectKind.RANGE)
    # The file names no device; the row that names the file does, in another file.
    source = Source(vendor=_VENDOR)
    for name, metric in BINNED.items():
        if entry.get(name) is not None:
            into.series.add(metric, source, None, (at, at, measure_of(entry[name], metric, name)))
