"""What is known from outside about a body of a cohort, and whose it is.

Nothing is stored here. A body that names its account is read, because only the account decides.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256

from ingest.connector import LinkToken
from ingest.vendors import CONNECTORS
from kadens.scoring.cohort_files import CohortDelivery
from model.envelope import Envelope
from stream.reading import read_here

_LINKED = frozenset(row.name for row in CONNECTORS if isinstance(row.owner, LinkToken))


def arrived_envelope(delivery: CohortDelivery, body: bytes) -> Envelope:
    """Return the envelope that the door would have written for a body."""
    return Envelope(
        connector=delivery.connector,
        received_ms=delivery.received_ms,
        sha256=sha256(body).hexdigest(),
        size=len(body),
        content_type=delivery.content_type,
        filename=delivery.filename,
        # where a body names its account, the account decides whose it is, as at the door
        patient=delivery.patient if comes_by_link(delivery) else "",
        passed_headers=tuple(delivery.headers.items()),
        passed_query=tuple(delivery.query.items()),
    )


def comes_by_link(delivery: CohortDelivery) -> bool:
    """Return whether a body comes by a patient's link, so that nothing in it names its account."""
    return delivery.connector in _LINKED


def patients_in_body(
    delivery: CohortDelivery, body: bytes, accounts: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    """Yield the patients that a body may be of; `accounts` has patients by connector and account.

    A body without an account that anybody has is of nobody.
    """
    if comes_by_link(delivery):
        yield delivery.patient
        return
    read = read_here(arrived_envelope(delivery, body), body)
    named = [part.account for part in read.slices]
    if read.parsed is not None:
        named.append(read.parsed.account)
    for account in named:
        patient = accounts.get((delivery.connector, account))
        if patient is not None:
            yield patient
