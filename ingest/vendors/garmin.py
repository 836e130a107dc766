"""Garmin Health and Activity API, by push or ping.

Garmin signs nothing. It sends its client id in a header, but that id is no secret. The address that
is registered for the hook therefore ends in a random segment, and both are compared. Callback links
in a body become fetches of the pinned host; a link to any other host is never asked for.

A link has a token of its own, is good for one download within a day, and needs the user's token as
well. The past is requested, and comes by push. Garmin knows no scopes: the patient ticks what may
be read, and may change it later.
"""

from ingest.connector import MIB, AccountInBody, Connector, VendorAnswer, always
from ingest.proving.repeated import SecretPath
from ingest.vendor_answers import json_object
from model.received import Fetch
from model.vendors.requests import ApiRequest
from model.vendors.sign_in import ClientAuth, OAuth
from model.vendors.vendor_api import Api, Backfill, RateWindow

_REST = "/wellness-api/rest"
_BACKFILL = "backfill"  # the resource of requests for the past
_FILES = "activityFiles"
# What is followed and can be requested; edits cannot.
_PAST_TYPES = (
    "dailies",
    "epochs",
    "sleeps",
    "hrv",
    "activities",
    "activityDetails",
    "moveiq",
    "healthSnapshot",
)
_TOO_EARLY = b"before min"  # "before min(imum) start time", which comes at random
_PAST_DAYS = 30  # before the patient connected, Garmin gives no more
# An application has so many requests a minute once Garmin has reviewed it.
_BUDGET = (RateWindow(seconds=60, requests=100),)


def garmin_api_request(fetch: Fetch) -> ApiRequest:
    """Return the request for a link that Garmin sent, or for a stretch of the past."""
    if fetch.resource == _BACKFILL:
        return ApiRequest(path=fetch.path, query=fetch.query, is_pushed=True, too_early=_TOO_EARLY)
    # a link to a file is spent after one download; a list is there, perhaps empty
    is_list = fetch.resource != _FILES
    return ApiRequest(path=fetch.path, query=fetch.query, is_collection=is_list)


def garmin_past(account: str, start_ms: int, end_ms: int) -> tuple[Fetch, ...]:
    """Return the requests for a stretch of the past, one for each kind of summary."""
    # the same stretch must give the same key, for Garmin refuses it the second time
    start_s, end_s = start_ms // 1000, end_ms // 1000
    query = (("summaryStartTimeInSeconds", str(start_s)), ("summaryEndTimeInSeconds", str(end_s)))
    fetches = []
    for kind in _PAST_TYPES:
        fetch = Fetch(
            account=account,
            resource=_BACKFILL,
            key=f"{kind}:{start_s}-{end_s}",
            path=f"{_REST}/{_BACKFILL}/{kind}",
            query=query,
            format="garmin",
        )
        fetches.append(fetch)
    return tuple(fetches)


def garmin_user(body: bytes) -> str:
    """Return the user's id of the answer that names it; raises ValueError for any other answer."""
    # the token endpoint names nobody, and pushes name the user by this id alone
    user = json_object(body).get("userId")
    if not isinstance(user, str) or not user:
        raise ValueError("the answer names no user")
    return user


def _withdraw(_account: str) -> ApiRequest:
    # the token says whose; Garmin then sends a deregistration as well
    return ApiRequest(path=f"{_REST}/user/registration", method="DELETE")


GARMIN = Connector(
    name="garmin",
    title="Garmin",
    proof=SecretPath(header="garmin-client-id"),
    owner=AccountInBody(),
    format=always("garmin"),
    answer=VendorAnswer(status=200),
    api=Api(
        host="apis.garmin.com",
        auth=OAuth(
            host="diauth.garmin.com",
            path="/di-oauth2-service/oauth/token",
            scopes=(),
            authorize_host="connect.garmin.com",
            authorize_path="/oauth2Confirm",
            client_auth=ClientAuth.BODY,
            who=ApiRequest(path=f"{_REST}/user/id"),
            account_of=garmin_user,
            revoke=_withdraw,
        ),
        budget=_BUDGET,
        request=garmin_api_request,
        backfill=Backfill(most_days=_PAST_DAYS, step_days=_PAST_DAYS, fetches=garmin_past),
        max_answer=100 * MIB,
    ),
    max_body=100 * MIB,  # activity details of many users in one body
)
