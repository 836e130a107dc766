"""A payload that came by a revoked link token leaves no row, no fact and no dead letter.

The log records it.
"""

from hashlib import sha256
from pathlib import Path

import pytest

from model.topics import DEAD, FACTS, REVOKED
from storage.people import link_tokens
from storage.pg.pool import Connection
from stream.revocations import forget_expired, publish_waiting_revocations
from tests.rows import values_of
from tests.storage.inline import INLINE_NOW, heart_series, open_inline

pytestmark = pytest.mark.anyio
_DAY = 86_400_000
DIGEST = sha256(b"a token").digest()


async def issued(conn: Connection, revoked_ms: int | None) -> None:
    row = link_tokens.Issued(
        issue=1,
        key_id="1",
        issued_by="kadens",
        issued_ms=INLINE_NOW - _DAY,
        expires_ms=INLINE_NOW + _DAY,
        revoked_ms=None,
    )
    await link_tokens.put_token(conn, "p1", DIGEST, row)
    if revoked_ms is not None:
        await link_tokens.revoke(conn, "p1", revoked_ms)
    await conn.commit()


@pytest.mark.parametrize(
    ("revoked_ms", "kept"), [(None, 1), (INLINE_NOW + 1, 1), (INLINE_NOW, 0), (INLINE_NOW - 1, 0)]
)
async def test_a_body_counts_when_its_token_held_at_its_receipt(
    conn: Connection, dsn: str, tmp_path: Path, revoked_ms: int | None, kept: int
) -> None:
    async with open_inline(dsn, conn, tmp_path) as inline:
        await issued(conn, revoked_ms)
        inline.hold = True
        await inline.receive("open_wearables", heart_series(), link=DIGEST.hex())
        assert await inline.rows("select count(*) from body") == [(kept,)]
        assert len(inline.log.take(FACTS.name)) == kept
        assert inline.log.take(DEAD.name) == []


async def test_an_unreadable_body_by_a_revoked_token_leaves_no_letter(
    conn: Connection, dsn: str, tmp_path: Path
) -> None:
    async with open_inline(dsn, conn, tmp_path) as inline:
        await issued(conn, INLINE_NOW - 1)
        await inline.receive("open_wearables", b"{broken", link=DIGEST.hex())
        assert inline.log.take(DEAD.name) == []
        await inline.receive("open_wearables", b"{broken")
        assert len(inline.log.take(DEAD.name)) == 1


async def test_a_worker_publishes_what_a_command_could_not_and_forgets_what_expired(
    conn: Connection, dsn: str, tmp_path: Path
) -> None:
    async with open_inline(dsn, conn, tmp_path) as inline:
        await issued(conn, INLINE_NOW)
        assert [await publish_waiting_revocations(inline.parts) for _ in range(2)] == [1, 0]
        sent = inline.log.take(REVOKED.name)
        assert values_of(sent, "key", "value", "forget") == [
            (DIGEST, str(INLINE_NOW + _DAY).encode(), False)
        ]
        inline.now_ms = INLINE_NOW + 2 * _DAY - 1
        assert await forget_expired(inline.parts) == 0
        inline.now_ms = INLINE_NOW + 2 * _DAY
        assert [await forget_expired(inline.parts) for _ in range(2)] == [1, 0]
        assert values_of(inline.log.take(REVOKED.name), "key", "forget") == [(DIGEST, True)]
