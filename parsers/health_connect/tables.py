"""Which tables of a database are read, and which are not although they should be. Pure."""

from itertools import chain, product

from parsers.health_connect.database import Database
from parsers.health_connect.names import (
    APP_TABLE,
    DEVICE_TABLE,
    EXERCISE_TABLE,
    LAP_TABLES,
    NOT_FOLLOWED_RECORDS,
    RECORD_KINDS,
    SEGMENT_TABLES,
    RecordKind,
)

RECORD_TABLES = frozenset(
    (EXERCISE_TABLE, *chain.from_iterable((*kind.parents, *kind.children) for kind in RECORD_KINDS))
)
_READ_TABLES = RECORD_TABLES | {APP_TABLE, DEVICE_TABLE, *SEGMENT_TABLES, *LAP_TABLES}
_NOT_FOLLOWED = "a table of records that is not read"
_NO_TABLE = "a view, or a table of another kind, which is not read"
_NO_COLUMNS = "a table without the columns that are read"
_NO_PAIR = "values without their records, or the reverse"


def sessions_table(database: Database) -> str:
    """Return the table of exercise sessions, "" where it cannot be read."""
    return database.named((EXERCISE_TABLE,), ("start_time", "end_time"))


def record_table(database: Database, kind: RecordKind) -> str:
    """Return the table of a kind whose records have their value with them, "" for none."""
    needed = ("start_time", "end_time") if kind.counts else ()
    return database.named(kind.parents, (*needed, *filter(None, (kind.value,))))


def series_tables(database: Database, kind: RecordKind) -> tuple[str, str]:
    """Return the tables of the values and of their records, "" for both where one is missing."""
    child = database.named(kind.children, ("parent_key", "epoch_millis", kind.value))
    parent = database.named([name for name in kind.parents if name != child], ())
    return (child, parent) if child and parent else ("", "")


def unread_tables(database: Database) -> list[tuple[str, str]]:
    """Return the tables whose records nobody reads, each with the reason."""
    unread = list(product(_unknown_records(database), (_NOT_FOLLOWED,)))
    # a name that is an ordinary table as well hides nothing
    hidden = _READ_TABLES & database.others - database.tables.keys()
    unread += product(sorted(hidden), (_NO_TABLE,))
    if EXERCISE_TABLE in database.tables and not sessions_table(database):
        unread.append((EXERCISE_TABLE, _NO_COLUMNS))
    # of a damaged schema the other tables of a pair are lost, which is told already
    is_damaged = any(not damage.table for damage in database.damage)
    for kind in () if is_damaged else RECORD_KINDS:
        is_read = (
            any(series_tables(database, kind)) if kind.series else record_table(database, kind)
        )
        named = list(filter(database.tables.__contains__, (*kind.parents, *kind.children)))
        if named and not is_read:
            unread.append((named[0], _NO_PAIR if kind.series else _NO_COLUMNS))
    return unread


def _unknown_records(database: Database) -> list[str]:
    """Return the tables of records that are neither read nor known as not followed."""
    unknown = []
    for table in sorted(database.tables):
        stem = table.removesuffix("_record_table")
        if stem != table and table not in RECORD_TABLES and stem not in NOT_FOLLOWED_RECORDS:
            unknown.append(table)
    return unknown
