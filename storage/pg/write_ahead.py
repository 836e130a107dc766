"""Overwrites PostgreSQL's old write-ahead log, so that nothing of deleted rows is left in it.

PostgreSQL renames the files of its log for later use and leaves their bytes until they are written
over, which may be never. Here all of them are written over. Nothing here changes a row or a setting
of the server, and no file is touched that it still keeps for somebody: those are counted.
"""

from psycopg import AsyncConnection
from psycopg.errors import InsufficientPrivilege

from storage.pg.pool import LONG, Connection, address

# Names have the order of time. Others are of backups and of the history.
_LAST = "select max(name) from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$'"
_LEFT = (
    "select count(*) from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$' and name collate \"C\" <= %s"
)
_NOW_AT = "select pg_walfile_name(pg_current_wal_insert_lsn())"
# A switch does nothing in a file without a record; it fills the rest of the file with zeros.
_RECORD, _SWITCH = "select pg_logical_emit_message(true, 'kadens', '')", "select pg_switch_wal()"


class LogKeptError(RuntimeError):
    """The login may not write over the write-ahead log."""


async def overwrite_old_log(dsn: str) -> int:
    """Write over all that the write-ahead log has now, and return how many files the server kept.

    It keeps those that an archive, a standby or a replication slot has not taken, and those of
    `wal_keep_size`. Raises `LogKeptError` when the login may not do this.
    """
    try:
        return await _overwritten(dsn)
    except InsufficientPrivilege:
        raise LogKeptError("this login may not write over the write-ahead log") from None


async def _overwritten(dsn: str) -> int:
    async with await AsyncConnection.connect(address(dsn, LONG), autocommit=True) as conn:
        await conn.execute("checkpoint")
        present = await _name(conn, _NOW_AT)
        await _pass_all(conn)
        # renames the files up to the present one; so they lie ahead, and are passed too
        await conn.execute("checkpoint")
        await _pass_all(conn)
        (count,) = await (await conn.execute(_LEFT, [present])).fetchone() or (0,)
        return int(count)


async def _pass_all(conn: Connection) -> None:
    """Fill the present file and each that lies ahead, one by one."""
    last = await _name(conn, _LAST)
    while await _name(conn, _NOW_AT) <= last:
        await conn.execute(_RECORD)
        await conn.execute(_SWITCH)


async def _name(conn: Connection, query: str) -> str:
    row = await (await conn.execute(query.encode())).fetchone()
    return str(row[0]) if row else ""
