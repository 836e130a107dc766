"""Takes in a body: it is proved, kept, appended to the log, and only then acknowledged.

Nothing is decoded here. The order is fixed. Handshake, link token and the head's proof come before
the body is read. The proof over the raw bytes comes before anything is kept. The body store comes
before the log, and the log's acknowledgement before ours.
"""

import asyncio
import re
import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO

from starlette.requests import ClientDisconnect

from ingest import links
from ingest.connector import Connector, LinkToken, Probe, VendorAnswer
from ingest.door import Door, Incoming, Taken
from ingest.ports import BodyStore, NotAcceptedError, Publisher
from ingest.problems import Refused, refused, too_often
from ingest.proving.proofs import EchoAndSignature, Evidence, SecretPath
from ingest.proving.verify import Check, Verdict
from ingest.sealing import sealed_for_patient
from ingest.spool import Spool, fill
from model.envelope import INLINE, Envelope
from model.received import Context
from model.topics import RAW, RAW_LARGE
from web.rates import Buckets

MESSAGE_ID = ("svix-id", "webhook-id", "idempotency-key")
LONGEST_HEADER = 200
_PLACED_S = 300.0  # the longest time from storing a body to the message that names it
PROBE_BYTES = 4096  # no vendor's handshake is longer
TOKEN = "token"  # noqa: S105 - the name of the query parameter
FILENAME = re.compile(r'filename="?([^";/\\]{1,200})')


def connector_of(door: Door, name: str) -> Connector:
    """Return the connector of this name; raises `Refused` for a name that no connector has."""
    connector = next((row for row in door.connectors if row.name == name), None)
    if connector is None:
        raise refused("unknown_connector")
    return connector


async def admit(door: Door, connector: Connector, incoming: Incoming) -> Taken:
    """Answer a handshake, or take a body in; raises `Refused` when it was not taken in.

    The same body is taken in again when it is sent again: readers of the log recognise it by its
    digest.
    """
    # A handshake comes before this is used: some vendors show the key only after the handshake, so
    # a connector without a key must be able to answer it.
    is_open = not connector.proof.needs_key or bool(door.secrets.get(connector.name))
    if connector.handshake is not None:
        incoming, answer = await _shake(door, connector, incoming)
        if answer is not None:
            return Taken(answer=answer)
    if not is_open:
        raise refused("unknown_connector")
    if incoming.method != "POST":
        raise refused("method_not_allowed")
    return await _receive(door, connector, incoming)


async def _shake(
    door: Door, connector: Connector, incoming: Incoming
) -> tuple[Incoming, VendorAnswer | None]:
    """Return the request with its body unread, and the handshake's answer, None without any."""
    assert connector.handshake is not None  # noqa: S101 - for the type checker
    body, stream = b"", incoming.stream
    if incoming.method == "POST":
        body, stream = await _peek(incoming.stream)
    probe = Probe(
        method=incoming.method,
        headers=incoming.headers,
        query=incoming.query,
        body=body,
        secrets=door.secrets.get(connector.name, ()),
    )
    return replace(incoming, stream=stream), connector.handshake(probe)


async def _peek(stream: AsyncIterator[bytes]) -> tuple[bytes, AsyncIterator[bytes]]:
    """Return a short body (b"" for a long body), and the stream as if nothing had been read."""
    chunks: list[bytes] = []
    size, short = 0, True
    try:
        async for chunk in stream:
            chunks.append(chunk)
            size += len(chunk)
            if size > PROBE_BYTES:
                short = False
                break
    except ClientDisconnect:
        raise refused("early_end") from None
    return b"".join(chunks) if short else b"", _chained(chunks, stream)


