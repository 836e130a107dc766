"""Oura, second interface: signed cues that an object is there, has changed or is gone.

There is a subscription for each event and type of data. The address of each ends in both, and the
reader compares them with the body, so that a cue which is sent to the wrong address is noticed. A
new address is tried by a GET with a challenge, which only a right verification token is answered.
A subscription ends after some weeks, and is renewed before.

An answer of 410 would end a subscription for good, so nothing here ever gives it.
"""

import hmac
import json
from collections.abc import Mapping, Sequence

from ingest.connector import MIB, AccountInBody, Connector, Passes, Probe, VendorAnswer, always
from ingest.proving.schemes import OURA_SIGNATURE
from ingest.proving.signed import Signature
from ingest.vendor_answers import account_text, json_rows, time_of_end
from model.calendar import rfc3339
from model.received import Fetch
from model.vendors.requests import ApiRequest
from model.vendors.sign_in import ACCESS_TOKEN, OAuth
from model.vendors.vendor_api import (
    Api,
    Backfill,
    Permission,
    RateWindow,
    Subscription,
    Subscriptions,
)

_TOKEN, _CHALLENGE = "verification_token", "challenge"
_LONGEST_CHALLENGE = 256
_COLLECTIONS = "/v2/usercollection/"
_SUBSCRIPTIONS = "/v2/webhook/subscription"
_EVENTS = ("create", "update", "delete")
_TYPES = ("workout", "session", "daily_activity", "sleep", "vO2_max")
# the same types as the interface of webhooks writes them
_TYPES_OF_WEBHOOK = (*_TYPES[:-1], "vo2_max")
_HEART_RATE = "heartrate"
OURA_BUDGET = (RateWindow(seconds=300, requests=5_000),)


def verification_token(key: str) -> str:
    """Return the token that Oura shows us when it tries an address: made of the key, not the key.

    It comes in a query, and queries are logged on their way.
    """
    return hmac.digest(key.encode(), b"verification", "sha256").hex()[:32]


def answer_oura_challenge(probe: Probe) -> VendorAnswer | None:
    """Return the challenge of a GET with a right verification token, None for any other request."""
    challenge = probe.query.get(_CHALLENGE, "")
    # whoever knows the token may make us repeat text, and no more of it than this
    is_short = 0 < len(challenge) <= _LONGEST_CHALLENGE
    if probe.method != "GET" or not is_short or not _is_ours(probe.query.get(_TOKEN, ""), probe):
        return None
    return VendorAnswer(status=200, body=json.dumps({_CHALLENGE: challenge}).encode())


def _is_ours(token: str, probe: Probe) -> bool:
    equal = False
    for wanted in _tokens(probe.secrets):
        # all are compared, so that the time does not show which matched
        equal |= hmac.compare_digest(token.encode(), wanted.encode())
    return equal


def _tokens(keys: Sequence[str]) -> list[str]:
    # a person who registers an address by hand may name the key itself
    return [*map(verification_token, keys), *keys]


def oura_request(fetch: Fetch) -> ApiRequest:
    """Return the request for an object, or for a page of objects, which always exists."""
    name = fetch.path.removeprefix(_COLLECTIONS)
    # an object that is gone answers 404, while a collection is there even when it is empty
    return ApiRequest(path=fetch.path, query=fetch.query, is_collection="/" not in name)


def oura_past(account: str, start_ms: int, end_ms: int) -> tuple[Fetch, ...]:
    """Return the requests for all objects and heart rates of a span."""
    first, last = rfc3339(start_ms), rfc3339(end_ms)
    days = (("start_date", first[:10]), ("end_date", last[:10]))
    instants = (("start_datetime", first), ("end_datetime", last))
    fetches = [_past(account, kind, first, days) for kind in _TYPES]
    # apart, because heart rates are no type of the webhook and are asked for by instants
    return (*fetches, _past(account, _HEART_RATE, first, instants))


def _past(account: str, kind: str, first: str, query: tuple[tuple[str, str], ...]) -> Fetch:
    return Fetch(
        account=account,
        resource=kind,
        key=f"past {first[:10]}",
        path=f"{_COLLECTIONS}{kind}",
        query=query,
        format="oura",
    )


def _listing(_account: str) -> ApiRequest:
    return ApiRequest(path=_SUBSCRIPTIONS, is_collection=True)


def oura_subscriptions(body: bytes) -> list[Subscription]:
    """Return the subscriptions of our application; ValueError for what is no list of them."""
    return [_subscription(row) for row in json_rows(body)]


def _subscription(row: Mapping[str, object]) -> Subscription:
    event, kind = row.get("event_type"), row.get("data_type")
    # the end of the address is ours and tells nothing; another end makes it another address
    address = str(row.get("callback_url", "")).removesuffix(f"/{event}.{kind}")
    return Subscription(
        about=f"{event} {kind}",
        callback=address,
        id=str(row.get("id", "")),
        ends_ms=time_of_end(row.get("expiration_time")),
    )


def _create(wanted: Subscription, word: str) -> ApiRequest:
    event, _, kind = wanted.about.partition(" ")
    fields = {
        "callback_url": f"{wanted.callback}/{event}.{kind}",
        "verification_token": verification_token(word),
        "event_type": event,
        "data_type": kind,
    }
    return ApiRequest(path=_SUBSCRIPTIONS, method="POST", json=json.dumps(fields))


def _renew(row: Subscription) -> ApiRequest:
    # the end begins anew, and the address is not tried again
    return ApiRequest(path=f"{_SUBSCRIPTIONS}/renew/{row.id}", method="PUT")


def _delete(row: Subscription) -> ApiRequest:
    return ApiRequest(path=f"{_SUBSCRIPTIONS}/{row.id}", method="DELETE")


def oura_account(body: bytes) -> str:
    """Return the user's id of an answer about the person; ValueError without one."""
    return account_text(body, "id")


def _revoke(_account: str) -> ApiRequest:
    # the token that is to end is the only thing that this asks for
    return ApiRequest(path="/oauth/revoke", query=(("access_token", ACCESS_TOKEN),), method="POST")


def _wanted() -> tuple[str, ...]:
    names: list[str] = []
    for event in _EVENTS:
        names += [f"{event} {kind}" for kind in _TYPES_OF_WEBHOOK]
    return tuple(names)


OURA = Connector(
    name="oura",
    title="Oura",
    proof=Signature((OURA_SIGNATURE,)),
    owner=AccountInBody(),
    handshake=answer_oura_challenge,
    handshake_parameter=_TOKEN,
    format=always("oura"),
    answer=VendorAnswer(status=200),
    passes=Passes(segment="event"),
    api=Api(
        host="api.ouraring.com",
        auth=OAuth(
            host="api.ouraring.com",
            path="/oauth/token",
            scopes=("personal", "daily", "heartrate", "workout", "session"),
            authorize_host="cloud.ouraring.com",
            authorize_path="/oauth/authorize",
            pkce=False,
            who=ApiRequest(path=f"{_COLLECTIONS}personal_info"),
            account_of=oura_account,
            revoke=_revoke,
        ),
        budget=OURA_BUDGET,
        request=oura_request,
        backfill=Backfill(most_days=365, step_days=28, fetches=oura_past),
        subscriptions=Subscriptions(
            wanted=_wanted(),
            permission=Permission.HEADERS,
            listing=_listing,
            read=oura_subscriptions,
            create=_create,
            renew=_renew,
            delete=_delete,
        ),
    ),
    max_body=MIB,
)
