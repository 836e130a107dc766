"""Each vendor whose patients sign in: where they are led, and whose account comes back."""

import dataclasses
import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from fetcher.tokens import OAuthClient
from ingest.vendors import CONNECTORS
from model.vendors.requests import ApiRequest
from model.vendors.sign_in import OAuth
from model.vendors.tokens import account_in
from patient.linking.binding import Binding, authorize_address
from simulate.vendors.platform.exchanges import Arrived, Grant, Reply
from simulate.vendors.polar_server import PolarServer
from tests.patient.link_world import LinkWorld, Surfer

_BINDING = Binding(state="made-up-state", cookie="made-up-cookie")
_BACK = "https://watch.example.org/callback/x"


def _sign_ins() -> dict[str, OAuth]:
    apis = {row.name: row.api for row in CONNECTORS if row.api is not None}
    return {
        name: api.auth
        for name, api in apis.items()
        if api.auth is not None and api.auth.is_linkable
    }


@pytest.mark.parametrize("name", sorted(_sign_ins()))
def test_a_patient_is_led_to_the_vendors_own_page(name: str) -> None:
    oauth = _sign_ins()[name]
    ours = OAuthClient(oauth=oauth, client_id="id", client_secret="s")  # noqa: S106 - made up
    parts = urlsplit(authorize_address(ours, _BACK, _BINDING))
    values = dict(parse_qsl(parts.query, strict_parsing=True))
    assert (parts.scheme, parts.netloc, parts.path) == (
        "https",
        oauth.authorize_host,
        oauth.authorize_path,
    )
    assert (values["response_type"], values["client_id"]) == ("code", "id")
    assert (values["redirect_uri"], values["state"]) == (_BACK, "made-up-state")
    assert ("code_challenge" in values) == oauth.pkce
    assert "s" not in values.values()
    assert "made-up-cookie" not in parts.query


def test_the_challenge_is_that_of_the_verifier() -> None:
    # RFC 7636, appendix B, with a verifier that only both secrets give
    assert len(_BINDING.verifier) == len(_BINDING.challenge) == 43
    other = Binding(state="made-up-state", cookie="another")
    assert other.verifier != _BINDING.verifier


def _named(body: bytes) -> str:
    values = json.loads(body)
    return account_in(values, ("id",)) if isinstance(values, dict) else ""


@pytest.mark.parametrize(
    ("answer", "status", "page"),
    [
        (b'{"id":9007199254740993}', 200, 200),
        (b'{"id":""}', 200, 502),
        (b'{"id":"a\\nb"}', 200, 502),
        (b'{"id":"' + b"x" * 513 + b'"}', 200, 502),
        (b"[]", 200, 502),
        (b"<html>", 200, 502),
        (b"{}", 503, 503),
    ],
)
def test_the_vendor_is_asked_whose_account_it_is(
    links: LinkWorld, monkeypatch: pytest.MonkeyPatch, answer: bytes, status: int, page: int
) -> None:
    """A vendor whose token answer names nobody, and whose interface does when it is asked."""

    def token_fields(_vendor: PolarServer, grant: Grant) -> dict[str, object]:
        return {"access_token": grant.access, "refresh_token": grant.refresh}

    def interface(_vendor: PolarServer, _arrived: Arrived, _user: str) -> Reply:
        return Reply(status=status, body=answer)

    monkeypatch.setattr(PolarServer, "token_fields", token_fields)
    monkeypatch.setattr(PolarServer, "interface", interface)
    vendor = links.vendors["polar"]
    assert vendor.client is not None
    oauth = dataclasses.replace(vendor.client.oauth, who=ApiRequest(path="/me"), account_of=_named)
    api = dataclasses.replace(vendor.api, auth=oauth, register=None)
    client = dataclasses.replace(vendor.client, oauth=oauth)
    monkeypatch.setitem(links.vendors, "polar", dataclasses.replace(vendor, api=api, client=client))
    patient = links.patient()
    result = Surfer().connect(links.invite(patient), links.account())
    assert result.status_code == page
    is_linked = page == 200
    assert (links.traces(patient)[0] == 1) == is_linked
    if is_linked:
        query = "select account from account where account = %s"
        assert links.column(query, "9007199254740993") == ["9007199254740993"]