async def _chained(chunks: Sequence[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
    async for chunk in rest:
        yield chunk


async def _receive(door: Door, connector: Connector, incoming: Incoming) -> Taken:
    cap = min(door.max_body, connector.max_body)
    declared = _declared(incoming.headers, cap)
    now = door.clock()
    link = link_of(door, connector, incoming, now)
    check = _check(door, connector, incoming, link, now)
    # Bodies that the head has proved have a room of their own, which unproved bodies cannot fill.
    # A body that is still to be checked has no holder yet.
    holder = "" if check is not None else link.patient if link is not None else connector.name
    spool = Spool(door.spools, feed=None if check is None else check.update, holder=holder)
    try:
        await _read(incoming.stream, cap, spool)
        # a body shorter than declared is a sender that was cut off, and its digest would be wrong
        if spool.size == 0 or declared not in {None, spool.size}:
            raise refused("early_end" if declared else "empty")
        if check is not None and (verdict := check.verdict()) is not Verdict.OK:
            raise _unproved(connector, verdict)
        # only proved bodies count: otherwise forged bodies would use up the connector's rate
        _within(door.rates.connectors, "connector_rate", connector.name, door.rates.now())
        envelope = envelope_of(
            connector,
            incoming.headers,
            passed_query(door, connector, incoming),
            sha256=spool.sha256,
            size=spool.size,
            received_ms=now,
            link=link,
        )
        public = link.public if link else b""
        await _keep(door, envelope, spool, connector.answer_within_s, public)
    finally:
        spool.close()
    return Taken(
        sha256=envelope.sha256,
        size=envelope.size,
        answer=connector.answer,
        shown=connector.shown,
        by_compact=check is not None and check.by_compact,
    )


def passed_query(door: Door, connector: Connector, incoming: Incoming) -> Mapping[str, str]:
    """Return the query parameters of a request, with the part of its path that travels too."""
    query, name = _marked(door, connector, incoming), connector.passes.segment
    if not name:
        return query
    # what is in the query under this name is not what the path says
    others = {other: value for other, value in query.items() if other != name}
    return {**others, name: incoming.segment} if incoming.segment else others


def _marked(door: Door, connector: Connector, incoming: Incoming) -> Mapping[str, str]:
    """Return the query parameters, with the value that the secrets file adds to this address."""
    proof = connector.proof
    if not isinstance(proof, SecretPath) or not proof.mark:
        return incoming.query
    # whoever sends decides nothing about it
    others = {name: value for name, value in incoming.query.items() if name != proof.mark}
    value = proof.marked(incoming.segment, door.secrets.get(connector.name, ()))
    return {**others, proof.mark: value} if value else others


def envelope_of(
    connector: Connector,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    *,
    sha256: str,
    size: int,
    received_ms: int,
    link: links.Link | None = None,
) -> Envelope:
    """Return the envelope of a payload that a connector took in; header names are in lower case.

    `sha256` (hex) and `size` are those of the payload. `link` is the link token that came with it.
    """
    message_ids = [headers[name] for name in MESSAGE_ID if name in headers]
    # headers come from outside: each is cut, so that no sender fills the log's message headers
    context = Context(
        connector=connector.name,
        content_type=headers.get("content-type", "")[:LONGEST_HEADER],
        filename=_filename(headers),
        headers=_passed(connector.passes.headers, headers),
        query=_passed(connector.passes.parameters, query),
        received_ms=received_ms,
    )
    return Envelope(
        connector=connector.name,
        received_ms=received_ms,
        sha256=sha256,
        size=size,
        content_type=context.content_type,
        patient=link.patient if link else "",
        link=link.digest.hex() if link else "",
        message_id=message_ids[0][:LONGEST_HEADER] if message_ids else "",
        format=connector.format(context),
        filename=context.filename,
        passed_headers=tuple(context.headers.items()),
        passed_query=tuple(context.query.items()),
    )


def _filename(headers: Mapping[str, str]) -> str:
    """Return the name of an uploaded file without folders, "" where the request has none."""
    disposition = headers.get("content-disposition")
    match = FILENAME.search(disposition) if disposition else None
    return match.group(1) if match else ""


def _passed(names: Sequence[str], values: Mapping[str, str]) -> dict[str, str]:
    return {name: values[name][:LONGEST_HEADER] for name in names if name in values}


def _declared(headers: Mapping[str, str], cap: int) -> int | None:
    """Return the declared length, None for a chunked body; raises `Refused` above `cap`."""
    result = headers.get("content-length")
    if result is None:
        if "transfer-encoding" not in headers:
            raise refused("length_required")
        return None
    if not (result.isascii() and result.isdigit()):
        raise refused("length_required")
    # the digits are counted first: `int` raises for a text of more than 4,300 digits
    if len(result) > len(str(cap)) or int(result) > cap:
        raise refused("too_large")
    return int(result)


def _token(owner: LinkToken, incoming: Incoming) -> str:
    """Return the link token from the part of the request that `owner` names, "" where absent."""
    headers = incoming.headers
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    sources = {
        "path": incoming.segment,
        "query": incoming.query.get(TOKEN, ""),
        "bearer": credentials.strip() if scheme.lower() == "bearer" else "",
    }
    return sources[owner.at] if owner.at in sources else headers.get(owner.at, "")


def link_of(door: Door, connector: Connector, incoming: Incoming, now_ms: int) -> links.Link | None:
    """Return the content of the link token, None where the body itself names an account.

    Forged, expired and revoked tokens get the same answer: trying tokens shows nothing. Raises
    `Refused`, also where the patient's rate is used up.
    """
    owner = connector.owner
    reads_path = connector.proof.reads_path or (isinstance(owner, LinkToken) and owner.at == "path")
    if incoming.segment and not (reads_path or connector.passes.segment):
        raise refused("unknown_connector")
    if not isinstance(owner, LinkToken):
        return None
    link = links.read_link(_token(owner, incoming), door.links.keys(), now_ms)
    if link is None:
        raise refused("link")
    if not door.links.revoked.known():
        raise refused("log")
    if door.links.revoked.revoked(link.digest):
        raise refused("link")
    # only a valid token uses up the patient's rate
    _within(door.rates.tokens, "token_rate", link.patient, door.rates.now())
    return link


def _within(buckets: Buckets, reason: str, key: str, now: float) -> None:
    if wait_s := buckets.take(key, now):
        raise too_often(reason, wait_s)


def _check(
    door: Door, connector: Connector, incoming: Incoming, link: links.Link | None, now_ms: int
) -> Check | None:
    """Return the check to feed the body to, None where the head alone has proved it."""
    evidence = Evidence(
        headers=incoming.headers,
        segment=incoming.segment,
        query=incoming.query,
        patient=link.patient if link else "",
        secrets=door.secrets.get(connector.name, ()),
        now_ms=now_ms,
        window_ms=door.window_ms,
        key_sets=door.key_sets.known(connector.name),
    )
    check = connector.proof.begin(evidence)
    if check is Verdict.OK:
        return None
    if isinstance(check, Verdict):
        raise _unproved(connector, check)
    # The vendor sends it again, and by then the keys that it uses now are known.
    proof = connector.proof
    if isinstance(proof, EchoAndSignature) and proof.is_of_unknown_key(evidence):
        door.key_sets.missed(connector.name)
    return check


def _unproved(connector: Connector, verdict: Verdict) -> Refused:
    refusal = refused(verdict)
    return Refused(replace(refusal.problem, status=connector.unproved))


async def _read(stream: AsyncIterator[bytes], cap: int, spool: Spool) -> None:
    try:
        await fill(spool, stream, cap)
    except (OSError, TimeoutError) as error:  # the disk is full or hangs
        raise refused("busy") from error
    except ClientDisconnect:
        raise refused("early_end") from None


async def _keep(
    door: Door, envelope: Envelope, spool: Spool, within_s: float | None, public: bytes
) -> None:
    """Append the body of a spool to the log; raises `Refused` when the log did not take it.

    A vendor that waits only `within_s` gets its 5xx then, and sends the body again.
    """
    try:
        async with asyncio.timeout(within_s):
            content = await spool.content(INLINE)
            envelope, content = sealed_for_patient(envelope, content, public)
            await append_body(door.publisher, door.bodies, envelope, content, door.store_s)
    except (NotAcceptedError, OSError, TimeoutError) as error:
        raise refused("log") from error


async def append_body(
    publisher: Publisher,
    bodies: BodyStore,
    envelope: Envelope,
    content: bytes | BinaryIO,
    store_s: float,
) -> None:
    """Append the message; a large body is stored first, so that no message names a missing body.

    Storing may take `store_s` seconds. Raises NotAcceptedError, OSError or TimeoutError when it was
    not taken.
    """
    began = time.monotonic()
    value, address = await _placed(bodies, content, store_s, is_sealed=bool(envelope.sealed))
    # nearly every body is in its message, and its envelope need not be made anew
    headers = (replace(envelope, address=address) if address else envelope).headers()
    topic = RAW_LARGE if address else RAW
    await publisher.append(topic.name, envelope.sha256.encode(), value, headers)
    if address and time.monotonic() - began > _PLACED_S:
        # This process was suspended. A stored body that no message names for so long counts as an
        # orphan and may have been removed, so the sender must send it again.
        raise NotAcceptedError("suspended")


async def _placed(
    bodies: BodyStore, body: bytes | BinaryIO, store_s: float, *, is_sealed: bool
) -> tuple[bytes, str]:
    """Return the body that the message itself holds, or b"" and the address of the stored body.

    Each receipt has an address of its own, so the consumer that settles its message may remove the
    stored body.
    """
    # what is sealed was short enough before, and is a little longer now
    if isinstance(body, bytes) and (is_sealed or len(body) <= INLINE):
        return body, ""
    async with asyncio.timeout(store_s):
        return b"", await bodies.put(secrets.token_hex(32), body)
