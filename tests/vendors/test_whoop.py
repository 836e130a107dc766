"""WHOOP played against our connector and readers: what is known equals what the vendor knows."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from fetcher.answers import Meaning
from ingest.vendors.whoop import WHOOP, whoop_rate_wait
from model.facts import Workout
from simulate.vendors.whoop import WhoopServer, whoop_night, whoop_workout
from tests.vendors.driven import Clock, Driven, arrived_as, shuffler

_KEY, _USER = "no-real-secret", "10129"
_CALLBACK = "http://door.example/v1/hooks/whoop"
_RUN = datetime(2026, 11, 24, 8, tzinfo=timezone(timedelta(hours=1)))
_UP = datetime(2026, 11, 25, 6, 45, tzinfo=timezone(timedelta(hours=1)))
_NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
_WORKOUT, _NIGHT = "ecfc6a15-4661-442f-a9a4-f160dd7afae8", "7d2c1f0e-1111-4a2b-9c3d-000000000001"
_NO_DAYS: frozenset[str] = frozenset()


@pytest.fixture
def driven() -> Driven:
    clock = Clock(_NOW.timestamp())
    server = WhoopServer(now_s=clock.now_s, client_secret=_KEY, callback=_CALLBACK)
    return Driven(connector=WHOOP, server=server, clock=clock, key=_KEY, user=_USER)


def _server(driven: Driven) -> WhoopServer:
    assert isinstance(driven.server, WhoopServer)
    return driven.server


def _live(driven: Driven) -> None:
    server = _server(driven)
    server.put_workout(_USER, whoop_workout(_WORKOUT, _RUN))
    server.put_sleep(_USER, *whoop_night(_NIGHT, _UP, 93845))


def _arrive(driven: Driven) -> None:
    assert set(driven.deliver(_server(driven).sender)) <= {200}
    driven.fetch_all()


def test_what_is_known_is_what_the_vendor_knows(driven: Driven) -> None:
    _live(driven)
    _arrive(driven)
    assert driven.known(_NO_DAYS) == _server(driven).truth(_USER)
    assert driven.rejects == []


def test_the_way_to_a_recovery_leads_over_its_sleep(driven: Driven) -> None:
    _live(driven)
    _arrive(driven)
    assert [fetch.path for fetch in driven.requests] == [
        f"/developer/v2/activity/workout/{_WORKOUT}",
        f"/developer/v2/activity/sleep/{_NIGHT}",
        f"/developer/v2/activity/sleep/{_NIGHT}",
        "/developer/v2/cycle/93845/recovery",
    ]


@pytest.mark.parametrize("seed", range(4))
def test_cues_that_come_shuffled_and_doubled_change_nothing(driven: Driven, seed: int) -> None:
    _live(driven)
    _server(driven).sender.mix(shuffler(seed))
    _arrive(driven)
    assert driven.known(_NO_DAYS) == _server(driven).truth(_USER)


def test_a_revision_replaces_in_any_order(driven: Driven) -> None:
    _live(driven)
    _arrive(driven)
    driven.clock.s += 3_600
    shorter = whoop_workout(_WORKOUT, _RUN, "cycling")
    _server(driven).put_workout(_USER, {**shorter, "end": "2026-11-24T07:20:00.000Z"})
    _arrive(driven)
    wanted = _server(driven).truth(_USER)
    facts = tuple(driven.facts)
    for seed in range(5):
        driven.facts = shuffler(seed).sample(facts, len(facts))
        assert driven.known(_NO_DAYS) == wanted
    assert {kind for _, _, kind in wanted.workouts} == {"cycling"}


def test_deletions_retract(driven: Driven) -> None:
    _live(driven)
    _arrive(driven)
    driven.clock.s += 3_600
    _server(driven).remove_workout(_USER, _WORKOUT)
    _server(driven).remove_sleep(_USER, _NIGHT)
    _arrive(driven)
    known = driven.known(_NO_DAYS)
    assert (known.workouts, known.worn, known.samples) == (set(), set(), {})
    assert driven.known(_NO_DAYS) == _server(driven).truth(_USER)


def test_what_is_gone_when_it_is_asked_for_is_no_error(driven: Driven) -> None:
    _live(driven)
    driven.deliver(_server(driven).sender)
    _server(driven).remove_workout(_USER, _WORKOUT)
    driven.deliver(_server(driven).sender)
    driven.fetch_all()
    assert Meaning.GONE in driven.meanings
    assert driven.known(_NO_DAYS).workouts == set()


def test_a_score_that_is_not_there_yet_is_asked_for_later(driven: Driven) -> None:
    _server(driven).unscored[_WORKOUT] = 2
    _server(driven).put_workout(_USER, whoop_workout(_WORKOUT, _RUN))
    _arrive(driven)
    waits = [fetch.not_before_ms for fetch in driven.requests]
    assert waits[0] == 0
    assert 300_000 <= waits[1] - int(_NOW.timestamp() * 1000) < 310_000
    assert 600_000 <= waits[2] - waits[1] < 610_000
    (workout,) = driven.held().current_of_kind(Workout)
    assert isinstance(workout.fact, Workout)
    assert workout.fact.summary["heart_rate_mean"] == 139
    assert workout.fact.summary["heart_rate_zone_3_s"] == 900
    assert workout.fact.summary["total_energy"] == pytest.approx(286.8069, abs=1e-4)


def test_a_score_that_never_comes_is_given_up(driven: Driven) -> None:
    _server(driven).unscored[_WORKOUT] = 99
    _server(driven).put_workout(_USER, whoop_workout(_WORKOUT, _RUN))
    _arrive(driven)
    assert len(driven.requests) == 9
    assert [reject.why for reject in driven.rejects] == ["not scored after half a day"]
    assert len(driven.known(_NO_DAYS).workouts) == 1


def test_the_past_comes_by_pages(driven: Driven) -> None:
    server = _server(driven)
    for number in range(60):
        start = _RUN - timedelta(hours=9 * number)
        server.put_workout(_USER, whoop_workout(f"w-{number}", start))
    server.put_sleep(_USER, *whoop_night(_NIGHT, _UP, 93845))
    server.sender.waiting.clear()
    first_ms = round((_RUN - timedelta(days=30)).timestamp() * 1000)
    driven.past(first_ms, driven.clock.now_ms())
    assert driven.known(_NO_DAYS) == server.truth(_USER)
    assert len(driven.known(_NO_DAYS).workouts) == 60


@pytest.mark.parametrize(
    ("left", "reset", "wait_s"),
    [("0", "30", 30), ("1", "30", 0), ("0", "soon", 0), ("0", "999999", 0), ("", "", 0)],
)
def test_a_used_up_window_is_waited_for(left: str, reset: str, wait_s: int) -> None:
    headers = {"x-ratelimit-remaining": left, "x-ratelimit-reset": reset}
    assert whoop_rate_wait(headers) == wait_s


def test_whose_tokens_they_are_is_asked_and_the_access_is_given_up(driven: Driven) -> None:
    assert WHOOP.api is not None
    auth = WHOOP.api.auth
    assert auth is not None
    assert auth.who is not None
    assert auth.account_of is not None
    assert auth.revoke is not None
    headers = {"authorization": driven.bearer()}
    profile = driven.server.answered(arrived_as(auth.who, headers))
    assert auth.account_of(profile.body) == _USER
    assert driven.server.answered(arrived_as(auth.revoke(_USER), headers)).status == 204
    assert driven.server.withdrawn == [_USER]
    for body in (b"{}", b'{"user_id": null}', b'{"user_id": true}', b"[]", b"<html>"):
        with pytest.raises(ValueError, match="answer"):
            auth.account_of(body)


def test_only_reading_scopes_and_the_one_for_refresh_tokens_are_asked() -> None:
    assert WHOOP.api is not None
    assert WHOOP.api.auth is not None
    scopes = set(WHOOP.api.auth.scopes)
    assert {scope for scope in scopes if not scope.startswith("read:")} == {"offline"}
