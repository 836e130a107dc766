"""Checks the signatures of pushed bodies by the rows of `schemes`.

Pure: raw bytes, headers, secrets and the time go in, and a verdict comes out. It must never decode
a body before its verdict, compare with `==`, or name a secret.

Three exceptions decode a body first. All are for short bodies (`FIELDS_LIMIT`):
1. `Scheme.signs_fields`: the vendor signs only some fields of its JSON (`fields_bytes`).
2. `Scheme.compact`: it may have signed its compact JSON, tried after the bytes (`compact_bytes`).
3. `SignedForm`: a field of a form signs another field (`signed_forms.py`).
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from ingest.proving.schemes import ECDSA, Scheme
from ingest.proving.tink import tink_agrees, tink_keys

FIELDS_LIMIT = 64 * 1024  # bytes: the longest body whose own fields are read before its verdict
_LONGEST_TIME = 15  # digits; epoch ms have 13


class Verdict(StrEnum):
    """OK, or the reason against it.

    MISSING: no proof. STALE: a signed time outside of the window. FORGED: a proof that none of the
    keys made.
    """

    OK = "ok"
    MISSING = "missing"
    STALE = "stale"
    FORGED = "forged"


class Fed(Protocol):
    """Anything that takes a body chunk by chunk: a MAC, a hash or a short buffer."""

    def update(self, data: bytes, /) -> None:
        """Take the next chunk."""


class Check:
    """A check under way: feed it the body's chunks in order, then call `verdict` once.

    `by_compact` is True after the verdict where the signature was over the body's compact JSON.
    """

    __slots__ = ("_fed", "_judge", "_judge_compact", "by_compact")

    def __init__(
        self,
        fed: Sequence[Fed],
        judge: Callable[[], Verdict],
        judge_compact: Callable[[], bool] | None = None,
    ) -> None:
        self._fed, self._judge, self._judge_compact = fed, judge, judge_compact
        self.by_compact = False

    def update(self, chunk: bytes) -> None:
        """Take the next chunk of the body as received."""
        for item in self._fed:
            item.update(chunk)

    def verdict(self) -> Verdict:
        """Return OK when a key made any of the signatures, else the reason against the body."""
        verdict = self._judge()
        if verdict is Verdict.OK or self._judge_compact is None:
            return verdict
        self.by_compact = self._judge_compact()
        return Verdict.OK if self.by_compact else verdict


def verify(
    schemes: Sequence[Scheme],
    secrets: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    now_ms: int,
    window_ms: int,
) -> Verdict:
    """Return the verdict on a body that is in memory; the other arguments are those of `begin`."""
    check = begin_check(schemes, secrets, headers, now_ms=now_ms, window_ms=window_ms)
    if isinstance(check, Verdict):
        return check
    check.update(body)
    return check.verdict()


def begin_check(
    schemes: Sequence[Scheme],
    secrets: Sequence[str],
    headers: Mapping[str, str],
    *,
    now_ms: int,
    window_ms: int,
) -> Verdict | Check:
    """Return the check to feed the body to, or the verdict where the headers alone decide.

    The first scheme whose header is present counts. Every secret is tried, because two are valid
    while keys are rotated. `now_ms` is the receiver's clock in epoch ms. A signed send time may
    differ from it by `window_ms` either way. Raises ValueError for a secret that is no key.
    """
    result = {name.lower(): value for name, value in headers.items()}
    scheme = next((row for row in schemes if row.header in result), None)
    if scheme is None:
        return Verdict.MISSING
    signatures, pairs = read_signatures(scheme, result[scheme.header])
    opening = opening_bytes(scheme, result, pairs)
    if opening is None or not signatures:
        return Verdict.MISSING if opening is None else Verdict.FORGED
    # The time is not proved yet, but it is a part of what is signed. A stale body costs no MAC.
    if (
        scheme.clock
        and (verdict := _timely(scheme, result, pairs, now_ms, window_ms)) is not Verdict.OK
    ):
        return verdict
    if scheme.algorithm == ECDSA:
        return _ecdsa_check(secrets, signatures)
    keys = list(map(scheme.key, secrets))
    # the fields of a body are known only at its end; a MAC over its bytes is computed as they come
    return (
        _fields_check(scheme, keys, signatures)
        if scheme.signs_fields
        else _mac_check(scheme, keys, opening, signatures)
    )


def read_signatures(scheme: Scheme, value: str) -> tuple[list[bytes], dict[str, str]]:
    """Return the decoded signatures of a signature header, and its pairs of name and text.

    Texts that are no signature are skipped.
    """
    pairs: dict[str, str] = {}
    texts: list[str] = []
    if scheme.given == "pairs":
        for part in value.split(","):
            name, _, text = part.strip().partition("=")
            # a vendor that rotates its keys sends several signatures, each as `v1`
            if name == "v1":
                texts.append(text)
            else:
                pairs[name] = text
    elif scheme.given == "versions":
        for part in value.split():
            version, _, text = part.partition(",")
            # other versions are signatures of another kind, and are no proof here
            if version == "v1":
                texts.append(text)
    else:
        texts.append(value.strip())
    return list(filter(None, map(DECODE[scheme.encoding], texts))), pairs


def opening_bytes(
    scheme: Scheme, values: Mapping[str, str], pairs: Mapping[str, str]
) -> bytes | None:
    """Return the signed bytes before the body, None when a piece is absent.

    The names in `values` are in lower case.
    """
    texts = []
    for piece in scheme.signed:
        # a signed body comes last, and is fed to the MAC as it comes in
        if piece == "body":
            continue
        text = _piece(piece, values, pairs)
        # an empty piece counts as absent: what it should hold would not be signed at all
        if not text:
            return None
        texts.append(text)
    return "".join(texts).encode()


def fields_bytes(scheme: Scheme, body: bytes) -> bytes | None:
    """Return the signed text made of the body's own fields, None when a field is absent."""
    try:
        loads = json.loads(body)
        texts = [
            piece if ":" not in piece else str(loads[piece.partition(":")[2]])
            for piece in scheme.signed
        ]
        return "".join(texts).encode()
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def compact_bytes(body: bytes) -> bytes | None:
    """Return a short JSON body without blanks, its members in order; None for any other body."""
    if len(body) > FIELDS_LIMIT:
        return None
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return None


