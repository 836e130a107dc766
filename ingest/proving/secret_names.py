"""Names of the headers and query parameters in which a secret comes or goes. Pure.

Signatures are no secrets: they prove one body and no other.
"""

from collections.abc import Iterable, Iterator

from ingest.connector import Connector, LinkToken
from ingest.receiving.link_tokens import TOKEN

# Whoever sends these, they hold credentials.
_HEADERS = ("authorization", "cookie", "proxy-authorization", "x-api-key")


def secret_headers(connectors: Iterable[Connector]) -> frozenset[str]:
    """Return the names of headers, in lower case, with a credential of any of these connectors."""
    names = set(_HEADERS)
    for row in connectors:
        names.update(_headers_of(row))
    return frozenset(filter(None, names))


def _headers_of(row: Connector) -> Iterator[str]:
    yield from row.proof.secret_headers
    if isinstance(row.owner, LinkToken):
        yield row.owner.header
    if row.api is not None:
        yield row.api.key_header


def secret_parameters(connectors: Iterable[Connector]) -> frozenset[str]:
    """Return the names of query parameters with a credential of any of these connectors."""
    names = {TOKEN}
    for row in connectors:
        names.update(row.proof.secret_parameters)
        names.add(row.handshake_parameter)
    return frozenset(filter(None, names))
