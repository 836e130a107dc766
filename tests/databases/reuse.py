"""Databases that tests use one after the other.

A test gets a database with the schema and nothing in it. To copy one costs the server half a second
of processor time, to empty one a few hundredths. What a test changed of the schema itself cannot be
emptied away: such a database is removed, and the next test gets a new copy.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composed, Identifier

from kadens.embedded.postgres import Postgres

TEMPLATE = "kadens_template"
_numbers = count()

_OURS = "('public'::regnamespace, 'identity'::regnamespace, 'analysis'::regnamespace)"
_TABLES = f"""
select oid::regclass::text from pg_class where relnamespace in {_OURS}
and relkind in ('r', 'p') order by 1"""  # noqa: S608 - a constant
# Deleted rows keep the pages of their table until it is emptied.
_WITH_PAGES = f"""
select oid::regclass::text from pg_class where relnamespace in {_OURS}
and relkind = 'r' and pg_relation_size(oid) > 0"""  # noqa: S608 - a constant
_RESTART = """
select setval(seqrelid::regclass, seqstart, false) from pg_sequence
where pg_sequence_last_value(seqrelid) is not null"""
_OTHERS = """
select pg_terminate_backend(pid, 10000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()"""
# Changed rows of a catalogue have a new transaction number. In pg_class emptying a table gives one
# as well, and so its columns themselves are compared.
_BY_TRANSACTION = (
    "pg_attrdef",
    "pg_attribute",
    "pg_constraint",
    "pg_default_acl",
    "pg_extension",
    "pg_index",
    "pg_inherits",
    # a connection's first temporary table makes a namespace that stays
    "pg_namespace where nspname !~ '_temp_'",
    "pg_policy",
    "pg_proc",
    "pg_rewrite",
    "pg_sequence",
    "pg_trigger",
    "pg_type",
)
_ROWS = "select count(*), sum(xmin::text::bigint) from {}"
_CLASSES = f"""
select md5(string_agg(concat_ws(' ', oid, relname, relkind, relowner, relacl, reloptions, relchecks,
relhastriggers, relrowsecurity, relreplident), ',' order by oid)) from pg_class
where relnamespace in {_OURS}"""  # noqa: S608 - a constant
_SETTINGS = """
select count(*) from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
where d.datname = current_database()"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What a database with the schema and nothing in it has.

    `kept` are the tables that the migrations themselves filled. `schema` differs when a table, a
    function, a grant or a row of these was changed.
    """

    tables: frozenset[str]
    kept: frozenset[str]
    schema: tuple[TupleRow, ...]


class Databases:
    """The databases of one server that no test uses now; `server` is its connection string."""

    def __init__(self, server: str) -> None:
        self._server = server
        with _opened(make_conninfo(server, dbname=TEMPLATE)) as conn:
            kept = _names(conn, _WITH_PAGES)
            self._kind = _Kind(tables=_names(conn, _TABLES), kept=kept, schema=_schema(conn, kept))
        self._free: list[str] = []

    @contextmanager
    def lend(self) -> Iterator[str]:
        """Give the connection string of a database with the schema and nothing in it."""
        name = self._free.pop() if self._free else create(self._server, TEMPLATE)
        dsn = make_conninfo(self._server, dbname=name)
        yield dsn
        if _emptied(dsn, self._kind):
            self._free.append(name)
        else:
            drop(self._server, name)


def create(server: str, template: str) -> str:
    """Copy a database and return the name of the copy."""
    name = f"kadens_test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(
            # Copying files costs less than writing the whole schema to the log, as is the default.
            SQL("create database {} template {} strategy file_copy").format(
                Identifier(name), Identifier(template)
            )
        )
    return name


def drop(server: str, name: str) -> None:
    """Remove a database, whoever is connected to it."""
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(SQL("drop database {} with (force)").format(Identifier(name)))


@contextmanager
def database_copied(server: Postgres, template: str = TEMPLATE) -> Iterator[str]:
    """Give the connection string of a new copy of a database; it is removed at the end."""
    name = create(server.dsn(), template)
    yield server.dsn(name)
    drop(server.dsn(), name)


@contextmanager
def _opened(dsn: str) -> Iterator[psycopg.Connection]:
    """Connect; triggers, such as those that keep the audit log, are off."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("set session_replication_role = replica")
        yield conn


def _names(conn: psycopg.Connection, query: str) -> frozenset[str]:
    return frozenset(name for (name,) in conn.execute(query.encode()))


def _schema(conn: psycopg.Connection, kept: frozenset[str]) -> tuple[TupleRow, ...]:
    """Return a value that differs when the schema, or a row of the tables `kept`, was changed."""
    counted = map(_ROWS.format, (*_BY_TRANSACTION, *sorted(kept)))
    return tuple(
        conn.execute(query.encode()).fetchone() or () for query in (_CLASSES, _SETTINGS, *counted)
    )


def _emptied(dsn: str, kind: _Kind) -> bool:
    """Empty a database; returns whether it is again of its kind."""
    with _opened(dsn) as conn:
        conn.execute(_OTHERS)
        more = sorted(_names(conn, _TABLES) - kind.tables)
        if more:
            conn.execute(SQL("drop table {} cascade").format(_listed(more)))
        used = sorted(_names(conn, _WITH_PAGES) - kind.kept)
        for table in used:
            # `truncate` would take all tables that refer to this one: ten times as long
            conn.execute(SQL("delete from {}").format(_named(table)))
        if used:
            conn.execute(SQL("vacuum {}").format(_listed(used)))
        conn.execute(_RESTART)
        return _names(conn, _TABLES) == kind.tables and _schema(conn, kind.kept) == kind.schema


def _listed(tables: list[str]) -> Composed:
    return SQL(", ").join(map(_named, tables))


def _named(table: str) -> Identifier:
    return Identifier(*table.split("."))
