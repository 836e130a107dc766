"""Rows of link tokens: counted per patient, and revoked singly or all at once.

Also what the vendor doors must know of them.
"""

from hashlib import sha256

import pytest
from psycopg import AsyncConnection

from storage import erase
from storage.people import link_tokens
from storage.people.errors import UnknownNameError
from storage.pg.pool import Connection
from tests.rows import values_of

pytestmark = pytest.mark.anyio
_NOW, _DAY = 1_700_000_000_000, 86_400_000


def name(patient: str, number: int) -> bytes:
    return sha256(f"{patient}/{number}".encode()).digest()


async def issue(conn: Connection, patient: str, days: int = 10) -> int:
    """Issue a token at NOW and return its number."""
    number = await link_tokens.next_issue(conn, patient)
    row = link_tokens.Issued(
        issue=number,
        key_id="1",
        issued_by="kadens",
        issued_ms=_NOW,
        expires_ms=_NOW + days * _DAY,
        revoked_ms=None,
    )
    await link_tokens.put_token(conn, patient, name(patient, number), row)
    return number


async def test_issues_are_counted_per_patient(conn: Connection) -> None:
    assert [await issue(conn, patient) for patient in ("p1", "p1", "p2", "p1")] == [1, 2, 1, 3]
    rows = await link_tokens.tokens_of(conn, "p1")
    assert values_of(rows, "issue", "issued_ms", "expires_ms", "revoked_ms") == [
        (number, _NOW, _NOW + 10 * _DAY, None) for number in (1, 2, 3)
    ]
    for work in (link_tokens.next_issue, link_tokens.tokens_of):
        with pytest.raises(UnknownNameError):
            await work(conn, "nobody")


async def test_two_that_issue_at_once_get_two_numbers(conn: Connection, dsn: str) -> None:
    await issue(conn, "p1")
    async with await AsyncConnection.connect(dsn) as other:
        await other.execute("set lock_timeout = '100ms'")
        with pytest.raises(Exception, match="lock timeout"):
            await link_tokens.next_issue(other, "p1")
        await other.rollback()
        await conn.commit()
        assert await link_tokens.next_issue(other, "p1") == 2


async def test_one_is_revoked_or_all(conn: Connection) -> None:
    for _ in range(3):
        await issue(conn, "p1")
    await issue(conn, "p2")
    assert await link_tokens.revoke(conn, "p1", _NOW + 5, issue=2) == [2]
    assert await link_tokens.revoke(conn, "p1", _NOW + 6, issue=2) == []
    assert await link_tokens.revoke(conn, "p1", _NOW + 7) == [1, 3]
    assert values_of(await link_tokens.tokens_of(conn, "p1"), "revoked_ms") == [
        _NOW + 7,
        _NOW + 5,
        _NOW + 7,
    ]
    assert values_of(await link_tokens.tokens_of(conn, "p2"), "revoked_ms") == [None]


async def test_a_body_is_by_a_revoked_token_from_that_instant_on(conn: Connection) -> None:
    await issue(conn, "p1")
    await issue(conn, "p1")
    await link_tokens.revoke(conn, "p1", _NOW + 5, issue=1)
    uses = [
        (name("p1", 1), _NOW + 4),
        (name("p1", 1), _NOW + 5),
        (name("p1", 2), _NOW + 9),
        (name("p9", 1), _NOW + 9),
    ]
    assert await link_tokens.revoked_at(conn, uses) == {1}


async def test_what_is_revoked_waits_until_it_is_published(conn: Connection) -> None:
    await issue(conn, "p1")
    await link_tokens.revoke(conn, "p1", _NOW)
    mine = [link_tokens.Revoked(digest=name("p1", 1), expires_ms=_NOW + 10 * _DAY)]
    assert await link_tokens.take_unpublished(conn, 10) == mine
    assert await link_tokens.take_unpublished(conn, 10) == mine
    await link_tokens.mark_published(conn, [name("p1", 1)], _NOW)
    assert await link_tokens.take_unpublished(conn, 10) == []
    await link_tokens.publish_again(conn, _NOW + 9 * _DAY)
    assert await link_tokens.take_unpublished(conn, 10) == mine


async def test_what_has_expired_is_forgotten_and_never_published(conn: Connection) -> None:
    await issue(conn, "p1", days=1)
    await issue(conn, "p1", days=9)
    await link_tokens.revoke(conn, "p1", _NOW)
    assert await link_tokens.take_expired(conn, _NOW + _DAY, 10) == [name("p1", 1)]
    assert await link_tokens.take_expired(conn, _NOW + _DAY, 10) == []
    assert values_of(await link_tokens.take_unpublished(conn, 10), "digest") == [name("p1", 2)]
    await issue(conn, "p2", days=1)
    await link_tokens.revoke(conn, "p2", _NOW + _DAY)
    assert values_of(await link_tokens.take_unpublished(conn, 10), "digest") == [name("p1", 2)]


async def test_erasing_a_patient_revokes_and_leaves_no_row_of_theirs(conn: Connection) -> None:
    await issue(conn, "p1")
    receipt = await erase.erase(conn, "p1", _NOW + 1)
    assert receipt.counts["link_token"] == 1
    assert values_of(await link_tokens.take_unpublished(conn, 10), "digest") == [name("p1", 1)]
    assert await link_tokens.revoked_at(conn, [(name("p1", 1), _NOW + 1)]) == {0}


async def test_tokens_that_hold_are_counted_by_their_key(conn: Connection) -> None:
    for days in (1, 9, 9):
        await issue(conn, "p1", days=days)
    await link_tokens.revoke(conn, "p1", _NOW, issue=2)
    assert await link_tokens.live_by_key(conn, _NOW + _DAY) == {"1": 1}
    assert await link_tokens.live_by_key(conn, _NOW + 9 * _DAY) == {}
