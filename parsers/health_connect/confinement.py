"""Confines SQLite while a stranger's database is read: ordinary tables only, and bounded. Pure.

Limits bound its rows, statements, memory and the steps of SQLite's machine. Only tables are read
that the text of the schema itself creates as ordinary ones; views, virtual tables, triggers,
generated columns and functions are out of reach, and an authorizer refuses them once more. It must
never read a row: `database` does.
"""

import re
import sqlite3
from collections.abc import Callable, Sequence

STEPS_A_CALL = 10_000  # of SQLite's machine, between two questions whether it must stop
STORED_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # of a table or a column that is read
_MIB = 1024 * 1024
# Of all connections of this process together: it can only be lowered, so it is one number. A body
# that is read from memory has at most 64 MiB, and a database on disk only its cache.
_MOST_HEAP = 160 * _MIB
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: _MIB,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 200,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 300,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 2,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 4,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 100,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 10,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
# Before the first statement reads anything of the file. With `writable_schema` SQLite reads past an
# entry of the schema that is broken, and what is left of a file that was cut off; `query_only`
# forbids every write all the same.
_PRAGMAS = (
    "query_only=on", "trusted_schema=off", "cell_size_check=on", "writable_schema=on",
    "ignore_check_constraints=on", "mmap_size=0", "cache_size=-4096", "temp_store=memory",
    f"hard_heap_limit={_MOST_HEAP}",
)  # fmt: skip
_ALLOWED: dict[int, frozenset[str | None] | None] = {
    sqlite3.SQLITE_SELECT: None,
    sqlite3.SQLITE_READ: None,
    sqlite3.SQLITE_FUNCTION: frozenset(("typeof", "length")),
    sqlite3.SQLITE_PRAGMA: frozenset(("table_info", "quick_check", "shrink_memory")),
}
_TABLE_SQL = r'create\s+table\s+(?:"%s"|\[%s\]|`%s`|\'%s\'|%s)\s*\('
_COMPUTED, _SUM = re.compile(r"\bas\b", re.IGNORECASE), re.compile(r"\s*\([\w\s+*-]*\)")


def confine(connection: sqlite3.Connection, must_stop: Callable[[], bool]) -> None:
    """Take every power from a connection that is not needed to read ordinary tables.

    SQLite asks `must_stop` after each `STEPS_A_CALL` steps. Raises what the first statement raises.
    """
    for limit, most in _LIMITS.items():
        connection.setlimit(limit, most)
    for pragma in _PRAGMAS:
        connection.execute(f"pragma {pragma}").close()
    connection.set_authorizer(_authorized)
    connection.set_progress_handler(must_stop, STEPS_A_CALL)


def _authorized(
    action: int, name: str | None, other: str | None, _schema: str | None, inner: str | None
) -> int:
    """Allow to read; `inner` is the view or trigger that asks, and none may."""
    names = _ALLOWED.get(action, frozenset())
    # A function is the second name, a pragma the first.
    allowed = names is None or bool(names & {name, other})
    return sqlite3.SQLITE_OK if allowed and inner is None else sqlite3.SQLITE_DENY


def computed_columns(sql: str) -> list[str]:
    """Return what follows each word that begins a computed column in the text of a table."""
    return _COMPUTED.split(sql)[1:]


def is_checkable(computed: Sequence[str]) -> bool:
    """Return whether every computed column adds and multiplies stored ones, and calls nothing."""
    return all(_SUM.match(rest) for rest in computed)


def is_ordinary(name: object, sql: object) -> bool:
    """Return whether an entry of the schema creates the ordinary table of its name.

    SQLite runs the text of the entry, whatever the entry calls itself. A table with this name
    leaves no room for a view or a virtual table of the same name.
    """
    if not isinstance(name, str) or not isinstance(sql, str) or not STORED_NAME.fullmatch(name):
        return False
    pattern = _TABLE_SQL.replace("%s", re.escape(name))
    return re.match(pattern, sql, re.IGNORECASE) is not None
