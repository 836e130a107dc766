"""Facts of a body count only if no newer parser has read that body since. It must never write.

A parser is deployed while facts that its predecessor read are still on their way, and `kadens
replay` may read a body anew in between. The body's row names the version whose facts count.
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
    """Return the indexes of the facts whose body a newer parser has read since.

    The caller holds the patients' locks, as whoever reads a body anew does.
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
