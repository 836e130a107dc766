"""Polar AccessLink: signed cues that something is there to be fetched.

Polar shows the key in its answer to the request that creates the webhook, and sends a PING before
that. A PING is therefore answered whoever sends it, and nothing of it is kept. A person creates the
webhook, because that key belongs into the secrets file and is shown once.

What was announced is asked for by the path of its link. A token of the third interface holds for
years and has no refresh token; one of the fourth holds for hours and has. The hook of an
application whose patients granted the fourth is registered with `?api=v4`.
"""

import json
import re
from collections.abc import Mapping, Sequence

from ingest.connector import MIB, AccountInBody, Connector, Passes, Probe, VendorAnswer, always
from ingest.proving.schemes import POLAR_SIGNATURE
from ingest.proving.signed import Signature
from ingest.vendor_answers import json_object, rows_of
from model.calendar import dates_between
from model.received import Fetch
from model.vendors.requests import ApiRequest
from model.vendors.sign_in import OAuth
from model.vendors.vendor_api import (
    Api,
    Backfill,
    Permission,
    RateWindow,
    Subscription,
    Subscriptions,
)

RECEIVED = VendorAnswer(status=200)
BUDGET = (RateWindow(seconds=900, requests=3_000), RateWindow(seconds=86_400, requests=100_000))
POLAR_EVENTS = ("ACTIVITY_SUMMARY", "CONTINUOUS_HEART_RATE", "EXERCISE", "SLEEP")
_LIST = re.compile(r"\d{1,9}( *, *\d{1,9})*", re.ASCII)
_USAGE, _LIMIT, _RESET = "ratelimit-usage", "ratelimit-limit", "ratelimit-reset"
_WEBHOOKS, _EXERCISES = "/v3/webhooks", "/v3/exercises"
_USERS, _LISTS = "/v3/users", "/v4/data/"
_JSON = "application/json"
# The third interface gives 30 days of the past.
_PAST_DAYS, _STEP_DAYS = 28, 7
_DETAILED = (("steps", "true"), ("activity_zones", "true"))
# What is asked for each date of the past: the resource, its path, its query.
_OF_DATE: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("continuous_heart_rate", f"{_USERS}/continuous-heart-rate", ()),
    ("activity_summary", f"{_USERS}/activities", _DETAILED),
    ("sleep", f"{_USERS}/sleep", ()),
    ("nightly_recharge", f"{_USERS}/nightly-recharge", ()),
)


def answer_ping(probe: Probe) -> VendorAnswer | None:
    """Return the answer to a PING, None for any other request."""
    try:
        # read before the proof, because the key of the proof comes only after the PING is answered
        event = json.loads(probe.body)
    except (ValueError, RecursionError):
        return None
    # what an unproved sender wrote: nothing of it is kept, and only one field of it is read
    is_ping = isinstance(event, dict) and event.get("event") == "PING"
    return RECEIVED if probe.method == "POST" and is_ping else None


def polar_request(fetch: Fetch) -> ApiRequest:
    """Return the request for what Polar announced, at the path of its link or of a list."""
    is_list = fetch.path == _EXERCISES or fetch.path.startswith(_LISTS)
    return ApiRequest(path=fetch.path, query=fetch.query, is_collection=is_list)


def polar_rate_wait(headers: Mapping[str, str]) -> int:
    """Return for how many seconds to wait, 0 while the budget of every window has room.

    Each header lists a number for each window, the shortest first. Usage counts up. The vendor
    may leave out its limits and when they begin anew: the known windows are used instead.
    """
    used = _numbers(headers.get(_USAGE, ""))
    limits, resets = _numbers(headers.get(_LIMIT, "")), _numbers(headers.get(_RESET, ""))
    wait_s = 0
    for position, window in enumerate(BUDGET[: len(used)]):
        limit = limits[position] if position < len(limits) else window.requests
        reset_s = resets[position] if position < len(resets) else window.seconds
        # at least: the request that reached the limit was answered, and the next one is not
        if used[position] >= limit:
            # no longer than the window: a wrong number would close Polar for days
            wait_s = max(wait_s, min(reset_s, window.seconds))
    return wait_s


