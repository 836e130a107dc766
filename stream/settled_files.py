"""Removes the files of settled payloads: no row and no message needs them any more.

Each body that a door puts into the store gets an address of its own, so exactly one message names
the file. The file is noted in the transaction that settles the message, and removed after the
commit. After a crash before the commit, the body is read again.
"""

from collections.abc import Iterable

from model.envelope import Envelope
from storage.bodies import discard
from storage.bodies.body_store import INCOMING
from storage.pg.pool import Connection
from stream.collaborators import Collaborators


def own_files(envelopes: Iterable[Envelope]) -> list[str]:
    """Return the addresses that belong to exactly one message each.

    Older versions stored a body under its SHA-256, where another message may need it. Such a file
    is removed after the log's retention time.
    """
    return [envelope.address for envelope in envelopes if _is_own(envelope)]


def _is_own(envelope: Envelope) -> bool:
    address = envelope.address
    return address.startswith(f"{INCOMING}/") and not address.endswith(f"/{envelope.sha256}")


async def let_go(conn: Connection, envelopes: Iterable[Envelope]) -> bool:
    """Note the files of settled messages in the caller's transaction; return whether any exist."""
    addresses = own_files(envelopes)
    await discard.note_discarded(conn, addresses)
    return bool(addresses)


async def remove_files(parts: Collaborators) -> int:
    """Remove the files that were noted in committed transactions; return how many."""
    async with parts.pool.connection() as conn:
        return await discard.remove_discarded(conn, parts.bodies)
