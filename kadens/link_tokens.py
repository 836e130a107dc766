"""Issues and revokes link tokens: first the row, then the log that doors follow."""

from dataclasses import dataclass, field

from ingest.links import digest, mint
from ingest.ports import NotAcceptedError, Publisher
from model.calendar import DAY_MS
from model.keyring import KeyRing
from model.privacy.sealed_box import box_public
from model.topics import REVOKED
from storage.people import link_tokens as rows
from storage.people.data_keys import data_key
from storage.pg.pool import Connection, Pool

PATIENCE_S = 10.0  # how long the log may take for one revocation
LEAST_DAYS, USUAL_DAYS, MOST_DAYS = 1, 365, 1_095


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKeys:
    """The keys that sign a token, and those that open a data key.

    With the latter a token has the key for which the door seals the patient's bodies.
    """

    link: KeyRing
    wrapping: KeyRing = field(default_factory=KeyRing)


async def issue_token(
    conn: Connection,
    patient: str,
    keys: TokenKeys,
    now_ms: int,
    *,
    days: int = USUAL_DAYS,
    by: str,
    purpose: str,
) -> tuple[str, rows.Issued]:
    """Return a new token of a patient and its row, written in the caller's transaction.

    `by` names who issued it, and `purpose` is what it is made for. Raises
    `people.UnknownNameError`, and ValueError for a number of days out of bounds.
    """
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise ValueError(f"a token holds for {LEAST_DAYS} to {MOST_DAYS} days")
    number = await rows.next_issue(conn, patient)
    expires_ms = now_ms + days * DAY_MS
    public = box_public(await data_key(conn, keys.wrapping, patient)) if keys.wrapping else b""
    token = mint(patient, keys.link, issue=number, expires_ms=expires_ms, public=public)
    row = rows.Issued(
        issue=number,
        key_id=keys.link.active.id,
        issued_by=by,
        issued_ms=now_ms,
        expires_ms=expires_ms,
        revoked_ms=None,
        purpose=purpose,
    )
    await rows.put_token(conn, patient, digest(token), row)
    return token, row


async def publish_revocations(pool: Pool, brokers: str, now_ms: int) -> bool:
    """Publish every revocation that is not on the log yet; return False when the log refuses.

    The others stay marked as waiting, and a worker publishes them.
    """
    # The client of the log comes with it, which an import, which only issues a token, never uses.
    from ingest.publisher import KafkaPublisher  # noqa: PLC0415 - see above

    publisher = KafkaPublisher(
        brokers, max_message=REVOKED.max_message_bytes, deadline_s=PATIENCE_S
    )
    try:
        while await _publish(pool, publisher, now_ms):
            pass
    except NotAcceptedError:
        return False
    finally:
        await publisher.stop()
    return True


async def _publish(pool: Pool, publisher: Publisher, now_ms: int, n: int = 1_000) -> int:
    # The worker's code comes with it: 17 MB.
    from stream.revocations import revocation  # noqa: PLC0415 - see above

    async with pool.connection() as conn:
        # Rows are marked after the log has them: a failure publishes twice, which changes nothing.
        waiting = await rows.take_unpublished(conn, n)
        for item in map(revocation, waiting):
            await publisher.append(item.topic, item.key, item.value, item.headers)
        await rows.mark_published(conn, [entry.digest for entry in waiting], now_ms)
    return len(waiting)
