"""Withings: unsigned cues by form, sent to an address of each account.

Nothing signs a body. The address that is registered for an account names it and ends in a code that
only we can make; the reader compares the account with the body. What a body says is never data,
only a cue to ask. Withings tries an address by HEAD, and waits two seconds for an answer.

It is asked by forms that are posted. Every answer has status 200; the status that counts is a
number within.
"""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from urllib.parse import urlsplit

from ingest.connector import MIB, AccountInBody, Connector, Passes, Probe, VendorAnswer, always
from ingest.proving.addressed import ADDRESSED_ACCOUNT, AccountAddress, account_query
from ingest.vendor_answers import json_object, rows_of
from model.calendar import DAY_MS, utc
from model.received import Fetch
from model.vendors.requests import ApiRequest
from model.vendors.sign_in import ClientAuth, OAuth
from model.vendors.tokens import GrantEndedError, TokenAnswer, tokens_in
from model.vendors.vendor_api import (
    Api,
    Backfill,
    Permission,
    RateWindow,
    Subscription,
    Subscriptions,
)

WITHINGS_RECEIVED = VendorAnswer(status=200)
WITHINGS_BUDGET = (RateWindow(seconds=60, requests=120),)
_TRIES = frozenset({"HEAD", "GET"})
_CATEGORIES = ("1", "4", "16", "44", "46")
_NOTIFY, _ACTIVITY, _MEASURES, _SLEEP = "/notify", "/v2/measure", "/measure", "/v2/sleep"
_BY_POST = "Withings answers nothing but forms that are posted"
_FOREVER = 2**31 - 1  # seconds: how an end that never comes is written
_OF_WORKOUTS = (
    "calories,intensity,hr_average,hr_min,hr_max,hr_zone_0,hr_zone_1,hr_zone_2,hr_zone_3,"
    "pause_duration,algo_pause_duration,steps,distance,elevation"
)
# What is wanted of each list, beside its time.
_WANTED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "getmeas": (("category", "1"), ("meastypes", "1,9,10,11,12,54,71,123")),
    "getactivity": (
        ("data_fields", "steps,distance,elevation,moderate,intense,calories,totalcalories"),
    ),
    "getworkouts": (("data_fields", _OF_WORKOUTS),),
    "getintradayactivity": (
        ("data_fields", "steps,distance,elevation,calories,duration,heart_rate,rmssd,sdnn1"),
    ),
    "get": (("data_fields", "hr,rmssd,sdnn_1"),),
}
# The numbers of Withings that say something of a token or of rates, as statuses of HTTP.
_STATUSES: Mapping[int, HTTPStatus] = {
    0: HTTPStatus.OK,
    **dict.fromkeys((100, 101, 102, 200, 401), HTTPStatus.UNAUTHORIZED),
    # of the numbers from 2553 on sources disagree, so they are tried again
    **dict.fromkeys((214, 277), HTTPStatus.FORBIDDEN),
    601: HTTPStatus.TOO_MANY_REQUESTS,
    503: HTTPStatus.BAD_REQUEST,
}
_GRANTS = ("invalid refresh_token", "invalid code")
_OURS = range(201, 330)  # errors of what was asked
_Query = tuple[tuple[str, str], ...]


def answer_probe(probe: Probe) -> VendorAnswer | None:
    """Return the answer to the HEAD or GET that tries an address, None for any other request."""
    return WITHINGS_RECEIVED if probe.method in _TRIES else None


def withings_status(status: int, body: bytes) -> int:
    """Return the status that an answer means: its own, or with 200 the one that it states within.

    What states none is 502.
    """
    if status != HTTPStatus.OK:
        return status
    try:
        stated = json_object(body).get("status")
    except ValueError:
        return HTTPStatus.BAD_GATEWAY
    # False is a whole number to Python, and would pass as 0, which is success
    if isinstance(stated, bool) or not isinstance(stated, int):
        return HTTPStatus.BAD_GATEWAY
    if stated in _STATUSES:
        return _STATUSES[stated]
    # what is wrong with a request stays wrong; anything else may end by itself
    return HTTPStatus.BAD_REQUEST if stated in _OURS else HTTPStatus.SERVICE_UNAVAILABLE


def withings_request(fetch: Fetch) -> ApiRequest:
    """Return the form that asks for a list, which always exists, with what is wanted of it."""
    # what is wanted is the same for every time, and stands in one table
    form = (*fetch.query, *_WANTED.get(fetch.resource, ()))
    return ApiRequest(path=fetch.path, form=form, method="POST", is_collection=True)


def withings_past(account: str, start_ms: int, end_ms: int) -> tuple[Fetch, ...]:
    """Return the requests for everything of a span; samples and sleep a day at a time."""
    first, last = _day(start_ms), _day(end_ms - 1)
    days = (("startdateymd", first.isoformat()), ("enddateymd", last.isoformat()))
    seconds = _seconds(start_ms, end_ms)
    fetches = [
        _past(account, "getactivity", first, _ACTIVITY, days),
        _past(account, "getworkouts", first, _ACTIVITY, days),
        _past(account, "getmeas", first, _MEASURES, seconds),
    ]
    for begin in range(start_ms, end_ms, DAY_MS):
        # one request for samples may have a day
        part = _seconds(begin, min(begin + DAY_MS, end_ms))
        day = _day(begin)
        fetches += [
            _past(account, "getintradayactivity", day, _ACTIVITY, part),
            _past(account, "get", day, _SLEEP, part),
        ]
    return tuple(fetches)


