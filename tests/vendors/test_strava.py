"""Strava that is played: what its events and answers give equals its truth, in any order."""

import asyncio
import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx2
import pytest

from ingest.door import Door, Links
from ingest.http import vendor_app
from ingest.memory import MemoryBodies, MemoryLog, MemoryRevocations
from ingest.proving.evidence import Evidence
from ingest.proving.verify import Verdict
from ingest.vendors.strava import STRAVA, read_pushes, strava_past, strava_rate_wait, strava_tokens
from kadens.derivation.held_facts import HeldFacts
from kadens.fact_lines import lines_of
from kadens.payload_formats import items_of
from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, epoch_ms
from model.facts import Deletion, SampleBlock, Workout
from model.keyring import KeyRing
from model.received import Context, Fetch, Notice, NoticeKind, Part
from model.vendors.vendor_api import Subscription
from parsers.formats import read_items
from simulate.vendors.platform.exchanges import Arrived, Reply
from simulate.vendors.strava import StravaAthlete, strava_body, strava_event
from simulate.vendors.strava_server import StravaServer
from tests.rooms import SHARED
from tests.rows import entries_of, matching, of_type
from tests.vendors.intake import Intake, verdict_on

_USER = 475
_SEGMENT = "made-up-segment-of-strava-0001"
_T0 = 1_795_158_000_000  # 2026-11-20T07:00:00Z
_RECEIVED = _T0 + 3 * DAY_MS
_FILES = SHARED / "vendors" / "strava"
_EVENTS = SHARED / "cases" / "ST01" / "events.json"


def _intake(server: StravaServer) -> Intake:
    def ask(arrived: Arrived) -> Reply:
        return server.interface(arrived, str(_USER))

    return Intake(row=STRAVA, ask=ask, zone="Europe/Stockholm", began_ms=_RECEIVED)


def _lived() -> tuple[Intake, StravaAthlete, StravaServer]:
    """Play days with corrections: a shorter version, a grade, a deletion, an entry by hand."""
    server = StravaServer(now_s=lambda: 0.0)
    athlete, intake = server.person(_USER), _intake(server)
    beats = [(0, 100), (1, None), (2, 0), (60, 131)]
    intake.take(strava_body(athlete.did(1, _T0, 1_800, beats)))
    intake.take(strava_body(athlete.did(2, _T0 + DAY_MS, 600, [(0, 90)])))
    intake.take(strava_body(athlete.did(3, _T0 + HOUR_MS, 900, manual=True, effort=3.0)))
    # cropped, with a pause and the patient's grade
    again = athlete.did(1, _T0, 1_200, beats[:2], moving_s=1_100, effort=6.0, sport="TrailRun")
    intake.take(strava_body(again))
    intake.take(strava_body(athlete.deleted(2, _T0 + 2 * DAY_MS)))
    return intake, athlete, server


def _compare(held: HeldFacts, athlete: StravaAthlete) -> None:
    heart: dict[int, float] = {}
    for column in matching(held.columns, metric="heart_rate"):
        heart |= dict(zip(column.t.tolist(), column.v.tolist(), strict=True))
    assert heart == athlete.heart
    workouts = {}
    for item in held.current_of_kind(Workout):
        fact, head = item.fact, item.fact.head
        assert isinstance(fact, Workout)
        name = int(head.record.removeprefix("strava:"))
        assert head.offset_min is not None
        shown = (head.start_ms, head.end_ms, fact.moving_ms, fact.exertion_cr10, head.offset_min)
        workouts[name] = shown
    assert workouts == athlete.workouts


def test_what_is_held_equals_the_truth_in_any_order() -> None:
    intake, athlete, _ = _lived()
    assert (sorted(athlete.workouts), len(athlete.heart)) == ([1, 3], 1)
    for seed in range(12):
        _compare(intake.held(intake.mixed(seed)), athlete)
    assert intake.rejects == []


def test_what_was_kept_is_read_again_without_its_request() -> None:
    intake, athlete, _ = _lived()
    _compare(intake.held(range(len(intake.received)), again=True), athlete)


