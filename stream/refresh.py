"""Keeps the hour and day bands up behind the writer: a patient a transaction, a few a turn. It derives nothing else."""

from ..storage import bands
from .parts import Parts

TURN = 20  # patients


async def refresh_bands(parts: Parts) -> int:
    """Refresh the bands of up to `TURN` patients, those marked for longest first; return how many."""
    for done in range(TURN):
        async with parts.pool.connection() as conn:
            if not await bands.refresh(conn):
                return done
    return TURN
