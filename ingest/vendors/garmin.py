"""Garmin Health and Activity API, by push or ping.

Garmin signs nothing. It sends its client id in a header, but that id is no secret. The address that
is registered for the hook therefore ends in a random segment, and both are compared. Callback links
in a body become fetches of the pinned host, whatever host the body names.
"""

from ingest.connector import MIB, AccountInBody, Connector, VendorAnswer, always
from ingest.proving.proofs import SecretPath
from model.vendor_api import Api

GARMIN = Connector(
    name="garmin",
    title="Garmin",
    proof=SecretPath(header="garmin-client-id"),
    owner=AccountInBody(),
    format=always("garmin"),
    answer=VendorAnswer(status=200),
    api=Api(host="apis.garmin.com"),
    max_body=100 * MIB,  # activity details of many users in one body
)
