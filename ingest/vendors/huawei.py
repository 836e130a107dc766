"""Huawei Health Kit: signed cues that something changed.

Three fields of a body are signed and the rest is not, so a body is a cue to ask, and never data.
Huawei tries an address without a body before it sends anything.

Its token answer does not name the account as notices do, so a patient cannot be linked by a page:
tokens are stored with `kadens connect OPENID --source huawei --tokens FILE`. The answer to a
request is asked for with the id of our application in a header.
"""

from ingest.connector import AccountInBody, Connector, Probe, VendorAnswer, always
from ingest.proving.schemes import HUAWEI
from ingest.proving.signed import Signature
from ingest.proving.verify import FIELDS_LIMIT
from model.received import Fetch
from model.vendors.requests import ApiRequest
from model.vendors.sign_in import ClientAuth, OAuth
from model.vendors.vendor_api import Api, RateWindow

HUAWEI_RECEIVED = VendorAnswer(status=204)


_BUDGET = (RateWindow(seconds=60, requests=60),)  # Huawei grants a quota with each application


def huawei_request(fetch: Fetch) -> ApiRequest:
    """Return the request for the workouts of a range of time."""
    return ApiRequest(path=fetch.path, query=fetch.query, is_collection=True)


def answer_connectivity_test(probe: Probe) -> VendorAnswer | None:
    """Return the answer to a request without a body and a signature; None for a notice."""
    if probe.method in ("GET", "HEAD"):
        return HUAWEI_RECEIVED
    # A long body is not shown to a handshake, so its length tells whether there is one.
    is_empty = not probe.body and probe.headers.get("content-length") == "0"
    return HUAWEI_RECEIVED if is_empty and HUAWEI.header not in probe.headers else None


HUAWEI_HEALTH = Connector(
    name="huawei",
    title="Huawei Health",
    proof=Signature((HUAWEI,)),
    owner=AccountInBody(),
    handshake=answer_connectivity_test,
    format=always("huawei"),
    answer=HUAWEI_RECEIVED,
    api=Api(
        host="health-api.cloud.huawei.com",
        auth=OAuth(
            host="oauth-login.cloud.huawei.com",
            path="/oauth2/v3/token",
            scopes=("https://www.huawei.com/healthkit/activityrecord.read",),
            client_auth=ClientAuth.BODY,
        ),
        key_header="x-client-id",
        budget=_BUDGET,
        request=huawei_request,
    ),
    max_body=FIELDS_LIMIT,
)
