"""Withings played against our connector and readers: what is known is what the vendor knows."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from fetcher.answers import Meaning
from ingest.proving.addressed import account_query
from ingest.vendors.withings import WITHINGS, withings_tokens
from model.received import Fetch, Notice, NoticeKind
from model.vendors.requests import ApiRequest
from model.vendors.tokens import GrantEndedError
from model.vendors.vendor_api import Subscription, Subscriptions
from simulate.vendors.platform.exchanges import Arrived, Reply
from simulate.vendors.withings import WithingsServer
from tests.vendors.driven import Clock, Driven, arrived_as, shuffler

_KEY, _USER = "withings-key-made-up-0123456789", "12345"
_CALLBACK = "http://door.example/v1/hooks/withings"
_HOME = ZoneInfo("Europe/Stockholm")
_NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
_DAYS = frozenset(("steps",))
_BED, _UP = datetime(2026, 11, 24, 23, tzinfo=_HOME), datetime(2026, 11, 25, 6, 30, tzinfo=_HOME)


@pytest.fixture
def driven() -> Driven:
    clock = Clock(_NOW.timestamp())
    server = WithingsServer(now_s=clock.now_s)
    server.book.handshake = lambda _callback: True
    driven = Driven(connector=WITHINGS, server=server, clock=clock, key=_KEY, user=_USER)
    for about in _subscriptions().wanted:
        assert _stated(_answer_to(driven, _create_of(about))) == 0
    return driven


def _subscriptions() -> Subscriptions:
    assert WITHINGS.api is not None
    assert WITHINGS.api.subscriptions is not None
    return WITHINGS.api.subscriptions


def _create_of(about: str) -> ApiRequest:
    wanted = Subscription(about=about, callback=_CALLBACK, account=_USER)
    create = _subscriptions().create
    assert create is not None
    return create(wanted, _KEY)


def _answer_to(driven: Driven, request: ApiRequest) -> Reply:
    return driven.server.answered(arrived_as(request, {"authorization": driven.bearer()}))


def _stated(reply: Reply) -> int:
    return int(json.loads(reply.body)["status"])


def _server(driven: Driven) -> WithingsServer:
    assert isinstance(driven.server, WithingsServer)
    return driven.server


def _live(driven: Driven) -> None:
    server = _server(driven)
    server.walk(_USER, datetime(2026, 11, 24, 7, tzinfo=_HOME), 20)
    server.walk(_USER, datetime(2026, 11, 24, 17, tzinfo=_HOME), 12, category=2)
    server.sleep(_USER, _BED, _UP)
    server.walk(_USER, datetime(2026, 11, 25, 8, tzinfo=_HOME), 15)
    server.weigh(_USER, datetime(2026, 11, 25, 7, tzinfo=_HOME), 71_503)


def _arrive(driven: Driven) -> None:
    assert set(driven.deliver(_server(driven).sender)) <= {200}
    driven.fetch_all()


def test_what_is_known_is_what_the_vendor_knows(driven: Driven) -> None:
    _live(driven)
    _arrive(driven)
    assert driven.known(_DAYS) == _server(driven).truth(_USER)
    assert (driven.rejects, set(driven.meanings)) == ([], {Meaning.HERE})


@pytest.mark.parametrize("seed", range(4))
def test_cues_that_come_shuffled_and_doubled_change_nothing(driven: Driven, seed: int) -> None:
    _live(driven)
    _server(driven).sender.mix(shuffler(seed))
    _arrive(driven)
    assert driven.known(_DAYS) == _server(driven).truth(_USER)


def test_a_day_that_grows_replaces_itself_in_any_order(driven: Driven) -> None:
    _live(driven)
    _arrive(driven)
    driven.clock.s += 3_600
    _server(driven).walk(_USER, datetime(2026, 11, 25, 9, 30, tzinfo=_HOME), 30)
    _arrive(driven)
    wanted = _server(driven).truth(_USER)
    facts = tuple(driven.facts)
    for seed in range(5):
        driven.facts = shuffler(seed).sample(facts, len(facts))
        assert driven.known(_DAYS) == wanted


def test_the_past_comes_by_pages_and_days(driven: Driven) -> None:
    _live(driven)
    _server(driven).sender.waiting.clear()
    first = datetime(2026, 11, 23, tzinfo=UTC).timestamp() * 1000
    driven.past(int(first), driven.clock.now_ms())
    assert driven.known(_DAYS) == _server(driven).truth(_USER)
    assert any("#" in fetch.key for fetch in driven.requests)


def test_who_leaves_is_told_and_then_nothing_is_read(driven: Driven) -> None:
    _live(driven)
    _arrive(driven)
    _server(driven).leave(_USER)
    driven.deliver(_server(driven).sender)
    assert driven.notices == [Notice(account=_USER, kind=NoticeKind.REVOKED)]
    driven.meanings.clear()
    driven.ask(Fetch(account=_USER, resource="getmeas", key="1", path="/measure"))
    assert driven.meanings == [Meaning.UNAUTHORISED]


def test_a_cue_in_the_name_of_another_is_refused(driven: Driven) -> None:
    server = _server(driven)
    address = server.book.callbacks("16", _USER)[0]
    server.sender.push(b"userid=99&appli=46&action=unlink", address)
    assert driven.deliver(server.sender) == [200]
    assert [reject.why for reject in driven.rejects] == ["not the account of this address"]
    server.sender.push(b"userid=99&appli=46&action=unlink", address.replace("12345", "99"))
    assert driven.deliver(server.sender) == [401]
    assert driven.notices == []


def test_subscriptions_are_listed_and_removed(driven: Driven) -> None:
    subscriptions = _subscriptions()
    rows = subscriptions.read(_answer_to(driven, subscriptions.listing(_USER)).body)
    assert {row.about for row in rows} == {"1", "4", "16", "44", "46"}
    assert {row.callback for row in rows} == {_CALLBACK}
    assert {row.id for row in rows} == {f"{_CALLBACK}{account_query(_KEY, _USER)}"}
    assert {row.ends_ms for row in rows} == {0}
    assert _stated(_answer_to(driven, subscriptions.delete(rows[0]))) == 0
    assert len(subscriptions.read(_answer_to(driven, subscriptions.listing(_USER)).body)) == 4


@pytest.mark.parametrize(
    "body", [b"<html>", b'{"status":401,"body":{}}', b'{"status":0,"body":{}}', b'{"status":0}']
)
def test_what_is_no_list_of_subscriptions_removes_none(body: bytes) -> None:
    with pytest.raises(ValueError, match="answer"):
        _subscriptions().read(body)


def _token_form(driven: Driven, refresh: str) -> Arrived:
    server = driven.server
    form = (
        ("action", "requesttoken"),
        ("grant_type", "refresh_token"),
        ("client_id", server.client_id),
        ("client_secret", server.client_secret),
        ("refresh_token", refresh),
    )
    return arrived_as(ApiRequest(path="/v2/oauth2", method="POST", form=form), {})


def test_tokens_are_nested_and_an_ended_grant_is_known(driven: Driven) -> None:
    answer = json.dumps(driven.server.grant(_USER)).encode()
    tokens = withings_tokens(answer)
    assert (tokens.account, tokens.expires_s) == (_USER, 43_200)
    renewed = withings_tokens(driven.server.exchanged(_token_form(driven, tokens.refresh)).body)
    assert renewed.access != tokens.access
    ended = driven.server.exchanged(_token_form(driven, "no such token")).body
    with pytest.raises(GrantEndedError):
        withings_tokens(ended)


@pytest.mark.parametrize("body", [b'{"status":601,"body":{}}', b'{"status":0,"body":[]}', b"[]"])
def test_an_answer_without_tokens_ends_no_grant(body: bytes) -> None:
    with pytest.raises(ValueError, match="answer") as caught:
        withings_tokens(body)
    assert not isinstance(caught.value, GrantEndedError)