def test_an_event_of_a_deleted_activity_that_comes_late_brings_nothing_back() -> None:
    intake, athlete, _ = _lived()
    intake.take(strava_body(strava_event(_USER, "activity", "update", 2, _T0 + DAY_MS)))
    _compare(intake.held(range(len(intake.received))), athlete)


def test_the_past_gives_the_same_as_the_events() -> None:
    intake, athlete, server = _lived()
    for number in range(10, 130):
        athlete.did(number, _T0 + number * HOUR_MS // 60, 30, moving_s=30)
    late = _intake(server)
    late.fetch(*strava_past(str(_USER), _T0 - 5 * DAY_MS, _T0 + 5 * DAY_MS))
    _compare(late.held(range(len(late.received))), athlete)
    pages = [request for request in late.requests if request.is_collection]
    assert [dict(page.query)["page"] for page in pages] == ["1", "2"]
    assert intake.rejects == late.rejects == []


def _items(event: dict[str, Any], subscription: str = "") -> list[Any]:
    query = {"subscription": subscription} if subscription else {}
    context = Context(connector="strava", query=query)
    return list(read_items("strava", json.dumps(event).encode(), context))


@pytest.mark.skipif(not _EVENTS.exists(), reason="the shared cases are not there")
def test_the_field_case_of_events() -> None:
    """ST01: delete, private, deauthorised "false" as text, another subscription."""
    events = json.loads(_EVENTS.read_text(encoding="utf-8"))
    created, private, deleted, deauthorised, other = (_items(event, "3") for event in events)
    (fetch,) = created
    assert isinstance(fetch, Fetch)
    assert (fetch.account, fetch.path) == ("7", "/api/v3/activities/15500000000")
    # it is asked for again, and the consent to private activities is that of the sign-in
    (again,) = private
    assert isinstance(again, Fetch)
    assert (again.path, again.key == fetch.key) == (fetch.path, False)
    (part,) = deleted
    targets = [fact.target for fact in of_type(Deletion, part.facts)]
    assert targets == ["strava:15500000000", "strava:15500000000:samples"]
    assert deauthorised == [Notice(account="7", kind=NoticeKind.REVOKED)]
    # counted, and nothing else: it names no account
    assert other == [Notice(account="", kind=NoticeKind.UNKNOWN)]


@pytest.mark.parametrize("authorized", ["false", False, "False"])
def test_an_athlete_who_withdrew_is_revoked(authorized: object) -> None:
    event = strava_event(_USER, "athlete", "update", _USER, _T0)
    items = _items({**event, "updates": {"authorized": authorized}})
    assert items == [Notice(account="475", kind=NoticeKind.REVOKED)]


def _evidence(segment: str, *secrets: str) -> Evidence:
    return Evidence(headers={}, segment=segment, patient="", secrets=secrets, now_ms=0, window_ms=0)


def test_only_the_secret_address_proves_an_event() -> None:
    body = strava_body(strava_event(_USER, "activity", "create", 1, _T0))
    other = _SEGMENT.replace("1", "2")
    for key in (_SEGMENT, f"{_SEGMENT}:3"):
        assert verdict_on(STRAVA, _evidence(_SEGMENT, key), body) is Verdict.OK
        assert verdict_on(STRAVA, _evidence(other, key), body) is Verdict.FORGED
        assert verdict_on(STRAVA, _evidence("", key), body) is Verdict.MISSING
        STRAVA.proof.check_key(key)
    for wrong in (f"{_SEGMENT}:", "short", f"{_SEGMENT}:3 4"):
        with pytest.raises(ValueError, match="wanted"):
            STRAVA.proof.check_key(wrong)


def _door(log: MemoryLog, key: str) -> Door:
    links = Links(keys=lambda: KeyRing.single(b"x" * 32), revoked=MemoryRevocations())
    return Door(
        connectors=(STRAVA,),
        secrets={"strava": (key,)},
        links=links,
        publisher=log,
        bodies=MemoryBodies(),
        clock=lambda: _RECEIVED,
    )


@pytest.mark.parametrize(
    ("key", "expected"), [(f"{_SEGMENT}:3", {"subscription": "3"}), (_SEGMENT, {})]
)
def test_the_door_says_which_subscription_is_ours_and_no_sender_does(
    key: str, expected: dict[str, str]
) -> None:
    log = MemoryLog()

    async def sent() -> int:
        transport = httpx2.ASGITransport(app=vendor_app(_door(log, key)))
        async with httpx2.AsyncClient(transport=transport, base_url="http://door") as client:
            address = f"/v1/hooks/strava/{_SEGMENT}?subscription=999"
            answer = await client.post(address, content=b"{}")
            return int(answer.status_code)

    assert asyncio.run(sent()) == 200
    assert log.events[0].envelope.context.query == expected


def test_the_sign_in_is_as_strava_wants_it() -> None:
    server, api = StravaServer(now_s=lambda: 0.0), STRAVA.api
    assert api is not None
    auth = api.auth
    assert auth is not None
    wanted = {
        "client_id": server.client_id,
        "response_type": "code",
        "redirect_uri": "https://kadens.example/back",
        "state": "s",
        "scope": auth.separator.join(auth.scopes),
    }
    assert (server.refused(wanted), wanted["scope"]) == ("", "read,activity:read_all")
    assert server.refused({**wanted, "scope": "read activity:read_all"}) != ""
    code = server.code_for(str(_USER), wanted)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": wanted["redirect_uri"],
        "client_id": server.client_id,
        "client_secret": server.client_secret,
    }
    body = "&".join(f"{name}={value}" for name, value in form.items()).encode()
    tokens = strava_tokens(server.exchanged(Arrived(path="/oauth/token", body=body)).body)
    assert (tokens.account, tokens.expires_s) == ("475", 21_600)


