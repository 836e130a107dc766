"""What a token endpoint may answer, and what is taken of it."""

import json
from dataclasses import replace

import pytest

from fetcher.answers import VendorResponse
from fetcher.tokens import OAuthClient, refresh_question, stored_tokens, token_answer
from model.vendors.sign_in import ClientAuth, OAuth
from model.vendors.tokens import GrantEndedError, TokenAnswer
from storage.fetching.connections import Tokens

_OAUTH = OAuth(host="auth.example.org", path="/oauth/token", scopes=("read",))


def _answer(values: object, status: int = 200) -> VendorResponse:
    return VendorResponse(status=status, headers={}, body=json.dumps(values).encode())


def _read(values: object, status: int = 200) -> TokenAnswer:
    return token_answer(_OAUTH, _answer(values, status))


def test_new_tokens_are_taken_with_their_end() -> None:
    values = {"access_token": "a2", "refresh_token": "r2", "expires_in": 3600, "x_user_id": 475}
    answer = _read(values)
    assert answer == TokenAnswer(access="a2", refresh="r2", expires_s=3600, account="475")
    kept = Tokens(access="a2", refresh="r2", expires_ms=3_601_000)
    assert stored_tokens(answer, "r1", 1_000) == kept
    assert "a2" not in repr(answer)


def test_a_vendor_that_does_not_rotate_keeps_the_refresh_token() -> None:
    assert stored_tokens(_read({"access_token": "a2"}), "r1", 0) == Tokens(
        access="a2", refresh="r1"
    )


_NOT_TAKEN = [
    ({"access_token": ""}, 200),
    ({"access_token": 7}, 200),
    ({"access_token": "a\r\nx: y"}, 200),
    ({"access_token": "ä"}, 200),
    ({"access_token": "a", "refresh_token": 7}, 200),
    (["access_token"], 200),
    ({"access_token": "a"}, 500),
    ({"access_token": "a"}, 400),
    ({}, 200),
    ({"error": "invalid_client"}, 401),  # our own mistake
    ({"error": {"code": 401, "status": "UNAUTHENTICATED"}}, 401),
    ({"error": ["invalid_grant"]}, 400),
    ({"error": "invalid_grant"}, 503),
]


@pytest.mark.parametrize(("values", "status"), _NOT_TAKEN)
def test_what_is_no_token_is_not_taken(values: object, status: int) -> None:
    with pytest.raises(ValueError, match=r"vendor|answer|token") as raised:
        _read(values, status)
    assert not isinstance(raised.value, GrantEndedError)


@pytest.mark.parametrize("lasts", [True, 0, -1, "soon", "-1", "9" * 11, 2**70, [3600], None])
def test_an_end_that_cannot_be_is_unknown(lasts: object) -> None:
    assert _read({"access_token": "a", "expires_in": lasts}).expires_s == 0


@pytest.mark.parametrize("lasts", [3600, "3600", 3600.9])
def test_an_end_may_be_written_as_text(lasts: object) -> None:
    assert _read({"access_token": "a", "expires_in": lasts}).expires_s == 3600


def test_a_refresh_token_of_null_is_none() -> None:
    # as of a vendor that does not rotate: the one that we have holds on
    answer = _read({"access_token": "a", "refresh_token": None})
    assert stored_tokens(answer, "r1", 0).refresh == "r1"


@pytest.mark.parametrize("status", [200, 400, 401, 403])
def test_only_the_vendors_own_word_breaks_a_connection(status: int) -> None:
    with pytest.raises(GrantEndedError):
        _read({"error": "invalid_grant"}, status)


_BROKEN = [
    VendorResponse(status=400, headers={}, body=b"<html>"),
    VendorResponse(status=400, headers={}, body=b"[" * 100_000),
    VendorResponse(status=200, headers={}, body=b'{"error":"invalid_grant"}', fault="no answer"),
]


@pytest.mark.parametrize("response", _BROKEN)
def test_a_broken_answer_breaks_no_connection(response: VendorResponse) -> None:
    with pytest.raises(ValueError, match="the") as raised:
        token_answer(_OAUTH, response)
    assert not isinstance(raised.value, GrantEndedError)


def test_an_application_proves_itself_in_the_form_where_the_vendor_wants_it() -> None:
    oauth = replace(_OAUTH, client_auth=ClientAuth.BODY, token_form=(("action", "requesttoken"),))
    ours = OAuthClient(oauth=oauth, client_id="id", client_secret="s e")  # noqa: S106 - made up
    question = refresh_question(ours, "r1")
    assert "authorization" not in question.headers
    assert dict(question.form) == {
        "action": "requesttoken",
        "grant_type": "refresh_token",
        "refresh_token": "r1",
        "client_id": "id",
        "client_secret": "s e",
    }


def test_a_refresh_goes_to_the_token_host_with_our_clients_name() -> None:
    ours = OAuthClient(oauth=_OAUTH, client_id="id", client_secret="s e")  # noqa: S106 - made up
    question = refresh_question(ours, "r1")
    assert (question.host.name, question.target) == ("auth.example.org", "/oauth/token")
    assert question.headers["authorization"] == "Basic aWQ6cytl"  # id:s+e
    assert question.method == "POST"
    assert question.form == (("grant_type", "refresh_token"), ("refresh_token", "r1"))
    assert "s e" not in repr(ours)
