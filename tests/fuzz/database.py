"""Some of the fuzzed payloads are stored as well.

What a reader accepts, the writer and the database must accept. Nothing is kept.
"""

import asyncio
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from psycopg import AsyncConnection

from kadens.embedded.postgres import temporary_postgres
from model.facts import Parsed
from model.keyring import KeyRing
from storage.facts.writer import put_facts
from storage.people import care_team, patients
from storage.pg.migrate import migrate
from storage.pg.pool import Connection, adapt
from stream.deriving.batches import derive_written
from tests.fuzz.judge import Broken, attributed_facts


class Stored:
    """A database of a single patient, whose transactions are all rolled back."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        server = self._stack.enter_context(temporary_postgres())
        dsn = server.create_database("fuzz")
        self._stack.enter_context(self._runner)
        self._conn = self._runner.run(_opened(dsn))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.run(self._conn.close())
        self._stack.close()

    def stores(self, connector: str, body: bytes, parsed: Parsed) -> None:
        """Check that the facts of a payload can be stored and derived from.

        Raises Broken when one is refused.
        """
        self._runner.run(store(self._conn, connector, body, parsed))


async def store(conn: Connection, connector: str, body: bytes, parsed: Parsed) -> None:
    """Write the facts of a payload, derive what they touch, and roll back.

    Raises Broken when a fact is refused.
    """
    try:
        written = await put_facts(conn, attributed_facts(connector, body, parsed.facts))
        if written.refused:
            raise Broken(f"the writer refuses: {written.refused[0].why}")
        await derive_written(conn, written)
    finally:
        await conn.rollback()


async def _opened(dsn: str) -> Connection:
    await migrate(dsn)
    conn = await AsyncConnection.connect(dsn)
    adapt(conn)
    await care_team.add_unit(conn, "unit")
    await patients.add_patient(
        conn,
        wrapping_key=KeyRing.single(bytes(32)),
        unit="unit",
        zone="Europe/Stockholm",
        now_ms=0,
        pseudonym="p1",
    )
    await conn.commit()
    return conn
