"""Brings a database to the newest schema.

The schema is a list of numbered SQL files. Each is applied once, in its own transaction. Two sets
of files are merged by number: `common`, and either `timescale` or `plain`. The choice depends on
whether the server has the TimescaleDB extension. It is made once and never changes for a database.
A file that was applied must not be edited: every run compares its checksum.

A file whose first line is `-- no-transaction` has a single statement and runs outside a
transaction.

File 0016 gives the tables to the role `kadens_migrate`. Every later file runs in that role, so that
no migration can change the audit log. File 0016 needs roles that only an administrator's login can
make.
"""

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files

from psycopg import AsyncConnection
from psycopg.errors import InsufficientPrivilege

from storage.audit_actions import AuditAction
from storage.pg import granting, roles, row_security
from storage.pg.pool import LONG, Connection, address

OUTSIDE = "-- no-transaction"
_LOCK = 0x6B6164656E73  # "kadens"
_LEDGER = """
create table if not exists schema_migration (
  version int primary key,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default now()
)"""

# only ever added: the log keeps lines with actions that this program does not know any more
_ACTIONS = "insert into audit_action (action) select unnest(%s::text[]) on conflict do nothing"


class MigrationError(RuntimeError):
    """The database cannot be brought to this schema; the text has the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """An SQL file; `name` is its set and file name, such as "common/0001_people.sql"."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """Return the SHA-256 of the text, in hex."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(kind: str) -> tuple[Migration, ...]:
    """Return the files of `common` and of the set `kind` ("plain" or "timescale"), by number."""
    by_number: dict[int, Migration] = {}
    for migration in (*_folder("common"), *_folder(kind)):
        # the ledger knows a file by its number alone, so a second one would never be applied
        if migration.version in by_number:
            raise MigrationError(f"two files of one number: {migration.version}")
        by_number[migration.version] = migration
    return tuple(by_number[number] for number in sorted(by_number))


async def migrate(dsn: str, newest: int | None = None) -> list[str]:
    """Apply the missing files, up to the number `newest` if given, and return their names.

    Only one process migrates at a time; others wait. Raises `MigrationError` when an applied file
    has changed, or when the database has a file that this program does not have.
    """
    async with _locked(dsn) as conn:
        await _prepare(conn)
        await conn.execute(_LEDGER)
        applied = await _applied(conn)
        kind = await _kind(conn, applied)
        if kind == "timescale":
            await conn.execute("create extension if not exists timescaledb")
        wanted = migrations(kind)
        last = wanted[-1].version if newest is None else newest
        missing = [item for item in _missing(applied, wanted) if item.version <= last]
        for migration in missing:
            await _apply(conn, migration)
            # this file may be the one that gives the tables to the migration role
            await _step_down(conn)
        # what is granted is that of the newest schema, and may not be there yet
        if last >= wanted[-1].version:
            await _settle(conn)
        await _list_actions(conn)
        return [m.name for m in missing]


def known_files() -> dict[str, str]:
    """Return the checksum of each file of this program, of every set, by its name."""
    known: dict[str, str] = {}
    for folder in ("common", "plain", "timescale"):
        known |= {item.name: item.checksum for item in _folder(folder)}
    return known


async def pending(conn: Connection) -> list[str]:
    """Return the names of the files that are not applied yet.

    Raises `MigrationError` as `migrate` does.
    """
    ledger = await (await conn.execute("select to_regclass('schema_migration')")).fetchone()
    applied = await _applied(conn) if ledger and ledger[0] else {}
    wanted = migrations(await _kind(conn, applied))
    return [m.name for m in _missing(applied, wanted)]


@asynccontextmanager
async def _locked(dsn: str) -> AsyncIterator[Connection]:
    async with await AsyncConnection.connect(address(dsn, LONG), autocommit=True) as conn:
        # of the connection, not of a transaction: each file is a transaction of its own
        await conn.execute("select pg_advisory_lock(%s)", [_LOCK])
        yield conn  # the lock ends with the connection


async def _prepare(conn: Connection) -> None:
    try:
        await granting.create_roles(conn)
        await _step_down(conn)
    except granting.RoleError as error:
        raise MigrationError(str(error)) from error


async def _step_down(conn: Connection) -> None:
    """Take the migration role if the tables belong to it already."""
    if await granting.handed_over(conn):
        await granting.become(conn, roles.MIGRATE)


async def _settle(conn: Connection) -> None:
    """Set the grants and policies to those of this program."""
    if await granting.handed_over(conn):
        await granting.grant_all(conn)
        await row_security.secure_rows(conn)


async def _list_actions(conn: Connection) -> None:
    if await granting.handed_over(conn):
        await conn.execute(_ACTIONS, [list(AuditAction)])


async def _applied(conn: Connection) -> dict[int, tuple[str, str]]:
    ledger = await conn.execute("select version, name, checksum from schema_migration")
    return {version: (name, checksum) for version, name, checksum in await ledger.fetchall()}


async def _kind(conn: Connection, applied: dict[int, tuple[str, str]]) -> str:
    # the set that the first run chose; a server that gets the extension later changes nothing
    chosen = {name.partition("/")[0] for name, _ in applied.values()} - {"common"}
    if chosen:
        return chosen.pop()
    cursor = await conn.execute("select 1 from pg_available_extensions where name = 'timescaledb'")
    return "timescale" if await cursor.fetchone() else "plain"


def _missing(applied: dict[int, tuple[str, str]], wanted: tuple[Migration, ...]) -> list[Migration]:
    """Return the files that are not applied, after comparing those that are."""
    known = {m.version: m for m in wanted}
    for version, (name, checksum) in sorted(applied.items()):
        if version not in known:
            raise MigrationError(
                f"{name}: was applied by a newer program; this one does not know it"
            )
        if known[version].checksum != checksum:
            raise MigrationError(f"{name}: has changed since it was applied")
    return [migration for version, migration in known.items() if version not in applied]


async def _apply(conn: Connection, migration: Migration) -> None:
    # such a file must do nothing the second time: a crash before `_record` runs it again
    if migration.sql.startswith(OUTSIDE):
        await conn.execute(migration.sql.encode())
        await _record(conn, migration)
        return
    try:
        async with conn.transaction():
            await conn.execute(migration.sql.encode())
            await _record(conn, migration)
    except InsufficientPrivilege as error:
        hint = f"; {error.diag.message_hint}" if error.diag.message_hint else ""
        raise MigrationError(f"{migration.name}: {error.diag.message_primary}{hint}") from error


async def _record(conn: Connection, migration: Migration) -> None:
    await conn.execute(
        "insert into schema_migration (version, name, checksum) values (%s, %s, %s)",
        [migration.version, migration.name, migration.checksum],
    )


def _folder(folder: str) -> Iterator[Migration]:
    """Yield the files of a set, in any order."""
    for file in files("storage").joinpath("migrations", folder).iterdir():
        if file.name.endswith(".sql"):
            sql = file.read_text(encoding="utf-8")
            number = int(file.name.partition("_")[0])
            yield Migration(version=number, name=f"{folder}/{file.name}", sql=sql)
