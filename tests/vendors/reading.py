"""Bodies of a vendor as its door and the fetcher receive them, read as the worker reads them.

A test plays a vendor without processes: pushes and answers become facts here, in any order. Nothing
is proved and nothing is stored.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fetcher.addresses import target_of
from fetcher.parts import FetchedVendor
from fetcher.questions import request_of
from ingest.connector import Connector
from kadens.derivation.held_facts import HeldFacts, hold_facts
from model.envelope import Envelope
from model.facts import AttributedFact, Reject
from model.received import Context, Fetch, Notice
from simulate.vendors.platform.exchanges import Arrived, Reply
from simulate.vendors.platform.server import PlatformServer
from stream.reading import Read, attributed_facts, read_here, slice_of

PATIENT, VENDOR_ZONE = "patient", "Europe/Stockholm"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedBody:
    """A body with its receipt (epoch ms), and the fetch that it answers where it was not pushed."""

    body: bytes
    received_ms: int
    requested: Fetch | None = None


def read_arrived(row: Connector, item: ArrivedBody) -> Read:
    """Return what a worker reads in a body."""
    requested = item.requested
    context = Context(connector=row.name, requested=requested)
    envelope = Envelope(
        connector=row.name,
        received_ms=item.received_ms,
        sha256=hashlib.sha256(item.body).hexdigest(),
        size=len(item.body),
        # the query does not travel, because it may hold a credential
        requested=None
        if requested is None
        else Fetch(
            account=requested.account,
            resource=requested.resource,
            key=requested.key,
            path=requested.path,
            format=requested.format,
        ),
        format=row.format(context) if requested is None else requested.format,
        zone="" if requested is None else VENDOR_ZONE,
    )
    return read_here(envelope, item.body)


def account_facts(row: Connector, item: ArrivedBody, account: str) -> list[AttributedFact]:
    """Return the facts of one account in a body."""
    read = read_arrived(row, item)
    reads: Sequence[Read] = [slice_of(read, part) for part in read.slices] or [read]
    facts: list[AttributedFact] = []
    for part in reads:
        if part.parsed is not None and part.parsed.account == account:
            facts += attributed_facts(part.envelope, part.parsed, PATIENT, VENDOR_ZONE, part.format)
    return facts


def fetches_of(row: Connector, items: Iterable[ArrivedBody]) -> list[Fetch]:
    """Return what bodies announce, each fetch once."""
    fetches: dict[tuple[str, str, str], Fetch] = {}
    for item in items:
        for fetch in read_arrived(row, item).fetches:
            fetches[fetch.account, fetch.resource, fetch.key] = fetch
    return list(fetches.values())


def notices_and_rejects(
    row: Connector, item: ArrivedBody
) -> tuple[Sequence[Notice], Sequence[Reject]]:
    """Return the notices and the rejects of a body."""
    read = read_arrived(row, item)
    return read.notices, read.rejects


def answer_to(
    row: Connector, server: PlatformServer, fetch: Fetch, access: str, api_key: str = ""
) -> Reply:
    """Return a simulated vendor's answer to what the fetcher would ask for a fetch."""
    assert row.api is not None
    request = request_of(FetchedVendor(name=row.name, api=row.api), fetch)
    headers = {"authorization": f"Bearer {access}"}
    if row.api.key_header:
        headers[row.api.key_header] = api_key
    return server.answered(Arrived(method=request.method, path=target_of(request), headers=headers))


def facts_that_hold(facts: Iterable[AttributedFact]) -> HeldFacts:
    """Return the facts that hold."""
    return hold_facts(facts, PATIENT, VENDOR_ZONE)
