"""Keys for tests and sandboxes: of each kind of proof, and the private side of Google's Tink.

It must never run inside a door, which holds public keys only.
"""

import base64
import hashlib
import json
from collections.abc import Collection

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ingest.proving.addressed import AccountAddress
from ingest.proving.evidence import JOINT
from ingest.proving.proofs import Proof
from ingest.proving.repeated import EchoedAuthorization, SecretPath, SharedSecret
from ingest.proving.signed import EchoAndSignature

_PREFIX = b"\x01"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_FIELD_X, _FIELD_Y = b"\x1a\x20", b"\x22\x20"  # fields 3 and 4, each of 32 bytes
_PARAMETERS = b"\x12\x06\x08\x03\x10\x02\x18\x02"  # SHA-256, P-256, DER


def sandbox_key(proof: Proof, secret: str) -> str:
    """Return a key of a kind of proof, as `prove` takes it; another secret gives another key.

    `secret` is one of Standard Webhooks, with `whsec_` before it.
    """
    match proof:
        case SharedSecret(headers=names):
            return JOINT.join(f"{name} {secret}" for name in names)
        case EchoedAuthorization():
            return f"Bearer {secret}"
        case EchoAndSignature():
            return f"Bearer {secret}\n{private_pem(secret)}"
        case SecretPath(header=header):
            segment = hashlib.sha256(secret.encode()).hexdigest()
            return f"{segment}{JOINT}client" if header else segment
        case AccountAddress():
            return hashlib.sha256(secret.encode()).hexdigest()
        case _:
            return secret


def sandbox_door_keys(proof: Proof, key: str) -> tuple[str, ...]:
    """Return the keys with which a door proves what a sandbox key proves."""
    if not isinstance(proof, EchoAndSignature):
        return (key,)
    authorization, _, pem = key.partition("\n")
    return authorization, tink_key_set([pem])


def private_pem(seed: str) -> str:
    """Return a private key that is made from a text, as PEM; the same text gives the same key."""
    # below the order of the curve, and never 0
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big") % (_ORDER - 1) + 1
    key = ec.derive_private_key(number, ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def tink_key_set(pems: Collection[str], disabled: Collection[str] = ()) -> str:
    """Return a set of public keys as Google publishes its own; `disabled` are some of `pems`."""
    rows = []
    for pem in pems:
        value = base64.b64encode(_PARAMETERS + _point(pem)).decode()
        # a key that was rotated out stays in the set for a while, and must not be used
        status = "DISABLED" if pem in disabled else "ENABLED"
        data = {
            "typeUrl": "type.googleapis.com/google.crypto.tink.EcdsaPublicKey",
            "value": value,
            "keyMaterialType": "ASYMMETRIC_PUBLIC",
        }
        row = {"keyId": _key_id(pem), "status": status, "outputPrefixType": "TINK", "keyData": data}
        rows.append(row)
    return json.dumps({"primaryKeyId": rows[0]["keyId"], "key": rows})


def tink_signature(pem: str, body: bytes) -> bytes:
    """Return a signature of a body, with the id of its key before it."""
    signature = _loaded(pem).sign(body, ec.ECDSA(hashes.SHA256()))
    return _PREFIX + _key_id(pem).to_bytes(4, "big") + signature


def _loaded(pem: str) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), None)
    # the library's own words are about its API; TypeError is of a key that wants a password
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("no private key in PEM without a password") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != ec.SECP256R1.name:
        raise ValueError("not a key of P-256")
    return key


def _point(pem: str) -> bytes:
    numbers = _loaded(pem).public_key().public_numbers()
    return _FIELD_X + numbers.x.to_bytes(32, "big") + _FIELD_Y + numbers.y.to_bytes(32, "big")


def _key_id(pem: str) -> int:
    return int.from_bytes(hashlib.sha256(_point(pem)).digest()[:4], "big")
