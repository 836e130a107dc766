"""The connection pool of a process, and the limits of its waits.

The time zone of every connection is UTC. Waits for the database are limited on both sides. The
server ends a statement that takes too long. A client closes its connection when the server does not
answer at all, because it is stopped or the network is dead.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import psycopg
from psycopg import AsyncConnection, waiting
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool

from model.codec import loads
from storage.pg import arrays, granting

Connection: TypeAlias = AsyncConnection[TupleRow]
Pool: TypeAlias = AsyncConnectionPool[Connection]
_T = TypeVar("_T")

_SETTINGS = """
select set_config(k.name, k.value, false) from unnest(%s::text[], %s::text[]) as k (name, value)"""
# A client waits this much longer than the server's own limit, which ends a statement more cleanly.
GRACE_S = 1.0
LET_GO_S = 0.5  # time for a cancelled statement to end before its connection is closed
# With these settings a lost peer is noticed within half a minute. They have no effect on a Unix
# socket.
NETWORK = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitLimits:
    """How long a kind of process waits for the database, in seconds; 0 is without limit.

    `start_s` is for the first connection at start, where 0 means a single attempt. `connect_s` is
    for a connection, `checkout_s` for a free connection of the pool. `statement_s` is for a
    statement and `lock_s` for a lock. `idle_s` is for the time between two statements of a
    transaction, because a process that hangs would keep its locks.
    """

    start_s: float
    connect_s: int
    checkout_s: float
    statement_s: int
    lock_s: int
    idle_s: int


# `idle_s` is far longer than any computation between two statements takes.
CLINIC_LIMITS = WaitLimits(
    start_s=30, connect_s=3, checkout_s=3, statement_s=8, lock_s=4, idle_s=30
)
WORKER_LIMITS = WaitLimits(
    start_s=30, connect_s=10, checkout_s=30, statement_s=120, lock_s=60, idle_s=120
)
COMMAND = WaitLimits(start_s=0, connect_s=5, checkout_s=5, statement_s=60, lock_s=30, idle_s=120)
LONG = WaitLimits(
    start_s=0, connect_s=10, checkout_s=30, statement_s=0, lock_s=0, idle_s=120
)  # replay, erase, digest
PROBE = WaitLimits(start_s=0, connect_s=2, checkout_s=2, statement_s=3, lock_s=2, idle_s=10)


class DsnError(ValueError):
    """The address of the database cannot be read.

    The text does not quote the address, because it may contain a password.
    """


class BoundedConnection(AsyncConnection[TupleRow]):
    """A connection that closes itself after `patience_s` seconds without an answer.

    None is without limit.
    """

    patience_s: float | None = None

    async def wait(
        self,
        gen: PQGen[_T],
        interval: float = 0.1,
        timeout: float | None = None,  # noqa: ASYNC109 - psycopg's
    ) -> _T:
        """Run an exchange with the server.

        Raises `psycopg.OperationalError` when the server has not answered within `patience_s`.
        """
        try:
            async with asyncio.timeout(self.patience_s):
                return await waiting.wait_async(
                    gen, self.pgconn.socket, interval=interval, timeout=timeout
                )
        except TimeoutError:
            # a connection with an answer still to come cannot be used for another statement
            self.pgconn.finish()
            raise psycopg.OperationalError("the database did not answer in time") from None
        except asyncio.CancelledError:
            # psycopg's own way of cancelling takes ten seconds when the server is stopped
            await self._let_go(gen)
            raise

    async def _let_go(self, gen: PQGen[_T]) -> None:
        """Cancel the statement at the server; close the connection if it does not end at once."""
        if self.pgconn.transaction_status != psycopg.pq.TransactionStatus.ACTIVE:
            return
        try:
            async with asyncio.timeout(LET_GO_S):
                await self.cancel_safe(timeout=LET_GO_S)
                await waiting.wait_async(gen, self.pgconn.socket, interval=LET_GO_S)
        except psycopg.errors.QueryCanceled:
            return
        except (psycopg.Error, TimeoutError, OSError):
            self.pgconn.finish()


def address(dsn: str, limits: WaitLimits) -> str:
    """Return the connection string `dsn` with the limits that apply to connecting.

    Settings in the DSN itself take precedence. Raises `DsnError` when the DSN cannot be read.
    """
    try:
        given = conninfo_to_dict(dsn)
        ours = {"connect_timeout": limits.connect_s, **NETWORK}
        # what the DSN names itself comes last and counts
        return make_conninfo("", **{**ours, **given})
    except psycopg.ProgrammingError:
        raise DsnError("the connection string must be postgresql://USER@HOST/DATABASE") from None


async def open_pool(
    dsn: str, min_size: int = 1, max_size: int = 4, limits: WaitLimits = COMMAND, *, role: str = ""
) -> Pool:
    """Open a pool and wait until `min_size` connections answer.

    A checked-out connection is a transaction: it commits when the block ends, and rolls back on an
    exception. Every connection takes `role` unless it is "".

    Raises `psycopg.OperationalError` when the database does not answer, `RoleError` when the login
    may not take the role, and `DsnError` for a wrong DSN. Later, a statement or a wait for a
    connection beyond its limit raises `psycopg.OperationalError`.
    """
    where = address(dsn, limits)
    # a command reports at once why nothing answers; a pool would try again until its time is over
    if not limits.start_s:
        async with await AsyncConnection.connect(where):
            pass
    await _check(where, role)

    async def configure(conn: Connection) -> None:
        await _configure(conn, limits, role)

    pool: Pool = AsyncConnectionPool(
        where,
        min_size=min_size,
        max_size=max_size,
        open=False,
        timeout=limits.checkout_s,
        configure=configure,
        connection_class=BoundedConnection,
    )
    try:
        await pool.open(wait=True, timeout=limits.start_s or limits.checkout_s)
    # also when the start is cancelled: the pool has tasks that would go on
    except BaseException:
        await pool.close()
        raise
    return pool


@asynccontextmanager
async def autocommit(pool: Pool) -> AsyncIterator[Connection]:
    """Check out a connection on which each statement is a transaction of its own.

    This saves the round trips of a begin and a commit.
    """
    async with pool.connection() as conn:
        await conn.set_autocommit(True)
        try:
            yield conn
        finally:
            # On a closed connection this would raise, and hide the error that closed it.
            if not conn.closed:
                await conn.set_autocommit(False)


def adapt(conn: Connection) -> None:
    """Make a connection send lists with `arrays` and read JSON with the model's codec."""
    arrays.send_lists_as_arrays(conn)
    set_json_loads(loads, conn)


async def _check(where: str, role: str) -> None:
    """Raise `RoleError` at once for a wrong role; ignore a database that does not answer yet.

    The pool waits for the database afterwards.
    """
    if not role:
        return
    try:
        async with await AsyncConnection.connect(where) as conn:
            await granting.become(conn, role)
    except psycopg.OperationalError:
        return


async def _configure(conn: Connection, limits: WaitLimits, role: str) -> None:
    """Set the role, the time zone UTC and the limits of the server on a new connection.

    The client's own limit is a little longer (`GRACE_S`) than that of the server.
    """
    adapt(conn)
    if role:
        await granting.become(conn, role)
    if isinstance(conn, BoundedConnection):
        conn.patience_s = limits.statement_s + GRACE_S if limits.statement_s else None
    names = {
        "TimeZone": "UTC",
        "statement_timeout": f"{limits.statement_s}s",
        "lock_timeout": f"{limits.lock_s}s",
        "idle_in_transaction_session_timeout": f"{limits.idle_s}s",
    }
    # one statement, because every new connection waits for it; "false" is beyond the transaction
    await conn.execute(_SETTINGS, [list(names), list(names.values())])
    await conn.commit()
