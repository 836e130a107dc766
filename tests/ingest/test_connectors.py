"""The list of connectors against the folder, and what does not construct."""

from typing import Any

import pytest

from ingest.connector import AccountInBody, Connector, LinkToken, Passes, VendorAnswer, always
from ingest.proving.proofs import LinkOnly
from ingest.proving.repeated import SecretPath, SharedSecret
from ingest.proving.schemes import SVIX
from ingest.proving.signed import Signature
from ingest.vendors import CONNECTORS
from model.received import Fetch
from model.vendors.requests import ApiRequest
from model.vendors.sign_in import OAuth
from model.vendors.vendor_api import Api, Backfill, Permission, RateWindow, Subscriptions
from tests.rooms import ROOT
from tests.rows import values_of, without

_FOLDER = ROOT / "ingest" / "vendors"
_ROW: dict[str, Any] = {
    "name": "v",
    "title": "V",
    "proof": Signature((SVIX,)),
    "owner": AccountInBody(),
    "format": always("v"),
}


def test_every_file_of_the_folder_is_a_connector() -> None:
    files = set(values_of(_FOLDER.glob("*.py"), "stem")) - {"__init__"}
    assert set(values_of(CONNECTORS, "name")) == files
    assert len(set(values_of(CONNECTORS, "name"))) == len(CONNECTORS)


def test_a_connector_without_a_proof_does_not_construct() -> None:
    rest = without(_ROW, "proof")
    with pytest.raises(TypeError, match="proof"):
        Connector(**rest)
    with pytest.raises(ValueError, match="a proof is wanted"):
        Connector(**{**rest, "proof": None})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"proof": LinkOnly()}, "needs a link token"),
        ({"proof": SecretPath(), "owner": LinkToken(at="path")}, "a token or a secret"),
        ({"owner": LinkToken(at="")}, "is somewhere"),
        ({"owner": LinkToken(at="X-Token")}, "lower case"),
        ({"passes": Passes(headers=("X-Name",))}, "lower case"),
        ({"passes": Passes(headers=("authorization",))}, "never travel"),
        ({"answer": VendorAnswer(status=500)}, "a success"),
        ({"max_body": 0}, "has bytes"),
        ({"handshake_parameter": "verify"}, "needs one"),
        ({"owner": LinkToken(at="bearer"), "api": Api(host="a.b")}, "no body names one"),
    ],
)
def test_a_contradiction_does_not_construct(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Connector(**{**_ROW, **changes})


@pytest.mark.parametrize("host", ["", "localhost", "a.b:8443", "u@a.b", "a.b/c", "https://a.b"])
def test_an_api_has_a_pinned_host(host: str) -> None:
    with pytest.raises(ValueError, match="pinned host"):
        Api(host=host)


def _request(fetch: Fetch) -> ApiRequest:
    return ApiRequest(path=fetch.path)


_GOOGLE_PLAIN = "https://www.googleapis.com/auth/fitness.activity.read"


def _nothing(_account: str, _start_ms: int, _end_ms: int) -> tuple[Fetch, ...]:
    return ()


_BACKFILL = Backfill(most_days=30, step_days=1, fetches=_nothing)
_OAUTH = OAuth(host="a.b", path="/t", scopes=())


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"request": _request}, "keeps to a budget"),
        ({"auth": _OAUTH}, "of no use without a request"),
        ({"max_answer": 0}, "has bytes"),
        ({"hosts": ("a.b", "c:8443")}, "pinned host"),
        ({"backfill": _BACKFILL}, "of no use without a request"),
        ({"key_header": "X-Key"}, "lower case"),
        ({"key_header": "authorization"}, "a header of its own"),
    ],
)
def test_an_api_that_contradicts_itself_does_not_construct(
    fields: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        Api(host="a.b", **fields)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"method": "TRACE"}, "the method"),
        ({"host": "127.0.0.1:80"}, "pinned host"),
        ({"form": (("a", "b"),)}, "with a GET neither"),
        ({"json": "{}", "form": (("a", "b"),), "method": "POST"}, "a document or neither"),
    ],
)
def test_a_request_that_contradicts_itself_does_not_construct(
    fields: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        ApiRequest(path="/", **fields)


@pytest.mark.parametrize(("most", "step"), [(0, 0), (5, 6), (5, 0)])
def test_a_backfill_without_days_does_not_construct(most: int, step: int) -> None:
    with pytest.raises(ValueError, match="has days"):
        Backfill(most_days=most, step_days=step, fetches=_nothing)


@pytest.mark.parametrize("wanted", [(), ("a", "a")])
def test_subscriptions_are_wanted_once_each(wanted: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="once"):
        Subscriptions(
            wanted=wanted,
            permission=Permission.BASIC,
            listing=lambda _account: ApiRequest(path="/"),
            read=lambda _body: (),
            delete=lambda _row: ApiRequest(path="/", method="DELETE"),
        )


@pytest.mark.parametrize(
    "scope", ["data:write", "accesslink.Write_all", "activity.modify", _GOOGLE_PLAIN]
)
def test_a_scope_that_may_write_does_not_construct(scope: str) -> None:
    with pytest.raises(ValueError, match="may change data"):
        OAuth(host="a.b", path="/t", scopes=(scope,))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"authorize_host": "a.b"}, "a host and a path"),
        ({"authorize_path": "/a"}, "a host and a path"),
        ({"authorize_host": "localhost", "authorize_path": "/a"}, "pinned host"),
        ({"who": ApiRequest(path="/me")}, "can read the answer"),
        ({"account_of": bytes.decode}, "can read the answer"),
    ],
)
def test_an_authorisation_that_contradicts_itself_does_not_construct(
    fields: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        OAuth(host="a.b", path="/t", scopes=(), **fields)


@pytest.mark.parametrize(("seconds", "requests"), [(0, 1), (1, 0), (-1, 1)])
def test_a_window_without_seconds_or_requests_does_not_construct(
    seconds: int, requests: int
) -> None:
    with pytest.raises(ValueError, match="seconds and requests"):
        RateWindow(seconds=seconds, requests=requests)


def test_an_empty_proof_does_not_construct() -> None:
    with pytest.raises(ValueError, match="a scheme"):
        Signature(())
    with pytest.raises(ValueError, match="headers"):
        SharedSecret(())
