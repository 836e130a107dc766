"""Signatures of pushed bodies: what each vendor signs, as a table of schemes, and the one way to check them.

Pure: raw bytes, headers, secrets and `now` in, a verdict out. Must never decode a body before its verdict (one row
reads three short fields, because those are all its vendor signs), never compare with `==`, never name a secret.
Over 300 lines, because the table and the code that walks it are to be read together.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

FIELDS_LIMIT = 64 * 1024  # a body whose signed fields must be read first is never longer than this
ECDSA = "ecdsa-p256"


class Verdict(StrEnum):
    """OK, or why not: no signature, a time outside of the window, or a signature that no key made."""

    OK = "ok"
    MISSING = "missing"
    STALE = "stale"
    FORGED = "forged"


def text_key(secret: str) -> bytes:
    """Return the secret's own characters as the key."""
    return secret.encode()


def ampersand_key(secret: str) -> bytes:
    """Return the secret with `&` behind it (OAuth 1 without a token secret)."""
    return f"{secret}&".encode()


def base64_key(secret: str) -> bytes:
    """Return the bytes that a base64 secret stands for, with or without `whsec_`; raises ValueError."""
    text = secret.removeprefix("whsec_").rstrip("=")
    key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    if not key:
        raise ValueError("an empty key signs nothing")
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """One row: `signed` is the string that is signed, piece by piece.

    Pieces: `body`, `header:NAME`, `pair:NAME` (of the signature header), `field:NAME` (of the JSON body); anything
    else is itself. `given` is how the signature header holds signatures: `bare`, `pairs` (`t=…,v1=…`) or `versions`
    (`v1,… v1,…`). `clock` is the piece that holds the send time, `unit_ms` its unit; without one there is no window.
    """

    name: str
    header: str
    signed: tuple[str, ...] = ("body",)
    given: str = "bare"
    algorithm: str = "sha256"
    encoding: str = "hex"
    key: Callable[[str], bytes] = text_key
    clock: str = ""
    unit_ms: int = 1000


SVIX = Scheme(
    name="svix",
    header="svix-signature",
    signed=("header:svix-id", ".", "header:svix-timestamp", ".", "body"),
    given="versions",
    encoding="base64",
    key=base64_key,
    clock="header:svix-timestamp",
)
STANDARD_WEBHOOKS = replace(
    SVIX,
    name="standard_webhooks",
    header="webhook-signature",
    signed=("header:webhook-id", ".", "header:webhook-timestamp", ".", "body"),
    clock="header:webhook-timestamp",
)
TERRA = Scheme(
    name="terra",
    header="terra-signature",
    signed=("pair:t", ".", "body"),
    given="pairs",
    clock="pair:t",
)
GOOGLE = Scheme(
    name="google_health", header="x-healthapi-signature", algorithm=ECDSA, encoding="base64"
)

SCHEMES: tuple[Scheme, ...] = (
    SVIX,
    STANDARD_WEBHOOKS,
    Scheme(name="polar", header="polar-webhook-signature"),
    Scheme(name="suunto", header="x-hmac-sha256-signature"),
    Scheme(
        name="oura",
        header="x-oura-signature",
        signed=("header:x-oura-timestamp", "body"),
        clock="header:x-oura-timestamp",
    ),
    Scheme(
        name="whoop",
        header="x-whoop-signature",
        signed=("header:x-whoop-signature-timestamp", "body"),
        encoding="base64",
        clock="header:x-whoop-signature-timestamp",
        unit_ms=1,
    ),
    Scheme(
        name="fitbit_legacy",
        header="x-fitbit-signature",
        algorithm="sha1",
        encoding="base64",
        key=ampersand_key,
    ),
    TERRA,
    replace(TERRA, name="strava_disputed", header="x-strava-signature"),
    Scheme(
        name="huawei",
        header="x-notification-signature",
        signed=("field:openId", "_", "field:eventType", "_", "field:eventTime"),
        encoding="base64",
        key=base64_key,
    ),
    GOOGLE,
    replace(GOOGLE, name="google_health_named", header="google-health-api-signature"),
)


