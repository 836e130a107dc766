"""The sending side of `proofs`: the proof that a vendor would send with a body. Pure.

It is for tests and `kadens send`, and must never run inside a door.
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode

from ingest.proving.addressed import AccountAddress, account_query
from ingest.proving.evidence import JOINT
from ingest.proving.proofs import LinkOnly, Proof
from ingest.proving.repeated import EchoedAuthorization, SecretPath, SharedSecret
from ingest.proving.schemes import ECDSA, Scheme
from ingest.proving.signed import EchoAndSignature, Signature, SignedForm
from ingest.proving.signed_forms import fields_of_form
from ingest.proving.verify import fields_bytes, opening_bytes
from ingest.sandbox_keys import tink_signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A body with its proof, as it is sent.

    The proof is in `headers` (names in lower case), in `path` (what the address ends in) or in
    `body` itself. `media_type` is the Content-Type of a body that the proof has given a form.
    """

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    media_type: str = ""


_ENCODE: dict[str, Callable[[bytes], str]] = {
    "hex": lambda raw: raw.hex(),
    "base64": lambda raw: base64.b64encode(raw).decode(),
}


def prove(proof: Proof, key: str, body: bytes, message_id: str, at_ms: int) -> Proven:
    """Return the proof of `body` with a `key` of this kind of proof, sent at `at_ms` (epoch ms).

    Raises ValueError where only the vendor or a patient's token can prove a body. With
    `EchoAndSignature` the key of a sandbox follows the Authorization value in a new line, as PEM.
    """
    match proof:
        case Signature(schemes=schemes):
            headers = sign(schemes[0], key, body, message_id, at_ms)
        case SharedSecret(headers=names):
            values = key.split(JOINT, len(names) - 1)
            headers = dict(zip(names, values, strict=True))
        case EchoedAuthorization():
            headers = {"authorization": key}
        case EchoAndSignature(schemes=schemes):
            # the private key is that of a sandbox: behind the value, as PEM
            authorization, _, pem = key.partition("\n")
            signature = base64.b64encode(tink_signature(pem, body)).decode()
            headers = {"authorization": authorization, schemes[0].header: signature}
        case SecretPath(header=header):
            segment, _, value = key.partition(JOINT)
            headers = {header: value} if header else {}
            return Proven(body=body, headers=headers, path=f"/{segment}")
        case AccountAddress(member=member):
            # a body without the member gets an address as well: the reader refuses it
            accounts = parse_qs(body.decode("latin-1")).get(member, ["nobody"])
            return Proven(body=body, path=account_query(key, accounts[0]))
        case SignedForm():
            return _signed_form(proof, key, body)
        case LinkOnly():
            raise ValueError("a link token proves it, and no key")
    return Proven(body=body, headers=headers)


def _signed_form(proof: SignedForm, key: str, body: bytes) -> Proven:
    fields = dict(fields_of_form(body))
    # a body that is no form yet is what the form has to hold
    text = fields[proof.signed].encode() if proof.signed in fields else body
    signature = _ENCODE[proof.encoding](hmac.digest(key.encode(), text, proof.algorithm))
    form = urlencode({proof.signed: text, proof.signature: signature})
    return Proven(body=form.encode(), media_type="application/x-www-form-urlencoded")


def sign(scheme: Scheme, secret: str, body: bytes, message_id: str, at_ms: int) -> dict[str, str]:
    """Return the headers that sign `body` by `scheme`, sent at `at_ms` (epoch ms).

    The names of the headers are in lower case. Raises ValueError where only the vendor can sign (a
    public-key scheme), or where the body lacks a signed field.
    """
    if scheme.algorithm == ECDSA:
        raise ValueError(f"{scheme.name}: only the holder of the private key can sign")
    # in the vendor's own unit, and rounded down: a signed time must not lie ahead
    at = str(at_ms // scheme.unit_ms)
    headers: dict[str, str] = {}
    pairs: dict[str, str] = {}
    for piece in (*scheme.signed, scheme.clock):
        kind, _, name = piece.partition(":")
        # any piece with a name but the clock's takes the message id: nobody checks its form
        text = at if piece == scheme.clock else message_id
        if kind == "header":
            headers[name] = text
        elif kind == "pair":
            pairs[name] = text
    raw = hmac.digest(scheme.key(secret), _signed(scheme, headers, pairs, body), scheme.algorithm)
    return {**headers, scheme.header: _written(scheme, pairs, _ENCODE[scheme.encoding](raw))}


def _signed(scheme: Scheme, headers: dict[str, str], pairs: dict[str, str], body: bytes) -> bytes:
    if scheme.signs_fields:
        text = fields_bytes(scheme, body)
    else:
        opening = opening_bytes(scheme, headers, pairs)
        text = None if opening is None else opening + body
    if text is None:
        raise ValueError(f"{scheme.name}: the body or the message id lacks what is signed")
    return text


def _written(scheme: Scheme, pairs: dict[str, str], signature: str) -> str:
    if scheme.given == "versions":
        return f"v1,{signature}"
    if scheme.given == "pairs":
        return ",".join([*(f"{name}={text}" for name, text in pairs.items()), f"v1={signature}"])
    return signature
