"""Removes what has served: bodies the log no longer points to, rows that went out, bodies of the erased. No fact."""

from ..alerts.delivery import CHANNEL as MAIL
from ..model.calendar import DAY_MS
from ..storage import outbox
from ..storage.erase import finish
from .derive_batch import CHANNEL
from .parts import Parts
from .revocations import forget_expired
from .topics import DEAD, RAW

# an address may be read as long as a message, a dead letter of it or a quarantined body can name it
INCOMING_MS = max(RAW.retention_ms, DEAD.retention_ms) + DAY_MS
KEPT_MS = {CHANNEL: DAY_MS, MAIL: 90 * DAY_MS}


async def clean_up(parts: Parts) -> None:
    """Remove what is older than its time."""
    now = parts.now()
    await parts.bodies.expire(now - INCOMING_MS)
    async with parts.pool.connection() as conn:
        for channel, kept_ms in KEPT_MS.items():
            await outbox.prune(conn, channel, now - kept_ms)
        await finish(conn, parts.bodies)
    await forget_expired(parts)