class Fed(Protocol):
    """What takes a body chunk by chunk: a MAC, a hash, or a short buffer."""

    def update(self, data: bytes, /) -> None:
        """Take the next chunk."""


class Check:
    """A check under way: give it the body's chunks in order, then ask once for the verdict."""

    __slots__ = ("_fed", "_judge")

    def __init__(self, fed: Sequence[Fed], judge: Callable[[], bool]) -> None:
        self._fed, self._judge = fed, judge

    def update(self, chunk: bytes) -> None:
        """Take the next chunk of the body as received."""
        for item in self._fed:
            item.update(chunk)

    def verdict(self) -> Verdict:
        """Return OK when a key made one of the signatures, else FORGED."""
        return Verdict.OK if self._judge() else Verdict.FORGED


def verify(
    schemes: Sequence[Scheme],
    secrets: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    now_ms: int,
    window_ms: int,
) -> Verdict:
    """Return the verdict on one body; as `begin`, in one piece."""
    check = begin(schemes, secrets, headers, now_ms=now_ms, window_ms=window_ms)
    if isinstance(check, Verdict):
        return check
    check.update(body)
    return check.verdict()


def begin(
    schemes: Sequence[Scheme],
    secrets: Sequence[str],
    headers: Mapping[str, str],
    *,
    now_ms: int,
    window_ms: int,
) -> Verdict | Check:
    """Return why the headers alone refuse the body, or the check to feed it to.

    The first scheme whose header is there counts. Every secret is tried (rotation). `now_ms` is the receiver's clock
    in epoch ms; a signed send time may differ from it by `window_ms` either way. Raises ValueError for a secret that
    is no key at all.
    """
    result = {name.lower(): value for name, value in headers.items()}
    scheme = next((row for row in schemes if row.header in result), None)
    if scheme is None:
        return Verdict.MISSING
    signatures, pairs = read_signatures(scheme, result[scheme.header])
    opening = opening_bytes(scheme, result, pairs)
    if opening is None or not signatures:
        return Verdict.MISSING if opening is None else Verdict.FORGED
    if (
        scheme.clock
        and (verdict := _timely(scheme, result, pairs, now_ms, window_ms)) is not Verdict.OK
    ):
        return verdict
    if scheme.algorithm == ECDSA:
        return _ecdsa_check(secrets, signatures)
    keys = [scheme.key(secret) for secret in secrets]
    return (
        _fields_check(scheme, keys, signatures)
        if _of_fields(scheme)
        else _mac_check(scheme, keys, opening, signatures)
    )


def read_signatures(scheme: Scheme, value: str) -> tuple[list[bytes], dict[str, str]]:
    """Return the signatures in a signature header, decoded, and its pairs; what is not one is skipped."""
    pairs: dict[str, str] = {}
    texts = [value.strip()]
    if scheme.given == "pairs":
        result = [part.strip().partition("=") for part in value.split(",")]
        pairs = {name: text for name, _, text in result if name != "v1"}
        texts = [text for name, _, text in result if name == "v1"]
    elif scheme.given == "versions":
        result = [part.partition(",") for part in value.split(" ")]
        texts = [text for version, _, text in result if version == "v1"]
    return [raw for raw in map(_DECODE[scheme.encoding], texts) if raw], pairs


def opening_bytes(
    scheme: Scheme, values: Mapping[str, str], pairs: Mapping[str, str]
) -> bytes | None:
    """Return what is signed before the body, None when a piece of it is absent; header names in lower case."""
    pieces = [_piece(piece, values, pairs) for piece in scheme.signed if piece != "body"]
    texts = [piece for piece in pieces if piece]
    return "".join(texts).encode() if len(texts) == len(pieces) else None


def fields_bytes(scheme: Scheme, body: bytes) -> bytes | None:
    """Return the string made of the body's own fields that some vendors sign, None when it cannot be made."""
    try:
        loads = json.loads(body)
        texts = [
            piece if ":" not in piece else str(loads[piece.partition(":")[2]])
            for piece in scheme.signed
        ]
        return "".join(texts).encode()
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _of_fields(scheme: Scheme) -> bool:
    return any(piece.startswith("field:") for piece in scheme.signed)


