"""A recorded case as it is played against a door that has other keys and another clock. Pure.

A case keeps what was made up for it: keys, signatures, the time. To a running door the vendor must
prove itself anew. What made the recorded proof no proof is repeated: it is left out, altered, or as
old or as early as it was. It must never run inside a door.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from ingest.connector import Connector, Probe
from ingest.proving.addressed import ADDRESS_CODE, ADDRESSED_ACCOUNT
from ingest.proving.evidence import JOINT, Evidence
from ingest.proving.proofs import LinkOnly
from ingest.proving.signed import Signature
from ingest.proving.verify import Check, Verdict
from ingest.sender import Proven, prove
from ingest.vendors.oura import verification_token
from kadens.recorded.requests import RecordedRequest

_MESSAGE = "msg_recorded"
_NO_PATIENT = ""
_SOMEBODY = "somebody"  # where a link token is the proof, the recorded one named a patient
_RECORDED_WINDOW_MS = 300_000
_ADDRESS = frozenset((ADDRESSED_ACCOUNT, ADDRESS_CODE))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedRequest:
    """A request as it is sent; `segment` is the part of the path behind the connector's name."""

    method: str
    headers: dict[str, str]
    query: dict[str, str]
    body: bytes
    segment: str = ""


def verdict_of(request: RecordedRequest, connector: Connector) -> Verdict:
    """Return what the recorded proof was to the door of its time."""
    evidence = Evidence(
        headers=_lowered(request.headers),
        segment=request.segment,
        patient=_SOMEBODY if request.link_key else _NO_PATIENT,
        secrets=request.keys,
        now_ms=request.now_ms,
        window_ms=_RECORDED_WINDOW_MS,
        query=request.query,
    )
    check = connector.proof.begin(evidence)
    if isinstance(check, Check):
        check.update(request.body)
        return check.verdict()
    return check


def is_handshake(request: RecordedRequest, connector: Connector) -> bool:
    """Return whether a recorded request was answered before any proof."""
    if connector.handshake is None:
        return False
    probe = Probe(
        method=request.method,
        headers=_lowered(request.headers),
        query=request.query,
        body=request.body,
        secrets=request.keys,
    )
    return connector.handshake(probe) is not None


def played_handshake(
    request: RecordedRequest, connector: Connector, keys: Sequence[str]
) -> PlayedRequest:
    """Return a handshake with the door's own keys in place of the recorded ones."""
    own = next(filter(None, (handshake_words(connector, key) for key in keys)), ())
    pairs: dict[str, str] = {}
    for key in request.keys:
        pairs |= dict(zip(handshake_words(connector, key), own, strict=False))
    return PlayedRequest(
        method=request.method,
        headers=_with_words(_lowered(request.headers), pairs),
        query=_with_words(request.query, pairs),
        body=request.body,
        segment=_with_words({"": request.segment}, pairs)[""],
    )


# What a vendor shows in a handshake, where that is made of the key.
_MADE: dict[str, Callable[[str], str]] = {"oura": verification_token}


def handshake_words(connector: Connector, key: str) -> tuple[str, ...]:
    """Return the texts by which a key shows itself in a handshake, none where it does not."""
    apart = str(getattr(connector.proof, "apart", ""))
    if apart:
        return (key.removeprefix(apart),) if key.startswith(apart) else ()
    # the key of a sandbox that signs may stand behind, in further lines
    plain = key.partition("\n")[0]
    made = _MADE.get(connector.name)
    return (plain, plain.partition(JOINT)[0], *((made(plain),) if made else ()))


def proving_key(connector: Connector, keys: Sequence[str]) -> str:
    """Return the key with which a vendor proves a body: the newest that is for nothing else."""
    apart = str(getattr(connector.proof, "apart", ""))
    for key in keys:
        is_for_handshakes = bool(apart) and key.startswith(apart)
        if not is_for_handshakes and not key.lstrip().startswith("{"):  # a set of public keys
            return key
    return keys[0]


def _with_words(values: Mapping[str, str], pairs: Mapping[str, str]) -> dict[str, str]:
    result = {}
    for name, value in values.items():
        # the longest first: a part of a key may be a word of its own
        old = next(filter(value.__contains__, sorted(filter(None, pairs), key=len)[::-1]), "")
        result[name] = value.replace(old, pairs[old]) if old else value
    return result


