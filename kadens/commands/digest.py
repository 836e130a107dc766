"""The command that prints a digest per table, to compare two runs. It changes nothing."""

from kadens.clock import clock
from kadens.commands.audited import entry_of
from kadens.commands.console import run, settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json
from kadens.output.terminal import print_json, print_line
from kadens.settings import Settings
from storage import audit
from storage.audit_actions import AuditAction
from storage.digest import table_digests
from storage.pg.pool import LONG, open_pool
from storage.pg.roles import ADMIN


def print_digests(*, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """Print one SHA-256 per table, to compare two runs.

    Rows are taken in key order, without arrival times and generated ids.
    """
    digests = run(_digests(settings_of(data)))
    if as_json:
        print_json(digests)
        return
    for table, sha256 in digests.items():
        print_line(f"{table:<16} {sha256}")


async def _digests(settings: Settings) -> dict[str, str]:
    pool = await open_pool(settings.database, max_size=1, limits=LONG, role=ADMIN)
    async with pool, pool.connection() as conn:
        await audit.write_entry(conn, entry_of(AuditAction.DIGEST_READ, clock(settings.clock)()))
        return await table_digests(conn)
