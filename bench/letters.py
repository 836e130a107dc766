"""The time of listing dead letters and deciding on them while a million of them wait.

The baseline is a second.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.row import Row
from kadens.embedded.postgres import temporary_postgres
from model.facts import RejectKind
from model.keyring import KeyRing
from storage.bodies import dead_queries
from storage.bodies.body_store import Directory
from storage.bodies.dead_queries import Choice
from storage.bodies.sealed import own_key, put_sealed
from storage.pg import crypto
from storage.pg.migrate import migrate
from storage.pg.pool import Connection, Pool, open_pool
from stream.dead.commands import Desk, drop_with_bodies, send_again
from stream.log.messages import Outgoing

FULL, TINY = 1_000_000, 2_000
_KEY = KeyRing.single(bytes(32))
_ROUNDS = 5
_GOAL_S = 1.0
BODIED = 100  # the last letters hold a body
_FILL = """
insert into dead_letter (cluster, topic, part, "offset", letter, class, connector, written_at, \
received_at, size,
  sha256, rejects, rejected, key, headers, body_bytes)
select 'c', 'kadens.raw', mod(n, 8), n, n,
  case when mod(n, 1000) = 3 then 'range' \
else (array['damaged', 'field', 'unknown'])[1 + mod(n, 3)] end,
  (array['files', 'open_wearables', 'reports'])[1 + mod(n, 3)], \
now() - (%s - n) * interval '1 s', now(), 20000,
  repeat('ab', 32), '[["record[3].heart_rate", "not a number"]]', 1, 'k', \
'[["address", ""], ["connector", "files"]]', 0
from generate_series(0, %s - 1) n"""
_BODY = (
    "update dead_letter set wrapped = %s, sealed = %s, body_bytes = 20000 "
    'where "offset" = %s and part = %s'
)


@dataclass(slots=True)
class _Nowhere:
    """A `messages.Producer` that drops what it is given."""

    count: int = 0

    async def send_all(self, messages: Sequence[Outgoing]) -> list[int]:
        """Count the messages."""
        self.count += len(messages)
        return [0] * len(messages)


def run(letters: int) -> list[Row]:
    """Return the figures with `letters` dead letters."""
    with (
        temporary_postgres(durable=True) as server,
        TemporaryDirectory(prefix="kadens-letters-") as folder,
    ):
        dsn = server.create_database("letters")
        return asyncio.run(_run(dsn, Path(folder), letters))


async def _run(dsn: str, folder: Path, letters: int) -> list[Row]:
    await migrate(dsn)
    async with await open_pool(dsn, max_size=2) as pool:
        desk = Desk(pool=pool, bodies=Directory(folder), wrapping_key=_KEY)
        await _fill(pool, desk, letters)
        last = letters - 1
        rare = Choice(kind=RejectKind.RANGE, connector="files")
        values: dict[str, Callable[[int], Awaitable[object]]] = {
            "counts": _within(pool, lambda conn, _: dead_queries.letter_counts(conn, Choice())),
            "list, newest 50": _within(
                pool, lambda conn, _: dead_queries.newest_letters(conn, Choice(), 50)
            ),
            "list, a class and connector": _within(
                pool, lambda conn, _: dead_queries.newest_letters(conn, rare, 50)
            ),
            "show one": _within(
                pool, lambda conn, n: dead_queries.find_letter(conn, last // (n + 1))
            ),
            "retry one": lambda n: send_again(desk, _Nowhere(), [last - n], None),
            "drop one": lambda n: drop_with_bodies(desk, [last - BODIED - n], None),
        }
        return [_row(name, letters, await _seconds(ask)) for name, ask in values.items()]


async def _fill(pool: Pool, desk: Desk, letters: int) -> None:
    async with pool.connection() as conn:
        await conn.execute(_FILL, [letters, letters])
        for offset in range(letters - BODIED, letters):
            position = f"dead:c/kadens.raw/{offset % 8}/{offset}"
            key, wrapped = own_key(_KEY, position)
            lies = await put_sealed(desk.bodies, key, crypto.new_key() * 625, position)
            await conn.execute(_BODY, [wrapped, lies.sealed, offset, offset % 8])
    async with pool.connection() as conn:
        await conn.set_autocommit(True)
        await conn.execute("vacuum analyze dead_letter")
        await conn.set_autocommit(False)


def _within(
    pool: Pool, ask: Callable[[Connection, int], Awaitable[object]]
) -> Callable[[int], Awaitable[object]]:
    async def seconds_of(n: int) -> object:
        async with pool.connection() as conn:
            return await ask(conn, n)

    return seconds_of


async def _seconds(ask: Callable[[int], Awaitable[object]]) -> float:
    """Return the median of some rounds."""
    took: list[float] = []
    for n in range(_ROUNDS):
        began = time.perf_counter()
        await ask(n)
        took.append(time.perf_counter() - began)
    return sorted(took)[_ROUNDS // 2]


def _row(name: str, letters: int, seconds: float) -> Row:
    return Row(
        name=f"dead letters: {name}",
        value=seconds * 1000,
        unit="ms",
        baseline=f"{_GOAL_S * 1000:.0f} ms, {letters:,} letters",
        ratio=_GOAL_S / seconds,
    )
