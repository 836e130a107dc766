"""A connection for each test of storage, with three patients."""

from collections.abc import AsyncIterator

import pytest
from psycopg import AsyncConnection

from model.keyring import KeyRing
from storage.people import care_team, patients
from storage.pg.pool import Connection, adapt


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def conn(dsn: str) -> AsyncIterator[Connection]:
    """Connect, with patients p1, p2 and p3 committed."""
    # the pool's own zone: a server may call its zone by another name, which a digest tells apart
    async with await AsyncConnection.connect(dsn, options="-c timezone=UTC") as connection:
        adapt(connection)
        await care_team.add_unit(connection, "unit")
        for pseudonym in ("p1", "p2", "p3"):
            await patients.add_patient(
                connection,
                wrapping_key=KeyRing.single(bytes(32)),
                unit="unit",
                zone="Europe/Stockholm",
                now_ms=0,
                pseudonym=pseudonym,
            )
        await connection.commit()
        yield connection
