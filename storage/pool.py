"""The connection pool, opened when a process starts. Every session speaks UTC; nothing here knows a table."""

from functools import partial
from typing import TypeAlias

from psycopg import AsyncConnection, OperationalError
from psycopg.rows import TupleRow
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool

from ..model.codec import loads
from . import lists, roles

Connection: TypeAlias = AsyncConnection[TupleRow]
Pool: TypeAlias = AsyncConnectionPool[Connection]

IDLE_S = 120  # far longer than anything is computed between two statements


async def open_pool(dsn: str, min_size: int = 1, max_size: int = 4, timeout_s: float = 30.0, *, role: str = "") -> Pool:
    """Open a pool and wait until `min_size` connections answer; raises `psycopg_pool.PoolTimeout` after `timeout_s`.

    Every connection acts as `role` where one is given; raises `roles.RoleError` where it may not. A checked-out
    connection is a transaction: it commits when the block ends, and rolls back on an exception.
    """
    await _check(dsn, role)
    configure = partial(_configure, role=role)
    pool: Pool = AsyncConnectionPool(dsn, min_size=min_size, max_size=max_size, open=False, configure=configure)
    try:
        await pool.open(wait=True, timeout=timeout_s)
    except BaseException:
        await pool.close()
        raise
    return pool


def adapt(conn: Connection) -> None:
    """Make a connection send lists and read JSON as all of ours do."""
    lists.use(conn)
    set_json_loads(loads, conn)


async def _check(dsn: str, role: str) -> None:
    """Find out about a wrong role at once; a database that is away is waited for by the pool."""
    if not role:
        return
    try:
        async with await AsyncConnection.connect(dsn) as conn:
            await roles.become(conn, role)
    except OperationalError:
        return


async def _configure(conn: Connection, role: str = "") -> None:
    """Speak UTC; and a process that was stopped within a transaction must not keep the locks of patients for ever."""
    adapt(conn)
    if role:
        await roles.become(conn, role)
    await conn.execute("set time zone 'UTC'")
    await conn.execute(f"set idle_in_transaction_session_timeout = '{IDLE_S}s'".encode())
    await conn.commit()
