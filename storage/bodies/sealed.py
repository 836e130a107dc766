"""Packs and seals bodies: small ones for their rows, large ones for the store's folder `packed`.

Every file in that folder must have a random name of its own. Then exactly one row names it, and a
file without a row is needed by nothing. `orphans` removes files whose row a crash prevented.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import cramjam

from model.envelope import INLINE
from model.keyring import KeyRing
from storage.bodies.body_store import PACKED, BodyStorage
from storage.pg import crypto

PACKING = 1  # level of zstd: packs a day of minutes as JSON to a sixtieth, in 0.1 ms
# Bytes, packed and sealed. A file needs two syncs, which cost more than this many bytes in a row.
IN_ROW = 64 * 1024


_Work: TypeAlias = Callable[[bytes, bytes, str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A sealed body: its `address` in the store, or its bytes (`sealed`) from its row.

    Both are None when there is no body.
    """

    address: str | None = None
    sealed: bytes | None = None


def new_name() -> str:
    """Return a random name for a body in the store."""
    # random and not the SHA-256: exactly one row names the file, even if two payloads are equal
    return secrets.token_hex(32)


def own_key(wrapping_key: KeyRing, belongs_to: str) -> tuple[bytes, bytes]:
    """Return a new key and the same key wrapped, for a row that belongs to no patient.

    `belongs_to` is the owner that the row's body is sealed for.
    """
    key = crypto.new_key()
    return key, crypto.wrap_value(wrapping_key, key, key_of(belongs_to))


def unwrap_own_key(wrapping_key: KeyRing, wrapped: bytes, belongs_to: str) -> bytes:
    """Return the key that `own_key` wrapped; raises `crypto.SealError` if it does not open."""
    return crypto.unwrap_value(wrapping_key, wrapped, key_of(belongs_to))


async def put_sealed(store: BodyStorage, key: bytes, body: bytes, belongs_to: str) -> Sealed:
    """Pack and seal a body; a large body is durable in the store when this returns."""
    # packed before it is sealed: ciphertext does not compress
    sealed = await _aside(len(body), _seal, key, body, belongs_to)
    if len(sealed) <= IN_ROW:
        return Sealed(sealed=sealed)
    return Sealed(address=await store.put(new_name(), sealed, PACKED))


async def get_sealed(
    store: BodyStorage, key: bytes, where: Sealed, belongs_to: str
) -> bytes | None:
    """Return the body, None when it does not exist any more.

    Raises `crypto.SealError` when it does not open.
    """
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
    """Run `work`, in a thread when the body is large, so that it does not block the event loop."""
    result = (key, data, belongs_to)
    return work(*result) if size <= INLINE else await asyncio.to_thread(work, *result)


def key_of(belongs_to: str) -> str:
    """Return the owner that a row's own key is wrapped for, from the owner of its body."""
    return f"key:{belongs_to}"
