"""Answers as files: JSON as the API says it, CSV, and Parquet with typed columns. It computes nothing."""

import csv
import io
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from arro3.core import Array, DataType, Table
from arro3.io import write_parquet

from clinic.answers.flat import Answer, Kind, flat
from kadens.commands.visible import cell, quiet_json
from model.calendar import epoch_ms, rfc3339

EPOCH = date(1970, 1, 1)


def as_json(answer: Answer) -> bytes:
    """Return what the API answers, on one line."""
    return quiet_json(answer.model_dump_json()).encode() + b"\n"


def as_csv(answer: Answer) -> bytes:
    """Return RFC 4180 text with a header; a cell is empty where nothing is known, an instant is RFC 3339.

    Text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    matches = flat(answer)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(matches.columns)
    writer.writerows([_plain(item) for item in row.values()] for row in matches.rows)
    return text.getvalue().encode()


def as_parquet(answer: Answer) -> bytes:
    """Return one Parquet file: instants as milliseconds in UTC, dates as dates, null where nothing is known."""
    matches = flat(answer)
    arrays = [
        _column(kind, [row[name] for row in matches.rows]) for name, kind in matches.columns.items()
    ]
    file = io.BytesIO()
    write_parquet(Table.from_arrays(arrays, names=list(matches.columns)), file)
    return file.getvalue()


def _plain(value: Any) -> Any:  # noqa: ANN401 - one cell of any column
    if isinstance(value, bool):
        return "true" if value else "false"
    return rfc3339(epoch_ms(value)) if isinstance(value, datetime) else cell(value)


def _days(value: date) -> int:
    return (value - EPOCH).days


# how a type of column is given to Arrow (as integers where it takes no Python values), and what it becomes
STORED: dict[Kind, tuple[Callable[[], DataType], Callable[[Any], Any], DataType]] = {
    bool: (DataType.bool, bool, DataType.bool()),
    int: (DataType.int64, int, DataType.int64()),
    float: (DataType.float64, float, DataType.float64()),
    str: (DataType.utf8, str, DataType.utf8()),
    date: (DataType.int32, _days, DataType.date32()),
    datetime: (DataType.int64, epoch_ms, DataType.timestamp("ms", tz="UTC")),
}


def _column(kind: Kind, cells: list[Any]) -> Array:
    given, stored, becomes = STORED[kind]
    return Array([None if item is None else stored(item) for item in cells], type=given()).cast(
        becomes
    )
