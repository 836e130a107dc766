"""The pool: what every connection of it has."""

import pytest

from kadens.storage.pool import open_pool

pytestmark = pytest.mark.anyio


async def test_a_connection_speaks_utc_and_gives_its_locks_back_when_its_process_stands_still(dsn: str) -> None:
    async with await open_pool(dsn) as pool, pool.connection() as conn:
        settings = [
            await (await conn.execute(f"show {name}".encode())).fetchone()
            for name in ("timezone", "idle_in_transaction_session_timeout")
        ]
    assert settings == [("UTC",), ("2min",)]
