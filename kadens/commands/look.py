"""The command that looks: one digest a table. It changes nothing."""

from ..storage.digest import digest as digest_of
from ..storage.pool import LONG, open_pool
from .console import DEFAULT_DATA, Data, Json, out, print_json, run, settings_of


def digest(*, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """Print one SHA-256 a table, in key order, without arrival times and surrogate ids: compare two runs by it."""

    async def work(dsn: str) -> dict[str, str]:
        async with await open_pool(dsn, max_size=1, limits=LONG) as pool, pool.connection() as conn:
            return await digest_of(conn)

    found = run(work(settings_of(data).database))
    if as_json:
        print_json(found)
        return
    for table, sha256 in found.items():
        out.print(f"{table:<16} {sha256}", markup=False)
