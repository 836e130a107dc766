"""Suunto: signed notices, in JSON, of workouts and of samples of all day.

The portal also offers an older kind of notice, a form under the client's id and secret. It is not
signed, and is refused as unproved.
"""

from ingest.connector import AccountInBody, Connector, VendorAnswer, always
from ingest.proving.proofs import Signature
from ingest.proving.schemes import SUUNTO_SIGNATURE
from model.received import Fetch
from model.vendor_api import Api, ApiRequest, OAuth, RateWindow

# Suunto tells the limit with the subscription; a 429 closes the vendor for as long as it says.
SUUNTO_BUDGET = (RateWindow(seconds=60, requests=60),)
_LISTS = frozenset(("workouts", "samples"))


def suunto_request(fetch: Fetch) -> ApiRequest:
    """Return the request for a workout, its file, a list of workouts, or samples of all day."""
    is_list = fetch.resource in _LISTS
    return ApiRequest(path=fetch.path, query=fetch.query, is_collection=is_list)


SUUNTO = Connector(
    name="suunto",
    title="Suunto",
    proof=Signature((SUUNTO_SIGNATURE,)),
    owner=AccountInBody(),
    format=always("suunto"),
    answer=VendorAnswer(status=200),
    api=Api(
        host="cloudapi.suunto.com",
        auth=OAuth(host="cloudapi-oauth.suunto.com", path="/oauth/token", scopes=("workout",)),
        budget=SUUNTO_BUDGET,
        request=suunto_request,
    ),
)
