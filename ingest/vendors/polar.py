"""Polar AccessLink: signed notices that something is there to be fetched.

Polar shows the key in its answer to the request that creates the webhook, and sends a PING before
that. A PING is therefore answered whoever sends it, and nothing of it is kept.
"""

import json

from ingest.connector import MIB, AccountInBody, Api, Connector, Probe, VendorAnswer, always
from ingest.proofs import Signature
from ingest.schemes import POLAR_SIGNATURE

RECEIVED = VendorAnswer(status=200)


def answer_ping(probe: Probe) -> VendorAnswer | None:
    """Return the answer to a PING, None for any other request."""
    try:
        event = json.loads(probe.body)
    except (ValueError, RecursionError):
        return None
    # what an unproved sender wrote: nothing of it is kept, and only one field of it is read
    is_ping = isinstance(event, dict) and event.get("event") == "PING"
    return RECEIVED if probe.method == "POST" and is_ping else None


POLAR = Connector(
    name="polar",
    title="Polar",
    proof=Signature((POLAR_SIGNATURE,)),
    owner=AccountInBody(),
    handshake=answer_ping,
    format=always("polar"),
    answer=RECEIVED,
    api=Api(host="www.polaraccesslink.com"),
    max_body=MIB,
)
