"""A body put away: packed, sealed, and in its row when small, else in the store's room `packed`.

Binding: every file in that room has a random name of its own, so that exactly one row names it and
a file without a row belongs to nobody. What a crash leaves between file and row is removed by
`orphans`.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import cramjam

from model.envelope import INLINE
from model.keyring import KeyRing
from storage.bodies.body_store import PACKED, BodyStore
from storage.pg import crypto

PACKING = 1  # zstd's level: a day of minutes as JSON becomes a sixtieth of it in 0.1 ms
IN_ROW = (
    64 * 1024
)  # bytes, packed and sealed: a file and its two syncs cost more than so many bytes in the row


_Work: TypeAlias = Callable[[bytes, bytes, str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """Where a sealed body lies: at an address in the store, or in its row.

    Neither: there is none.
    """

    address: str | None = None
    sealed: bytes | None = None


def new_name() -> str:
    """Return a name for a body of the store that nothing else has."""
    return secrets.token_hex(32)


def own_key(wrapping_key: KeyRing, belongs_to: str) -> tuple[bytes, bytes]:
    """Return a new key for one row, and the same wrapped.

    What a row keeps that belongs to no patient.
    """
    key = crypto.new_key()
    return key, crypto.wrap(wrapping_key, key, key_of(belongs_to))


def unwrap(wrapping_key: KeyRing, wrapped: bytes, belongs_to: str) -> bytes:
    """Return the key that `own_key` wrapped; raises `crypto.SealError`."""
    return crypto.unwrap(wrapping_key, wrapped, key_of(belongs_to))


async def put_sealed(store: BodyStore, key: bytes, body: bytes, belongs_to: str) -> Sealed:
    """Pack and seal a body; a large one is durable in the store when this returns."""
    sealed = await _aside(len(body), _seal, key, body, belongs_to)
    if len(sealed) <= IN_ROW:
        return Sealed(sealed=sealed)
    return Sealed(address=await store.put(new_name(), sealed, PACKED))


async def get_sealed(store: BodyStore, key: bytes, where: Sealed, belongs_to: str) -> bytes | None:
    """Return the body, None when it is not there any more; raises `crypto.SealError`."""
    sealed = where.sealed
    if where.address is not None:
        sealed = await store.get(where.address)
    if sealed is None:
        return None
    return await _aside(len(sealed), _open, key, sealed, belongs_to)


def _seal(key: bytes, body: bytes, belongs_to: str) -> bytes:
    return crypto.seal(key, bytes(cramjam.zstd.compress(body, PACKING)), belongs_to)


def _open(key: bytes, sealed: bytes, belongs_to: str) -> bytes:
    return bytes(cramjam.zstd.decompress(crypto.open_sealed(key, sealed, belongs_to)))


async def _aside(size: int, work: _Work, key: bytes, data: bytes, belongs_to: str) -> bytes:
    """Work on a large body in a thread: nothing waits for it."""
    result = (key, data, belongs_to)
    return work(*result) if size <= INLINE else await asyncio.to_thread(work, *result)


def key_of(belongs_to: str) -> str:
    """Return what a row's own key belongs to, from what its body belongs to."""
    return f"key:{belongs_to}"
