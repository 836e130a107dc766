"""The patient that a request's link token names, and how often a sender may send.

Trying tokens shows nothing: every token that is not valid gets the same answer.
"""

from ingest import links
from ingest.connector import Connector, LinkToken
from ingest.door import Door, Incoming
from ingest.problems import refused, too_often
from web.rates import Buckets

TOKEN = "token"  # noqa: S105 - the name of the query parameter


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
    use_up_rate(door.rates.tokens, "token_rate", link.patient, door.rates.now())
    return link


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


def use_up_rate(buckets: Buckets, reason: str, key: str, now: float) -> None:
    """Count a request of a key; raises `Refused` where its rate is used up."""
    if wait_s := buckets.take(key, now):
        raise too_often(reason, wait_s)
