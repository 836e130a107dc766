"""A request to a vendor as it is sent: its host, its headers and its body. It sends nothing.

Only a pinned host is asked, and only what reads is asked for a fetch, whatever a payload says.
"""

from collections.abc import Mapping
from dataclasses import replace

from fetcher.addresses import RefusedAddressError, api_host, target_of
from fetcher.client import Question
from fetcher.parts import FetchedVendor
from fetcher.tokens import basic
from model.received import Fetch
from model.vendors.requests import ApiRequest
from model.vendors.vendor_api import Permission

_JSON_TYPE = "application/json"


def request_of(vendor: FetchedVendor, fetch: Fetch) -> ApiRequest:
    """Return what is asked for a fetch; raises `RefusedAddressError` for what must not be asked."""
    api = vendor.api
    assert api.request is not None  # noqa: S101 - such a vendor is not asked
    # Readers take nothing but a path from a link. What else it says must be the vendor's own.
    if fetch.host and fetch.host not in {api.host, *api.hosts}:
        raise RefusedAddressError("the link leads to another host than the vendor's")
    try:
        request = api.request(fetch)
        api.check_reads(request)
        # after the check above, so that a link can choose among pinned hosts and name no other
        if fetch.host and not request.host:
            request = replace(request, host=fetch.host)
        api.host_of(request)
    except ValueError as error:
        raise RefusedAddressError(str(error)) from error
    # made only for its refusal: an unsafe path must not cost a request of the budget
    target_of(request)
    return request


def question_of(vendor: FetchedVendor, request: ApiRequest, headers: Mapping[str, str]) -> Question:
    """Return a request to a vendor with the headers that permit it.

    Raises `RefusedAddressError` for an unsafe path, and ValueError for a host that is not pinned.
    """
    own = {"accept": request.accept, **headers}
    if vendor.api.key_header and vendor.api_key:
        own[vendor.api.key_header] = vendor.api_key
    if request.json:
        own["content-type"] = _JSON_TYPE
    return Question(
        host=api_host(vendor.api.host_of(request), vendor.api_address),
        target=target_of(request),
        headers=own,
        most=vendor.api.max_answer,
        method=request.method,
        form=request.form,
        json=request.json,
    )


def bearer(access: str) -> Mapping[str, str]:
    """Return the header that carries an account's access token; none without a token."""
    return {"authorization": f"Bearer {access}"} if access else {}


def permitted(
    vendor: FetchedVendor, permission: Permission, request: ApiRequest, access: str = ""
) -> Question:
    """Return a request in the name of an account (with its token) or of our application."""
    ours = vendor.client
    if permission is Permission.ACCOUNT:
        return question_of(vendor, request, bearer(access))
    if ours is None or permission is Permission.KEY:
        return question_of(vendor, request, {})
    if permission is Permission.BASIC:
        return question_of(vendor, request, basic(ours))
    if permission is Permission.HEADERS:
        pair = {"x-client-id": ours.client_id, "x-client-secret": ours.client_secret}
        return question_of(vendor, request, pair)
    own = (("client_id", ours.client_id), ("client_secret", ours.client_secret))
    if request.method == "POST":
        return question_of(vendor, replace(request, form=(*own, *request.form)), {})
    # a GET or DELETE has no body, so vendors that want parameters read them from the query
    return question_of(vendor, replace(request, query=(*own, *request.query)), {})
