"""Strava: unsigned events that something changed, which is then asked for.

What Strava once described as a signature is disputed, and nobody can tell its key: the header
travels with the body and proves nothing. The address that is registered for the hook ends in a
random segment, and the same segment is the word of the handshake. A key in the secrets file may
name our subscription behind it (`SEGMENT:ID`): events of another one then change nothing.
"""

import hmac
import json
import re
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime

from ingest.connector import MIB, AccountInBody, Connector, Passes, Probe, VendorAnswer, always
from ingest.proving.evidence import JOINT
from ingest.proving.repeated import SecretPath
from ingest.vendor_answers import json_rows
from model.received import Fetch
from model.vendors.requests import ApiRequest
from model.vendors.sign_in import ACCESS_TOKEN, ClientAuth, OAuth
from model.vendors.tokens import TokenAnswer, account_in, standard_tokens
from model.vendors.vendor_api import (
    Api,
    Backfill,
    Permission,
    RateWindow,
    Subscription,
    Subscriptions,
)

_RECEIVED = VendorAnswer(status=200)
# What a new application may read; the windows begin at full quarters and at midnight in UTC.
_BUDGET = (RateWindow(seconds=900, requests=100), RateWindow(seconds=86_400, requests=1_000))
_CHALLENGE = re.compile(r"[\x21-\x7e]{1,256}")
_PAIR = re.compile(r"(\d{1,9}) *, *(\d{1,9})", re.ASCII)
_HOST = "www.strava.com"
_PUSHES = "/api/v3/push_subscriptions"
_ABOUT = "activities and athletes"
_SUBSCRIPTION = "subscription"
_WORD = "hub.verify_token"
_PAST_DAYS, _STEP_DAYS = 360, 30
_ACTIVITIES, _PER_PAGE = "/api/v3/athlete/activities", 100


def answer_challenge(probe: Probe) -> VendorAnswer | None:
    """Return the answer to the request with which Strava tries an address, None for any other."""
    word, challenge = probe.query.get(_WORD, ""), probe.query.get("hub.challenge", "")
    # Every key is compared, so that the time of the answer does not tell which one it was.
    is_ours = False
    for secret in probe.secrets:
        segment = secret.partition(JOINT)[0]
        is_ours |= hmac.compare_digest(word.encode(), segment.encode())
    # anything else goes on to the proof, which a probe cannot pass
    asks = probe.method == "GET" and probe.query.get("hub.mode") == "subscribe"
    if not (asks and is_ours and _CHALLENGE.fullmatch(challenge)):
        return None
    return VendorAnswer(status=200, body=json.dumps({"hub.challenge": challenge}).encode())


def strava_request(fetch: Fetch) -> ApiRequest:
    """Return the request for an activity, its streams, or a page of activities."""
    # an activity that is gone answers 404; a list that does so is at fault
    is_list = fetch.path == _ACTIVITIES
    return ApiRequest(path=fetch.path, query=fetch.query, is_collection=is_list)


def strava_tokens(body: bytes) -> TokenAnswer:
    """Return the tokens of an answer with the athlete's id; raises as `standard_tokens` does."""
    # only the answer to a code has the athlete; a refreshed token is of the same one
    tokens = standard_tokens(body)
    athlete = json.loads(body).get("athlete")
    account = account_in(athlete, ("id",)) if isinstance(athlete, dict) else ""
    return TokenAnswer(
        access=tokens.access, refresh=tokens.refresh, expires_s=tokens.expires_s, account=account
    )


def strava_rate_wait(headers: Mapping[str, str]) -> int:
    """Return for how many seconds to wait, 0 while every window has room.

    Each header has a number for the quarter of an hour and one for the day; those of reading are
    lower than those of everything. The answer's own date says when the window ends.
    """
    wait_s = 0
    # a request that reads counts in both, and either may end first
    for kind in ("x-ratelimit", "x-readratelimit"):
        used, limits = (_PAIR.fullmatch(headers.get(f"{kind}-{of}", "")) for of in _OF)
        # not every answer has both pairs, and a missing one limits nothing
        if used is None or limits is None:
            continue
        for position, window in enumerate(_BUDGET, 1):
            if int(used[position]) >= int(limits[position]):
                wait_s = max(wait_s, window.seconds - _into(window.seconds, headers))
    return wait_s


