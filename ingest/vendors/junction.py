"""Junction: events signed by Svix with the endpoint's `whsec_` secret.

What Junction only announces is asked for with the team's key, from the host of the team's region.
"""

from ingest.connector import MIB, AccountInBody, Connector, VendorAnswer, always
from ingest.proving.proofs import Signature
from ingest.proving.schemes import STANDARD_WEBHOOKS, SVIX

JUNCTION = Connector(
    name="junction",
    title="Junction",
    proof=Signature((SVIX, STANDARD_WEBHOOKS)),
    owner=AccountInBody(),
    format=always("junction"),
    answer=VendorAnswer(status=204),
    max_body=48 * MIB,
)
