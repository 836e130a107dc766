"""Rows of Health Connect's tables as batches of columns, cut where their content says so. Pure.

A batch is what becomes facts, and also what a piece of a large export holds. Numbers of rows, of
apps and of devices never stand in a batch; what they name does. So two exports of a person have
equal batches where their rows are equal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.facts import Instants
from parsers.health_connect.columns import (
    StoredColumn,
    StoredColumns,
    codes_of,
    columns_of,
    cut_by_content,
    plain_value,
)
from parsers.health_connect.database import Database, DatabaseRow, TableDamage
from parsers.health_connect.names import APP_TABLE, DEVICE_TABLE, RECORD_KINDS, RecordKind
from parsers.health_connect.tables import record_table, series_tables

RowOrigin: TypeAlias = list[Any]
"""Package, app name, manufacturer, model, device type, method, offset in s, latest change in ms."""

ORIGIN_FIELDS = 8
NO_ORIGIN = -1  # of a row whose record is not there
_MOST_ROWS, _USUAL_ROWS = 32_768, 16_384  # of a batch: it has 0.5 to 1.8 MB as a document
_MOST_NAMED = 10_000  # apps or devices that are read
_MOST_JUMPS = 2_000  # of record numbers in the rows of a series that make a batch
_NEAR = 256  # record numbers so near are read with what lies between them
# Odd numbers, by which the codes of an origin are mixed into a single one.
_MIXERS = (1, 1_000_003, 998_244_353, 6_700_417)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Rows of a kind of record, as columns of equal length by the names of the fields.

    The column `origin` holds positions in `origins`. `numbering` says how types of exercise are
    numbered; it is empty where there are none.
    """

    kind: str
    origins: Sequence[RowOrigin]
    columns: Mapping[str, StoredColumn]
    numbering: str = ""


