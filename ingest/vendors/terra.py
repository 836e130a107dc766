"""Terra: events in the body, signed with the secret of the destination.

The platform sends one signature under two names of a header. The header that says when Terra made
an event is not signed; it only orders versions of what the event holds.
"""

from ingest.connector import MIB, AccountInBody, Connector, Passes, VendorAnswer, always
from ingest.proving.schemes import TERRA, TERRA_NAMED
from ingest.proving.signed import Signature

TERRA_HUB = Connector(
    name="terra",
    title="Terra",
    proof=Signature((TERRA, TERRA_NAMED)),
    owner=AccountInBody(),
    format=always("terra"),
    answer=VendorAnswer(status=200),
    passes=Passes(headers=("x-terra-ordering-timestamp",)),
    max_body=48 * MIB,  # a history comes in chunks; a day of samples a second has 20 MiB
)
