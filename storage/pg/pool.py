"""The connection pool, opened when a process starts, and how long it waits.

Nothing here knows a table. Every session speaks UTC. Every wait for the database has an end, on
both sides: the server ends what takes too long, and a client whose server says nothing at all
(stopped, or behind a dead network) gives its connection up.
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
from storage.pg import arrays, roles

Connection: TypeAlias = AsyncConnection[TupleRow]
Pool: TypeAlias = AsyncConnectionPool[Connection]
T = TypeVar("T")

GRACE_S = 1.0  # what a client waits longer than the server's own limit, which ends a statement more cleanly
LET_GO_S = 0.5  # for a cancelled statement to end, before its connection is closed
# a peer that is gone without a word is noticed within half a minute; a Unix socket has no such
# peers
NETWORK = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long one kind of process waits for the database, in seconds; 0 is without limit.

    `start_s`: for the first connection to answer, where 0 is one attempt. `connect_s`: for one
    connection. `checkout_s`: for a free connection of the pool. `statement_s` and `lock_s`: for one
    statement, for one lock. `idle_s`: between two statements of a transaction, because a process
    that stands still keeps locks.
    """

    start_s: float
    connect_s: int
    checkout_s: float
    statement_s: int
    lock_s: int
    idle_s: int


# `idle_s` is far longer than anything is computed between two statements
CLINIC_LIMITS = Limits(start_s=30, connect_s=3, checkout_s=3, statement_s=8, lock_s=4, idle_s=30)
WORKER_LIMITS = Limits(
    start_s=30, connect_s=10, checkout_s=30, statement_s=120, lock_s=60, idle_s=120
)
COMMAND = Limits(start_s=0, connect_s=5, checkout_s=5, statement_s=60, lock_s=30, idle_s=120)
LONG = Limits(
    start_s=0, connect_s=10, checkout_s=30, statement_s=0, lock_s=0, idle_s=120
)  # replay, erase, digest
PROBE = Limits(start_s=0, connect_s=2, checkout_s=2, statement_s=3, lock_s=2, idle_s=10)


class DsnError(ValueError):
    """The address of the database cannot be read.

    The text does not quote it: a password may stand in it.
    """


class BoundedConnection(AsyncConnection[TupleRow]):
    """A connection that gives up after `patience_s` without an answer (None.

    Never), and closes itself then.
    """

    patience_s: float | None = None

    async def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:  # noqa: ASYNC109 - psycopg's
        """Run one exchange with the server.

        Raises `psycopg.OperationalError` when patience ends.
        """
        try:
            async with asyncio.timeout(self.patience_s):
                return await waiting.wait_async(
                    gen, self.pgconn.socket, interval=interval, timeout=timeout
                )
        except TimeoutError:
            self.pgconn.finish()
            raise psycopg.OperationalError("the database did not answer in time") from None
        except asyncio.CancelledError:
            await self._let_go(
                gen
            )  # psycopg's own way takes ten seconds where the server is stopped
            raise

    async def _let_go(self, gen: PQGen[T]) -> None:
        """Ask the server to end the statement; close the connection where it does not at once."""
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


def address(dsn: str, limits: Limits) -> str:
    """Return a connection string with the limits that belong to connecting.

    What the DSN itself says wins. Raises `DsnError` when it is none.
    """
    try:
        given = conninfo_to_dict(dsn)
        ours = {"connect_timeout": limits.connect_s, **NETWORK}
        return make_conninfo(
            dsn, **{name: value for name, value in ours.items() if name not in given}
        )
    except psycopg.ProgrammingError:
        raise DsnError("no connection string: postgresql://USER@HOST/DATABASE is wanted") from None


async def open_pool(
    dsn: str, min_size: int = 1, max_size: int = 4, limits: Limits = COMMAND, *, role: str = ""
) -> Pool:
    """Open a pool and wait until `min_size` connections answer.

    Raises `psycopg.OperationalError` when none does. Every connection acts as `role` where one is
    given; raises `roles.RoleError` where it may not. A checked-out connection is a transaction: it
    commits when the block ends, and rolls back on an exception. A statement beyond its limit and a
    wait for a connection raise `psycopg.OperationalError`, a wrong DSN `DsnError`.
    """
    where = address(dsn, limits)
    if (
        not limits.start_s
    ):  # a command says at once why nothing answers; a pool would try again until time is up
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
    except BaseException:
        await pool.close()
        raise
    return pool


@asynccontextmanager
async def autocommit(pool: Pool) -> AsyncIterator[Connection]:
    """Give a connection on which each statement is a transaction of its own, without a begin and a commit beside it."""
    async with pool.connection() as conn:
        await conn.set_autocommit(True)
        try:
            yield conn
        finally:
            if (
                not conn.closed
            ):  # a closed one cannot be set, and what closed it is the error to tell
                await conn.set_autocommit(False)


def adapt(conn: Connection) -> None:
    """Make a connection send lists and read JSON as all of ours do."""
    arrays.use(conn)
    set_json_loads(loads, conn)


async def _check(where: str, role: str) -> None:
    """Find out about a wrong role at once; a database that is away is waited for by the pool."""
    if not role:
        return
    try:
        async with await AsyncConnection.connect(where) as conn:
            await roles.become(conn, role)
    except psycopg.OperationalError:
        return


async def _configure(conn: Connection, limits: Limits, role: str) -> None:
    """Take the role, speak UTC, and set every limit of the server.

    A connection waits a little longer than they say.
    """
    adapt(conn)
    if role:
        await roles.become(conn, role)
    if isinstance(conn, BoundedConnection):
        conn.patience_s = limits.statement_s + GRACE_S if limits.statement_s else None
    names = {
        "TimeZone": "UTC",
        "statement_timeout": f"{limits.statement_s}s",
        "lock_timeout": f"{limits.lock_s}s",
        "idle_in_transaction_session_timeout": f"{limits.idle_s}s",
    }
    settings = ", ".join("set_config(%s, %s, false)" for _ in names)
    await conn.execute(
        f"select {settings}".encode(), [word for pair in names.items() for word in pair]
    )
    await conn.commit()
