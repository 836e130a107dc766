"""WHOOP, second interface: signed cues that a workout, a sleep or a recovery changed or is gone.

The address of the cues is registered by hand in WHOOP's dashboard, once for the application; they
come for every member who has agreed. A refresh token works once, and there is one only with the
scope `offline`.
"""

from collections.abc import Mapping

from ingest.connector import MIB, AccountInBody, Connector, VendorAnswer, always
from ingest.proving.schemes import WHOOP_SIGNATURE
from ingest.proving.signed import Signature
from ingest.vendor_answers import account_text
from model.calendar import rfc3339
from model.received import Fetch
from model.vendors.requests import ApiRequest
from model.vendors.sign_in import ClientAuth, OAuth
from model.vendors.vendor_api import Api, Backfill, RateWindow

WHOOP_BUDGET = (RateWindow(seconds=60, requests=100), RateWindow(seconds=86_400, requests=10_000))
WHOOP_SCOPES = (
    "offline",
    "read:profile",
    "read:workout",
    "read:sleep",
    "read:recovery",
    "read:cycles",
)
_INTERFACE = "/developer/v2/"
_PAGE = 25  # the most records of one page
# The collections by what they hold.
_COLLECTIONS = {
    "workout": f"{_INTERFACE}activity/workout",
    "sleep": f"{_INTERFACE}activity/sleep",
    "recovery": f"{_INTERFACE}recovery",
}
_LEFT, _RESET = "x-ratelimit-remaining", "x-ratelimit-reset"
_LONGEST_RESET = 5  # digits: a day has 86,400 s


def whoop_request(fetch: Fetch) -> ApiRequest:
    """Return the request for a record, or for a page of records, which always exists."""
    is_collection = fetch.path in _COLLECTIONS.values()
    return ApiRequest(path=fetch.path, query=fetch.query, is_collection=is_collection)


def whoop_rate_wait(headers: Mapping[str, str]) -> int:
    """Return for how many seconds to wait: until the window begins anew, once nothing is left."""
    reset = headers.get(_RESET, "")
    is_time = reset.isascii() and reset.isdigit() and len(reset) <= _LONGEST_RESET
    # only at 0: the header with the end of the window is in every answer
    return int(reset) if headers.get(_LEFT) == "0" and is_time else 0


def whoop_past(account: str, start_ms: int, end_ms: int) -> tuple[Fetch, ...]:
    """Return the requests for the records of a span."""
    first, last = rfc3339(start_ms), rfc3339(end_ms)
    query = (("start", first), ("end", last), ("limit", str(_PAGE)))
    fetches: list[Fetch] = []
    # next pages are asked for by the reader, which knows the token in the answer
    for kind, path in _COLLECTIONS.items():
        key = f"past {first[:10]}"
        past = Fetch(
            account=account, resource=kind, key=key, path=path, query=query, format="whoop"
        )
        fetches.append(past)
    return tuple(fetches)


def whoop_account(body: bytes) -> str:
    """Return the member's number of an answer about the profile; ValueError without one."""
    return account_text(body, "user_id")


def _revoke(_account: str) -> ApiRequest:
    return ApiRequest(path=f"{_INTERFACE}user/access", method="DELETE")


WHOOP = Connector(
    name="whoop",
    title="WHOOP",
    proof=Signature((WHOOP_SIGNATURE,)),
    owner=AccountInBody(),
    format=always("whoop"),
    answer=VendorAnswer(status=200),
    api=Api(
        host="api.prod.whoop.com",
        auth=OAuth(
            host="api.prod.whoop.com",
            path="/oauth/oauth2/token",
            scopes=WHOOP_SCOPES,
            authorize_host="api.prod.whoop.com",
            authorize_path="/oauth/oauth2/auth",
            pkce=False,
            client_auth=ClientAuth.BODY,
            # without it the answer to a refresh has no next refresh token
            token_form=(("scope", "offline"),),
            who=ApiRequest(path=f"{_INTERFACE}user/profile/basic"),
            account_of=whoop_account,
            revoke=_revoke,
        ),
        budget=WHOOP_BUDGET,
        request=whoop_request,
        rate_wait=whoop_rate_wait,
        backfill=Backfill(most_days=365, step_days=28, fetches=whoop_past),
    ),
    max_body=MIB,
)
