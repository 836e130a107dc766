"""Opens an SQLite database that anybody may have made, and reads rows of ordinary tables. Pure.

Nothing of the database is believed and nothing of it is run: `confinement` says what is out of
reach. Rows are read in the order of their row ids, which must increase: a page that is shared or
linked in a circle ends there. Reading stops at damage, and what lies before it is kept; `damage`
tells where. It must never write, attach, or wait for a lock.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from typing import Any, Self, TypeAlias

import numpy as np

from parsers.health_connect.confinement import (
    STEPS_A_CALL,
    STORED_NAME,
    computed_columns,
    confine,
    is_checkable,
    is_ordinary,
)

DatabaseRow: TypeAlias = tuple[Any, ...]

MAGIC = b"SQLite format 3\0"
DATABASE_HEAD = 100  # bytes of the header of a database
CHUNK = 1_024  # rows that are read at once: few enough to stay in the processor's cache
_MOST_OBJECTS = 5_000  # tables, indices and views; the phone's own have 150
# Neither function reads the value itself.
_SHORT = """not (typeof("{0}") in ('blob', 'text') and length("{0}") > 500)"""
# A row takes 6 to 20 steps and has 15 bytes and more.
_STEPS_A_BYTE, _FREE_STEPS = 2, 5_000_000
_NO_ID = -(2**63)  # the least row id; no database comes to it
# The text of an error may hold bytes of the schema that are no text.
_ERRORS = (sqlite3.Error, MemoryError, UnicodeDecodeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDamage:
    """A table that could not be read to its end; its name is empty for the database itself."""

    table: str
    why: str


@dataclass(slots=True, kw_only=True)
class Database:
    """An open database: its ordinary tables with their columns, by names in lower case.

    `computed` are the tables that have computed columns, which are none of their columns here.
    `others` are the names of views and of tables that are no ordinary ones.
    """

    connection: sqlite3.Connection
    size: int
    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    damage: list[TableDamage] = field(default_factory=list)
    sound: dict[str, bool] = field(default_factory=dict)
    computed: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    steps: int = 0

    @classmethod
    def of_bytes(cls, payload: bytes) -> Self:
        """Return the database that a payload is; `damage` tells where it is none."""
        connection = sqlite3.connect(":memory:", isolation_level=None)
        database = cls(connection=connection, size=len(payload))
        changed = bytearray(payload)
        changed[:DATABASE_HEAD] = without_log(payload[:DATABASE_HEAD])
        try:
            connection.deserialize(changed)
        except _ERRORS:
            database.damage.append(TableDamage(table="", why="not a database that can be opened"))
            return database
        del changed
        database._open()
        return database

    @classmethod
    def of_path(cls, path: str, size: int) -> Self:
        """Return the database of a file, which must not change while it is read.

        Its first bytes are as `without_log` returns them, so that a file and a payload of the same
        bytes have the same rows.
        """
        connection = sqlite3.connect(
            f"file:{_quoted_path(path)}?mode=ro&immutable=1", uri=True, isolation_level=None
        )
        database = cls(connection=connection, size=size)
        database._open()
        return database

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def named(self, names: Sequence[str], needed: Sequence[str]) -> str:
        """Return the first of the names that is a table with all the needed columns, else ""."""
        for name in names:
            if name in self.tables and self.tables[name].keys() >= set(needed):
                return name
        return ""

    def rows(
        self, table: str, columns: Sequence[str], between: tuple[str, int, int] | None = None
    ) -> Iterator[list[DatabaseRow]]:
        """Yield rows of a table in chunks: the row id, then the named columns in their order.

        A column that the table lacks is None in each row. `between` is a column with its least and
        greatest value. Values are as SQLite holds them, of any type.
        """
        known = self.tables[table]
        chosen = ["rowid"]
        for column in columns:
            chosen += [_quoted(known[column]) if column in known else "null"]
        conditions = [] if self._is_sound(table) else list(map(_SHORT.format, known.values()))
        if between is not None:
            name = _quoted(known[between[0]]) if between[0] in known else "rowid"
            conditions = [f"{name} between ? and ?", *conditions]
        where = f"where {' and '.join(conditions)}" if conditions else ""
        # Every name is one of letters, digits and underscores. An index has another order.
        sql = (
            f"select {', '.join(chosen)} from {_quoted(table)} not indexed {where} "  # noqa: S608
            "order by rowid"
        )
        yield from self._chunks(table, sql, between[1:] if between else ())

    def _is_sound(self, table: str) -> bool:
        """Return whether the pages of a table form a tree in which each has one place.

        Of any other table, a short row may share its pages with a million others, each of which
        would be read along all of them; so its long rows are left out.
        """
        if table in self.sound:
            is_sound = self.sound[table]
        else:
            try:
                answer = self.connection.execute(f"pragma quick_check({_quoted(table)})").fetchone()
            except _ERRORS:
                answer = None
            self.sound[table] = is_sound = answer == ("ok",)
        if not is_sound:
            self._tell(table, _DAMAGED)
            self._forget_pages()
        return is_sound

    def _forget_pages(self) -> None:
        """Let the next statement load its pages anew.

        SQLite looks once where the cells of a page lie, and not when it loads the page for a check.
        From a page that is known already it would read a cell at the end of the page with whatever
        lies behind it in memory: other rows each time.
        """
        with suppress(*_ERRORS):
            self.connection.execute("pragma shrink_memory").close()

    def _tell(self, table: str, why: str) -> None:
        damage = TableDamage(table=table, why=why)
        if damage not in self.damage:
            self.damage.append(damage)

    def _chunks(self, table: str, sql: str, values: Sequence[int]) -> Iterator[list[DatabaseRow]]:
        last, why = _NO_ID, ""
        cursor: Iterator[DatabaseRow] = iter(())
        try:
            cursor = self.connection.execute(sql, values)
        except _ERRORS as error:
            why = _why(error)
        while not why:
            rows: list[DatabaseRow] = []
            try:
                # What was appended before an error stays, so the rows before the damage are kept.
                rows.extend(islice(cursor, CHUNK))
            except _ERRORS as error:
                why = _why(error)
            sound = _increasing(rows, last)
            if sound < len(rows):
                rows, why = rows[:sound], _DAMAGED
            if rows:
                last = rows[-1][0]
                yield rows
            if len(rows) < CHUNK:
                break
        if why:
            self._tell(table, why)

    def _open(self) -> None:
        self.connection.text_factory = _text
        try:
            confine(self.connection, self._step)
            self._read_schema()
        except _ERRORS as error:
            self._tell("", _why(error))

    def _step(self) -> bool:
        """Count steps of SQLite's machine; return whether it must stop."""
        self.steps += STEPS_A_CALL
        return self.steps > _FREE_STEPS + _STEPS_A_BYTE * self.size

    def _read_schema(self) -> None:
        cursor = self.connection.execute(
            "select name, sql from sqlite_master where type in ('table', 'view')"
        )
        for count, (name, sql) in enumerate(cursor):
            if count == _MOST_OBJECTS:
                self._tell("", "more tables than are read")
                return
            if is_ordinary(name, sql):
                self._add_table(name, sql)
            elif isinstance(name, str):
                self.others.add(name.lower())

    def _add_table(self, name: str, sql: str) -> None:
        key, computed = name.lower(), computed_columns(sql)
        self.tables[key] = self._columns(name)
        if computed:
            self.computed.add(key)
        if not is_checkable(computed):
            # Its pages cannot be checked: the check might compute its columns.
            self.sound[key] = False

    def _columns(self, table: str) -> dict[str, str]:
        """Return the stored columns of a table as they are written, by their names in lower case.

        This pragma leaves generated columns out, which would be computed.
        """
        columns: dict[str, str] = {}
        for _, name, *_ in self.connection.execute(f"pragma table_info({_quoted(table)})"):
            if isinstance(name, str) and STORED_NAME.fullmatch(name):
                columns[name.lower()] = name
        return columns


