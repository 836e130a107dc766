"""What came in by the store and is settled.

No row and no message needs the file any more, so it is removed.

Each body at the door gets an address of its own, so exactly one message names the file. It is noted
in the transaction that settled the message, and removed after the commit; until then a crash reads
it again.
"""

from collections.abc import Iterable

from model.envelope import Envelope
from storage.bodies import discard
from storage.bodies.body_store import INCOMING
from storage.pg.pool import Connection
from stream.collaborators import Collaborators


def own_files(envelopes: Iterable[Envelope]) -> list[str]:
    """Return the addresses that belong to one message each.

    Older versions put a body under its SHA-256, where another message may need it: those go with
    the log's retention.
    """
    return [
        envelope.address
        for envelope in envelopes
        if envelope.address.startswith(f"{INCOMING}/")
        and not envelope.address.endswith(f"/{envelope.sha256}")
    ]


async def let_go(conn: Connection, envelopes: Iterable[Envelope]) -> bool:
    """Note the files of settled messages in the caller's transaction.

    Tell whether there are any.
    """
    addresses = own_files(envelopes)
    await discard.mark(conn, addresses)
    return bool(addresses)


async def remove(parts: Collaborators) -> int:
    """Remove what was noted and committed; return how many files."""
    async with parts.pool.connection() as conn:
        return await discard.finish(conn, parts.bodies)
