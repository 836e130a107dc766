"""Which wrapping keys belong to this database, and wrapping data keys anew with the active one.

No key and no data key leaves this module.
"""

import hashlib
import hmac
from dataclasses import dataclass

from ..model.calendar import utc
from ..model.keyring import Key, KeyRing
from . import crypto
from .pool import Connection

BATCH = 100  # patients of one transaction
_PURPOSE = b"kadens key check\0"
_KNOWN = "select key_id, fingerprint from key_check"
_RECORD = """
insert into key_check (key_id, fingerprint, recorded_at) values (%s, %s, %s) on conflict do nothing"""
_ONE_EACH = """
select distinct on (k.key_id) p.pseudonym, k.wrapped
from identity.data_key k join patient p on p.id = k.patient order by k.key_id, k.patient"""
_STALE = """
select k.patient, p.pseudonym, k.wrapped from identity.data_key k join patient p on p.id = k.patient
where k.key_id <> %s order by k.patient limit %s for update of k"""
_WRITE = """
update identity.data_key k set wrapped = n.wrapped, key_id = %s
from unnest(%s::int[], %s::bytea[]) as n (patient, wrapped) where k.patient = n.patient"""
_LEFT = "select count(*) from identity.data_key where key_id <> %s"
_USED = "select key_id, count(*) from identity.data_key group by key_id"
# a value without a mark was sealed before keys had ids: any key may be its
_HELD = """
select count(*) from quarantine
where substring(sealed from 1 for %s) = %s or substring(sealed from 1 for %s) <> %s"""
_SCHEMA = "select to_regclass('identity.data_key') is not null"
_ANYBODY = """
select exists (select from patient) or exists (select from identity.data_key) or exists (select from quarantine)"""


class ForeignKeysError(RuntimeError):
    """The wrapping keys of this process are not those of this database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a rewrap has come: data keys wrapped anew by this run, and those still to do."""

    done: int
    left: int


async def check_keys(conn: Connection, keys: KeyRing, now_ms: int, *, record: bool) -> None:
    """Raise `ForeignKeysError` unless the ring opens what this database holds; with `record` remember its keys.

    Writes nothing before it has found that the ring belongs here.
    """
    known = {(id_, bytes(mark)) for id_, mark in await (await conn.execute(_KNOWN)).fetchall()}
    mine = {(key.id, fingerprint(key)) for key in keys.keys}
    if known and not known & mine:
        raise ForeignKeysError(_FOREIGN)
    for patient, wrapped in await (await conn.execute(_ONE_EACH)).fetchall():
        try:
            crypto.unwrap(keys, wrapped, f"data_key:{patient}")
        except crypto.SealError as error:
            raise ForeignKeysError(_FOREIGN) from error
    if record:
        for id_, mark in sorted(mine - known):
            await conn.execute(_RECORD, [id_, mark, utc(now_ms)])


_FOREIGN = (
    "the wrapping keys in the secrets file do not belong to this database: use the secrets file that was made with it; "
    "nothing was written"
)


def fingerprint(key: Key) -> bytes:
    """Return 32 bytes that tell one key from another, and nothing of either."""
    return hmac.digest(key.secret, _PURPOSE, hashlib.sha256)


async def rewrap(conn: Connection, keys: KeyRing, n: int = BATCH) -> Progress:
    """Wrap up to `n` data keys anew with the active key, in the caller's transaction; run it until none is left.

    Ended anywhere, it goes on from what was committed. Raises `crypto.SealError` when a data key does not open.
    """
    active = keys.active.id
    rows = await (await conn.execute(_STALE, [active, n])).fetchall()
    fresh = [_anew(keys, wrapped, f"data_key:{patient}") for _, patient, wrapped in rows]
    await conn.execute(_WRITE, [active, [number for number, _, _ in rows], fresh])
    left = await (await conn.execute(_LEFT, [active])).fetchall()
    return Progress(done=len(rows), left=int(left[0][0]))


async def used_by_key(conn: Connection) -> dict[str, int]:
    """Return how many data keys are wrapped with each wrapping key, by key id."""
    return dict(await (await conn.execute(_USED)).fetchall())


async def quarantined_with(conn: Connection, key_id: str) -> int:
    """Return how many bodies in quarantine may need the wrapping key of this id to open."""
    begin = crypto.wrapped_by(key_id)
    words = [len(begin), begin, len(crypto.MARK), crypto.MARK]
    return int((await (await conn.execute(_HELD, words)).fetchall())[0][0])


async def holds_data(conn: Connection) -> bool:
    """Tell whether this database holds anything that only its own keys can open; False without a schema."""
    there = await (await conn.execute(_SCHEMA)).fetchall()
    if not there[0][0]:
        return False
    return bool((await (await conn.execute(_ANYBODY)).fetchall())[0][0])


def _anew(keys: KeyRing, wrapped: bytes, belongs_to: str) -> bytes:
    return crypto.wrap(keys, crypto.unwrap(keys, wrapped, belongs_to), belongs_to)
