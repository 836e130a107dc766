"""The envelope of a body, from the head of its request.

What comes from outside is cut, and only what a connector names travels. The body is not looked at.
"""

import re
from collections.abc import Mapping, Sequence

from ingest import links
from ingest.connector import Connector
from ingest.door import Door, Incoming
from ingest.proving.repeated import SecretPath
from model.envelope import Envelope
from model.received import Context

MESSAGE_ID = ("svix-id", "webhook-id", "idempotency-key")
LONGEST_HEADER = 200
FILENAME = re.compile(r'filename="?([^";/\\]{1,200})')


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
