"""Heads of the audit log's chain as signed lines, to be kept out of reach of the database's owner.

A line says how far the log went at an instant. Kept elsewhere, it shows later that the log was cut
or written anew. Lines are JSON and signed with Ed25519; whoever has the public key can check them.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from model.audit_log.chain import ChainHead
from model.calendar import rfc3339
from model.keyring import KeyRing

_FIELDS = ("at", "seq", "hash", "key")


class HeadLineError(ValueError):
    """A line is no signed head of a key of ours; the text has its number and the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedHead:
    """A head that was noted, and when (RFC 3339)."""

    at: str
    head: ChainHead


def signed_line(head: ChainHead, keys: KeyRing, at_ms: int) -> str:
    """Return a head as a line without its end, signed with the first of the keys."""
    key = keys.active
    values = {"at": rfc3339(at_ms), "seq": head.seq, "hash": head.hash.hex(), "key": key.id}
    signature = Ed25519PrivateKey.from_private_bytes(key.secret).sign(_signed(values))
    return json.dumps(values | {"signature": signature.hex()})


def public_keys(keys: KeyRing) -> dict[str, str]:
    """Return the public keys (hex) by the ids of their keys: with one, anybody can check a line."""
    return {id_: key.public_bytes_raw().hex() for id_, key in verifying_keys(keys).items()}


def noted_heads(lines: Iterable[str], keys: KeyRing) -> Iterator[NotedHead]:
    """Yield the heads of signed lines; raises `HeadLineError` at the first that is not genuine."""
    known = verifying_keys(keys)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
            signature = bytes.fromhex(values.pop("signature"))
            known[values["key"]].verify(signature, _signed(values))
            head = ChainHead(seq=int(values["seq"]), hash=bytes.fromhex(values["hash"]))
            yield NotedHead(at=str(values["at"]), head=head)
        except InvalidSignature:
            raise HeadLineError(f"line {number}: the signature does not hold") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise HeadLineError(f"line {number}: no head that was signed with our key") from None


def verifying_keys(keys: KeyRing) -> dict[str, Ed25519PublicKey]:
    """Return the public halves of signing keys, by the ids of the keys."""
    public: dict[str, Ed25519PublicKey] = {}
    for key in keys.keys:
        public[key.id] = Ed25519PrivateKey.from_private_bytes(key.secret).public_key()
    return public


def _signed(values: dict[str, object]) -> bytes:
    """Return what is signed: the fields in their order, each on a line."""
    return "\n".join(str(values[name]) for name in _FIELDS).encode()