def _piece(piece: str, values: Mapping[str, str], pairs: Mapping[str, str]) -> str | None:
    kind, colon, name = piece.partition(":")
    if not colon or kind == "field":
        return piece
    value = (values if kind == "header" else pairs).get(name, "")
    return value if value.isascii() else None


def _timely(
    scheme: Scheme, values: Mapping[str, str], pairs: Mapping[str, str], now_ms: int, window_ms: int
) -> Verdict:
    text = _piece(scheme.clock, values, pairs) or ""
    if not (text.isascii() and text.isdigit() and len(text) < 16):  # noqa: PLR2004 - far beyond any date in ms
        return Verdict.FORGED
    return Verdict.OK if abs(now_ms - int(text) * scheme.unit_ms) <= window_ms else Verdict.STALE


def _mac_check(
    scheme: Scheme, keys: Sequence[bytes], opening: bytes, signatures: Sequence[bytes]
) -> Check:
    macs = [hmac.new(key, opening, scheme.algorithm) for key in keys]
    return Check(macs, lambda: _any_equal([mac.digest() for mac in macs], signatures))


class _Short:
    """A buffer for a body whose fields are signed; a longer body is not kept, and fails."""

    def __init__(self) -> None:
        self.body = bytearray()

    def update(self, data: bytes, /) -> None:
        self.body += data[: FIELDS_LIMIT + 1 - len(self.body)]


def _fields_check(scheme: Scheme, keys: Sequence[bytes], signatures: Sequence[bytes]) -> Check:
    short = _Short()

    def judge() -> bool:
        text = fields_bytes(scheme, bytes(short.body)) if len(short.body) <= FIELDS_LIMIT else None
        return text is not None and _any_equal(
            [hmac.digest(key, text, scheme.algorithm) for key in keys], signatures
        )

    return Check([short], judge)


def _any_equal(ours: Sequence[bytes], theirs: Sequence[bytes]) -> bool:
    return any([hmac.compare_digest(own, given) for own in ours for given in theirs])  # noqa: C419 - tries all


def _ecdsa_check(keysets: Sequence[str], signatures: Sequence[bytes]) -> Check:
    body = hashlib.sha256()
    keys = {number: key for keyset in keysets for number, key in tink_keys(keyset).items()}

    def judge() -> bool:
        return any(_ecdsa_agrees(keys, signature, body.digest()) for signature in signatures)

    return Check([body], judge)


def _ecdsa_agrees(
    keys: Mapping[int, ec.EllipticCurvePublicKey], signature: bytes, digest: bytes
) -> bool:
    """Tink's output: 0x01, the key id in four bytes big-endian, then the ASN.1 DER signature."""
    key = keys.get(int.from_bytes(signature[1:5], "big"))
    if key is None or signature[:1] != b"\x01":
        return False
    try:
        key.verify(signature[5:], digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    except InvalidSignature:
        return False
    return True


def tink_keys(keyset: str) -> dict[int, ec.EllipticCurvePublicKey]:
    """Return the enabled P-256 keys of a Tink JSON keyset by their ids; raises ValueError for anything else."""
    try:
        rows: list[dict[str, Any]] = json.loads(keyset)["key"]
        enabled = [row for row in rows if row["status"] == "ENABLED"]
        return {
            int(row["keyId"]): _point(base64.b64decode(row["keyData"]["value"])) for row in enabled
        }
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError("not a Tink keyset of P-256 keys") from error


def _point(message: bytes) -> ec.EllipticCurvePublicKey:
    """Read fields 3 (x) and 4 (y) of an EcdsaPublicKey protobuf; all its lengths fit in one byte."""
    values: dict[int, bytes] = {}
    at = 0
    while at < len(message):
        number, kind = message[at] >> 3, message[at] & 7
        size = message[at + 1] if kind == 2 else 0  # noqa: PLR2004 - 2 is "length-delimited"
        values[number] = message[at + 2 : at + 2 + size]
        at += 2 + size
    x, y = (int.from_bytes(values[number], "big") for number in (3, 4))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


_DECODE: dict[str, Callable[[str], bytes]] = {"hex": _hex, "base64": _base64}