def test_our_subscription_is_listed_created_and_deleted() -> None:
    api = STRAVA.api
    assert api is not None
    rows = api.subscriptions
    assert rows is not None
    assert rows.create is not None
    address = f"https://d.example/v1/hooks/strava/{_SEGMENT}"
    wanted = Subscription(about=rows.wanted[0], callback=address)
    form = dict(rows.create(wanted, f"{_SEGMENT}:3").form)
    assert form == {"callback_url": address, "verify_token": _SEGMENT}
    (listed,) = read_pushes(json.dumps([{"id": 3, "callback_url": address}]).encode())
    assert listed == replace(wanted, id="3")
    assert rows.delete(listed).path == "/api/v3/push_subscriptions/3"
    with pytest.raises(ValueError, match="no list"):
        read_pushes(b"{}")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"x-ratelimit-limit": "200,2000", "x-ratelimit-usage": "10,20"}, 0),
        # the quarter of an hour is used up, and nobody says when it ends
        ({"x-ratelimit-limit": "200,2000", "x-ratelimit-usage": "200,201"}, 900),
        # reading has the lower limit, and its window ends at the full quarter
        (
            {
                "x-ratelimit-limit": "200,2000",
                "x-ratelimit-usage": "100,300",
                "x-readratelimit-limit": "100,1000",
                "x-readratelimit-usage": "100,300",
                "date": "Fri, 20 Nov 2026 07:10:00 GMT",
            },
            300,
        ),
        # the day ends at midnight in UTC
        (
            {
                "x-readratelimit-limit": "100,1000",
                "x-readratelimit-usage": "1,1000",
                "date": "Fri, 20 Nov 2026 23:00:00 GMT",
            },
            3_600,
        ),
        ({"x-ratelimit-limit": "many", "x-ratelimit-usage": "200,201"}, 0),
    ],
)
def test_stravas_rates_are_read(headers: dict[str, str], seconds: int) -> None:
    assert strava_rate_wait(headers) == seconds


