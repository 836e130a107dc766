"""Junction: events signed by Svix with the endpoint's `whsec_` secret.

What Junction only announces is asked for with the team's key. The host is that of teams in the EU;
a team elsewhere names its own as `api` in the secrets file. Nobody signs in at Kadens: patients
connect their watches in Junction's own pages, and Junction collects their past by itself.
"""

from ingest.connector import MIB, AccountInBody, Connector, VendorAnswer, always
from ingest.proving.schemes import STANDARD_WEBHOOKS, SVIX
from ingest.proving.signed import Signature
from model.received import Fetch
from model.vendors.requests import ApiRequest
from model.vendors.vendor_api import Api, RateWindow

# Junction publishes no number, and closes with a 429 that names the wait.
_BUDGET = (RateWindow(seconds=60, requests=300),)
_OBJECT = "workout_stream"  # many workouts have none, so its 404 says that it is gone


def junction_request(fetch: Fetch) -> ApiRequest:
    """Return the request for a range of a resource, or for the stream of a workout."""
    is_list = fetch.resource != _OBJECT
    return ApiRequest(path=fetch.path, query=fetch.query, is_collection=is_list)


JUNCTION = Connector(
    name="junction",
    title="Junction",
    proof=Signature((SVIX, STANDARD_WEBHOOKS)),
    owner=AccountInBody(),
    format=always("junction"),
    answer=VendorAnswer(status=204),
    api=Api(
        host="api.eu.junction.com",
        key_header="x-vital-api-key",
        budget=_BUDGET,
        request=junction_request,
        is_in_eu=True,
    ),
    max_body=48 * MIB,
)
