"""Answers as files: JSON as in the API, CSV, and Parquet with typed columns."""

import csv
import io
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from arro3.core import Array, DataType, Table
from arro3.io import write_parquet

from clinic.answers.flat import Answer, Kind, flat
from kadens.output.visible import cell, quiet_json
from model.calendar import epoch_ms, rfc3339

EPOCH = date(1970, 1, 1)


def json_of(answer: Answer) -> bytes:
    """Return what the API answers, on one line."""
    return quiet_json(answer.model_dump_json()).encode() + b"\n"


def csv_of(answer: Answer) -> bytes:
    """Return RFC 4180 text with a header; instants are RFC 3339.

    A cell is empty where nothing is known. Text that a spreadsheet would take for a formula begins
    with an apostrophe.
    """
    content = flat(answer)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(content.columns)
    for row in content.rows:
        writer.writerow(map(_plain, row.values()))
    return text.getvalue().encode()


def parquet_of(answer: Answer) -> bytes:
    """Return one Parquet file: instants as milliseconds in UTC, dates as dates.

    A cell is null where nothing is known.
    """
    content = flat(answer)
    arrays = []
    for name, kind in content.columns.items():
        arrays.append(_column(kind, [row[name] for row in content.rows]))
    file = io.BytesIO()
    write_parquet(Table.from_arrays(arrays, names=list(content.columns)), file)
    return file.getvalue()


def _plain(value: Any) -> Any:  # noqa: ANN401 - one cell of any column
    if isinstance(value, bool):
        return "true" if value else "false"
    return rfc3339(epoch_ms(value)) if isinstance(value, datetime) else cell(value)


def _days(value: date) -> int:
    return (value - EPOCH).days


# For each type of column: the Arrow type of the values passed to Arrow, the function that makes
# them (integers where Arrow takes no Python values), and the Arrow type in the file.
_ARROW: dict[Kind, tuple[Callable[[], DataType], Callable[[Any], Any], DataType]] = {
    bool: (DataType.bool, bool, DataType.bool()),
    int: (DataType.int64, int, DataType.int64()),
    float: (DataType.float64, float, DataType.float64()),
    str: (DataType.utf8, str, DataType.utf8()),
    date: (DataType.int32, _days, DataType.date32()),
    datetime: (DataType.int64, epoch_ms, DataType.timestamp("ms", tz="UTC")),
}


def _column(kind: Kind, cells: list[Any]) -> Array:
    handed, value_of, written = _ARROW[kind]
    values = [None if cell is None else value_of(cell) for cell in cells]
    return Array(values, type=handed()).cast(written)