def _past(account: str, action: str, day: date, path: str, query: _Query) -> Fetch:
    return Fetch(
        account=account,
        resource=action,
        key=f"past {day.isoformat()}",
        path=path,
        query=(("action", action), *query),
        format="withings",
    )


def _day(ms: int) -> date:
    return utc(ms).date()


def _seconds(start_ms: int, end_ms: int) -> _Query:
    return (("startdate", str(start_ms // 1000)), ("enddate", str(end_ms // 1000)))


def withings_tokens(body: bytes) -> TokenAnswer:
    """Return what the token endpoint answered: tokens, nested, or a status that is an error.

    Raises `GrantEndedError` for a grant that Withings will never take, else ValueError.
    """
    answer = json_object(body)
    status = withings_status(HTTPStatus.OK, body)
    # a code or a refresh token that is spent is an error of what was asked, told in words
    words = str(answer.get("error", ""))
    is_spent = status == HTTPStatus.BAD_REQUEST and any(word in words for word in _GRANTS)
    # only these end the grant: taking an outage for it would send the patient to connect anew
    if is_spent or status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise GrantEndedError("the vendor does not take the grant")
    inside = answer.get("body")
    if status != HTTPStatus.OK or not isinstance(inside, dict):
        raise ValueError("the answer has no tokens")
    # the number of the user has a name of its own here
    return tokens_in({**inside, "user_id": inside.get("userid")})


def _listing(_account: str) -> ApiRequest:
    return ApiRequest(path=_NOTIFY, form=(("action", "list"),), method="POST", is_collection=True)


def withings_subscriptions(body: bytes) -> list[Subscription]:
    """Return the subscriptions of an account; ValueError for what is no list of them.

    Their addresses are given without the account and its code.
    """
    if withings_status(HTTPStatus.OK, body) != HTTPStatus.OK:
        raise ValueError("the answer is an error")
    inside = json_object(body).get("body")
    rows = rows_of(inside.get("profiles") if isinstance(inside, dict) else None)
    return [_subscription(row) for row in rows]


def _subscription(row: Mapping[str, object]) -> Subscription:
    ends, address = row.get("expires"), str(row.get("callbackurl", ""))
    is_end = isinstance(ends, int) and not isinstance(ends, bool) and 0 < ends < _FOREVER
    plain = urlsplit(address)._replace(query="", fragment="").geturl()
    # its code is not compared: with an older key it is still taken at the door
    is_ours = f"?{ADDRESSED_ACCOUNT}=" in address
    return Subscription(
        about=str(row.get("appli", "")),
        # an address that names no account is another one, and is removed
        callback=plain if is_ours else address,
        id=address,
        ends_ms=int(str(ends)) * 1000 if is_end else 0,
    )


def _create(wanted: Subscription, word: str) -> ApiRequest:
    address = f"{wanted.callback}{account_query(word, wanted.account)}"
    form = (("action", "subscribe"), ("callbackurl", address), ("appli", wanted.about))
    return ApiRequest(path=_NOTIFY, form=(*form, ("comment", "Kadens")), method="POST")


def _delete(row: Subscription) -> ApiRequest:
    form = (("action", "revoke"), ("callbackurl", row.id), ("appli", row.about))
    return ApiRequest(path=_NOTIFY, form=form, method="POST")


WITHINGS = Connector(
    name="withings",
    title="Withings",
    proof=AccountAddress(member="userid"),
    owner=AccountInBody(),
    handshake=answer_probe,
    format=always("withings"),
    answer=WITHINGS_RECEIVED,
    passes=Passes(query=(ADDRESSED_ACCOUNT,)),
    api=Api(
        host="wbsapi.withings.net",
        auth=OAuth(
            host="wbsapi.withings.net",
            path="/v2/oauth2",
            scopes=("user.metrics", "user.activity"),
            authorize_host="account.withings.com",
            authorize_path="/oauth2_user/authorize2",
            separator=",",
            pkce=False,
            client_auth=ClientAuth.BODY,
            token_form=(("action", "requesttoken"),),
            read=withings_tokens,
        ),
        budget=WITHINGS_BUDGET,
        request=withings_request,
        reads_by_post=_BY_POST,
        status_of=withings_status,
        backfill=Backfill(most_days=365, step_days=28, fetches=withings_past),
        subscriptions=Subscriptions(
            wanted=_CATEGORIES,
            permission=Permission.ACCOUNT,
            listing=_listing,
            read=withings_subscriptions,
            create=_create,
            delete=_delete,
        ),
        is_in_eu=True,
    ),
    # Withings waits two seconds
    answer_within_s=1.5,
    max_body=MIB,
)
