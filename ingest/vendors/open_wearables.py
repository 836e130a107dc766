"""Open Wearables, self-hosted: its events are signed by Svix with the endpoint's `whsec_` secret."""

from ingest.connector import Connector
from ingest.verify import STANDARD_WEBHOOKS, SVIX

OPEN_WEARABLES = Connector(
    name="open_wearables",
    title="Open Wearables",
    parser="open_wearables",
    schemes=(SVIX, STANDARD_WEBHOOKS),
)
