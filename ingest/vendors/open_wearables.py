"""Open Wearables, self-hosted: Svix signs its events with the endpoint's `whsec_` secret."""

from ingest.connector import AccountInBody, Connector, always
from ingest.proving.schemes import STANDARD_WEBHOOKS, SVIX
from ingest.proving.signed import Signature

OPEN_WEARABLES = Connector(
    name="open_wearables",
    title="Open Wearables",
    proof=Signature((SVIX, STANDARD_WEBHOOKS)),
    owner=AccountInBody(),
    format=always("open_wearables"),
)
