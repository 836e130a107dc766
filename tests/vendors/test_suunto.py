"""Suunto played without processes: what it sends and answers is what is true of its user."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from ingest.proving.evidence import Evidence
from ingest.proving.verify import Check, Verdict
from ingest.vendors.suunto import SUUNTO, suunto_tokens
from kadens.derivation.held_facts import HeldFacts
from model.calendar import DAY_MS
from model.facts import Workout
from model.vendors.sign_in import CLIENT_ID
from model.vendors.tokens import GrantEndedError
from simulate.vendors.platform.exchanges import Arrived
from simulate.vendors.suunto.bodies import (
    PlayedNight,
    PlayedSample,
    PlayedSuunto,
    PlayedWorkout,
    SuuntoTruth,
    old_form,
    suunto_headers,
)
from simulate.vendors.suunto.server import SuuntoServer
from stream.compute.sessions.candidates import stated_candidates
from stream.compute.sessions.duplicates import deduplicate
from tests.rooms import SHARED
from tests.vendors.reading import (
    PATIENT,
    ArrivedBody,
    account_facts,
    answer_to,
    facts_that_hold,
    fetches_of,
)
from tests.vendors.views import counts_held, points_held, workouts_held

_USER = "walker-1"
_START_S = 1_792_917_000  # 2026-10-25T08:30:00Z
_NOW_MS = (_START_S + 20 * 86_400) * 1000
_SECRET = "a-notification-secret"  # noqa: S105 - made up


def _workout(number: int, **changes: object) -> PlayedWorkout:
    plain = PlayedWorkout(
        key=f"68c9a1f20b7d4e5a6f{number:06x}",
        start_s=_START_S + number * 7_200,
        offset_min=60,
        type=(0, "walking"),
        beats=[100 + second % 30 for second in range(61)],
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # the fields of a workout


_PLAYED = PlayedSuunto(
    user=_USER,
    workouts=[
        _workout(
            0,
            type=(1, "running"),
            beats=[120 + second % 50 for second in range(1_801)],
            before_s=600,
            pause_s=240,
        ),
        *map(_workout, range(1, 103)),
    ],
    samples=[
        # the clock goes back between them
        PlayedSample(
            at_s=_START_S - 36_000 + n * 600,
            offset_min=180 if n < 24 else 120,
            beats=50 + n % 9,
            steps=n,
            kcal=10 + n,
            rmssd=40 + n % 5,
        )
        for n in range(48)
    ],
    nights=[
        PlayedNight(id=2**54 + 1, start_s=_START_S - 40_000, end_s=_START_S - 9_000, offset_min=180)
    ],
)


def _server(**how: object) -> tuple[SuuntoServer, str]:
    server = SuuntoServer(now_s=lambda: _NOW_MS / 1000, users={_USER: _PLAYED})
    for name, value in how.items():
        setattr(server, name, value)
    return server, str(server.grant(_USER)["access_token"])


def _received(bodies: Sequence[bytes]) -> list[ArrivedBody]:
    items = []
    for number, body in enumerate(bodies):
        items.append(ArrivedBody(body=body, received_ms=_NOW_MS + number * 1000))
    return items


def _answers(server: SuuntoServer, access: str, items: Sequence[ArrivedBody]) -> list[ArrivedBody]:
    """Return the answers to everything that bodies announce, and that answers announce."""
    answers: dict[tuple[str, str], ArrivedBody] = {}
    waiting = fetches_of(SUUNTO, items)
    while waiting:
        fetch = waiting.pop()
        if (fetch.resource, fetch.key) in answers:
            continue
        reply = answer_to(SUUNTO, server, fetch, access, server.subscription)
        assert reply.status == 200
        answer = ArrivedBody(body=reply.body, received_ms=_NOW_MS, requested=fetch)
        answers[fetch.resource, fetch.key] = answer
        waiting += fetches_of(SUUNTO, [answer])
    return list(answers.values())


def _as_truth(facts: HeldFacts) -> SuuntoTruth:
    return {
        # a workout and its file are two facts of one span
        "workouts": sorted(set(workouts_held(facts))),
        "heart_rate": points_held(facts, "heart_rate"),
        "steps": counts_held(facts, "steps"),
        "energy": counts_held(facts, "active_energy"),
        "wear": [row[:2] for row in counts_held(facts, "wear")],
        "variability": points_held(facts, "heart_rate_variability_rmssd"),
    }


def _held(items: Sequence[ArrivedBody]) -> HeldFacts:
    facts = []
    for item in items:
        facts += account_facts(SUUNTO, item, _USER)
    return facts_that_hold(facts)


@pytest.mark.parametrize("seed", [None, 1])
def test_notices_and_what_they_announce_give_what_is_true(seed: int | None) -> None:
    some = replace(_PLAYED, workouts=_PLAYED.workouts[:4])
    server, access = _server()
    items = _received(some.notices())
    items += _answers(server, access, items)
    if seed is not None:
        items += items[::3]
        Random(seed).shuffle(items)  # noqa: S311 - an order, no secret
    facts = _held(items)
    assert _as_truth(facts) == some.truth()
    candidates = stated_candidates(PATIENT, facts.current_of_kind(Workout), ())
    sessions = deduplicate(candidates)
    assert (len(candidates), len(sessions)) == (8, 4)
    first = min(sessions, key=lambda session: session.start_ms)
    assert (first.pauses, first.moving_ms) == (
        ((_START_S * 1000 + 600_000, _START_S * 1000 + 840_000),),
        1_800_000,
    )


def test_the_past_comes_by_pages_and_gives_the_same() -> None:
    server, access = _server()
    assert SUUNTO.api is not None
    assert SUUNTO.api.backfill is not None
    start_ms = _START_S * 1000 - DAY_MS
    fetches = SUUNTO.api.backfill.fetches(_USER, start_ms, start_ms + 28 * DAY_MS)
    assert fetches == SUUNTO.api.backfill.fetches(_USER, start_ms, start_ms + 28 * DAY_MS)
    answers = []
    for fetch in fetches:
        reply = answer_to(SUUNTO, server, fetch, access, server.subscription)
        answers.append(ArrivedBody(body=reply.body, received_ms=_NOW_MS, requested=fetch))
    answers += _answers(server, access, answers)
    assert len(answers) == 3 + 1 + 103
    assert _as_truth(_held(answers)) == _PLAYED.truth()


def test_a_workout_that_did_not_settle_ends_as_early_as_it_can() -> None:
    server, access = _server(settled=False)
    some = replace(_PLAYED, workouts=_PLAYED.workouts[:1], samples=(), nights=())
    items = _received(some.notices())
    ((start, end, kind),) = workouts_held(_held(items))
    assert (start, end, kind) == (_START_S * 1000, (_START_S + 1_800) * 1000, "running")
    later = [fetch for fetch in fetches_of(SUUNTO, items) if fetch.resource == "workout"]
    assert later[0].not_before_ms == _NOW_MS + 900_000
    # asked once more and not for ever
    assert len(_answers(server, access, items)) == 2


def test_nothing_is_answered_without_the_key_of_the_subscription() -> None:
    server, access = _server()
    (fetch, *_) = fetches_of(SUUNTO, _received(_PLAYED.notices()[:1]))
    assert answer_to(SUUNTO, server, fetch, access, "another").status == 401


def test_who_is_given_up_has_no_tokens_any_more() -> None:
    server, access = _server()
    assert SUUNTO.api is not None
    assert SUUNTO.api.auth is not None
    assert SUUNTO.api.auth.revoke is not None
    revoke = SUUNTO.api.auth.revoke(_USER)
    assert (revoke.method, revoke.host, dict(revoke.query)) == (
        "GET",
        "cloudapi-oauth.suunto.com",
        {"client_id": CLIENT_ID},
    )
    headers = {"authorization": f"Bearer {access}"}
    path = f"{revoke.path}?client_id={server.client_id}"
    assert server.answered(Arrived(path=path, headers=headers)).status == 200
    assert (server.withdrawn, server.holds(_USER)) == ([_USER], False)


def _jwt(**claims: object) -> str:
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"aGVhZA.{middle}.c2ln"


@pytest.mark.parametrize(
    ("values", "account"),
    [
        ({"access_token": "a", "user": _USER}, _USER),
        ({"access_token": _jwt(user=_USER)}, _USER),
        ({"access_token": _jwt(user="other"), "user": _USER}, _USER),
        ({"access_token": "a.b.c"}, ""),
        ({"access_token": "a.W10.c"}, ""),
        ({"access_token": "opaque"}, ""),
    ],
)
def test_the_answer_with_tokens_names_the_user(values: dict[str, str], account: str) -> None:
    tokens = suunto_tokens(json.dumps({**values, "refresh_token": "r", "expires_in": 9}).encode())
    assert (tokens.access, tokens.refresh, tokens.expires_s, tokens.account) == (
        values["access_token"],
        "r",
        9,
        account,
    )


def test_a_grant_that_ended_is_told() -> None:
    with pytest.raises(GrantEndedError):
        suunto_tokens(b'{"error":"invalid_grant"}')


def _verdict(body: bytes, headers: dict[str, str], secret: str = _SECRET) -> Verdict:
    evidence = Evidence(
        headers=headers, segment="", patient="", secrets=(secret,), now_ms=0, window_ms=300_000
    )
    check = SUUNTO.proof.begin(evidence)
    if isinstance(check, Check):
        check.update(body)
        return check.verdict()
    return check


def test_only_what_is_signed_is_taken() -> None:
    body = _PLAYED.notices()[0]
    signed = suunto_headers(_SECRET, body)
    form = old_form(_USER, "1")
    basic = {"authorization": "Basic Y2xpZW50OnNlY3JldA=="}
    assert _verdict(body, signed) is Verdict.OK
    assert _verdict(body + b" ", signed) is Verdict.FORGED
    assert _verdict(body, suunto_headers("another", body)) is Verdict.FORGED
    assert _verdict(form, basic) is Verdict.MISSING


_CASE = SHARED / "cases" / "SU01"


@pytest.mark.skipif(not _CASE.exists(), reason="the shared cases are not there")
def test_the_field_case_is_signed_and_ends_late_enough_until_its_list_comes() -> None:
    expected = json.loads((_CASE / "expected.json").read_bytes())
    body = (_CASE / "webhook.json").read_bytes()
    signature = (_CASE / "signature.txt").read_text().split()[0]
    headers = {"x-hmac-sha256-signature": signature}
    assert _verdict(body, headers, expected["secret"]) is Verdict.OK
    (fact,) = account_facts(SUUNTO, ArrivedBody(body=body, received_ms=_NOW_MS), "user-7")
    settled = ArrivedBody(body=(_CASE / "list.json").read_bytes(), received_ms=_NOW_MS - 1)
    (later,) = account_facts(SUUNTO, settled, "")
    least = expected["until_the_list_came"]["end_ms_at_least"]
    assert least <= fact.fact.head.end_ms < later.fact.head.end_ms == expected["end_ms"]
    # what it says is provisional: the list stands above it, whenever it came
    assert fact.order < later.order
