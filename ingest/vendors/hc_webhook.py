"""HC Webhook, an app on the patient's Android phone that pushes by the patient's link.

The app can send headers of the user's choice with each request, so the link token is the bearer of
its Authorization header, where no log of a proxy shows it.
"""

from ingest.connector import MIB, Connector, LinkToken, always
from ingest.proving.proofs import LinkOnly

HC_WEBHOOK = Connector(
    name="hc_webhook",
    title="HC Webhook",
    proof=LinkOnly(),
    owner=LinkToken(at="bearer"),
    format=always("hc_webhook"),
    max_body=48 * MIB,  # two days of everything, each reading with its device, have some 20
)
