"""Junction played without processes: what it sends and answers is what is true of its user."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from ingest.proving.evidence import Evidence
from ingest.proving.verify import Check, Verdict
from ingest.vendors.junction import JUNCTION
from kadens.derivation.held_facts import HeldFacts
from simulate.vendors.junction import HubWorkout, PlayedJunction, junction_headers
from simulate.vendors.junction_server import JunctionServer
from simulate.vendors.platform.exchanges import Arrived
from simulate.vendors.vendor_truth import HubTruth
from tests.vendors.reading import (
    ArrivedBody,
    account_facts,
    answer_to,
    facts_that_hold,
    fetches_of,
    notices_and_rejects,
)
from tests.vendors.views import counts_held, days_held, points_held, workouts_held

_START_S = 1_792_888_200  # 2026-10-25T00:30:00Z, half an hour before the clocks go back
_NOW_MS = (_START_S + 5 * 86_400) * 1000
_CLIENT, _HUB = "patient-1", "4a29dbc7-6db3-4c83-bfac-70a20a4be1b2"
_KEY = "whsec_bWFkZS11cC1zZWNyZXQtb2YtYS10ZXN0"

_PLAYED = PlayedJunction(
    user_id=_HUB,
    client_user_id=_CLIENT,
    offset_s=7_200,
    workouts=[
        HubWorkout(
            id="w-1",
            start_s=_START_S,
            length_s=3_600,
            sport="running",
            beats=[110 + second % 40 for second in range(900)],
        ),
        HubWorkout(id="w-2", start_s=_START_S + 40_000, length_s=1_800, sport="walking"),
    ],
    beats=[(_START_S + 50_000 + 15 * n, 60 + n % 20) for n in range(250)],
    walked=[(_START_S + 900 * n, _START_S + 900 * (n + 1), 40 + n) for n in range(120)],
    nights=[("n-1", _START_S - 8 * 3_600, _START_S - 1_800)],
    days=[("2026-10-25", 7_400, 55), ("2026-10-26", 9_100, 54)],
)


def _received(bodies: Sequence[bytes]) -> list[ArrivedBody]:
    items = []
    for number, body in enumerate(bodies):
        items.append(ArrivedBody(body=body, received_ms=_NOW_MS + number * 1000))
    return items


def _answers(server: JunctionServer, items: Sequence[ArrivedBody]) -> list[ArrivedBody]:
    """Return the answers to everything that bodies announce, and that answers announce."""
    answers: dict[tuple[str, str], ArrivedBody] = {}
    waiting = fetches_of(JUNCTION, items)
    while waiting:
        fetch = waiting.pop()
        if (fetch.resource, fetch.key) in answers:
            continue
        reply = answer_to(JUNCTION, server, fetch, "", server.api_key)
        assert (reply.status, fetch.account) == (404 if "w-2" in fetch.key else 200, _CLIENT)
        if reply.status == 200:
            answer = ArrivedBody(body=reply.body, received_ms=_NOW_MS, requested=fetch)
            answers[fetch.resource, fetch.key] = answer
            waiting += fetches_of(JUNCTION, [answer])
    return list(answers.values())


def _as_truth(facts: HeldFacts) -> HubTruth:
    return {
        "workouts": workouts_held(facts),
        "heart_rate": points_held(facts, "heart_rate"),
        "steps": counts_held(facts, "steps"),
        "wear": counts_held(facts, "wear"),
        "days": days_held(facts),
    }


def _held(items: Sequence[ArrivedBody]) -> HeldFacts:
    facts = []
    for item in items:
        facts += account_facts(JUNCTION, item, _CLIENT)
    return facts_that_hold(facts)


def _server() -> JunctionServer:
    return JunctionServer(now_s=lambda: _NOW_MS / 1000, users={_HUB: _PLAYED})


@pytest.mark.parametrize("seed", [None, 1])
def test_pushes_and_streams_give_what_is_true_in_any_order_and_doubled(seed: int | None) -> None:
    items = _received(list(_PLAYED.pushes()))
    items += _answers(_server(), items)
    if seed is not None:
        items += items[::2]
        Random(seed).shuffle(items)  # noqa: S311 - an order, no secret
    assert _as_truth(_held(items)) == _PLAYED.truth()


def test_notices_of_history_become_fetches_page_by_page_that_give_what_is_true() -> None:
    items = _received(list(_PLAYED.history("2026-10-24", "2026-10-27")))
    server = _server()
    answers = _answers(server, items)
    assert [item for item in items if account_facts(JUNCTION, item, _CLIENT)] == []
    # heart rate has three pages, steps two
    kinds = sorted(item.requested.resource for item in answers if item.requested is not None)
    assert (kinds.count("heartrate"), kinds.count("steps"), kinds.count("workout_stream")) == (
        3,
        2,
        1,
    )
    assert _as_truth(_held(answers)) == _PLAYED.truth()
    # pushes of the same change nothing, in either order
    pushes = _received(list(_PLAYED.pushes()))
    for both in ([*answers, *pushes], [*pushes, *answers]):
        assert _as_truth(_held(both)) == _PLAYED.truth()


def test_of_versions_the_one_that_junction_changed_last_holds_however_late_it_comes() -> None:
    first = _PLAYED.workouts[0]
    shorter = replace(first, length_s=2_400, changed_s=7_200, beats=())
    kind = "daily.data.workouts.updated"
    versions = [_PLAYED.event(kind, _PLAYED.workout(workout)) for workout in (first, shorter)]
    for bodies in (versions, versions[::-1]):
        held = workouts_held(_held(_received(bodies)))
        assert held == [(_START_S * 1000, (_START_S + 2_400) * 1000, "running")]
    days = []
    for steps in (2_000, 9_000, 5_000):
        day = _PLAYED.day(("2026-10-25", steps, 55))
        days.append(_PLAYED.event("daily.data.activity.updated", day))
    assert ("2026-10-25", "steps", 9_000.0) in days_held(_held(_received(days)))


def test_what_junction_signs_is_proved_and_a_body_of_another_user_is_not_read() -> None:
    body = next(_PLAYED.pushes())
    now_s = _NOW_MS // 1000
    for key, verdict in ((_KEY, Verdict.OK), ("whsec_b3RoZXI=", Verdict.FORGED)):
        evidence = Evidence(
            headers=junction_headers(key, "msg_1", body, now_s),
            segment="",
            patient="",
            secrets=(_KEY,),
            now_ms=_NOW_MS,
            window_ms=300_000,
        )
        check = JUNCTION.proof.begin(evidence)
        assert isinstance(check, Check)
        check.update(body)
        assert check.verdict() is verdict
    assert account_facts(JUNCTION, ArrivedBody(body=body, received_ms=_NOW_MS), "another") == []


def test_the_simulator_refuses_a_wrong_key_and_a_range_without_dates() -> None:
    server = _server()
    path = f"/v2/summary/workouts/{_HUB}"
    for headers, status in (({}, 401), ({"x-vital-api-key": server.api_key}, 400)):
        assert server.answered(Arrived(path=path, headers=headers)).status == status
    assert notices_and_rejects(JUNCTION, ArrivedBody(body=b"[]", received_ms=1))[0] == ()
