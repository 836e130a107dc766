"""Garmin played without processes: what it sends and answers is what is true of its user."""

import json
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest

from fetcher.answers import Meaning, VendorResponse, meaning_of
from ingest.vendors.garmin import GARMIN, garmin_api_request, garmin_user
from kadens.derivation.held_facts import HeldFacts
from model.calendar import DAY_MS
from model.facts import Workout
from model.received import Fetch, NoticeKind
from simulate.fit_writer import Recording, write_activity
from simulate.vendors.garmin.bodies import (
    PlayedActivity,
    PlayedDay,
    PlayedGarmin,
    PlayedTruth,
    file_ping,
    ping,
    push,
)
from simulate.vendors.garmin.server import GarminServer
from simulate.vendors.platform.exchanges import Arrived
from tests.rows import of_type, values_of
from tests.vendors.reading import (
    ArrivedBody,
    account_facts,
    answer_to,
    facts_that_hold,
    fetches_of,
    notices_and_rejects,
)
from tests.vendors.views import counts_held, days_held, points_held, workouts_held

_MIDNIGHT_S = 1_792_879_200  # 2026-10-25 in Stockholm, a date of 25 hours
_USER, _OTHER = "4aacafe8", "another"
_NOW_MS = (_MIDNIGHT_S + 40 * 86_400) * 1000


def _day(start_s: int, offset_s: int, hours: int) -> PlayedDay:
    return PlayedDay(
        start_s=start_s,
        offset_s=offset_s,
        steps=[10 * (slot % 7) for slot in range(hours * 4)],
        beats=[55 + position % 40 for position in range(hours * 240)],
        night_s=27_000,
        rmssd=[38 + position % 9 for position in range(90)],
    )


_PLAYED = PlayedGarmin(
    user=_USER,
    days=[_day(_MIDNIGHT_S, 7_200, 25), _day(_MIDNIGHT_S + 90_000, 3_600, 24)],
    activities=[
        PlayedActivity(
            id=2**55 + 7,
            start_s=_MIDNIGHT_S + 36_001,
            offset_s=3_600,
            type=("RUNNING", "running"),
            beats=[100 + position % 60 for position in range(240)],
            pause_s=301,
        ),
        PlayedActivity(
            id=9,
            start_s=_MIDNIGHT_S + 130_001,
            offset_s=3_600,
            type=("WALKING", "walking"),
            beats=[90 + position % 20 for position in range(200)],
            edited=("HIKING", "hiking"),
        ),
    ],
)


def _received(bodies: Sequence[bytes]) -> list[ArrivedBody]:
    """Return bodies as they came, a second apart."""
    items = []
    for number, body in enumerate(bodies):
        items.append(ArrivedBody(body=body, received_ms=_NOW_MS + number * 1000))
    return items


def _as_truth(facts: HeldFacts) -> PlayedTruth:
    return {
        "days": days_held(facts),
        "workouts": workouts_held(facts),
        "heart_rate": points_held(facts, "heart_rate"),
        "steps": counts_held(facts, "steps"),
        "wear": [row[:2] for row in counts_held(facts, "wear")],
        "variability": points_held(facts, "heart_rate_variability_rmssd"),
    }


def _held(items: Sequence[ArrivedBody], user: str = _USER) -> HeldFacts:
    facts = []
    for item in items:
        facts += account_facts(GARMIN, item, user)
    return facts_that_hold(facts)


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_the_pushes_give_what_is_true_in_any_order_and_doubled(seed: int | None) -> None:
    items = _received(_PLAYED.pushes())
    if seed is not None:
        items += items[:: seed + 2]
        Random(seed).shuffle(items)  # noqa: S311 - an order, no secret
    assert _as_truth(_held(items)) == _PLAYED.truth()


def test_one_body_of_everything_and_of_another_user_gives_the_same() -> None:
    lists = _PLAYED.records()
    for kind, records in (
        PlayedGarmin(user=_OTHER, days=[_day(_MIDNIGHT_S, 0, 24)]).records().items()
    ):
        lists[kind] = [*records, *lists.get(kind, [])]
    items = _received([push(**lists)])
    assert _as_truth(_held(items)) == _PLAYED.truth()
    assert len(_as_truth(_held(items, _OTHER))["steps"]) == 96


def test_pings_and_files_are_fetched_once_and_give_the_same() -> None:
    server = GarminServer(now_s=lambda: _NOW_MS / 1000)
    access = str(server.grant(_USER)["access_token"])
    pings: dict[str, list[dict[str, object]]] = {}
    for kind, records in _PLAYED.records().items():
        # the answer of a link is a bare list, and its records may name nobody
        unnamed = [{**record, "userId": None} for record in records]
        token = server.link(_USER, json.dumps(unnamed).encode())
        pings[kind] = [ping(_USER, kind, token, _MIDNIGHT_S, _MIDNIGHT_S + 9)]
    items = _received([push(**pings)])
    answers = []
    for fetch in fetches_of(GARMIN, [*items, *items]):
        reply = answer_to(GARMIN, server, fetch, access)
        answers.append(ArrivedBody(body=reply.body, received_ms=_NOW_MS, requested=fetch))
    assert set(server.link_uses.values()) == {1}
    assert _as_truth(_held(answers)) == _PLAYED.truth()


