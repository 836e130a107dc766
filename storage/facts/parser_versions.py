"""Finds facts of a payload that a newer version of its reader has read since. It must never write.

A new reader is deployed while facts of the old version are still on their way, and `kadens replay`
may read a payload again in between. The row of the payload has the version whose facts count.
"""

from collections.abc import Sequence

from model.facts import AttributedFact
from storage.pg.pool import Connection

_NEWER = """
select k.n
from unnest(%s::text[], %s::bytea[], %s::int[]) with ordinality as k (pseudonym, sha256, parser, n)
join patient p using (pseudonym)
join body b on b.patient = p.id and b.sha256 = k.sha256
where b.parser > k.parser"""


async def outdated(conn: Connection, reported: Sequence[AttributedFact]) -> set[int]:
    """Return the indexes of the facts whose payload a newer reader has read since.

    The caller holds the patients' locks. Replay holds them too, so the versions cannot change until
    the transaction ends.
    """
    if not reported:
        return set()
    bodies = sorted({_body(item) for item in reported})
    patients, hashes, parsers = zip(*bodies, strict=True)
    digests = [bytes.fromhex(sha256) for sha256 in hashes]
    rows = await (await conn.execute(_NEWER, [list(patients), digests, list(parsers)])).fetchall()
    newer = {bodies[n - 1] for (n,) in rows}
    return {index for index, item in enumerate(reported) if _body(item) in newer}


def _body(item: AttributedFact) -> tuple[str, str, int]:
    return item.patient, item.body, item.parser