def without_log(head: bytes) -> bytes:
    """Return the first `DATABASE_HEAD` bytes as of a database without a write-ahead log beside it.

    These two bytes say nothing of the rows. Where they are damaged SQLite would open nothing.
    """
    return head[:18] + b"\1\1" + head[20:] if len(head) == DATABASE_HEAD else head


_DAMAGED = "damaged: what follows cannot be read"


def _why(error: Exception) -> str:
    """Return the reason of an error in words that hold nothing of the database."""
    if isinstance(error, MemoryError):
        return "takes more memory than such a table needs"
    if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
        return "takes more steps than such a table needs"
    if isinstance(error, sqlite3.DataError):
        return "a row is longer than any of such a table"
    return _DAMAGED


def _increasing(rows: Sequence[DatabaseRow], last: int) -> int:
    """Return how many rows from the first on have increasing row ids, all above `last`."""
    try:
        ids = np.fromiter(map(itemgetter(0), rows), np.int64, len(rows))
    except (TypeError, ValueError, OverflowError):
        return 0  # a column of this name that is no row id
    # compared and not subtracted: a difference of two row ids may be larger than any number here
    falls = np.flatnonzero(ids <= np.concatenate(([last], ids[:-1])))
    return int(falls[0]) if len(falls) else len(rows)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _quoted(name: str) -> str:
    return f'"{name}"'  # a name of letters, digits and underscores


def _quoted_path(path: str) -> str:
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
