"""COROS: links of FIT files, with the partner's own credentials in two headers.

COROS asks the address now and then whether it lives. Whatever a body says, a file is fetched from
COROS' own host, or from a host that the deployer pinned.
"""

from ingest.connector import AccountInBody, Connector, Probe, VendorAnswer, always
from ingest.proving.repeated import SharedSecret
from model.received import Fetch
from model.vendors.requests import ApiRequest
from model.vendors.vendor_api import Api, RateWindow

COROS_RECEIVED = VendorAnswer(status=200, body=b'{"message":"ok","result":"0000"}')


# COROS publishes no number
_BUDGET = (RateWindow(seconds=60, requests=120),)


def coros_request(fetch: Fetch) -> ApiRequest:
    """Return the request for the file behind a link; the link is its own permission."""
    return ApiRequest(path=fetch.path, query=fetch.query)


def answer_coros_probe(probe: Probe) -> VendorAnswer | None:
    """Return the answer to the question whether the address lives; None for a push."""
    return COROS_RECEIVED if probe.method in ("GET", "HEAD") else None


COROS = Connector(
    name="coros",
    title="COROS",
    proof=SharedSecret(headers=("client", "secret")),
    owner=AccountInBody(),
    handshake=answer_coros_probe,
    format=always("coros"),
    answer=COROS_RECEIVED,
    api=Api(host="oss.coros.com", budget=_BUDGET, request=coros_request),
)
