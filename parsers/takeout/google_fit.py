"""Google Fit's export by Google Takeout to facts. Pure.

    All Data/*.json                    {"Data Source": "raw:com.google...", "Data Points": [...]}
    All Sessions/*.json                {"fitnessActivity": "running", "startTime": ..., ...}
    Daily activity metrics/*.csv       totals of dates, and for each date a table of its quarters

Names of folders and files are in the language of the account, so the bytes alone tell. An export
has the same values as raw streams and again merged, and may lack either. The merged ones are a
source of their own, so that in each minute one of both counts. Of a phone the steps are read that
it derives from its counter; what Google estimates from merged streams is not read. A table of
quarters of an hour has its date in its name only; it is refused, because the streams have the same
values.
"""

import csv
import json
import re
from collections.abc import Iterator
from datetime import date

from model.errors import BodyError
from model.facts import DeviceType, Method, RejectKind, Source, Workout
from model.metrics import LONGEST_INTERVAL_MS
from model.received import Context, Part
from parsers.bounds import LONGEST_WORKOUT_MS, MOST_RECORDS, readable
from parsers.exports.tables import table_rows
from parsers.fields import (
    JsonObject,
    Unreadable,
    body_error,
    first_value,
    head,
    instant_of,
    kept_without,
    measure_of,
    number_within,
    object_of,
    text,
)
from parsers.json_records import listed_records, text_of
from parsers.pauses import stated_timer_ms
from parsers.phone.collected import Collected
from parsers.takeout.google_fit_names import (
    BY_PERSON,
    COLUMNS_OF_DATES,
    DATA_TYPES,
    DATE_COLUMNS,
    DERIVED_FROM,
    GOOGLE_FIT_TYPES,
    MERGED_STREAM,
    NOT_EXERCISE,
    OF_THE_PHONE,
    RAW_STREAM,
    SESSION_TOTALS,
    SLEEP_WORD,
)
from parsers.takeout.values import day_total, only_part, parsed_json
from parsers.word_tables import type_of_word

_VENDOR = "google_fit"
_APP_AND_NAME = 2
_NANOS_MS, _NANO_DIGITS = 1_000_000, 20
_STREAM = re.compile(rb'\s*\{\s*"(?:Data Source|Data Points)"\s*:')
_SESSION = re.compile(rb'\s*\{\s*"(?:fitnessActivity|startTime|activity)"\s*:')
# The name of a stream, a text of JSON, stands at the beginning of its file, or at the end.
_NAME = re.compile(r'"Data Source"\s*:\s*("(?:[^"\\]|\\.){0,600}")')
_NEAR = 4_096
_DATES = re.compile(("(?:" + "|".join(DATE_COLUMNS) + "),").encode())
_QUARTERS = re.compile(b"(?:Start time,End time|Starttid,Sluttid),")
_BOM = b"\xef\xbb\xbf"
_MERGED = Source(vendor=_VENDOR, app="merged by Google Fit")
_SECONDS = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)s")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_google_fit(first: bytes) -> bool:
    """Return whether a file is of Google Fit's export, by its first bytes."""
    content = first.removeprefix(_BOM)
    is_session = _SESSION.match(content) is not None and b'"fitnessActivity"' in content
    is_table = _is_dates(content) or _QUARTERS.match(content) is not None
    return is_session or is_table or _STREAM.match(content) is not None


def _is_dates(content: bytes) -> bool:
    first_line = content.split(b"\n", 1)[0].decode("utf-8", "replace")
    known = [name for name in COLUMNS_OF_DATES if name in first_line]
    return _DATES.match(content) is not None and bool(known)


def read_google_fit(payload: bytes, _context: Context) -> Iterator[Part]:
    """Yield the only part of a file; BodyError where nothing of it is read."""
    content = payload.removeprefix(_BOM)
    into = Collected()
    if _is_dates(content):
        _add_dates(content, into)
    elif _QUARTERS.match(content):
        why = "a table whose date is in its name only: the streams of All Data have its values"
        raise BodyError("@0", why, RejectKind.UNKNOWN)
    else:
        try:
            if _STREAM.match(content):
                _add_stream(text_of(content), into)
            else:
                _add_session(object_of(parsed_json(content), "body"), into)
        except Unreadable as error:
            raise body_error(error) from error
    yield from only_part(into)


