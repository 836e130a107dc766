"""Google Health that is played: what its pushes and answers give equals its truth, in any order."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random

import pytest

from fetcher.answers import Meaning, VendorResponse, meaning_of
from fetcher.key_sets import key_set_load
from ingest.key_sets import KeySetFollower
from ingest.proving.evidence import Evidence
from ingest.proving.verify import Check, Verdict
from ingest.vendors.google_health import GOOGLE_HEALTH, KEY_SET, google_account, google_past
from kadens.derivation.held_facts import HeldFacts, hold_facts
from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS
from model.facts import AttributedFact, DaySummary, Workout
from model.received import Context, Fetch, Part
from parsers.formats import read_items
from simulate.vendors.google import GoogleJson, GoogleUser, published_keys
from simulate.vendors.google_server import GoogleServer
from simulate.vendors.platform.exchanges import Arrived
from simulate.vendors.platform.vendor_http import serving_vendor
from simulate.vendors.playing.played_vendors import VENDORS
from tests.rows import matching
from tests.vendors.intake import as_known

_NAME = "google_health"
_T0 = 1_771_225_200_000  # 2026-02-16T07:00:00Z
_NOON = _T0 + 5 * HOUR_MS
_RECEIVED = _T0 + 10 * DAY_MS


@dataclass(slots=True)
class _Intake:
    """What was received of one user: each body with its context."""

    server: GoogleServer
    user: str
    received: list[tuple[bytes, Context]] = field(default_factory=list)

    def take(self, *notices: GoogleJson) -> None:
        """Receive a push, and then every answer to what it announces."""
        context = Context(connector=_NAME, received_ms=self._now())
        waiting = self._read(json.dumps(notices).encode(), context)
        while waiting:
            waiting += self.answer(waiting.pop(0))

    def answer(self, fetch: Fetch) -> list[Fetch]:
        reply = self.server.page(self.user, fetch.resource, dict(fetch.query))
        assert reply.status == 200
        context = Context(connector=_NAME, received_ms=self._now(), requested=as_known(fetch))
        return self._read(reply.body, context)

    def _now(self) -> int:
        return _RECEIVED + len(self.received) * MINUTE_MS

    def _read(self, body: bytes, context: Context) -> list[Fetch]:
        self.received.append((body, context))
        items = list(read_items(_NAME, body, context))
        assert [item for item in items if not isinstance(item, Fetch | Part)] == []
        return [item for item in items if isinstance(item, Fetch)]

    def held(self, order: Sequence[int]) -> HeldFacts:
        facts: list[AttributedFact] = []
        for number in order:
            body, context = self.received[number]
            for part in read_items(_NAME, body, context):
                if isinstance(part, Part):
                    assert part.rejects == ()
                    facts += _attributed(part, body, context.received_ms)
        return hold_facts(facts, "p1", "Europe/Stockholm")


def _attributed(part: Part, body: bytes, received_ms: int) -> list[AttributedFact]:
    # what is kept of an answer names it: its own bytes, or those with the mark of a deletion
    digest = sha256(body if part.kept is None else part.kept).hexdigest()
    return [
        AttributedFact(
            patient="p1", connector=_NAME, received_ms=received_ms, body=digest, fact=fact
        )
        for fact in part.facts
    ]


def _lived(*, page: int = 7, names_it: bool = True) -> tuple[_Intake, GoogleUser]:
    """Play a day with corrections and deletions."""
    server = GoogleServer(now_s=lambda: 0.0, most_points=page)
    user = server.person("h-1")
    intake = _Intake(server, "h-1")
    intake.take(user.beats(_T0, range(60, 100)))
    intake.take(user.walked(_T0, range(40, 60)), user.rested(_T0 - 8 * HOUR_MS, 58))
    intake.take(user.exercised("e1", _T0, _T0 + 20 * MINUTE_MS, _NOON))
    intake.take(user.exercised("e2", _NOON, _NOON + 30 * MINUTE_MS, _NOON + HOUR_MS, "RUNNING"))
    intake.take(user.slept("n1", _T0 - 8 * HOUR_MS, _T0 - HOUR_MS))
    # a correction: shorter, and fewer steps
    intake.take(user.exercised("e2", _NOON, _NOON + 10 * MINUTE_MS, _NOON + 2 * HOUR_MS))
    intake.take(user.walked(_T0 + MINUTE_MS, [3, 2]), user.rested(_T0 - 8 * HOUR_MS, 56))
    intake.take(user.forgot("heart-rate", _T0 + 10_000, _T0 + 60_000))
    intake.take(user.forgot("steps", _T0 + 5 * MINUTE_MS, _T0 + 7 * MINUTE_MS))
    intake.take(user.deleted("e1", names_it=names_it))
    intake.take(user.deleted("n1", "sleep", names_it=names_it))
    intake.take(user.slept("n2", _T0 - 7 * HOUR_MS, _T0 - 2 * HOUR_MS))
    return intake, user


def _compare(held: HeldFacts, user: GoogleUser) -> None:
    heart: dict[int, float] = {}
    for column in matching(held.columns, metric="heart_rate"):
        heart |= dict(zip(column.t.tolist(), column.v.tolist(), strict=True))
    assert heart == user.heart
    assert _spans(held, "steps") == user.steps
    assert set(_spans(held, "wear")) == set(user.nights.values())
    workouts = {}
    for item in held.current_of_kind(Workout):
        fact, head = item.fact, item.fact.head
        assert isinstance(fact, Workout)
        workouts[head.record] = head.start_ms, head.end_ms, fact.type
        assert head.offset_min == 60
    assert workouts == {f"exercise:{id_}": row for id_, row in user.workouts.items()}
    days = {}
    for item in held.current_of_kind(DaySummary):
        assert isinstance(item.fact, DaySummary)
        days[str(item.fact.local_date)] = item.fact.values["resting_heart_rate"]
    assert days == user.resting


def _spans(held: HeldFacts, metric: str) -> dict[tuple[int, int], float]:
    spans: dict[tuple[int, int], float] = {}
    for column in matching(held.columns, metric=metric):
        assert column.until is not None
        ends = zip(column.t.tolist(), column.until.tolist(), strict=True)
        spans |= dict(zip(ends, column.v.tolist(), strict=True))
    return spans


@pytest.mark.parametrize("names_it", [True, False])
def test_what_is_held_equals_the_truth_in_any_order(names_it: bool) -> None:  # noqa: FBT001
    intake, user = _lived(names_it=names_it)
    assert (len(user.workouts), len(user.nights), len(user.heart)) == (1, 1, 30)
    for seed in range(12):
        random = Random(seed)  # noqa: S311 - nothing secret
        order = list(range(len(intake.received)))
        order += random.choices(order, k=len(order) // 2)
        random.shuffle(order)
        _compare(intake.held(order), user)


def test_the_past_gives_the_same_as_the_notices() -> None:
    intake, user = _lived()
    late = _Intake(intake.server, "h-1")
    waiting = list(google_past("h-1", _T0 - 3 * DAY_MS, _T0 + 3 * DAY_MS))
    keys = {(fetch.resource, fetch.key) for fetch in waiting}
    assert len(keys) == len(waiting) == 18
    while waiting:
        waiting += late.answer(waiting.pop(0))
    _compare(late.held(range(len(late.received))), user)


def test_several_pages_are_asked_for_each_once() -> None:
    server = GoogleServer(now_s=lambda: 0.0, most_points=4)
    user = server.person("h-1")
    intake = _Intake(server, "h-1")
    intake.take(user.beats(_T0, range(60, 70)))
    requested = [context.requested for _, context in intake.received[1:]]
    suffixes = [fetch.key.partition("~")[2] for fetch in requested if fetch is not None]
    assert suffixes == ["", "2", "3"]
    _compare(intake.held(range(len(intake.received))), user)


def test_what_is_recorded_again_after_a_deletion_is_seen_again() -> None:
    server = GoogleServer(now_s=lambda: 0.0)
    user = server.person("h-1")
    intake = _Intake(server, "h-1")
    walk = "e1", _T0, _T0 + 20 * MINUTE_MS, _NOON
    intake.take(user.walked(_T0, [40, 41]), user.exercised(*walk))
    # the answers to what follows have the bytes of those before it
    intake.take(
        user.forgot("steps", _T0, _T0 + 2 * MINUTE_MS),
        user.walked(_T0, [40, 41]),
        user.deleted("e1", names_it=False),
        user.exercised(*walk),
    )
    assert (len(user.steps), len(user.workouts)) == (2, 1)
    numbers = list(range(len(intake.received)))
    for order in (numbers, numbers[::-1], numbers * 2):
        _compare(intake.held(order), user)


def test_the_played_vendor_answers_what_it_announces() -> None:
    vendor = VENDORS[_NAME](_RECEIVED // 1000 - DAY_MS // 1000, "Bearer made-up")
    assert isinstance(vendor.server, GoogleServer)
    user = vendor.server.people[vendor.server.user]
    intake = _Intake(vendor.server, user.id)
    for body in vendor.bodies:
        intake.take(*json.loads(body))
    _compare(intake.held(range(len(intake.received))), user)
    assert (len(user.workouts), len(user.nights), len(user.resting)) == (2, 2, 2)


def _verdict(server: GoogleServer, body: bytes, keys: bytes) -> Verdict:
    evidence = Evidence(
        headers=server.signed(body),
        segment="",
        patient="",
        secrets=(server.authorization,),
        now_ms=0,
        window_ms=0,
        key_sets=(keys.decode(),),
    )
    check = GOOGLE_HEALTH.proof.begin(evidence)
    assert isinstance(check, Check)
    check.update(body)
    return check.verdict()


def test_notices_are_proved_through_a_rotation_and_refused_with_a_disabled_key() -> None:
    server = GoogleServer(now_s=lambda: 0.0)
    body = json.dumps([server.person("h-1").beats(_T0, [60])]).encode()
    before = published_keys(server.keys)
    assert _verdict(server, body, before) is Verdict.OK
    server.rotate(disables=True)
    # the set from before does not know the key that signs now
    assert _verdict(server, body, before) is Verdict.FORGED
    assert _verdict(server, body, published_keys(server.keys)) is Verdict.OK
    server.keys.pop()
    assert _verdict(server, body, published_keys(server.keys)) is Verdict.FORGED


def test_the_door_loads_the_keys_that_google_publishes() -> None:
    server = GoogleServer(now_s=lambda: 0.0)
    with serving_vendor(server) as address:
        follower = KeySetFollower({_NAME: key_set_load(KEY_SET, address)}, lambda: 0.0)
        assert asyncio.run(follower.look(_NAME))
    assert follower.known(_NAME) == (published_keys(server.keys).decode(),)


def test_the_sign_in_is_as_google_wants_it() -> None:
    server = GoogleServer(now_s=lambda: 0.0)
    assert GOOGLE_HEALTH.api is not None
    auth = GOOGLE_HEALTH.api.auth
    assert auth is not None
    wanted = {
        "client_id": server.client_id,
        "response_type": "code",
        "redirect_uri": "http://127.0.0.1:1/back",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
        "state": "made up",
        "scope": auth.separator.join(auth.scopes),
        **dict(auth.authorize_params),
    }
    assert server.refused(wanted) == ""
    assert server.refused({**wanted, "prompt": "none"}) == "prompt=consent is missing"
    assert server.refused({**wanted, "scope": "googlehealth.sleep"}) == "a scope that may write"
    assert (auth.authorize_path, auth.path) == (server.authorize_path, server.token_path)


def test_the_account_is_the_one_that_notices_name() -> None:
    server = GoogleServer(now_s=lambda: 0.0)
    reply = server.interface(Arrived(path="/v4/users/me/identity"), "h-9")
    assert google_account(reply.body) == "h-9"
    for body in (b"{}", b"[]", b"no"):
        with pytest.raises(ValueError, match=r".+"):
            google_account(body)


def test_notices_about_rhythm_are_asked_for_and_missed_by_nobody_without_the_scope() -> None:
    assert GOOGLE_HEALTH.api is not None
    assert GOOGLE_HEALTH.api.request is not None
    meanings: dict[str, Meaning] = {}
    for fetch in google_past("h-1", _T0, _T0 + DAY_MS):
        request = GOOGLE_HEALTH.api.request(fetch)
        meanings[fetch.resource] = meaning_of(
            VendorResponse(status=403, headers={}), request
        ).meaning
    # a permission that was never asked for is no permission that a person must look after
    assert meanings.pop("irregular-rhythm-notification") is Meaning.NOTHING
    assert set(meanings.values()) == {Meaning.FORBIDDEN}
    assert len(meanings) == 17


def test_the_scope_of_notices_about_rhythm_is_asked_for_where_it_is_named() -> None:
    scope = "https://www.googleapis.com/auth/googlehealth.irn.readonly"
    assert GOOGLE_HEALTH.api is not None
    assert GOOGLE_HEALTH.api.auth is not None
    auth = GOOGLE_HEALTH.api.auth
    assert scope not in auth.asking_for(()).scopes
    assert auth.asking_for(("irn",)).scopes == (*auth.scopes, scope)
    with pytest.raises(ValueError, match="scopes may be: irn"):
        auth.asking_for(("ecg",))
