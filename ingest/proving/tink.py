"""Google's Tink: reads the keys of a JSON keyset, and checks the signatures of its holder. Pure."""

import base64
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

# Tink's own output prefix; a keyset may have others, which no vendor here uses
_PREFIX = b"\x01"
LENGTH_DELIMITED = 2  # protobuf's wire type of bytes


def tink_keys(*keysets: str) -> dict[int, ec.EllipticCurvePublicKey]:
    """Return the enabled P-256 keys of keysets by their ids.

    Raises ValueError for a text that is no keyset of P-256 keys.
    """
    keys: dict[int, ec.EllipticCurvePublicKey] = {}
    for keyset in keysets:
        keys |= _enabled_keys(keyset)
    return keys


# A set stays for a day and is needed for every body, so it is not read anew for each.
@lru_cache(maxsize=16)
def _enabled_keys(keyset: str) -> Mapping[int, ec.EllipticCurvePublicKey]:
    try:
        rows: list[dict[str, Any]] = json.loads(keyset)["key"]
        enabled = [row for row in rows if row["status"] == "ENABLED"]
        return {int(row["keyId"]): _public_key(row) for row in enabled}
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError("not a Tink keyset of P-256 keys") from error


def key_id_of(signature: bytes) -> int:
    """Return the id of the key that made a signature, as the signature states it."""
    return int.from_bytes(signature[1:5], "big")


def tink_agrees(
    keys: Mapping[int, ec.EllipticCurvePublicKey], signature: bytes, digest: bytes
) -> bool:
    """Return whether any of `keys` made this signature of a SHA-256 digest.

    A signature by Tink is 0x01, the key id in four bytes big-endian, then the ASN.1 DER signature.
    """
    # The id selects the key: no other key is tried, so that a disabled one cannot be used.
    key = keys.get(key_id_of(signature))
    if key is None or signature[:1] != _PREFIX:
        return False
    try:
        key.verify(signature[5:], digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    except InvalidSignature:
        return False
    return True


def _public_key(row: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    """Read fields 3 (x) and 4 (y) of an EcdsaPublicKey protobuf; its lengths fit in one byte."""
    message = base64.b64decode(row["keyData"]["value"])
    values: dict[int, bytes] = {}
    at = 0
    while at < len(message):
        number, kind = message[at] >> 3, message[at] & 7
        # other fields of this message are varints below 128: a tag and a single byte
        size = message[at + 1] if kind == LENGTH_DELIMITED else 0
        values[number] = message[at + 2 : at + 2 + size]
        at += 2 + size
    x, y = (int.from_bytes(values[number], "big") for number in (3, 4))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