def _numbers(text: str) -> list[int]:
    """Return the whole numbers of a list with commas, none of a text that is no such list."""
    return list(map(int, text.replace(" ", "").split(","))) if _LIST.fullmatch(text) else []


def _register(account: str) -> ApiRequest:
    # without it no data of a user are given; 409 says that it was done before
    member = json.dumps({"member-id": account})
    return ApiRequest(path=_USERS, method="POST", json=member, accept=_JSON, noted=(409,))


def _withdraw(account: str) -> ApiRequest:
    return ApiRequest(path=f"{_USERS}/{account}", method="DELETE")


def polar_past(account: str, start_ms: int, end_ms: int) -> tuple[Fetch, ...]:
    """Return what is asked for the past of an account in [start, end), epoch ms.

    The list of exercises holds all of the past, so that it is the same fetch in every step.
    """
    fetches = [
        Fetch(
            account=account, resource="exercise_list", key="past", path=_EXERCISES, format="polar"
        )
    ]
    # the patient's local date may be a day further: that day has a cue of its own
    for day in dates_between(start_ms, end_ms, "UTC"):
        for resource, path, query in _OF_DATE:
            fetch = Fetch(
                account=account,
                resource=resource,
                key=f"{day.isoformat()}/past",
                path=f"{path}/{day.isoformat()}",
                query=query,
                format="polar",
            )
            fetches.append(fetch)
    return tuple(fetches)


def _list_webhooks(_account: str) -> ApiRequest:
    return ApiRequest(path=_WEBHOOKS, accept=_JSON, is_collection=True)


def read_webhooks(body: bytes) -> Sequence[Subscription]:
    """Return the webhooks of our application; raises ValueError for what is no list of them.

    One that tells of more than is wanted will do.
    """
    webhooks = []
    for row in rows_of(json_object(body).get("data")):
        listed = row.get("events")
        if not isinstance(listed, list):
            raise ValueError("no webhook")  # noqa: TRY004 - the documented error
        events = set(map(str, listed))
        # an application has one webhook, and one that a person made with more must stay
        about = _ALL if set(POLAR_EVENTS) <= events else " ".join(sorted(events))
        webhook = Subscription(
            about=about,
            callback=str(row.get("url", "")),
            id=str(row.get("id", "")),
            # left out means active: to activate a webhook makes Polar send a PING
            is_active=row.get("active", True) is not False,
        )
        webhooks.append(webhook)
    return webhooks


_ALL = " ".join(POLAR_EVENTS)


def _activate(_webhook: Subscription) -> ApiRequest:
    # after seven days of failures Polar shuts a webhook off
    return ApiRequest(path=f"{_WEBHOOKS}/activate", method="POST")


def _delete_webhook(webhook: Subscription) -> ApiRequest:
    return ApiRequest(path=f"{_WEBHOOKS}/{webhook.id}", method="DELETE")


POLAR = Connector(
    name="polar",
    title="Polar",
    proof=Signature((POLAR_SIGNATURE,)),
    owner=AccountInBody(),
    handshake=answer_ping,
    format=always("polar"),
    answer=RECEIVED,
    passes=Passes(query=("api",)),
    api=Api(
        host="www.polaraccesslink.com",
        auth=OAuth(
            host="auth.polar.com",
            path="/oauth/token",
            scopes=(
                "accesslink.read_all",
                "training_sessions:read",
                "continuous_samples:read",
                "ppi_data:read",
                "activity:read",
                "sleep:read",
                "nightly_recharge:read",
            ),
            authorize_host="auth.polar.com",
            authorize_path="/oauth/authorize",
            revoke=_withdraw,
        ),
        budget=BUDGET,
        request=polar_request,
        rate_wait=polar_rate_wait,
        register=_register,
        backfill=Backfill(most_days=_PAST_DAYS, step_days=_STEP_DAYS, fetches=polar_past),
        subscriptions=Subscriptions(
            wanted=(_ALL,),
            permission=Permission.BASIC,
            listing=_list_webhooks,
            read=read_webhooks,
            delete=_delete_webhook,
            renew=_activate,
        ),
        is_in_eu=True,
    ),
    max_body=MIB,
)
