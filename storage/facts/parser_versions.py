"""Finds facts of a payload that a newer version of its reader has read since. It must never write.

A new reader is deployed while facts of the old version are still on their way, and `kadens replay`
may read a payload again in between. The row of the payload has the version whose facts count.
"""

from collections.abc import Sequence

from model.facts import AttributedFact
from storage.pg import rows
from storage.pg.pool import Connection

_NEWER = """
select k.pseudonym, encode(k.sha256, 'hex'), k.parser
from unnest(%s::text[], %s::bytea[], %s::int[]) as k (pseudonym, sha256, parser)
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
    # a payload has many facts, but is looked up once
    bodies = sorted(set(map(_body, reported)))
    patients, hashes, parsers = rows.as_arrays(bodies, 3)
    digests = list(map(bytes.fromhex, hashes))
    newer = set(await (await conn.execute(_NEWER, [patients, digests, parsers])).fetchall())
    return {index for index, item in enumerate(reported) if _body(item) in newer}


def _body(item: AttributedFact) -> tuple[str, str, int]:
    return item.patient, item.body, item.parser
