"""Rows of issued and of revoked link tokens.

A token is never stored, only its digest. A revocation is stored in two tables. `link_token` shows
it to people. `link_revoked` brings it to the doors (through the log) and to the normaliser; its
rows name no patient and are kept until the token would have expired, even after an erasure.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from model.calendar import epoch_ms, utc
from storage.people.errors import UnknownNameError
from storage.people.patients import patient_id
from storage.pg import rows
from storage.pg.pool import Connection

_LOCK = "select id from patient where pseudonym = %s for no key update"
_NEXT = "select coalesce(max(issue), 0) + 1 from link_token where patient = %s"
_PUT = """
insert into link_token (patient, issue, digest, key_id, issued_by, purpose, issued_at, expires_at)
values (%s, %s, %s, %s, %s, %s, %s, %s)"""
_LIST = """
select t.issue, t.key_id, t.issued_by, t.purpose, t.issued_at as issued_ms,
       t.expires_at as expires_ms, t.revoked_at as revoked_ms
from link_token t join patient p on p.id = t.patient where p.pseudonym = %s order by t.issue"""
# A token that has expired already is refused without a revocation, so `link_revoked` needs no row.
_REVOKE = """
with ended as (
  update link_token set revoked_at = %(now)s
  where patient = %(patient)s and revoked_at is null \
and (%(issue)s::int is null or issue = %(issue)s)
  returning issue, digest, expires_at
), published as (
  insert into link_revoked (digest, revoked_at, expires_at)
  select digest, %(now)s, expires_at from ended where expires_at > %(now)s on conflict do nothing
) select issue from ended order by issue"""
# an expired token is refused without its revocation
_AGAIN = "update link_revoked set published_at = null where expires_at > %s"
# Waits for a publisher that is at work, so that revocations reach the log in order.
_WAITING = """
select digest, expires_at from link_revoked where published_at is null
order by revoked_at, digest limit %s for update"""
_PUBLISHED = "update link_revoked set published_at = %s where digest = any(%s)"
_EXPIRED = (
    "select digest from link_revoked where expires_at <= %s "
    "order by digest limit %s for update skip locked"
)
_FORGET = "delete from link_revoked where digest = any(%s)"
# "with ordinality" counts from 1, an index from 0
_REVOKED = """
select k.n - 1 from unnest(%s::bytea[], %s::timestamptz[]) with ordinality as k (digest, at, n)
join link_revoked r using (digest) where r.revoked_at <= k.at"""
_LIVE = """
select key_id, count(*) from link_token where revoked_at is null and expires_at > %s \
group by key_id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """The row of an issued token: its issue number, and instants in epoch ms.

    `revoked_ms` is None for a token that is not revoked. `purpose` is what it was made for.
    """

    issue: int
    key_id: str
    issued_by: str
    issued_ms: int
    expires_ms: int
    revoked_ms: int | None
    purpose: str = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """What a door must know of a revoked token: its digest and its expiry (epoch ms)."""

    digest: bytes
    expires_ms: int


async def next_issue(conn: Connection, patient: str) -> int:
    """Return the issue number of the patient's next token.

    The patient stays locked until the transaction ends, so that no other transaction gets the same
    number. Raises `UnknownNameError` for an unknown patient.
    """
    row = await (await conn.execute(_LOCK, [patient])).fetchone()
    if row is None:
        raise UnknownNameError("there is no such patient")
    (issue,) = await rows.fetch_column(conn, _NEXT, [row[0]])
    return int(issue)


async def put_token(conn: Connection, patient: str, digest: bytes, issued: Issued) -> None:
    """Store the row of a token; `next_issue` gave its number in the same transaction."""
    times = [utc(issued.issued_ms), utc(issued.expires_ms)]
    row = [
        await patient_id(conn, patient),
        issued.issue,
        digest,
        issued.key_id,
        issued.issued_by,
        issued.purpose,
        *times,
    ]
    await conn.execute(_PUT, row)


async def tokens_of(conn: Connection, patient: str) -> list[Issued]:
    """Return every token issued for a patient, in order of issue.

    Raises `UnknownNameError` for an unknown patient.
    """
    await patient_id(conn, patient)
    return await rows.fetch_as(conn, _LIST, [patient], Issued)


async def revoke(
    conn: Connection, patient: str, now_ms: int, issue: int | None = None
) -> list[int]:
    """Revoke a token of a patient by issue number, or all (None); return the revoked numbers.

    Tokens that were revoked before are left out. Revocations wait in `link_revoked` until they are
    published. Raises `UnknownNameError` for an unknown patient.
    """
    result = {"patient": await patient_id(conn, patient), "issue": issue, "now": utc(now_ms)}
    return await rows.fetch_column(conn, _REVOKE, result)


async def publish_again(conn: Connection, now_ms: int) -> None:
    """Let every revocation of a token that has not expired be published again.

    This is needed after the log was replaced, because a new log has none of them.
    """
    await conn.execute(_AGAIN, [utc(now_ms)])


async def take_unpublished(conn: Connection, n: int) -> list[Revoked]:
    """Return and lock up to `n` revocations that are not published.

    Waits for a transaction that is publishing them now.
    """
    waiting = await (await conn.execute(_WAITING, [n])).fetchall()
    return [Revoked(digest=digest, expires_ms=epoch_ms(expires)) for digest, expires in waiting]


async def mark_published(conn: Connection, digests: Collection[bytes], now_ms: int) -> None:
    """Mark revocations as published."""
    await conn.execute(_PUBLISHED, [utc(now_ms), list(digests)])


async def take_expired(conn: Connection, now_ms: int, n: int) -> list[bytes]:
    """Remove up to `n` revocations of tokens that have expired; return their digests."""
    digests: list[bytes] = await rows.fetch_column(conn, _EXPIRED, [utc(now_ms), n])
    await conn.execute(_FORGET, [digests])
    return digests


async def revoked_at(conn: Connection, datas: Sequence[tuple[bytes, int]]) -> set[int]:
    """Return the indexes in `datas` of tokens that were revoked by the time of receipt.

    `datas` are (digest, received_ms) of payloads.
    """
    digests, received = rows.as_arrays(datas, 2)
    columns = [digests, list(map(utc, received))]
    return set(await rows.fetch_column(conn, _REVOKED, columns))


async def live_by_key(conn: Connection, now_ms: int) -> dict[str, int]:
    """Return how many valid tokens were made with each link key, by key id."""
    return dict(await (await conn.execute(_LIVE, [utc(now_ms)])).fetchall())
