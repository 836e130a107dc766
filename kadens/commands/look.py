"""The command that looks: one digest a table. It changes nothing."""

from kadens.clock import clock
from kadens.commands.console import DEFAULT_DATA, Data, Json, out, print_json, run, settings_of
from kadens.commands.people import entry_of
from kadens.settings import Settings
from storage import audit
from storage.audit_actions import Action
from storage.digest import digest as digest_of
from storage.pg.pool import LONG, open_pool
from storage.pg.roles import ADMIN


def digest(*, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """Print one SHA-256 a table, in key order, without arrival times and surrogate ids: compare two runs by it."""

    async def work(settings: Settings) -> dict[str, str]:
        pool = await open_pool(settings.database, max_size=1, limits=LONG, role=ADMIN)
        async with pool, pool.connection() as conn:
            await audit.write(conn, entry_of(Action.DIGEST_READ, clock(settings.clock)()))
            return await digest_of(conn)

    matches = run(work(settings_of(data)))
    if as_json:
        print_json(matches)
        return
    for table, sha256 in matches.items():
        out.print(f"{table:<16} {sha256}", markup=False)
