"""Revoked link tokens go from the database to `kadens.revoked`, which every vendor door follows.

The command that revokes publishes at once; this publishes what it could not, and lets the topic
forget what expired.
"""

from model.calendar import DAY_MS
from model.topics import REVOKED
from storage.people import link_tokens
from stream.collaborators import Collaborators
from stream.log.messages import Outgoing

_TOGETHER = 1_000  # revocations of one transaction
# a door's clock may be behind: it must know a token as revoked until it knows it as expired
SLACK_MS = DAY_MS


async def publish_revocations(parts: Collaborators) -> int:
    """Publish what the database says is revoked and the log has not got; return how many."""
    async with parts.pool.connection() as conn:
        waiting = await link_tokens.take_unpublished(conn, _TOGETHER)
        await parts.producer.send_all([revocation(item) for item in waiting])
        await link_tokens.published(conn, [item.digest for item in waiting], parts.now())
    return len(waiting)


async def forget_expired(parts: Collaborators) -> int:
    """Let database and log forget the revocations of tokens that have expired; return how many."""
    async with parts.pool.connection() as conn:
        gone = await link_tokens.take_expired(conn, parts.now() - SLACK_MS, _TOGETHER)
        await parts.producer.send_all(
            [Outgoing(topic=REVOKED.name, key=digest, value=b"", forget=True) for digest in gone]
        )
    return len(gone)


def revocation(revoked: link_tokens.Revoked) -> Outgoing:
    """Return the message that tells the doors of one revoked token."""
    return Outgoing(topic=REVOKED.name, key=revoked.digest, value=str(revoked.expires_ms).encode())
