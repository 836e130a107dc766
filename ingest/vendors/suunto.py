"""Suunto: signed messages, in JSON, of workouts and of samples of all day.

The portal also offers an older kind of message, a form under the client's id and secret. It is not
signed, and is refused as unproved.

A request has the patient's token and the key of our subscription, in a header of its own. Suunto
names the user in its answer with the tokens, and in notices by the same name.
"""

import base64
import json
import re
from collections.abc import Mapping

from ingest.connector import AccountInBody, Connector, VendorAnswer, always
from ingest.proving.schemes import SUUNTO_SIGNATURE
from ingest.proving.signed import Signature
from model.received import Fetch
from model.vendors.requests import ApiRequest
from model.vendors.sign_in import CLIENT_ID, OAuth
from model.vendors.tokens import TokenAnswer, account_in, standard_tokens
from model.vendors.vendor_api import Api, Backfill, RateWindow

_AUTH_HOST = "cloudapi-oauth.suunto.com"
# Suunto tells the limit with the subscription; a 429 closes the vendor for as long as it says.
_BUDGET = (RateWindow(seconds=60, requests=60),)
_WORKOUTS = "workouts"
_LISTS = frozenset((_WORKOUTS, "samples"))
_PAGE = 100  # workouts of a list; Suunto gives no more at once
# The key of a page, SINCE-UNTIL:LIMIT+OFFSET, is all of its query. Its answer comes back with it.
_PAGE_KEY = re.compile(r"(\d+)-(\d+):(\d+)\+(\d+)", re.ASCII)
_PAGE_NAMES = ("since", "until", "limit", "offset")
_USER = ("user",)
_DAY_SERIES = ("activity", "sleep")


def suunto_request(fetch: Fetch) -> ApiRequest:
    """Return the request for a workout, its file, a list of workouts, or samples of all day."""
    page = _PAGE_KEY.fullmatch(fetch.key) if fetch.resource == _WORKOUTS else None
    query = fetch.query if page is None else tuple(zip(_PAGE_NAMES, page.groups(), strict=True))
    # by when they were done, and not by when they were changed
    query += (("filter-by-modification-time", "false"),) if page is not None else ()
    is_list = fetch.resource in _LISTS
    return ApiRequest(path=fetch.path, query=query, is_collection=is_list)


def suunto_tokens(body: bytes) -> TokenAnswer:
    """Return the tokens of an answer with the user's name; raises as `standard_tokens` does.

    The name stands beside the tokens, or only within the access token, which is a JWT. It came from
    the token endpoint itself, so its signature says nothing more.
    """
    # read twice: the first reading decides whether it is an answer at all
    tokens = standard_tokens(body)
    account = account_in(json.loads(body), _USER) or account_in(_claims(tokens.access), _USER)
    return TokenAnswer(
        access=tokens.access,
        refresh=tokens.refresh,
        expires_s=tokens.expires_s,
        account=account or tokens.account,
    )


def _claims(token: str) -> Mapping[str, object]:
    """Return what a JWT says, nothing for a token that is none."""
    # vendors may change to opaque tokens at any time, which is no fault
    parts = token.split(".")
    middle = parts[1] if len(parts) == len(("head", "claims", "signature")) else ""
    try:
        # JWTs leave the padding out, and the decoder wants it
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def suunto_revocation(_account: str) -> ApiRequest:
    """Return the request that ends our application's access; the token says whose."""
    query = (("client_id", CLIENT_ID),)
    return ApiRequest(host=_AUTH_HOST, path="/oauth/deauthorize", query=query)


def suunto_past(account: str, start_ms: int, end_ms: int) -> tuple[Fetch, ...]:
    """Return the Fetches of a stretch of the past: workouts by pages, and samples of all day."""
    workouts = Fetch(
        account=account,
        resource=_WORKOUTS,
        key=f"{start_ms}-{end_ms}:{_PAGE}+0",
        path="/v3/workouts/",
        format="suunto",
    )
    samples = []
    for series in _DAY_SERIES:
        of_series = Fetch(
            account=account,
            resource="samples",
            key=f"{series}:{start_ms}-{end_ms}",
            path=f"/247samples/{series}",
            query=(("from", str(start_ms)), ("to", str(end_ms))),
            format="suunto",
        )
        samples.append(of_series)
    return (workouts, *samples)


SUUNTO = Connector(
    name="suunto",
    title="Suunto",
    proof=Signature((SUUNTO_SIGNATURE,)),
    owner=AccountInBody(),
    format=always("suunto"),
    answer=VendorAnswer(status=200),
    api=Api(
        host="cloudapi.suunto.com",
        hosts=(_AUTH_HOST,),
        auth=OAuth(
            host=_AUTH_HOST,
            path="/oauth/token",
            scopes=("workout",),
            authorize_host=_AUTH_HOST,
            authorize_path="/oauth/authorize",
            read=suunto_tokens,
            revoke=suunto_revocation,
        ),
        budget=_BUDGET,
        request=suunto_request,
        key_header="ocp-apim-subscription-key",
        backfill=Backfill(most_days=84, step_days=28, fetches=suunto_past),
    ),
    answer_within_s=1.5,  # it waits two seconds
)
