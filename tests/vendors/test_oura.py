"""Oura played against our connector and readers: what is known equals what the vendor knows."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations

import pytest

from ingest.proving.verify import Verdict, verify
from ingest.vendors.oura import OURA, oura_past, verification_token
from kadens.recorded.requests import expected_answer
from model.vendors.sign_in import ACCESS_TOKEN
from model.vendors.vendor_api import Subscription
from simulate.vendors.oura import OuraServer, oura_objects
from simulate.vendors.platform.exchanges import Reply
from tests.rooms import ROOT, SHARED
from tests.vendors.driven import Clock, Driven, arrived_as, shuffler
from tests.vendors.lines import facts_of_payload

_KEY, _USER = "no-real-secret", "ring-7"
_CALLBACK = "http://door.example/v1/hooks/oura"
_DAYS = frozenset(("steps", "active_energy"))
_MIDNIGHT = datetime(2026, 11, 24, tzinfo=timezone(timedelta(hours=1)))
_NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.fixture
def driven() -> Driven:
    clock = Clock(_NOW.timestamp())
    server = OuraServer(now_s=clock.now_s, client_secret=_KEY)
    server.book.handshake = lambda _callback: True
    assert OURA.api is not None
    assert OURA.api.subscriptions is not None
    assert OURA.api.subscriptions.create is not None
    for about in OURA.api.subscriptions.wanted:
        wanted = Subscription(about=about, callback=_CALLBACK)
        assert _answer_to(server, OURA.api.subscriptions.create(wanted, _KEY)).status == 201
    return Driven(connector=OURA, server=server, clock=clock, key=_KEY, user=_USER)


def _answer_to(server: OuraServer, request: object) -> Reply:
    pair = {"x-client-id": server.client_id, "x-client-secret": server.client_secret}
    return server.answered(arrived_as(request, pair))  # type: ignore[arg-type]


def _server(driven: Driven) -> OuraServer:
    assert isinstance(driven.server, OuraServer)
    return driven.server


def _live(driven: Driven, midnight: datetime = _MIDNIGHT) -> None:
    """Let a user live a day, with a heart rate before, in and after the run."""
    for kind, value in oura_objects(midnight):
        _server(driven).put(_USER, kind, value)
    run = midnight + timedelta(hours=8)
    for minute in range(-5, 40, 5):
        origin = "workout" if 0 <= minute < 30 else "awake"
        _server(driven).beat(_USER, run + timedelta(minutes=minute), 90 + minute, origin)


def _arrive(driven: Driven) -> None:
    statuses = driven.deliver(_server(driven).sender)
    assert set(statuses) <= {200}
    driven.fetch_all()


def test_what_is_known_is_what_the_vendor_knows(driven: Driven) -> None:
    _live(driven)
    _arrive(driven)
    assert driven.known(_DAYS) == _server(driven).truth(_USER)
    assert driven.rejects == []


@pytest.mark.parametrize("seed", range(4))
def test_cues_that_come_shuffled_and_doubled_change_nothing(driven: Driven, seed: int) -> None:
    _live(driven)
    _server(driven).sender.mix(shuffler(seed))
    _arrive(driven)
    assert driven.known(_DAYS) == _server(driven).truth(_USER)


def test_facts_that_are_worked_on_in_another_order_change_nothing(driven: Driven) -> None:
    _live(driven)
    _arrive(driven)
    driven.clock.s += 3_600
    _change(driven)
    _arrive(driven)
    wanted = _server(driven).truth(_USER)
    facts = tuple(driven.facts)
    for seed in range(5):
        driven.facts = shuffler(seed).sample(facts, len(facts))
        assert driven.known(_DAYS) == wanted


def _change(driven: Driven) -> None:
    server = _server(driven)
    own = server.objects[_USER]
    (workout,) = own["workout"].values()
    server.put(_USER, "workout", {**workout, "activity": "walking"})
    (day,) = own["daily_activity"].values()
    server.put(_USER, "daily_activity", {**day, "steps": 5200})
    (sleep,) = own["sleep"].values()
    server.put(_USER, "sleep", {**sleep, "type": "deleted"})


def test_a_revision_replaces_and_what_its_wearer_rejects_is_no_wear(driven: Driven) -> None:
    _live(driven)
    _arrive(driven)
    driven.clock.s += 3_600
    _change(driven)
    _arrive(driven)
    known = driven.known(_DAYS)
    assert known == _server(driven).truth(_USER)
    ((_, _, kind),) = known.workouts
    assert (kind, known.worn) == ("walking", set())
    assert known.days[_MIDNIGHT.date()]["steps"] == 5200


def test_a_deletion_retracts_in_any_order(driven: Driven) -> None:
    _live(driven)
    _arrive(driven)
    driven.clock.s += 3_600
    server = _server(driven)
    server.remove(_USER, "workout", next(iter(server.objects[_USER]["workout"])))
    _arrive(driven)
    assert driven.known(_DAYS) == server.truth(_USER)
    assert driven.known(_DAYS).workouts == set()
    of_workout = [item for item in driven.facts if "workout:" in item.fact.head.record]
    rest = [item for item in driven.facts if item not in of_workout]
    for order in permutations(of_workout):
        driven.facts = [*order, *rest]
        assert driven.known(_DAYS).workouts == set()


def test_a_deletion_holds_against_an_answer_that_came_later(driven: Driven) -> None:
    _live(driven)
    server = _server(driven)
    driven.deliver(server.sender)  # nothing is fetched yet
    name = next(iter(server.objects[_USER]["workout"]))
    workout = server.objects[_USER]["workout"][name]
    driven.clock.s += 60
    server.remove(_USER, "workout", name)
    driven.deliver(server.sender)
    server.objects[_USER]["workout"][name] = workout  # an old copy answers once more
    driven.fetch_all()
    assert driven.known(_DAYS).workouts == set()


def test_what_is_kept_of_an_object_gives_the_same_facts_in_a_replay(driven: Driven) -> None:
    _live(driven)
    _arrive(driven)
    fetched = [item for item in driven.facts if item.fact.head.record.startswith("workout:")]
    (first,) = fetched
    kept = json.dumps(_server(driven).objects[_USER]["workout"], indent=1)
    (value,) = json.loads(kept).values()
    sent = driven.requests[1].key.rpartition("/")[2]
    body = json.dumps({"cue_time": sent, "data": [value]}).encode()
    (again,) = facts_of_payload("oura", body)
    assert again.head == first.fact.head


def test_the_past_comes_by_pages(driven: Driven) -> None:
    for day in range(5):
        _live(driven, _MIDNIGHT - timedelta(days=day))
    _server(driven).sender.waiting.clear()
    start = (_MIDNIGHT - timedelta(days=6)).timestamp() * 1000
    driven.past(int(start), driven.clock.now_ms())
    assert driven.known(_DAYS) == _server(driven).truth(_USER)
    assert len(driven.known(_DAYS).days) == 5
    followed = [fetch for fetch in driven.requests if "#" in fetch.key]
    assert {fetch.resource for fetch in followed} >= {"workout", "sleep", "heartrate"}


def test_subscriptions_are_listed_renewed_and_deleted(driven: Driven) -> None:
    assert OURA.api is not None
    subscriptions = OURA.api.subscriptions
    assert subscriptions is not None
    assert subscriptions.renew is not None
    server = _server(driven)
    rows = subscriptions.read(_answer_to(server, subscriptions.listing("")).body)
    assert {row.about for row in rows} == set(subscriptions.wanted)
    assert {row.callback for row in rows} == {_CALLBACK}
    (ends_ms,) = {row.ends_ms for row in rows}
    assert ends_ms == driven.clock.now_ms() + 90 * 86_400_000
    driven.clock.s += 86 * 86_400
    assert _answer_to(server, subscriptions.renew(rows[0])).status == 200
    renewed = subscriptions.read(_answer_to(server, subscriptions.listing("")).body)
    assert max(row.ends_ms for row in renewed) == driven.clock.now_ms() + 90 * 86_400_000
    assert _answer_to(server, subscriptions.delete(rows[1])).status == 204
    assert len(server.book.of()) == len(subscriptions.wanted) - 1


def test_an_address_of_another_event_is_a_stray() -> None:
    row = {
        "id": "s-1",
        "callback_url": f"{_CALLBACK}/update.sleep",
        "event_type": "create",
        "data_type": "workout",
        "expiration_time": "2027-01-01T00:00:00+00:00",
    }
    assert OURA.api is not None
    assert OURA.api.subscriptions is not None
    (read,) = OURA.api.subscriptions.read(json.dumps([row]).encode())
    assert read.callback != _CALLBACK
    for body in (b"{}", b"[1]", b"<html>", b""):
        with pytest.raises(ValueError, match="answer"):
            OURA.api.subscriptions.read(body)


def test_whose_tokens_they_are_is_asked(driven: Driven) -> None:
    assert OURA.api is not None
    auth = OURA.api.auth
    assert auth is not None
    assert auth.who is not None
    assert auth.account_of is not None
    assert auth.revoke is not None
    who = driven.server.answered(arrived_as(auth.who, {"authorization": driven.bearer()}))
    assert auth.account_of(who.body) == _USER
    assert auth.revoke(_USER).query == (("access_token", ACCESS_TOKEN),)


def test_the_token_of_an_address_is_not_the_key() -> None:
    assert _KEY not in verification_token(_KEY)
    assert verification_token(_KEY) != verification_token("another key")


_CASE = SHARED / "cases" / "OU01"


@pytest.mark.skipif(not _CASE.exists(), reason="the shared cases are not there")
def test_the_field_case_of_raw_and_compact_bodies() -> None:
    assert OURA.proof.needs_key
    vectors = json.loads((_CASE / "vectors.json").read_text(encoding="utf-8"))
    body, at = (_CASE / "body.json").read_bytes(), vectors["timestamp"]
    wanted = {
        vectors["signature_over_raw"]: Verdict.OK,
        vectors["signature_over_compact_json"]: Verdict.OK,
        "0" * 64: Verdict.FORGED,
    }
    for signature, verdict in wanted.items():
        headers = {"x-oura-timestamp": at, "x-oura-signature": signature}
        judged = verify(
            OURA.proof.schemes,  # type: ignore[union-attr]
            [vectors["secret"]],
            headers,
            body,
            now_ms=int(at) * 1000,
            window_ms=300_000,
        )
        assert judged is verdict
    expected = json.loads((_CASE / "expected.json").read_text(encoding="utf-8"))
    # the challenge is recorded at the door, and a deletion is tried above
    assert set(expected) == {
        "raw", "compact", "any_other", "delete_event", "challenge", "never_answer"
    }  # fmt: skip
    recorded = (ROOT / "tests" / "data" / "oura").glob("*/door.json")
    answers = {expected_answer(path.parent)["status"] for path in recorded}
    assert expected["never_answer"] not in answers


def test_only_the_members_of_a_compact_body_in_their_order_are_signed() -> None:
    body = json.dumps({"a": "\u00e9", "b": [1, 2.0, None]}, indent=2).encode()
    for signed, verdict in (
        ('{"a":"\u00e9","b":[1,2.0,null]}', Verdict.OK),
        ('{"b":[1,2.0,null],"a":"\u00e9"}', Verdict.FORGED),
        ('{"a":"\\u00e9","b":[1,2.0,null]}', Verdict.FORGED),
    ):
        digest = hmac.new(b"k", b"7" + signed.encode(), hashlib.sha256).hexdigest()
        headers = {"x-oura-timestamp": "7", "x-oura-signature": digest}
        judged = verify(
            OURA.proof.schemes,  # type: ignore[union-attr]
            ["k"],
            headers,
            body,
            now_ms=7_000,
            window_ms=1,
        )
        assert judged is verdict


def test_what_is_subscribed_to_has_the_names_of_the_webhook() -> None:
    """Oura's interface of webhooks writes one type otherwise than the address of its objects."""
    assert OURA.api is not None
    assert OURA.api.subscriptions is not None
    assert {about.split()[1] for about in OURA.api.subscriptions.wanted} == {
        "workout",
        "session",
        "daily_activity",
        "sleep",
        "vo2_max",
    }
    assert {fetch.resource for fetch in oura_past("ring-7", 0, 86_400_000)} == {
        "workout",
        "session",
        "daily_activity",
        "sleep",
        "vO2_max",
        "heartrate",
    }