@pytest.mark.parametrize(
    ("start", "clock", "offset_s", "local"),
    [
        # 02:30 at +2, before clocks go back in Stockholm
        ("2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z", 7200, ("2026-10-25", 120)),
        # the same clock an hour later
        ("2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z", 3600, ("2026-10-25", 60)),
        ("2026-11-01T06:30:00Z", "2026-11-01T01:30:00Z", -18000, ("2026-11-01", -300)),
        # a minute before midnight in New York is the next day in UTC
        ("2026-03-09T03:59:00Z", "2026-03-08T23:59:00Z", -14400, ("2026-03-08", -240)),
        # without the offset the clock at the start tells it
        ("2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z", None, ("2026-03-29", 120)),
        # without either the date is that of the patient's zone, Stockholm
        ("2026-11-20T23:30:00Z", None, None, ("2026-11-21", 60)),
    ],
)
def test_an_activity_has_the_date_of_its_own_clock(
    start: str, clock: str | None, offset_s: int | None, local: tuple[str, int]
) -> None:
    activity = {
        "id": 1,
        "start_date": start,
        "start_date_local": clock,
        "utc_offset": offset_s,
        "elapsed_time": 60,
        "type": "Walk",
    }
    (line,) = _lines(activity)
    assert (line["local_date"], line["offset_min"], line["start"]) == (*local, start)


def _lines(payload: object) -> list[dict[str, Any]]:
    zone = "Europe/Stockholm"
    context = Context(connector="strava", zone=zone)
    return list(lines_of(items_of(json.dumps(payload).encode(), context), zone))


# What each published payload says, worked out by hand: its facts, or the reason why there are none.
_PUBLISHED: list[tuple[str, list[dict[str, Any]]]] = [
    # 16:00Z is 08:00 in California; typed in, and somebody else's streams do not exist
    (
        "activity-manual.3.json",
        [
            {
                "start": "2013-11-17T16:00:00Z",
                "end": "2013-11-18T02:45:00Z",
                "offset_min": -480,
                "local_date": "2013-11-17",
                "type": "hiking",
                "moving_ms": 38_700_000,
            }
        ],
    ),
    # 3,140 s from 19:36:41Z to 20:29:01Z, of which 2,892 were exercised
    (
        "activity.3.json",
        [
            {
                "start": "2013-12-12T19:36:41Z",
                "end": "2013-12-12T20:29:01Z",
                "offset_min": -480,
                "type": "running",
                "moving_ms": 2_892_000,
            },
            {"resource": "streams", "path": "/api/v3/activities/99895560/streams"},
        ],
    ),
    # who somebody is, and Strava's own sums of zones, are nothing that was measured
    ("athlete.3.json", [{"why": "neither an event nor an activity of Strava"}]),
    (
        "example_zone_response.json",
        [{"why": "neither an event nor an activity of Strava"}] * 2,
    ),
]


@pytest.mark.skipif(not _FILES.exists(), reason="the published payloads are not there")
@pytest.mark.parametrize(("name", "expected"), _PUBLISHED)
def test_a_published_payload_says(name: str, expected: list[dict[str, Any]]) -> None:
    lines = _lines(json.loads((_FILES / name).read_text(encoding="utf-8")))
    shown = [line.get("reject", line.get("fetch", line)) for line in lines]
    assert list(map(entries_of, shown, expected)) == expected
    assert len(shown) == len(expected)


@pytest.mark.skipif(not _FILES.exists(), reason="the published payloads are not there")
@pytest.mark.parametrize(
    ("number", "beats", "distances"), [(0, [120.0, 121.0, 122.0], None), (1, [120, 130], [0, 10])]
)
def test_published_streams_need_the_start_of_their_activity(
    number: int, beats: list[float], distances: list[float] | None
) -> None:
    path = _FILES / "strava_workout_samples.payloads.json"
    streams = json.loads(path.read_text(encoding="utf-8"))[number]["payload"]
    (line,) = _lines(streams)
    assert line["reject"]["why"] == "streams without the beginning of their activity"
    requested = Fetch(account="1", resource="streams", key=f"7/{_T0}/+60/running/1", path="/x")
    context = Context(connector="strava", requested=requested)
    (part,) = of_type(Part, list(read_items("strava", json.dumps(streams).encode(), context)))
    by_metric = {block.metric: block for block in of_type(SampleBlock, part.facts)}
    heart = by_metric["heart_rate"]
    assert heart.v.tolist() == beats
    assert heart.t.tolist() == [_T0 + k * 1000 for k in range(len(beats))]
    assert ("distance" in by_metric) is (distances is not None)
    if distances is not None:
        assert by_metric["distance"].v.tolist() == distances


