"""Which reading of a body counts: the one its row names. Facts of an older one that come late are not stored.

A parser is deployed while facts of its predecessor are still on their way, and `kadens replay` may read a body anew
in between. It must never change anything.
"""

from collections.abc import Sequence

from model.facts import AttributedFact
from storage.pg.pool import Connection

_NEWER = """
select k.n from unnest(%s::text[], %s::bytea[], %s::int[]) with ordinality as k (pseudonym, sha256, parser, n)
join patient p using (pseudonym) join body b on b.patient = p.id and b.sha256 = k.sha256
where b.parser > k.parser"""


async def outdated(conn: Connection, attributed_facts: Sequence[AttributedFact]) -> set[int]:
    """Return the places of the facts whose body was read by a newer parser since.

    The caller holds the patients' locks: whoever reads a body anew holds them too.
    """
    if not attributed_facts:
        return set()
    bodies = sorted({(fact.patient, fact.body, fact.parser) for fact in attributed_facts})
    columns = [list(column) for column in zip(*bodies, strict=True)]
    columns[1] = [bytes.fromhex(str(sha)) for sha in columns[1]]
    rows = await (await conn.execute(_NEWER, columns)).fetchall()
    newer = {bodies[n - 1] for (n,) in rows}
    return {
        n
        for n, item in enumerate(attributed_facts)
        if (item.patient, item.body, item.parser) in newer
    }
