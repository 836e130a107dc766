"""Counts what was dropped because no consent covered it, by patient and connector.

Of such a body nothing may be kept but that it came: its number and its time. It never reads or
writes anything that a body holds.
"""

from collections.abc import Collection

from model.calendar import utc
from storage.pg import rows
from storage.pg.pool import Connection

# In key order, in which every transaction locks.
_COUNT = """
insert into unconsented as u (patient, connector, bodies, first_at, last_at)
select p.id, k.connector, count(*), min(k.at), max(k.at)
from unnest(%s::text[], %s::text[], %s::timestamptz[]) as k (pseudonym, connector, at)
join patient p on p.pseudonym = k.pseudonym
group by p.id, k.connector order by p.id, k.connector
on conflict (patient, connector) do update set bodies = u.bodies + excluded.bodies,
  first_at = least(u.first_at, excluded.first_at),
  last_at = greatest(u.last_at, excluded.last_at)"""


async def count_unconsented(conn: Connection, receipts: Collection[tuple[str, str, int]]) -> None:
    """Count bodies that were dropped: (patient, connector, received_ms) of each.

    Those of a patient who does not exist any more count nowhere.
    """
    if not receipts:
        return
    patients, connectors, received = rows.as_arrays(receipts, 3)
    await conn.execute(_COUNT, [patients, connectors, list(map(utc, received))])