def played_request(
    request: RecordedRequest, connector: Connector, key: str, now_ms: int
) -> PlayedRequest:
    """Return a request that is proved, or not proved, as the recorded one was.

    `key` is one that the door has, and `now_ms` its clock in epoch ms. Raises ValueError where only
    the vendor can prove a body.
    """
    verdict = verdict_of(request, connector)
    # a stale request is as far from this clock as it was from its own
    at_ms = now_ms + _ahead_ms(request, connector)
    shown = prove(connector.proof, key, request.body, _MESSAGE, at_ms)
    own = _lowered(request.headers)
    # a header of the recorded proof is replaced or left out, whichever scheme it belonged to
    for name in (*shown.headers, *_proof_headers(connector)):
        own.pop(name, None)
    if verdict is Verdict.MISSING:
        shown = Proven(body=request.body)
    elif verdict is Verdict.FORGED:
        # a proof that stands in the body was made by no key that this door has
        shown = replace(_altered(shown), body=request.body)
    return _carrying(shown, request, connector, own)


def proved_request(request: RecordedRequest, connector: Connector) -> RecordedRequest:
    """Return a request with the proof that its vendor makes, by the newest of the request's keys.

    Raises ValueError without a key, and where only the vendor or a patient's token can prove it.
    """
    if not request.keys:
        raise ValueError("a proof is made with a key: give --key")
    key = proving_key(connector, request.keys)
    shown = prove(connector.proof, key, request.body, _MESSAGE, request.now_ms)
    own = _lowered(request.headers)
    if shown.media_type:
        own.setdefault("content-type", shown.media_type)
    played = _carrying(shown, request, connector, own)
    return replace(
        request,
        headers=played.headers,
        query=played.query,
        body=played.body,
        segment=played.segment,
    )


def _carrying(
    shown: Proven, request: RecordedRequest, connector: Connector, own: dict[str, str]
) -> PlayedRequest:
    """Return a request that carries a proof beside its own headers."""
    # some addresses prove by their query, and not by a segment
    segment, _, address = shown.path.partition("?")
    query = {name: value for name, value in request.query.items() if name not in _ADDRESS}
    return PlayedRequest(
        method=request.method,
        headers={**own, **shown.headers},
        query={**query, **dict(parse_qsl(address))},
        body=shown.body,
        # a segment that proves nothing stays as it was
        segment=segment.removeprefix("/")
        or ("" if connector.proof.reads_path else request.segment),
    )


def _lowered(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _ahead_ms(request: RecordedRequest, connector: Connector) -> int:
    """Return how far ahead of its door's clock a recorded request was signed, 0 within the window.

    A request is stale on either side of the window.
    """
    if not isinstance(connector.proof, Signature):
        return 0
    headers = _lowered(request.headers)
    for scheme in connector.proof.schemes:
        kind, _, name = scheme.clock.partition(":")
        written = headers.get(name if kind == "header" else scheme.header, "")
        if kind == "pair":
            pairs = dict(part.strip().partition("=")[::2] for part in written.split(","))
            written = pairs.get(name, "")
        if written.isascii() and written.isdigit():
            ahead_ms = int(written) * scheme.unit_ms - request.now_ms
            return ahead_ms if abs(ahead_ms) > _RECORDED_WINDOW_MS else 0
    return 0


def _proof_headers(connector: Connector) -> set[str]:
    """Return every header in which a proof of this connector may stand."""
    proof = connector.proof
    names = {"authorization"} if isinstance(proof, LinkOnly) else set()
    for scheme in getattr(proof, "schemes", ()):
        names.add(scheme.header)
        for piece in scheme.signed:
            kind, _, name = piece.partition(":")
            if kind == "header":
                names.add(name)
    return names


def _altered(shown: Proven) -> Proven:
    """Return a proof in which a letter of each value is another, so that no key has made it.

    Times and ids stay: a vendor's forger would write true ones.
    """
    headers = {}
    for name, value in shown.headers.items():
        is_plain = name.endswith(("timestamp", "-id"))
        headers[name] = value if is_plain else _another(value)
    return replace(shown, headers=headers, path=_another(shown.path) if shown.path else "")


def _another(value: str) -> str:
    """Return a value with another letter before its last four, which may be padding."""
    position = max(0, len(value) - 5)
    # both are digits of hex and of base64, so that only the proof is wrong and not its form
    letter = "a" if value[position] != "a" else "b"
    return value[:position] + letter + value[position + 1 :]
