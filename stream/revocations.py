"""Publishes revoked link tokens on `kadens.revoked`, which every vendor door follows.

The command that revokes a token publishes it at once. This publishes what the command could not,
and removes expired tokens from the topic.
"""

from model.calendar import DAY_MS
from model.topics import REVOKED
from storage.people import link_tokens
from stream.collaborators import Collaborators
from stream.log.messages import Outgoing

_TOGETHER = 1_000  # revocations of one transaction
# a door's clock may be slow: a token must stay revoked until every door sees it as expired
SLACK_MS = DAY_MS


async def publish_waiting_revocations(parts: Collaborators) -> int:
    """Publish the revocations that are in the database but not on the log; return how many."""
    async with parts.pool.connection() as conn:
        waiting = await link_tokens.take_unpublished(conn, _TOGETHER)
        # on the log before the rows count as published: a crash in between repeats a revocation
        await parts.producer.send_all(list(map(revocation, waiting)))
        await link_tokens.mark_published(conn, [item.digest for item in waiting], parts.now())
    return len(waiting)


async def forget_expired(parts: Collaborators) -> int:
    """Remove revocations of expired tokens from the database and the log; return how many."""
    async with parts.pool.connection() as conn:
        gone = await link_tokens.take_expired(conn, parts.now() - SLACK_MS, _TOGETHER)
        await parts.producer.send_all(list(map(_forgotten, gone)))
    return len(gone)


def _forgotten(digest: bytes) -> Outgoing:
    """Return the message by which the compacted topic removes a token."""
    return Outgoing(topic=REVOKED.name, key=digest, value=b"", forget=True)


def revocation(revoked: link_tokens.Revoked) -> Outgoing:
    """Return the message that announces a revoked token to the vendor doors."""
    return Outgoing(topic=REVOKED.name, key=revoked.digest, value=str(revoked.expires_ms).encode())
