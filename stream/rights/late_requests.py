"""Counts patients' requests that are late or nearly so, and tells the people of their unit, once.

The count has no patient, and a message says "open the worklist" and nothing else. It answers no
request and changes none.
"""

from alerts.announcing import Announcing, request_notices
from model.privacy.requests import OpenDue, due_counts, last_looked_at, lateness
from storage.alerts import outbox
from storage.alerts.store import contacts
from storage.pg.pool import Connection
from storage.rights.rights_requests import open_until
from stream.collaborators import Collaborators


async def tend_requests(parts: Collaborators) -> None:
    """Set the metric of late requests, and write the messages that are not written yet."""
    now_ms = parts.now()
    async with parts.pool.connection() as conn:
        near = await open_until(conn, last_looked_at(now_ms))
        for request in near:
            if word := lateness(request, now_ms):
                await _tell(conn, request, word, parts)
    counts = due_counts(near, now_ms)
    # 0 is set as well: a number of before would keep an alarm on
    parts.metrics.rights.labels("overdue").set(counts.overdue)
    parts.metrics.rights.labels("soon").set(counts.soon)


async def _tell(conn: Connection, request: OpenDue, near: str, parts: Collaborators) -> None:
    by = Announcing(ways=parts.ways, link=parts.link, zone=request.zone)
    made = request_notices(request, near, await contacts(conn, request.patient), by, parts.now())
    # the same key is stored once, so looking again tells nobody twice
    await outbox.put_all(conn, made, parts.now())
