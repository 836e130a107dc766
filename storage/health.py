"""Whether the database answers. Nothing is read from it."""

import psycopg
from psycopg_pool import PoolTimeout

from .pool import Pool


async def answers(pool: Pool, timeout_s: float = 2.0) -> bool:
    """Tell whether a connection of the pool answers a query within `timeout_s`."""
    try:
        async with pool.connection(timeout=timeout_s) as conn:
            await conn.execute("select 1")
    except (psycopg.OperationalError, PoolTimeout):
        return False
    return True