@pytest.mark.skipif(not _FILES.exists(), reason="the published payloads are not there")
def test_every_published_payload_is_in_a_table() -> None:
    published = {path.name for path in _FILES.iterdir()}
    in_tables = {name for name, _ in _PUBLISHED}
    assert published - in_tables == {"strava_workout_samples.payloads.json"}


_BAD: list[tuple[bytes, str]] = [
    (b"", "not JSON"),
    (b"\x1f\x8b\x08\x00", "packed, and bodies of this kind are never unpacked"),
    (b"<html></html>", "not JSON"),
    (b"7", "not an object"),
    (b"{}", "neither an event nor an activity"),
    (b'{"object_type": "activity", "owner_id": 1, "subscription_id": null}', "not an id"),
    (b'{"object_type": 7, "owner_id": 1, "subscription_id": 2}', "not a text"),
    (b'{"object_type": "activity", "owner_id": 1e400, "subscription_id": 2}', "not an id"),
    (b'{"start_date": "1970-01-01T00:00:00Z", "elapsed_time": 1, "id": 1}', "years"),
    (b'{"start_date": "2100-01-01T00:00:00Z", "elapsed_time": 1, "id": 1}', "years"),
    (b'{"start_date": "2026-11-20T07:00:00Z", "elapsed_time": "60", "id": 1}', "not a number"),
    (b'{"start_date": "2026-11-20T07:00:00Z", "elapsed_time": 60, "id": "1"}', "not an id"),
]


@pytest.mark.parametrize(("body", "why"), _BAD)
def test_bad_input_is_told_with_its_path(body: bytes, why: str) -> None:
    lines = list(lines_of(read_items("strava", body, Context(connector="strava"))))
    rejects = [line["reject"] for line in lines]
    assert any(why in reject["why"] for reject in rejects), rejects
    assert all(reject["where"] for reject in rejects)


def test_a_cut_or_changed_body_never_crashes() -> None:
    intake, _, _ = _lived()
    for body, context in intake.received:
        for end in range(0, len(body), 10):
            assert of_type(Part, list(read_items("strava", body[:end], context))) == []
        for old, new in ((b'"', b"7"), (b"0", b"9" * 30), (b"[", b"{"), (b":", b":null,")):
            list(read_items("strava", body.replace(old, new), context))
        known = list(lines_of(read_items("strava", body, context)))
        unknown = b'{"unknown": {"a": [1]}, ' + body[1:]
        assert list(lines_of(read_items("strava", unknown, context))) == known


def test_an_hour_to_come_is_refused_and_the_rest_is_kept() -> None:
    requested = Fetch(account="1", resource="streams", key=f"7/{_T0}/+60/running/1", path="/x")
    context = Context(connector="strava", requested=requested, received_ms=_T0 + MINUTE_MS)
    streams = {"time": {"data": [0, 3600]}, "heartrate": {"data": [100, 101]}}
    (part,) = of_type(Part, list(read_items("strava", json.dumps(streams).encode(), context)))
    (block,) = part.facts
    assert isinstance(block, SampleBlock)
    assert block.v.tolist() == [100.0]
    assert [reject.why for reject in part.rejects] == ["measured later than it was received"]


def test_the_time_of_the_tests_is_what_it_says() -> None:
    assert epoch_ms(datetime.fromisoformat("2026-11-20T07:00:00+00:00")) == _T0