_OF = ("usage", "limit")


def _into(seconds: int, headers: Mapping[str, str]) -> int:
    """Return how many seconds of a window are over, 0 where the answer has no date."""
    try:
        at = parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return 0
    # in epoch seconds, full quarters and midnights in UTC are multiples of their windows
    return int(at.timestamp()) % seconds


def strava_past(account: str, start_ms: int, end_ms: int) -> tuple[Fetch, ...]:
    """Return the first page of an account's activities in [start, end), epoch ms."""
    # both bounds are exclusive at Strava
    after_s, before_s = start_ms // 1000 - 1, -(-end_ms // 1000)
    first = Fetch(
        account=account,
        resource="activity_list",
        key=f"{after_s}-{before_s}/1",
        path=_ACTIVITIES,
        query=(
            ("after", str(after_s)),
            ("before", str(before_s)),
            ("page", "1"),
            ("per_page", str(_PER_PAGE)),
        ),
        format="strava",
    )
    return (first,)


def _list_pushes(_account: str) -> ApiRequest:
    return ApiRequest(path=_PUSHES, is_collection=True)


def read_pushes(body: bytes) -> Sequence[Subscription]:
    """Return our application's subscription; raises ValueError for what is no list."""
    pushes = []
    for row in json_rows(body):
        url, name = str(row.get("callback_url", "")), str(row.get("id", ""))
        pushes.append(Subscription(about=_ABOUT, callback=url, id=name))
    return pushes


# Strava keeps one subscription for an application, so another one is deleted before.
def _create_push(wanted: Subscription, word: str) -> ApiRequest:
    # without our subscription's number, which Strava makes only in its answer to this
    form = (("callback_url", wanted.callback), ("verify_token", word.partition(JOINT)[0]))
    return ApiRequest(path=_PUSHES, method="POST", form=form)


def _delete_push(push: Subscription) -> ApiRequest:
    return ApiRequest(path=f"{_PUSHES}/{push.id}", method="DELETE")


def _withdraw(_account: str) -> ApiRequest:
    form = (("access_token", ACCESS_TOKEN),)
    return ApiRequest(path="/oauth/deauthorize", method="POST", form=form)


STRAVA = Connector(
    name="strava",
    title="Strava",
    proof=SecretPath(mark=_SUBSCRIPTION),
    owner=AccountInBody(),
    handshake=answer_challenge,
    handshake_parameter=_WORD,
    format=always("strava"),
    answer=_RECEIVED,
    passes=Passes(headers=("x-strava-signature",), query=(_SUBSCRIPTION,)),
    api=Api(
        host=_HOST,
        auth=OAuth(
            host=_HOST,
            path="/oauth/token",
            scopes=("read", "activity:read_all"),
            authorize_host=_HOST,
            authorize_path="/oauth/authorize",
            separator=",",
            pkce=False,  # Strava documents no challenge
            client_auth=ClientAuth.BODY,
            authorize_params=(("approval_prompt", "auto"),),
            read=strava_tokens,
            revoke=_withdraw,
        ),
        budget=_BUDGET,
        request=strava_request,
        rate_wait=strava_rate_wait,
        backfill=Backfill(most_days=_PAST_DAYS, step_days=_STEP_DAYS, fetches=strava_past),
        subscriptions=Subscriptions(
            wanted=(_ABOUT,),
            permission=Permission.PARAMETERS,
            listing=_list_pushes,
            read=read_pushes,
            create=_create_push,
            delete=_delete_push,
        ),
    ),
    max_body=MIB,
    answer_within_s=1.5,  # it waits two seconds
)
