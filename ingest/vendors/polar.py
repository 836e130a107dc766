"""Polar AccessLink: signed notices that something is there to be fetched.

Polar shows the key in its answer to the request that creates the webhook, and sends a PING before
that. A PING is therefore answered whoever sends it, and nothing of it is kept.

What was announced is asked for by the path of its link. A token of the third interface holds for
years and has no refresh token; one of the fourth holds for hours and has.
"""

import json
import re
from collections.abc import Mapping

from ingest.connector import MIB, AccountInBody, Connector, Probe, VendorAnswer, always
from ingest.proving.proofs import Signature
from ingest.proving.schemes import POLAR_SIGNATURE
from model.received import Fetch
from model.vendor_api import Api, ApiRequest, OAuth, RateWindow

RECEIVED = VendorAnswer(status=200)
BUDGET = (RateWindow(seconds=900, requests=3_000), RateWindow(seconds=86_400, requests=100_000))
_LIST = re.compile(r"\d{1,9}( *, *\d{1,9})*", re.ASCII)
_USAGE, _LIMIT, _RESET = "ratelimit-usage", "ratelimit-limit", "ratelimit-reset"


def answer_ping(probe: Probe) -> VendorAnswer | None:
    """Return the answer to a PING, None for any other request."""
    try:
        event = json.loads(probe.body)
    except (ValueError, RecursionError):
        return None
    # what an unproved sender wrote: nothing of it is kept, and only one field of it is read
    is_ping = isinstance(event, dict) and event.get("event") == "PING"
    return RECEIVED if probe.method == "POST" and is_ping else None


def polar_request(fetch: Fetch) -> ApiRequest:
    """Return the request for what Polar announced: one object, at the path of its link."""
    return ApiRequest(path=fetch.path, query=fetch.query)


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
        if used[position] >= limit:
            wait_s = max(wait_s, min(reset_s, window.seconds))
    return wait_s


def _numbers(text: str) -> list[int]:
    """Return the whole numbers of a list with commas, none of a text that is no such list."""
    return list(map(int, text.replace(" ", "").split(","))) if _LIST.fullmatch(text) else []


POLAR = Connector(
    name="polar",
    title="Polar",
    proof=Signature((POLAR_SIGNATURE,)),
    owner=AccountInBody(),
    handshake=answer_ping,
    format=always("polar"),
    answer=RECEIVED,
    api=Api(
        host="www.polaraccesslink.com",
        auth=OAuth(
            host="auth.polar.com",
            path="/oauth/token",
            scopes=("accesslink.read_all",),
            authorize_host="auth.polar.com",
            authorize_path="/oauth/authorize",
        ),
        budget=BUDGET,
        request=polar_request,
        rate_wait=polar_rate_wait,
    ),
    max_body=MIB,
)
