"""The list of erasures that is kept off the database, a signed line each, for restores.

A database that comes back from a backup does not know of erasures after it. The list does, and it
names nobody: a patient is a keyed hash of the number, and what stays by law is the receipt and the
extract for the journal. A line also has the hash of the line before it, so that none can be taken
out unseen.
"""

import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from model.audit_log.heads import verifying_keys
from model.calendar import epoch_ms, rfc3339
from model.keyring import Key, KeyRing

_PURPOSE = b"kadens erased patient\0"


class ErasureListError(ValueError):
    """A line of the list is not genuine or not in its place; the text has its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedErasure:
    """An erasure: its receipt and what stays for the journal. `mark` stands for the patient."""

    number: int
    at_ms: int
    mark: str
    key_id: str
    counts: dict[str, int]
    extracts: list[dict[str, Any]]


def erased_mark(key: Key, patient: int) -> str:
    """Return the mark of a patient's number in the lines that a key signed."""
    # keyed: patients' numbers are few, and anybody could try a plain hash of each
    return hmac.digest(key.secret, _PURPOSE + str(patient).encode(), sha256).hex()


def erasure_line(erasure: ListedErasure, keys: KeyRing, previous: str) -> str:
    """Return the line after `previous` ("" for the first), signed with the key of `key_id`."""
    key = keys.find(erasure.key_id) or keys.active
    values = {
        "number": erasure.number,
        "at": rfc3339(erasure.at_ms),
        "mark": erasure.mark,
        "counts": erasure.counts,
        "extracts": erasure.extracts,
        "previous": _hash(previous),
        "key": key.id,
    }
    signature = Ed25519PrivateKey.from_private_bytes(key.secret).sign(_signed(values))
    return json.dumps(values | {"signature": signature.hex()})


def listed_erasures(lines: Iterable[str], keys: KeyRing) -> tuple[ListedErasure, ...]:
    """Return the erasures of a list; raises `ErasureListError` at the first line that is false."""
    read: list[ListedErasure] = []
    previous = ""
    for number, line in enumerate(filter(str.strip, lines), start=1):
        text = line.strip()
        read.append(_listed(number, text, previous, keys))
        previous = text
    return tuple(read)


def _listed(number: int, text: str, previous: str, keys: KeyRing) -> ListedErasure:
    try:
        values = json.loads(text)
        signature = bytes.fromhex(values.pop("signature"))
        verifying_keys(keys)[values["key"]].verify(signature, _signed(values))
        erasure = _erasure(values)
    except InvalidSignature:
        raise ErasureListError(f"line {number}: the signature does not hold") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ErasureListError(f"line {number}: is no erasure signed with our key") from None
    if values["previous"] != _hash(previous):
        raise ErasureListError(f"line {number}: does not follow the line before it")
    return erasure


def _erasure(values: dict[str, Any]) -> ListedErasure:
    return ListedErasure(
        number=int(values["number"]),
        at_ms=epoch_ms(datetime.fromisoformat(values["at"])),
        mark=values["mark"],
        key_id=values["key"],
        counts=values["counts"],
        extracts=values["extracts"],
    )


def _hash(line: str) -> str:
    return sha256(line.encode()).hexdigest() if line else ""


def _signed(values: dict[str, Any]) -> bytes:
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()