def _add_stream(content: str, into: Collected) -> None:
    """Add the points of a stream, one at a time: a stream of years has half a million."""
    match = _NAME.search(content, 0, _NEAR) or _NAME.search(content, max(0, len(content) - _NEAR))
    named = text(_unquoted(match[1]) if match else None, "Data Source", 512)
    stream, _, _ = named.partition(DERIVED_FROM)
    is_read = stream.startswith(RAW_STREAM) or stream.endswith(OF_THE_PHONE)
    if not is_read and MERGED_STREAM not in stream:
        why = "made from other streams of the same export, which are read instead"
        raise Unreadable("Data Source", why, RejectKind.UNKNOWN)
    source = _source_of(stream) if is_read else _MERGED
    for record in listed_records(content):
        if record.name == "Data Points" and record.index is not None:
            try:
                _add_point(object_of(record.value, ""), source, into)
            except Unreadable as error:
                into.refused.add(record.name, record.index, error)


def _unquoted(written: str) -> object:
    try:
        return json.loads(written)
    except ValueError:
        return None  # which is not a text


def _source_of(named: str) -> Source:
    """Return the source of `raw:TYPE:PACKAGE:MAKER:MODEL:ID:NAME`; all but the type may lack."""
    # A stream of an app alone has no maker and model but its name, and many have no name.
    _, _, *rest = named.split(":")
    app, maker, model = ([*rest, "", "", ""])[:3]
    if len(rest) <= _APP_AND_NAME:
        maker = ""
    if named.endswith(BY_PERSON):
        return Source(
            vendor=_VENDOR,
            app=app[:256],
            device_type=DeviceType.PERSON,
            method=Method.MANUAL,
        )
    is_phone = named.endswith(OF_THE_PHONE)
    return Source(
        vendor=_VENDOR,
        app=app[:256],
        device=" ".join(filter(None, (maker, model)))[:256],
        device_type=DeviceType.PHONE if is_phone else DeviceType.UNKNOWN,
        method=Method.BACKGROUND if is_phone else Method.UNKNOWN,
    )


def _add_point(point: JsonObject, source: Source, into: Collected) -> None:
    kind = point.get("dataTypeName")
    row = DATA_TYPES.get(kind) if isinstance(kind, str) else None
    if row is None:
        raise Unreadable("dataTypeName", "a type of data that is not read", RejectKind.UNKNOWN)
    metric, counts = row
    start = _nanos(point.get("startTimeNanos"), "startTimeNanos")
    end = _nanos(point.get("endTimeNanos"), "endTimeNanos")
    value = measure_of(_value(point), metric, "fitValue")
    if not counts:
        # A reading has its time as the end; its start may be the start of the stream.
        into.series.add(metric, source, None, (end, end, value))
    elif 0 < end - start <= LONGEST_INTERVAL_MS:
        into.series.add(metric, source, None, (start, end, value))
    else:
        why = "not after the start by at most 25 hours"
        raise Unreadable("endTimeNanos", why, RejectKind.RANGE)


def _value(point: JsonObject) -> object:
    # Older exports call the list `value`, and put the number into the entry itself.
    listed = first_value(point, "fitValue", "value")
    first = object_of(listed[0] if isinstance(listed, list) and listed else None, "fitValue[0]")
    inner = first.get("value")
    value = object_of(first if inner is None else inner, "fitValue[0].value")
    return first_value(value, "fpVal", "intVal")


