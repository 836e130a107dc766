"""Google Health, for Fitbit and Pixel watches: signed cues that points changed.

Google echoes the `Authorization` value that it was given, and signs each body with a key of a set
that it publishes and rotates. Before it sends anything it tries the address twice: with that value
it wants 200, without it a refusal. A cue holds no values; the points are asked for with the
patient's own token. Subscriptions are made by Google itself for every patient who agrees (the
policy AUTOMATIC), so there are none to keep.
"""

import hmac
import json

from ingest.connector import MIB, AccountInBody, Connector, Probe, VendorAnswer, always
from ingest.proving.schemes import GOOGLE, GOOGLE_NAMED
from ingest.proving.signed import EchoAndSignature
from ingest.vendor_answers import json_object
from model.received import Fetch
from model.vendors.google_windows import GOOGLE_FORMAT, SHAPES, PointShape, TimeWindow, fetches_of
from model.vendors.requests import ApiRequest
from model.vendors.sign_in import REFRESH_TOKEN, ClientAuth, OAuth
from model.vendors.tokens import account_in
from model.vendors.vendor_api import Api, Backfill, RateWindow

KEY_SET = "www.gstatic.com/googlehealthapi/webhooks/webhooks_public_keyset.json"
_VERIFIED = VendorAnswer(status=200)
_TOKENS = "oauth2.googleapis.com"
_SCOPES = "https://www.googleapis.com/auth/googlehealth"
# A plain scope of Google's also permits writing; these end in `.readonly`.
_READ = ("activity_and_fitness", "health_metrics_and_measurements", "sleep")


def answer_verification(probe: Probe) -> VendorAnswer | None:
    """Return the answer to a verification with the right value, None for any other request.

    One without it is refused like every body that proves nothing, which is what Google wants.
    """
    if probe.method != "POST" or not _is_verification(probe.body):
        return None
    shown = probe.headers.get("authorization", "").encode()
    # compared with every value, so that the time does not show which matched
    is_known = False
    for secret in probe.secrets:
        is_known |= hmac.compare_digest(shown, secret.encode())
    return _VERIFIED if is_known else None


def _is_verification(body: bytes) -> bool:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("type") == "verification"


def google_request(fetch: Fetch) -> ApiRequest:
    """Return the request for a page of points; the list of a data type always exists."""
    # nobody is told that a permission lacks which was never asked for
    noted = (403,) if SHAPES.get(fetch.resource) is PointShape.NOTICE else ()
    return ApiRequest(path=fetch.path, query=fetch.query, is_collection=True, noted=noted)


def google_account(body: bytes) -> str:
    """Return the user's id as notices name it; raises ValueError."""
    account = account_in(json_object(body), ("healthUserId",))
    if not account:
        raise ValueError("the answer names no user")
    return account


def google_past(account: str, start_ms: int, end_ms: int) -> tuple[Fetch, ...]:
    """Return what to ask for to have everything of a stretch of the past, in epoch ms."""
    window = TimeWindow(low_ms=start_ms, high_ms=end_ms)
    fetches: list[Fetch] = []
    for data_type in SHAPES:
        fetches += fetches_of(account, data_type, window)
    return tuple(fetches)


def _revocation(_account: str) -> ApiRequest:
    # the refresh token stands for the grant; with it the access tokens end as well
    form = (("token", REFRESH_TOKEN),)
    return ApiRequest(path="/revoke", method="POST", form=form, host=_TOKENS)


GOOGLE_HEALTH = Connector(
    name="google_health",
    title="Google Health (Fitbit, Pixel)",
    proof=EchoAndSignature(schemes=(GOOGLE, GOOGLE_NAMED), key_set=KEY_SET),
    owner=AccountInBody(),
    handshake=answer_verification,
    format=always(GOOGLE_FORMAT),
    answer=VendorAnswer(status=204),
    api=Api(
        host="health.googleapis.com",
        hosts=(_TOKENS,),
        auth=OAuth(
            host=_TOKENS,
            path="/token",
            scopes=tuple(f"{_SCOPES}.{name}.readonly" for name in _READ),
            further={"irn": f"{_SCOPES}.irn.readonly"},
            authorize_host="accounts.google.com",
            authorize_path="/o/oauth2/v2/auth",
            client_auth=ClientAuth.BODY,
            # without both, a patient who connects again gets no refresh token
            authorize_params=(("access_type", "offline"), ("prompt", "consent")),
            who=ApiRequest(path="/v4/users/me/identity"),
            account_of=google_account,
            revoke=_revocation,
        ),
        # Google publishes no figure for an application; this is far below what others report.
        budget=(RateWindow(seconds=60, requests=300), RateWindow(seconds=86_400, requests=100_000)),
        request=google_request,
        backfill=Backfill(most_days=90, step_days=30, fetches=google_past),
    ),
    max_body=4 * MIB,
)
