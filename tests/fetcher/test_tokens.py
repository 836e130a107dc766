"""What a token endpoint may answer, and what is taken of it."""

import json

import pytest

from fetcher.answers import VendorResponse
from fetcher.tokens import OAuthClient, fresh_tokens, is_rejected, refresh_question
from model.vendor_api import OAuth
from storage.fetching.connections import Tokens

_OAUTH = OAuth(host="auth.example.org", path="/oauth/token", scopes=("read",))


def _answer(values: object, status: int = 200) -> VendorResponse:
    return VendorResponse(status=status, headers={}, body=json.dumps(values).encode())


def test_new_tokens_are_taken_with_their_end() -> None:
    values = {"access_token": "a2", "refresh_token": "r2", "expires_in": 3600}
    tokens = fresh_tokens(_answer(values), "r1", 1_000)
    assert tokens == Tokens(access="a2", refresh="r2", expires_ms=3_601_000)


def test_a_vendor_that_does_not_rotate_keeps_the_refresh_token() -> None:
    assert fresh_tokens(_answer({"access_token": "a2"}), "r1", 0) == Tokens(
        access="a2", refresh="r1"
    )


_NOT_TAKEN = [
    ({"access_token": ""}, 200),
    ({"access_token": 7}, 200),
    ({"access_token": "a\r\nx: y"}, 200),
    ({"access_token": "ä"}, 200),
    ({"access_token": "a", "refresh_token": None}, 200),
    (["access_token"], 200),
    ({"access_token": "a"}, 500),
    ({}, 200),
]


@pytest.mark.parametrize(("values", "status"), _NOT_TAKEN)
def test_what_is_no_token_is_not_taken(values: object, status: int) -> None:
    response = _answer(values, status)
    assert fresh_tokens(response, "r1", 0) is None
    assert not is_rejected(response)


@pytest.mark.parametrize("lasts", [True, 0, -1, "3600", 2**70, None])
def test_an_end_that_cannot_be_is_unknown(lasts: object) -> None:
    tokens = fresh_tokens(_answer({"access_token": "a", "expires_in": lasts}), "r", 0)
    assert tokens is not None
    assert tokens.expires_ms == 0


def test_only_the_vendors_own_word_breaks_a_connection() -> None:
    assert is_rejected(_answer({"error": "invalid_grant"}, 400))
    assert not is_rejected(_answer({"error": "invalid_client"}, 401))  # our own mistake
    assert not is_rejected(_answer({"error": "invalid_grant"}, 503))
    assert not is_rejected(VendorResponse(status=400, headers={}, body=b"<html>"))
    assert not is_rejected(VendorResponse(status=400, headers={}, fault="no answer"))


def test_a_refresh_goes_to_the_token_host_with_our_clients_name() -> None:
    ours = OAuthClient(oauth=_OAUTH, client_id="id", client_secret="s e")  # noqa: S106 - made up
    question = refresh_question(ours, "r1")
    assert (question.host.name, question.target) == ("auth.example.org", "/oauth/token")
    assert question.headers["authorization"] == "Basic aWQ6cytl"  # id:s+e
    assert question.form == {"grant_type": "refresh_token", "refresh_token": "r1"}
    assert "s e" not in repr(ours)