def _nanos(value: object, where: str) -> int:
    """Return nanoseconds since 1970, as a number or a text, as epoch ms."""
    is_text = isinstance(value, str) and value.isascii() and value.isdecimal()
    # Cut, because a text of very many digits would take very long.
    nanos = int(str(value)[:_NANO_DIGITS]) if is_text else value
    if isinstance(nanos, bool) or not isinstance(nanos, int):
        raise Unreadable(where, "not a time in nanoseconds")
    if not readable(nanos // _NANOS_MS):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return nanos // _NANOS_MS


def _add_session(session: JsonObject, into: Collected) -> None:
    word = text(session.get("fitnessActivity"), "fitnessActivity")
    start, offset = instant_of(session.get("startTime"), "startTime")
    end, _ = instant_of(session.get("endTime"), "endTime")
    if not 0 < end - start <= LONGEST_WORKOUT_MS:
        why = "a session of no length" if end == start else "not after the start by seven days"
        raise Unreadable("endTime", why, RejectKind.RANGE)
    if word in NOT_EXERCISE or word.startswith(SLEEP_WORD):
        # A phone files sleep that nobody wore anything for, so it shows no wear.
        raise Unreadable("fitnessActivity", "not exercise", RejectKind.UNKNOWN)
    errors: list[Unreadable] = []
    source = Source(vendor=_VENDOR, method=Method.UNKNOWN)
    into.facts.append(
        Workout(
            # A session has no id: its activity and its start name it.
            head=head(source, f"{word}:{start}", 0, (start, end), offset),
            type=type_of_word(GOOGLE_FIT_TYPES, word, "fitnessActivity", errors),
            vendor_type=word,
            moving_ms=_active_ms(session.get("duration"), end - start, errors),
            summary=dict(_session_totals(session, errors)),
        )
    )
    for error in errors:
        into.refused.add("", None, error)


def _active_ms(stated: object, lasted_ms: int, errors: list[Unreadable]) -> int | None:
    """Return the active time of `1200.5s`, None where it is not shorter than the session."""
    if stated is None:
        return None
    match = _SECONDS.fullmatch(stated) if isinstance(stated, str) else None
    if match is None:
        errors.append(Unreadable("duration", "not a number of seconds"))
        return None
    return stated_timer_ms(float(match[1]) * 1000, lasted_ms)


def _session_totals(session: JsonObject, errors: list[Unreadable]) -> Iterator[tuple[str, float]]:
    listed = session.get("aggregate")
    for index, entry in enumerate(listed if isinstance(listed, list) else ()):
        name = entry.get("metricName") if isinstance(entry, dict) else None
        row = SESSION_TOTALS.get(name) if isinstance(name, str) else None
        if row is not None:
            value = first_value(entry, "floatValue", "intValue")
            where = f"aggregate[{index}]"
            total = kept_without(errors, None, number_within, value, 0, row[1], where)
            if total is not None:
                yield row[0], total


def _add_dates(content: bytes, into: Collected) -> None:
    # A name of a column that is no UTF-8 is unknown, and costs itself only.
    written = content.decode("utf-8", "replace")
    source = Source(vendor=_VENDOR)
    try:
        rows = filter(None, table_rows(written))
        names = next(rows, [])
        if not any(COLUMNS_OF_DATES.get(name) == "steps" for name in names):
            # English tables have the columns that hold anything; others may name it otherwise
            _tell_language(names, into)
        for index, cells in enumerate(rows):
            row = dict(zip(names, cells, strict=False))
            if index >= MOST_RECORDS:
                raise BodyError("body", "more dates than are read", RejectKind.TOO_MUCH)
            try:
                _add_date(row, source, into)
            except Unreadable as error:
                into.refused.add("", index, error)
    except csv.Error as error:
        raise BodyError("@0", "not a table") from error


def _tell_language(names: list[str], into: Collected) -> None:
    if DATE_COLUMNS[0] not in names:
        why = "no column of steps that is known: the language of the table may not be"
        into.refused.add("columns", None, Unreadable("", why, RejectKind.UNKNOWN))


def _add_date(row: dict[str, str], source: Source, into: Collected) -> None:
    named = next((row[name] for name in DATE_COLUMNS if name in row), None)
    if not isinstance(named, str) or not _ISO_DATE.fullmatch(named):
        raise Unreadable("Date", "not a date")
    try:
        day = date.fromisoformat(named)
    except ValueError as error:
        raise Unreadable("Date", "not a date that exists") from error
    values = {}
    for column, metric in COLUMNS_OF_DATES.items():
        # An empty cell is a date on which nothing was measured, and no zero.
        if row.get(column):
            values[metric] = measure_of(_number(row[column], column), metric, column)
    if values:
        into.facts.append(day_total(source, "day", day, values))


def _number(written: str, where: str) -> float:
    try:
        return float(written)
    except ValueError as error:
        raise Unreadable(where, "not a number") from error
