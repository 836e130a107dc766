"""What is asked of a vendor: its pinned hosts only, by a request that reads."""

from dataclasses import replace

import pytest

from fetcher.addresses import RefusedAddressError
from fetcher.parts import FetchedVendor
from fetcher.questions import bearer, permitted, question_of, request_of
from fetcher.tokens import OAuthClient
from model.received import Fetch
from model.vendors.requests import ApiRequest
from model.vendors.sign_in import OAuth
from model.vendors.vendor_api import Api, Permission, RateWindow

_OAUTH = OAuth(host="auth.example.org", path="/token", scopes=("read",))
_FETCH = Fetch(account="u", resource="file", key="1", path="/rest/file", query=(("token", "a b"),))
_ELSEWHERE = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    "169.254.169.254",
    "10.0.0.8",
    "intranet",
    "api.example.org:8443",
    "user@api.example.org",
    "api.example.org@evil.example",
    "api.example.org.evil.example",
    "xapi.example.org",
    "api-example.org",
    "api.example.org.",
    "\u0430pi.example.org",  # its first letter is Cyrillic
]


def _request(fetch: Fetch) -> ApiRequest:
    if fetch.resource == "refused":
        raise ValueError("nothing like it is read")
    methods = {"posted": "POST", "deleted": "DELETE", "put": "PUT"}
    host = {"file": "files.example.org", "other": "other.example.org"}.get(fetch.resource, "")
    return ApiRequest(
        path=fetch.path,
        query=fetch.query,
        method=methods.get(fetch.resource, "GET"),
        host="" if fetch.host else host,
    )


_API = Api(
    host="api.example.org",
    hosts=("files.example.org",),
    auth=_OAUTH,
    budget=(RateWindow(seconds=60, requests=10),),
    request=_request,
    key_header="x-key",
)
_CLIENT = OAuthClient(oauth=_OAUTH, client_id="id", client_secret="s:1")  # noqa: S106 - made up
_VENDOR = FetchedVendor(name="v", api=_API, client=_CLIENT, api_key="made-up")


@pytest.mark.parametrize("host", _ELSEWHERE)
def test_a_link_that_leads_elsewhere_is_refused(host: str) -> None:
    with pytest.raises(RefusedAddressError, match="another host than the vendor's"):
        request_of(_VENDOR, replace(_FETCH, host=host))


@pytest.mark.parametrize("host", ["api.example.org", "files.example.org"])
def test_a_link_to_a_pinned_host_is_asked_there(host: str) -> None:
    request = request_of(_VENDOR, replace(_FETCH, host=host))
    assert question_of(_VENDOR, request, {}).host.name == host


def test_a_request_to_a_host_that_is_not_pinned_is_refused() -> None:
    with pytest.raises(RefusedAddressError, match="no such host"):
        request_of(_VENDOR, replace(_FETCH, resource="other"))


@pytest.mark.parametrize(
    ("resource", "why"),
    [
        ("deleted", "a DELETE may change something"),
        ("put", "a PUT may change something"),
        ("posted", "a POST may change something"),
        ("refused", "nothing like it is read"),
    ],
)
def test_a_request_that_may_write_is_refused(resource: str, why: str) -> None:
    with pytest.raises(RefusedAddressError, match=why):
        request_of(_VENDOR, replace(_FETCH, resource=resource))


def test_a_vendor_that_is_read_by_post_is_asked_by_post_and_by_nothing_else() -> None:
    vendor = replace(_VENDOR, api=replace(_API, reads_by_post="all its reads are forms"))
    assert request_of(vendor, replace(_FETCH, resource="posted")).method == "POST"
    with pytest.raises(RefusedAddressError):
        request_of(vendor, replace(_FETCH, resource="put"))


def test_a_question_has_the_tokens_and_the_key_of_the_application() -> None:
    request = request_of(_VENDOR, replace(_FETCH, resource="day"))
    question = question_of(_VENDOR, request, bearer("t1"))
    assert (question.host.name, question.target) == ("api.example.org", "/rest/file?token=a+b")
    assert question.headers == {
        "accept": "*/*",
        "authorization": "Bearer t1",
        "x-key": "made-up",
    }
    assert bearer("") == {}
    assert "made-up" not in repr(question) + repr(_VENDOR)


def test_a_form_and_a_document_are_bodies() -> None:
    form = ApiRequest(path="/notify", method="POST", form=(("action", "list"), ("x", "a b&c")))
    assert question_of(_VENDOR, form, {}).body == b"action=list&x=a+b%26c"
    document = ApiRequest(path="/users", method="POST", json='{"member-id":"u"}')
    question = question_of(_VENDOR, document, {})
    assert question.body == b'{"member-id":"u"}'
    assert question.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("permission", "header", "value"),
    [
        (Permission.ACCOUNT, "authorization", "Bearer t1"),
        (Permission.BASIC, "authorization", "Basic aWQ6cyUzQTE="),
        (Permission.HEADERS, "x-client-secret", "s:1"),
        (Permission.KEY, "authorization", None),
    ],
)
def test_an_application_shows_itself_as_the_vendor_wants(
    permission: Permission, header: str, value: str | None
) -> None:
    question = permitted(_VENDOR, permission, ApiRequest(path="/subscriptions"), "t1")
    assert question.headers.get(header) == value
    assert question.headers["x-key"] == "made-up"


def test_parameters_of_the_application_stand_beside_the_others() -> None:
    listed = ApiRequest(path="/subscriptions", query=(("a", "b"),))
    question = permitted(_VENDOR, Permission.PARAMETERS, listed)
    assert question.target == "/subscriptions?client_id=id&client_secret=s%3A1&a=b"
    made = ApiRequest(path="/subscriptions", method="POST", form=(("a", "b"),))
    question = permitted(_VENDOR, Permission.PARAMETERS, made)
    assert question.body == b"client_id=id&client_secret=s%3A1&a=b"
