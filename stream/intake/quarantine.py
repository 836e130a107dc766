"""What waits in quarantine: it is sent again once its account is linked, or removed after a day."""

from collections.abc import Sequence

from model.facts import Reject, RejectKind
from model.topics import RAW
from storage.bodies import quarantine
from storage.fetching.announced_fetches import claim_fetches
from storage.people import accounts
from storage.people.quarantine_release import release_linked
from storage.pg.pool import Connection
from stream import settled_files
from stream.collaborators import Collaborators
from stream.dead.bury import bury
from stream.dead.letters import RefusedMessage
from stream.dead.resend import Resent, resend, sealing_keys
from stream.log.messages import Message

# bodies sent again in one transaction: all of them are in memory at once
RELEASE = 20
_GONE = Reject(where="quarantine", why="the body is not there any more", kind=RejectKind.ENVELOPE)


async def release_quarantine(parts: Collaborators) -> int:
    """Send bodies again whose account is linked to a patient by now; return how many."""
    async with parts.pool.connection() as conn:
        held = await quarantine.take_released(conn, parts.bodies, parts.wrapping_key, RELEASE)
        owners, keys = await _owners(conn, held, parts)
        again: list[Resent] = []
        gone: list[RefusedMessage] = []
        for number, item in enumerate(held):
            # a body whose file is gone cannot be sent, and a letter records that it was there
            if item.body is None:
                gone.append(RefusedMessage(message=_message(item), rejects=[_GONE]))
            else:
                owner = owners.get(number, "")
                again.append(_again(item, item.body, owner, keys.get(owner, b"")))
        await resend(parts.producer, parts.bodies, again)
        await bury(conn, parts, gone)
    if held:
        await settled_files.remove_files(parts)
    return len(held)


async def expire_quarantine(parts: Collaborators) -> int:
    """Remove bodies and fetches that were not claimed in time; return how many.

    Those of accounts that are linked by now are released first.
    """
    async with parts.pool.connection() as conn:
        # fetches first: they hold patients, which are locked before quarantine is
        gone = await claim_fetches(conn, parts.now())
        await release_linked(conn, parts.now())
        gone += await quarantine.expire_quarantined(conn, parts.now())
    if gone:
        await settled_files.remove_files(parts)
    parts.metrics.bodies.labels("", "expired").inc(gone)
    return gone


async def _owners(
    conn: Connection, held: Sequence[quarantine.QuarantinedBody], parts: Collaborators
) -> tuple[dict[int, str], dict[str | None, bytes]]:
    """Return the patient of each body by its place, and the public keys of these patients."""
    receipts = [(item.vendor, item.account, int(item.headers["received_ms"])) for item in held]
    owners = await accounts.owners(conn, receipts) if receipts else {}
    return owners, await sealing_keys(conn, parts.wrapping_key, owners.values())


def _again(held: quarantine.QuarantinedBody, body: bytes, patient: str, public: bytes) -> Resent:
    message = _message(held)
    return Resent(
        topic=RAW.name,
        key=held.headers["sha256"].encode(),
        headers=message.headers,
        body=body,
        patient=patient,
        public=public,
    )


def _message(held: quarantine.QuarantinedBody) -> Message:
    headers = tuple((name, value.encode()) for name, value in held.headers.items())
    return Message(
        topic=held.topic, partition=held.partition, offset=held.offset, value=b"", headers=headers
    )