def test_a_file_is_what_its_bytes_are_whatever_was_declared() -> None:
    server = GarminServer(now_s=lambda: _NOW_MS / 1000)
    access = str(server.grant(_USER)["access_token"])
    start_ms = _MIDNIGHT_S * 1000
    t = start_ms + 1000 * np.arange(601, dtype=np.int64)
    beats = np.full(601, 111.0)
    recording = Recording(
        start_ms=start_ms,
        end_ms=int(t[-1]),
        sport="running",
        t=t,
        columns={"heart_rate": beats},
        exertion_cr10=6.0,
        feel=75,
    )
    token = server.link(_USER, write_activity(recording), "application/octet-stream")
    notice = push(activityFiles=[file_ping(_USER, 5, "TCX", token)])
    (fetch,) = fetches_of(GARMIN, _received([notice]))
    reply = answer_to(GARMIN, server, fetch, access)
    facts = _held([ArrivedBody(body=reply.body, received_ms=_NOW_MS, requested=fetch)])
    assert workouts_held(facts) == [(start_ms, int(t[-1]), "running")]
    assert points_held(facts, "heart_rate") == list(zip(t.tolist(), beats.tolist(), strict=True))
    (workout,) = of_type(Workout, values_of(facts.latest, "fact"))
    assert workout.exertion_cr10 == 6.0
    assert (workout.summary["workout_rpe"], workout.summary["feel"]) == (60.0, 75.0)


def test_the_past_is_requested_once_and_pushed() -> None:
    server = GarminServer(now_s=lambda: _NOW_MS / 1000, users={_USER: _PLAYED}, too_early=2)
    access = str(server.grant(_USER)["access_token"])
    assert GARMIN.api is not None
    assert GARMIN.api.backfill is not None
    start_ms = _MIDNIGHT_S * 1000
    fetches = GARMIN.api.backfill.fetches(_USER, start_ms, start_ms + 30 * DAY_MS)
    assert fetches == GARMIN.api.backfill.fetches(_USER, start_ms, start_ms + 30 * DAY_MS)
    for meanings in ({Meaning.FAILED, Meaning.NOTHING}, {Meaning.NOTHING}):
        assert {_meaning(server, fetch, access) for fetch in fetches} == meanings
    without_edits = PlayedGarmin(user=_USER, days=_PLAYED.days, activities=_PLAYED.activities[:1])
    some = [body for body in server.outbox if b'"activityId": 9' not in body]
    assert _as_truth(_held(_received(some))) == without_edits.truth()


def test_the_past_of_who_did_not_permit_it_is_forbidden() -> None:
    server = GarminServer(now_s=lambda: _NOW_MS / 1000)
    server.permit(_USER, ["ACTIVITY_EXPORT"])
    access = str(server.grant(_USER)["access_token"])
    assert GARMIN.api is not None
    assert GARMIN.api.backfill is not None
    (first, *_) = GARMIN.api.backfill.fetches(_USER, 0, DAY_MS)
    assert _meaning(server, first, access) is Meaning.FORBIDDEN
    (notice,), rejects = notices_and_rejects(GARMIN, _received(server.outbox)[0])
    assert (notice.kind, notice.account) == (NoticeKind.PERMISSIONS, _USER)
    assert (notice.scopes, rejects) == (("ACTIVITY_EXPORT",), ())


def test_who_signs_in_is_named_and_who_is_given_up_is_deregistered() -> None:
    server = GarminServer(now_s=lambda: _NOW_MS / 1000)
    access = str(server.grant(_USER)["access_token"])
    headers = {"authorization": f"Bearer {access}"}
    assert GARMIN.api is not None
    auth = GARMIN.api.auth
    assert auth is not None
    assert auth.who is not None
    assert auth.revoke is not None
    answer = server.answered(Arrived(path=auth.who.path, headers=headers))
    assert garmin_user(answer.body) == _USER
    revoke = auth.revoke(_USER)
    gone = server.answered(Arrived(method=revoke.method, path=revoke.path, headers=headers))
    assert (gone.status, server.withdrawn) == (204, [_USER])
    (notice,), _ = notices_and_rejects(GARMIN, _received(server.outbox)[0])
    assert (notice.kind, notice.account) == (NoticeKind.REVOKED, _USER)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"userId": 7}', b"<html>"])
def test_an_answer_that_names_nobody_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"user|JSON|Expecting"):
        garmin_user(body)


def _meaning(server: GarminServer, fetch: Fetch, access: str) -> Meaning:
    reply = answer_to(GARMIN, server, fetch, access)
    response = VendorResponse(status=reply.status, headers={}, body=reply.body)
    return meaning_of(response, garmin_api_request(fetch)).meaning
