"""All messages of one type as columns, over every definition and segment.

A column is computed at its first use. Positions are left out unless the context wants them.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from parsers.fit import profile
from parsers.fit.column_names import (
    TIMESTAMP,
    apart,
    direct_columns,
    layout_names,
    names_by_native,
    shown_names,
)
from parsers.fit.columns import AnyColumn, Floats, Table, missing, widen
from parsers.fit.components import component_bytes, expand
from parsers.fit.developer import Known, developer_columns
from parsers.fit.layout import TEXT_KIND, Column
from parsers.fit.times import Stamps, fill_stamps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

# A message of beats holds eight, one of times between beats five; of any other array the first
# number is enough.
_ITEMS = {profile.HR: 10, profile.HRV: 8}


class _Context(Protocol):
    """What a group must know about the rest of its file."""

    positions: bool
    arrays: bool

    def descriptions(self, segment: int) -> Known:
        """Return the descriptions of developer fields of a segment."""
        ...

    def stamps(self) -> Stamps:
        """Return the timestamps that had to be resolved, of the entire file."""
        ...


class Group:
    """Messages of one number: `group["heart_rate"]` is a column, with rows in file order."""

    def __init__(self, number: int, tables: Sequence[Table], context: _Context) -> None:
        self.number = number
        self.name = profile.message_name(number)
        self._tables = tables
        self._context = context
        self._rows = sum(map(len, tables))
        self._cache: dict[str, AnyColumn] = {}

    def __len__(self) -> int:
        return self._rows

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns: fields of the file, then those from components and timestamps."""
        return tuple(self._names)

    @cached_property
    def _columns(self) -> list[dict[str, Column]]:
        """Columns of every table by name; a later name of another kind ends in its kind."""
        if len(self._tables) == 1 and not self._tables[0].layout.developer:
            # The usual case. Names of a single layout cannot differ in kind.
            return [self._tables[0].layout.columns]
        kinds: dict[str, str] = {}
        return [apart(self._all_of(table), kinds) for table in self._tables]

    def _all_of(self, table: Table) -> dict[str, Column]:
        """Return the columns of a table with those of developer fields."""
        if not table.layout.developer:
            return table.layout.columns
        known = self._context.descriptions(table.stream.segment)
        return table.layout.columns | developer_columns(table, known)

    def _narrowed(self, column: Column) -> Column:
        """Return a column with the first items of arrays of numbers, where no arrays are wanted.

        A single message with an array of 255 would make the column of all messages as wide.
        """
        return column if self._context.arrays else column.first(_ITEMS.get(self.number, 1))

    @property
    def overridden(self) -> tuple[str, ...]:
        """Names of the fields for which developer fields stand in where they have no reading."""
        return tuple(self._overrides)

    @cached_property
    def _overrides(self) -> dict[str, list[str]]:
        """Names of the developer fields that override a field of the profile, by its name."""
        if not any(table.layout.developer for table in self._tables):
            return {}  # the usual case
        return names_by_native(self._columns)

    @cached_property
    def _names(self) -> dict[str, None]:
        positions = self._context.positions
        if len(self._tables) == 1 and not self._tables[0].layout.developer:
            names = layout_names(self._tables[0].layout, positions=positions)
        else:
            names = shown_names(self.number, self._columns, positions=positions)
        if any(table.stream.compressed for table in self._tables):
            names = names | {TIMESTAMP: None}
        return names

    @cached_property
    def _direct(self) -> dict[str, Column]:
        """Columns that come from the only table without further work: nearly all, in most files."""
        if len(self._tables) != 1:
            return {}
        direct = direct_columns(self._tables[0].layout)
        if self._overrides:
            direct = {name: direct[name] for name in direct if name not in self._overrides}
        return direct

    @cached_property
    def _expansions(self) -> dict[str, tuple[profile.Expansion, ...]]:
        return profile.expansions(self.number)

    @cached_property
    def _order(self) -> NDArray[np.intp] | None:
        """Order of the rows of all tables by offset, None when they are in order already."""
        if len(self._tables) <= 1:
            return None
        return np.argsort(np.concatenate(self._starts()), kind="stable")

    @cached_property
    def offsets(self) -> NDArray[np.uint32]:
        """Offset of the record header of every message, ascending."""
        return np.asarray(self._joined(self._starts()), dtype=np.uint32)

    def _starts(self) -> list[NDArray[np.uint32]]:
        return [table.starts for table in self._tables]

    @cached_property
    def segment(self) -> NDArray[np.int64]:
        """Index of the segment of every message."""
        parts = [np.full(len(table), table.stream.segment, np.int64) for table in self._tables]
        return np.asarray(self._joined(parts))

    def _joined(self, parts: Sequence[AnyColumn]) -> AnyColumn:
        if not parts:
            return np.zeros(0)
        joined = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return joined if self._order is None else joined[self._order]

    def __getitem__(self, name: str) -> AnyColumn:
        """Return the column of a name.

        Numbers are float64 (n,) or (n, items) with NaN, texts object (n,) of str or None, bytes
        uint8 (n, size). Raises KeyError when no message has the field.
        """
        column = self._cache.get(name)
        if column is None:
            if name not in self._names:
                raise KeyError(name)
            direct = self._direct.get(name)
            if direct is None:
                column = self._compute(name)
            else:
                column = self._tables[0].column(self._narrowed(direct))
            self._cache[name] = column
        return column

    def numbers(self, name: str) -> Floats:
        """Return a float64 column (n,): all NaN where absent, the first value of an array field."""
        # A file has few of the messages that a reader looks for.
        values = self[name] if self._rows and name in self._names else None
        if values is None or values.dtype != np.float64:
            return np.full(self._rows, np.nan)
        return values if values.ndim == 1 else values[:, 0]

    def texts(self, name: str) -> list[str | None]:
        """Return a text column as a list, all None where the file has no such field."""
        if name not in self._names or self[name].dtype != object:
            return [None] * len(self)
        return list(self[name])

    def _compute(self, name: str) -> AnyColumn:
        values = self._overridden(name, self._stored(name))
        # A stored value counts before a value from components.
        if name in self._expansions:
            for source in self._expansions[name]:
                if source.source in self._names:
                    values = _either(values, self._expanded(source, values))
        if values is None:
            values = np.full(len(self), np.nan)
        if name == TIMESTAMP and np.isnan(values).any():
            # The column may be a view of the stored values, which must stay as they are.
            values = values.copy()
            fill_stamps(
                values if values.ndim == 1 else values[:, 0], self.offsets, self._context.stamps
            )
        return values

    def _overridden(self, name: str, values: AnyColumn | None) -> AnyColumn | None:
        """Return the values of a field; where it has none or 0 those of developer fields for it.

        Both sides write 0 where they have no reading, so the other one's reading stands then. Where
        both have one the device's own stands, which is also what other readers of such files give.
        """
        for developer in self._overrides.get(name, ()):
            given = self._stored(developer)
            if given is not None and given.dtype == np.float64:
                own = None if values is None else np.where(values == 0, np.nan, values)
                values = _either(_either(own, given), given if values is None else values)
        return values

    def _stored(self, name: str) -> AnyColumn | None:
        """Return the column as the file has it, None where no definition names it."""
        if len(self._tables) == 1:
            only = self._columns[0].get(name)
            return None if only is None else self._tables[0].column(self._narrowed(only))
        places = self._places.get(name)
        if places is None:
            return None
        kind = places[0][2].kind
        items = 1 if kind == TEXT_KIND else max(column.items for _, _, column in places)
        joined = missing(kind, self._rows, items)
        for first, table, column in places:
            values = table.column(column)
            rows = slice(first, first + len(values))
            if joined.ndim == 1:
                joined[rows] = values
            else:
                joined[rows, : column.items] = values if values.ndim > 1 else values[:, None]
        return joined if self._order is None else joined[self._order]

    @cached_property
    def _places(self) -> dict[str, list[tuple[int, Table, Column]]]:
        """The tables of every column, with the first row of each among the unsorted rows."""
        values: dict[str, list[tuple[int, Table, Column]]] = {}
        first = 0
        for table, columns in zip(self._tables, self._columns, strict=True):
            for name, column in columns.items():
                places = values.setdefault(name, [])
                # A developer may choose any name, also that of a column of another kind.
                if not places or places[0][2].kind == column.kind:
                    places.append((first, table, self._narrowed(column)))
            first += len(table)
        return values

    def _expanded(self, source: profile.Expansion, full: AnyColumn | None) -> AnyColumn:
        if source.same:
            return self[source.source]
        columns = [columns.get(source.source) for columns in self._columns]
        # Only the bytes up to the last bit of a component matter; longer arrays are cut.
        needed = max(-(-(part.shift + part.bits) // 8) for part in source.parts)
        size = min(needed, max(column.size for column in columns if column is not None))
        stored, sizes = [], []
        for table, column in zip(self._tables, columns, strict=True):
            raw = component_bytes(table, column, size)
            stored.append(widen(raw, size) if raw.shape[1] != size else raw)
            sizes.append(np.full(len(table), raw.shape[1], dtype=np.int64))
        return expand(self._joined(stored), self._joined(sizes), source.parts, full, self.segment)

    def materialise(self) -> dict[str, AnyColumn]:
        """Compute every column now."""
        return {name: self[name] for name in self._names}


def _either(first: AnyColumn | None, second: AnyColumn) -> AnyColumn:
    """Return the first value where it is valid, else the second."""
    if first is None or first.dtype != np.float64 or second.dtype != np.float64:
        return second if first is None else first
    items = max(1 if values.ndim == 1 else values.shape[1] for values in (first, second))
    first, second = widen(first, items), widen(second, items)
    return np.where(np.isnan(first), second, first)
