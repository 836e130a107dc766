"""Commands that look: one digest a table, and the dead letters. They change nothing."""

from dataclasses import asdict

from rich.table import Table

from ..clock import clock
from ..model.calendar import rfc3339
from ..settings import Settings
from ..storage import audit
from ..storage.audit_actions import Action
from ..storage.digest import digest as digest_of
from ..storage.pool import open_pool
from ..storage.roles import ADMIN
from ..stream.dead import DeadLetter, read_dead
from .console import DEFAULT_DATA, Data, Json, fail, out, print_json, run, settings_of
from .people import entry_of


def digest(*, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """Print one SHA-256 a table, in key order, without arrival times and surrogate ids: compare two runs by it."""

    async def work(settings: Settings) -> dict[str, str]:
        async with await open_pool(settings.database, max_size=1, role=ADMIN) as pool, pool.connection() as conn:
            await audit.write(conn, entry_of(Action.DIGEST_READ, clock(settings.clock)()))
            return await digest_of(conn)

    found = run(work(settings_of(data)))
    if as_json:
        print_json(found)
        return
    for table, sha256 in found.items():
        out.print(f"{table:<16} {sha256}", markup=False)


def dead(*, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """List what could not be read: where it lies, which connector sent it, and why."""

    async def work(brokers: str) -> list[DeadLetter]:
        return [letter async for letter in read_dead(brokers)]

    try:
        found = run(work(settings_of(data).kafka))
    except TimeoutError:
        fail("the log does not answer")
    if as_json:
        print_json([{**asdict(one), "received": _received(one)} for one in found])
    else:
        out.print(_table(found))


def _received(one: DeadLetter) -> str | None:
    return None if one.received_ms is None else rfc3339(one.received_ms)


def _table(found: list[DeadLetter]) -> Table:
    table = Table("received", "connector", "at", "where", "why", "bytes", title=f"{len(found)} dead letters")
    for one in found:
        at = f"{one.topic}/{one.partition}/{one.offset}"
        table.add_row(_received(one) or "", one.connector, at, one.where, one.why, str(one.size))
    return table
