"""The tables of a Fitbit export by Google Takeout, in folders named `..._GoogleData`. Pure.

    heart_rate_2026-10-05.csv          timestamp,beats per minute,data source
    steps_2026-10-01.csv               timestamp,steps,data source
    daily_resting_heart_rate.csv       the columns of heart rate, with a row for each date

Times are in UTC. The export has the same minutes in JSON, which is another source of them: in each
minute one source counts, so nothing is added. Only the name of a file tells a resting heart rate
from a measured one, so it is a format of its own.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache

from model.errors import BodyError
from model.facts import DeviceType, Method, RejectKind, Source
from model.received import Context, Part
from parsers.bounds import MOST_SERIES
from parsers.exports.tables import table_rows
from parsers.fields import Unreadable, instant_of, measure_of
from parsers.phone.collected import Collected, device_named, word_of
from parsers.takeout.fitbit_names import (
    ACCOUNT_APPS,
    COLUMNS_BY_MINUTES,
    ON_A_PHONE,
    UNIT_FACTORS,
)
from parsers.takeout.fitbit_sessions import LISTED_COLUMNS, add_listed_session
from parsers.takeout.values import day_total, only_part

_VENDOR = "fitbit"
_MINUTE_MS = 60_000
_MOST_ROWS = 200_000  # a day of heart rate a second has 86,400, a month of minutes half as many
_USUAL = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])Z")
_BOM = b"\xef\xbb\xbf"
_TIME, _SOURCE, _BEATS = "timestamp", "data source", "beats per minute"
_RESTING = "resting_heart_rate"


def is_fitbit_table(first: bytes) -> bool:
    """Return whether a file is a table of the export, by the names of its columns."""
    names = _names(first)
    is_series = names[:1] == [_TIME] and (names[-1] == _SOURCE or _metric_column(names) != "")
    return is_series or set(LISTED_COLUMNS) <= set(names)


def is_fitbit_heart_table(first: bytes) -> bool:
    """Return whether a file is a table of heart rates, at rest or measured."""
    return _names(first)[:2] == [_TIME, _BEATS]


def read_fitbit_table(payload: bytes, _context: Context) -> Iterator[Part]:
    """Yield the only part of a table; BodyError for a table that is not read."""
    names = _names(payload)
    into = Collected()
    if set(LISTED_COLUMNS) <= set(names):
        for index, row in enumerate(_rows(payload)):
            try:
                add_listed_session(row, into)
            except Unreadable as error:
                into.refused.add("", index, error)
    else:
        column = _metric_column(names)
        if not column:
            why = "a table of Fitbit's export that is not read"
            raise BodyError("@0", why, RejectKind.UNKNOWN)
        _add_column(payload, column, into)
    yield from only_part(into)


def read_fitbit_resting_table(payload: bytes, _context: Context) -> Iterator[Part]:
    """Yield the only part of a table of resting heart rates, one for each date."""
    if not is_fitbit_heart_table(payload):
        raise BodyError("@0", "not a table of heart rates", RejectKind.UNKNOWN)
    into = Collected()
    for index, row in enumerate(_rows(payload)):
        try:
            _add_resting_date(row, into)
        except Unreadable as error:
            into.refused.add("", index, error)
    yield from only_part(into)


def _names(content: bytes) -> list[str]:
    line = content.removeprefix(_BOM)[:4096].split(b"\n", 1)[0].decode("utf-8", "replace")
    return [name.strip() for name in line.split(",")]


def _metric_column(names: list[str]) -> str:
    return next(filter(COLUMNS_BY_MINUTES.__contains__, names), "")


def _rows(payload: bytes) -> Iterator[Mapping[str, str]]:
    written = payload.removeprefix(_BOM).decode("utf-8", "replace")
    reader = table_rows(written)
    try:
        names = [name.strip() for name in next(reader, [])]
        for count, row in enumerate(reader):
            if count >= _MOST_ROWS:
                raise BodyError("body", f"more than {_MOST_ROWS} rows", RejectKind.TOO_MUCH)
            if row:
                yield dict(zip(names, row, strict=False))
    except csv.Error as error:
        raise BodyError("@0", "not a table", RejectKind.DAMAGED) from error


def _add_column(payload: bytes, column: str, into: Collected) -> None:
    """Add the values of a column, by their sources in order of time."""
    metric, counts = COLUMNS_BY_MINUTES[column]
    by_source: dict[str, dict[int, float]] = defaultdict(dict)
    for index, row in enumerate(_rows(payload)):
        try:
            at = _ms(row.get(_TIME, ""))
            by_source[row.get(_SOURCE, "")][at] = _value(row, column, metric)
        except Unreadable as error:
            into.refused.add("", index, error)
    if len(by_source) > MOST_SERIES:
        raise BodyError("body", f"more than {MOST_SERIES} sources", RejectKind.TOO_MUCH)
    for named, values in by_source.items():
        source, times = _source(named), sorted(values)
        for at, following in zip(times, [*times[1:], times[-1] + _MINUTE_MS], strict=True):
            # A count is that of a minute; a phone begins one when it likes.
            end = min(at + _MINUTE_MS, following) if counts else at
            into.series.add(metric, source, None, (at, end, values[at]))


def _ms(written: str) -> int:
    """Return a time in UTC as epoch ms. Nearly all are full seconds, and there are very many."""
    parts = _USUAL.fullmatch(written)
    if parts is None:
        return instant_of(written, _TIME)[0]
    day, hour, minute, second = parts.groups()
    seconds = int(hour) * 3600 + int(minute) * 60 + int(second)
    return _midnight_ms(day) + seconds * 1000


@lru_cache(maxsize=64)
def _midnight_ms(day: str) -> int:
    return instant_of(f"{day}T00:00:00Z", _TIME)[0]


def _value(row: Mapping[str, str], column: str, metric: str) -> float:
    try:
        value = float(row.get(column, ""))
    except ValueError as error:
        raise Unreadable(column, "not a number") from error
    return measure_of(value, metric, column, UNIT_FACTORS.get(column, 1.0))


def _source(named: str) -> Source:
    """Return the source that a row names: a tracker, a phone, or an app that passed it on."""
    name, kind = device_named(word_of(named))
    if name.endswith(ACCOUNT_APPS):
        return Source(vendor=_VENDOR, app=name, method=Method.UNKNOWN)
    if kind is DeviceType.UNKNOWN:
        kind = DeviceType.PHONE if name.startswith(ON_A_PHONE) else DeviceType.WATCH
    return Source(vendor=_VENDOR, device=name, device_type=kind, method=Method.BACKGROUND)


def _add_resting_date(row: Mapping[str, str], into: Collected) -> None:
    try:
        day = date.fromisoformat(row.get(_TIME, "")[:10])
    except ValueError as error:
        raise Unreadable(_TIME, "not a date") from error
    beats = _value(row, _BEATS, _RESTING)
    if beats:  # 0 is what is written for a date without one
        source = _source(row.get(_SOURCE, ""))
        into.facts.append(day_total(source, _RESTING, day, {_RESTING: beats}))