@dataclass(slots=True, kw_only=True)
class Names:
    """The apps and devices of a database by their row ids."""

    apps: dict[int, Sequence[Any]] = field(default_factory=dict)
    devices: dict[int, Sequence[Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, database: Database) -> "Names":
        """Read both tables, as far as they are there."""
        names = cls()
        for row_id, *app in _rows_of(database, APP_TABLE, ("package_name", "app_name")):
            names.apps[row_id] = list(map(plain_value, app))
        columns = ("manufacturer", "model", "device_type", "type")
        for row_id, manufacturer, model, kind, other in _rows_of(database, DEVICE_TABLE, columns):
            device = manufacturer, model, kind if kind is not None else other
            names.devices[row_id] = list(map(plain_value, device))
        return names

    def origin(self, app: object, device: object, *stated: object) -> RowOrigin:
        """Return the origin of (app id, device id, method, offset, latest change)."""
        named = *_by_id(self.apps, app, 2), *_by_id(self.devices, device, 3)
        return [*named, *map(plain_value, stated)]


def _by_id(rows: Mapping[int, Sequence[Any]], row_id: object, width: int) -> Sequence[Any]:
    nothing = (None,) * width
    return rows.get(row_id, nothing) if isinstance(row_id, int) else nothing


def _rows_of(database: Database, table: str, columns: Sequence[str]) -> Iterator[DatabaseRow]:
    count = 0
    for rows in database.rows(table, columns) if table in database.tables else ():
        yield from rows
        count += len(rows)
        if count > _MOST_NAMED:
            database.damage.append(TableDamage(table=table, why="more rows than are read"))
            return


# What comes first in the rows of a record, behind its row id: whose it is, and its last change.
_APP, _OFFSET, _CHANGED, _START, _END, _VALUE = 1, 4, 5, 6, 7, 8
_RECORD_FIELDS = {"t": _START, "until": _END, "v": _VALUE}


def record_columns(database: Database, table: str) -> tuple[str, ...]:
    """Return the columns with which the rows of a record begin: who, which offset, when."""
    known = database.tables[table]
    time = "time" if "time" in known else "start_time"
    offset = "zone_offset" if "zone_offset" in known else "start_zone_offset"
    who = ("app_info_id", "device_info_id", "recording_method")
    return (*who, offset, "last_modified_time", time)


def sample_batches(database: Database, names: Names) -> Iterator[Batch]:
    """Yield the batches of all kinds of samples that a database has."""
    for kind in RECORD_KINDS:
        yield from (_series if kind.series else _records)(database, kind, names)


def _records(database: Database, kind: RecordKind, names: Names) -> Iterator[Batch]:
    """Yield the batches of a kind whose records have their value with them."""
    table = record_table(database, kind)
    if not table:
        return
    rows = database.rows(table, (*record_columns(database, table), "end_time", kind.value))
    fields = {name: _RECORD_FIELDS[name] for name in kind.fields}
    for some in cut_by_content(map(columns_of, rows), _START, _MOST_ROWS, _USUAL_ROWS):
        yield batch_of_records(kind.name, some, fields, names)


def batch_of_records(
    kind: str, rows: StoredColumns, fields: Mapping[str, int], names: Names, numbering: str = ""
) -> Batch:
    """Return the batch of rows that begin with `record_columns`, with the fields by position."""
    origins, positions = _origins(rows[_APP : _OFFSET + 1], rows[_CHANGED], names)
    columns = {name: rows[position] for name, position in fields.items()}
    columns["origin"] = positions
    return Batch(kind=kind, origins=origins, columns=columns, numbering=numbering)


def _series(database: Database, kind: RecordKind, names: Names) -> Iterator[Batch]:
    """Yield the batches of a kind whose values have a table of their own."""
    fields = ("parent_key", "epoch_millis", kind.value)
    child, parent = series_tables(database, kind)
    if not child:
        return
    rows = map(columns_of, database.rows(child, fields))
    for _, keys, t, v in cut_by_content(rows, 2, _MOST_ROWS, _USUAL_ROWS):
        origins, positions = _of_parents(database, parent, keys, names)
        yield Batch(kind=kind.name, origins=origins, columns={"origin": positions, "t": t, "v": v})


def _of_parents(
    database: Database, parent: str, keys: StoredColumn, names: Names
) -> tuple[list[RowOrigin], Instants]:
    """Return the origins of the records that rows of a series name, and the position of each."""
    positions = np.full(len(keys), NO_ORIGIN, np.int64)
    numbers = keys
    is_number = np.ones(len(keys), np.bool_)
    if keys.dtype != np.int64:
        is_number = np.fromiter((type(key) is int for key in keys.tolist()), np.bool_, len(keys))
        numbers = np.where(is_number, keys, 0).astype(np.int64)
    records = _parents(database, parent, np.unique(numbers[is_number]))
    if records is None:
        return [], positions
    order = np.argsort(records[-1])
    ids = records[-1][order]
    near = np.minimum(np.searchsorted(ids, numbers), len(ids) - 1)
    known = (ids[near] == numbers) & is_number
    rows_named = order[near[known]]
    if len(rows_named):
        who = tuple(column[rows_named] for column in records[_APP : _OFFSET + 1])
        origins, positions[known] = _origins(who, records[_CHANGED][rows_named], names)
        return origins, positions
    return [], positions


def _parents(database: Database, table: str, wanted: Instants) -> StoredColumns | None:
    """Return the records of these numbers as columns, the last of which is the number."""
    # As unsigned numbers, because a difference may be larger than any signed one.
    unsigned = wanted.view(np.uint64)
    ends = np.flatnonzero(unsigned[1:] - unsigned[:-1] > _NEAR) + 1
    columns = record_columns(database, table)[:_CHANGED]
    if "row_id" in database.tables[table]:
        columns = (*columns, "row_id")
    records: list[DatabaseRow] = []
    for first, end in list(pairwise([0, *ends.tolist(), len(wanted)]))[:_MOST_JUMPS]:
        if first < end:
            between = "row_id", int(wanted[first]), int(wanted[end - 1])
            for rows in database.rows(table, columns, between):
                records += rows
    if "row_id" not in database.tables[table]:
        records = [(*row, row[0]) for row in records]
    numbered = [row for row in records if type(row[-1]) is int]
    return columns_of(numbered) if numbered else None


def _origins(
    keys: StoredColumns, changed: StoredColumn, names: Names
) -> tuple[list[RowOrigin], NDArray[np.int64]]:
    """Return the origins of rows in the order of their first rows, and the position of each row's.

    The latest change of an origin is that of its rows.
    """
    coded = list(map(codes_of, keys))
    mixed = np.zeros(len(changed), np.int64)
    for codes, mixer in zip(coded, _MIXERS, strict=True):
        mixed = mixed * mixer + codes  # wraps around
    _, first, of = np.unique(mixed, return_index=True, return_inverse=True)
    if not all(bool((codes == codes[first][of]).all()) for codes in coded):
        # Numbers that were chosen to be mixed into the same one: counted by themselves.
        order: dict[Any, int] = {}
        rows = zip(*map(np.ndarray.tolist, coded), strict=True)
        of = np.fromiter((order.setdefault(row, len(order)) for row in rows), np.int64, len(mixed))
        _, first = np.unique(of, return_index=True)
    in_order = np.argsort(first)
    # In the order of their first rows, so that equal rows make equal batches.
    places = np.empty(len(first), np.int64)
    places[in_order] = np.arange(len(first))
    positions = places[of]
    latest = np.zeros(len(first), np.int64)
    times = changed if changed.dtype == np.int64 else _times(changed)
    np.maximum.at(latest, positions, times)
    origins = []
    for position, row in enumerate(first[in_order].tolist()):
        key = [column[row : row + 1].tolist()[0] for column in keys]
        origins.append(names.origin(*key, int(latest[position])))
    return origins, positions


def _times(column: StoredColumn) -> Instants:
    times = (time if type(time) is int else 0 for time in column.tolist())
    return np.fromiter(times, np.int64, len(column))
