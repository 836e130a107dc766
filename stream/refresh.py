"""Keeps the hour and day bands up behind the writer: a patient a transaction, a few a turn.

It derives nothing else.
"""

from storage.derived import rollups
from stream.collaborators import Collaborators
from stream.dead.isolate import blames_message
from stream.faults import describe, report

TURN = 20  # patients


async def refresh_bands(parts: Collaborators) -> int:
    """Refresh the bands of up to `TURN` patients, those marked for longest first.

    Return how many.
    """
    for done in range(TURN):
        if not await _refresh(parts):
            return done
    return TURN


async def _refresh(parts: Collaborators) -> bool:
    """Refresh a patient's bands.

    Where that fails and is no outage, that patient waits and the others go on.
    """
    try:
        async with parts.pool.connection() as conn:
            return await rollups.refresh(conn)
    except Exception as error:
        if not blames_message(error):
            raise
        report(parts.metrics, "refresh a patient's bands", describe(error))
    async with parts.pool.connection() as conn:
        return await rollups.postpone(conn)