def _piece(piece: str, values: Mapping[str, str], pairs: Mapping[str, str]) -> str | None:
    kind, colon, name = piece.partition(":")
    if not colon or kind == "field":
        return piece
    # signed strings are ASCII; text beyond that would have to be encoded in a way that is a guess
    value = (values if kind == "header" else pairs).get(name, "")
    return value if value.isascii() else None


def _timely(
    scheme: Scheme, values: Mapping[str, str], pairs: Mapping[str, str], now_ms: int, window_ms: int
) -> Verdict:
    text = _piece(scheme.clock, values, pairs) or ""
    # `int` alone takes signs, spaces and digits of other scripts, and any length
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_TIME):
        return Verdict.FORGED
    return Verdict.OK if abs(now_ms - int(text) * scheme.unit_ms) <= window_ms else Verdict.STALE


def _mac_check(
    scheme: Scheme, keys: Sequence[bytes], opening: bytes, signatures: Sequence[bytes]
) -> Check:
    macs = [hmac.new(key, opening, scheme.algorithm) for key in keys]

    def judge() -> Verdict:
        return compared([mac.digest() for mac in macs], signatures)

    if not scheme.compact:
        return Check(macs, judge)
    short = ShortBody()

    def judge_compact() -> bool:
        text = compact_bytes(bytes(short.body))
        if text is None:
            return False
        ours = [hmac.digest(key, opening + text, scheme.algorithm) for key in keys]
        return compared(ours, signatures) is Verdict.OK

    return Check([*macs, short], judge, judge_compact)


class ShortBody:
    """A buffer for a body that is decoded before its verdict; one beyond `FIELDS_LIMIT` fails."""

    def __init__(self) -> None:
        self.body = bytearray()

    def update(self, data: bytes, /) -> None:
        """Keep the next chunk, up to a byte more than the limit: so a longer body is recognised."""
        self.body += data[: FIELDS_LIMIT + 1 - len(self.body)]


def _fields_check(scheme: Scheme, keys: Sequence[bytes], signatures: Sequence[bytes]) -> Check:
    short = ShortBody()

    def judge() -> Verdict:
        text = fields_bytes(scheme, bytes(short.body)) if len(short.body) <= FIELDS_LIMIT else None
        if text is None:
            return Verdict.FORGED
        return compared([hmac.digest(key, text, scheme.algorithm) for key in keys], signatures)

    return Check([short], judge)


def compared(ours: Sequence[bytes], theirs: Sequence[bytes]) -> Verdict:
    """Return OK where a signature is one of ours, else FORGED.

    All are compared with all, so that the time does not show which key or signature matched.
    """
    equal = False
    for own in ours:
        for given in theirs:
            equal |= hmac.compare_digest(own, given)
    return Verdict.OK if equal else Verdict.FORGED


def _ecdsa_check(keysets: Sequence[str], signatures: Sequence[bytes]) -> Check:
    # ECDSA signs a digest, so the body need not be kept until its end
    body = hashlib.sha256()
    keys = tink_keys(*keysets)

    def judge() -> Verdict:
        digest = body.digest()
        made = any(tink_agrees(keys, signature, digest) for signature in signatures)
        return Verdict.OK if made else Verdict.FORGED

    return Check([body], judge)


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _base64(text: str) -> bytes:
    try:
        # some senders leave the padding away
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


DECODE: dict[str, Callable[[str], bytes]] = {"hex": _hex, "base64": _base64}
