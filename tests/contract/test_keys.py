"""Keys and revocations with the log.

A worker with foreign keys writes nothing, and a vendor door learns what is revoked.
"""

import asyncio
from hashlib import sha256

import pytest

from ingest.revoked import RevokedFollower
from model.topics import REVOKED
from storage.people import care_team, link_tokens, patients
from storage.pg.pool import Connection
from tests.rig import DEADLINE_S, RIG_KEY, Rig

_NOW_MS, _DAY = 1_764_000_000_000, 86_400_000


async def _settle(conn: Connection) -> None:
    await care_team.add_unit(conn, "Unit")
    await patients.add_patient(
        conn, wrapping_key=RIG_KEY, unit="Unit", zone="UTC", now_ms=0, pseudonym="p"
    )


def test_a_worker_with_the_keys_of_another_database_stops_and_writes_nothing(own: Rig) -> None:
    own.do(_settle)
    (own.folder / "secrets.toml").write_text(f'wrapping_key = "{"99" * 32}"\n', encoding="utf-8")
    worker = own.start_worker()
    assert worker.wait(DEADLINE_S) == 1
    own.workers.clear()
    assert "the wrapping keys in the secrets file do not belong to this database" in own.tail()
    assert "Traceback" not in own.tail()
    assert [
        own.value(f"select count(*) from {table}")  # noqa: S608
        for table in ("stream_offset", "key_check")
    ] == [0, 0]


@pytest.mark.parametrize("published", [False, True])
def test_a_worker_tells_the_doors_what_the_database_knows_as_revoked(
    own: Rig,
    published: bool,  # noqa: FBT001
) -> None:
    digests = [sha256(b"%d" % n).digest() for n in range(3)]

    async def revoked(conn: Connection) -> None:
        await _settle(conn)
        for n, digest in enumerate(digests, 1):
            row = link_tokens.Issued(
                issue=n,
                key_id="1",
                issued_by="kadens",
                issued_ms=_NOW_MS,
                expires_ms=_NOW_MS + _DAY,
                revoked_ms=None,
            )
            await link_tokens.put_token(conn, "p", digest, row)
        await link_tokens.revoke(conn, "p", _NOW_MS, issue=1)
        await link_tokens.revoke(conn, "p", _NOW_MS, issue=3)
        if published:  # to a log that was lost since
            await link_tokens.mark_published(conn, digests, _NOW_MS)

    async def followed() -> None:
        follower = RevokedFollower(own.brokers)
        await follower.start()
        async with asyncio.timeout(DEADLINE_S):
            while not (  # noqa: ASYNC110
                follower.revoked(digests[0]) and follower.revoked(digests[2])
            ):
                await asyncio.sleep(0.01)
        assert (follower.fresh(), follower.revoked(digests[1])) == (True, False)
        await follower.stop()

    own.do(revoked)
    own.start_worker()
    asyncio.run(followed())
    own.wait(
        lambda: own.value("select count(*) from link_revoked where published_at is null") == 0,
        "published",
    )
    assert own.ends([REVOKED.name]) == {REVOKED.name: 2}
