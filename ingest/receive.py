"""Takes a body in: checks its size and proof, puts it on the log, and only then answers.

Nothing is decoded here. The order is fixed. Handshake, link token and the head's proof come before
the body is read. The proof over the raw bytes comes before anything is kept. The body store comes
before the log, and the log's acknowledgement before ours.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace

from starlette.requests import ClientDisconnect

from ingest import links
from ingest.connector import Connector, Probe, VendorAnswer
from ingest.door import Door, Incoming, Taken
from ingest.ports import NotAcceptedError
from ingest.problems import Refused, refused
from ingest.proving.evidence import Evidence
from ingest.proving.signed import EchoAndSignature
from ingest.proving.verify import Check, Verdict
from ingest.receiving.appending import append_body
from ingest.receiving.envelopes import envelope_of, passed_query
from ingest.receiving.link_tokens import link_of, use_up_rate
from ingest.sealing import sealed_for_patient
from ingest.spool import Spool, fill
from model.envelope import INLINE, Envelope

PROBE_BYTES = 4096  # no vendor's handshake is longer


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
        _require_proof(connector, check)
        # only proved bodies count: otherwise forged bodies would use up the connector's rate
        use_up_rate(door.rates.connectors, "connector_rate", connector.name, door.rates.now())
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


def _require_proof(connector: Connector, check: Check | None) -> None:
    """Raise `Refused` for a body that has been read and does not hold its proof."""
    if check is not None and (verdict := check.verdict()) is not Verdict.OK:
        raise _unproved(connector, verdict)


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
