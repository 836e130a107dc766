"""Polar that is played: what its notices and answers give equals its truth, in any order."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest.proving.evidence import Evidence
from ingest.proving.verify import Verdict
from ingest.vendors.polar import POLAR, polar_past, polar_request, read_webhooks
from kadens.derivation.held_facts import HeldFacts
from kadens.fact_lines import lines_of
from kadens.payload_formats import items_of
from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, epoch_ms
from model.facts import DaySummary, SampleBlock, Workout
from model.received import Context, Fetch, Part
from model.vendors.requests import ApiRequest
from parsers.exports.polar_names import POLAR_EFFORTS
from parsers.formats import read_items
from simulate.vendors.platform.exchanges import Arrived, Reply
from simulate.vendors.polar import PolarUser, polar_headers
from simulate.vendors.polar_server import PolarServer
from tests.rooms import SHARED
from tests.rows import entries_of, matching, of_type
from tests.vendors.intake import Intake, verdict_on

_USER = 475
_T0 = 1_795_158_000_000  # 2026-11-20T07:00:00Z, a Friday
_RECEIVED = _T0 + 3 * DAY_MS
_SENT = "2026-11-20T10:00:00Z"
_DAY = "2026-11-20"
_FILES = SHARED / "vendors" / "polar"


def _intake(server: PolarServer, zone: str = "Europe/Stockholm") -> Intake:
    def ask(arrived: Arrived) -> Reply:
        return server.interface(arrived, str(_USER))

    return Intake(row=POLAR, ask=ask, zone=zone, began_ms=_RECEIVED)


def _lived() -> tuple[Intake, PolarUser]:
    """Play a day with corrections: a second night, more steps, a graded exercise."""
    server = PolarServer(now_s=lambda: 0.0)
    user, intake = server.person(_USER), _intake(server)
    intake.take(user.exercised("e1", _T0, [100, None, 104, 0, 120]))
    intake.take(user.walked(_DAY, {421: 90, 422: 30}, _SENT))
    intake.take(user.felt(_DAY, [(10, 58), (86_395, 71)], _SENT))
    intake.take(user.slept(_DAY, _T0 - 9 * HOUR_MS, _T0 - HOUR_MS, 41, _SENT))
    # told again: the same exercise with its grade, a longer night, a day that has grown
    intake.take(user.exercised("e1", _T0, [100, 101, 104, 0, 120], ("RPE_HARD", 8.0)))
    later = "2026-11-20T18:00:00Z"
    intake.take(user.slept(_DAY, _T0 - 9 * HOUR_MS, _T0, 44, later))
    intake.take(user.walked(_DAY, {421: 95, 600: 100}, later))
    intake.take(user.felt(_DAY, [(10, 58), (43_200, 99), (86_395, 71)], later))
    return intake, user


def _spans(held: HeldFacts, metric: str) -> dict[tuple[int, int], float]:
    spans: dict[tuple[int, int], float] = {}
    for column in matching(held.columns, metric=metric):
        assert column.until is not None
        ends = zip(column.t.tolist(), column.until.tolist(), strict=True)
        spans |= dict(zip(ends, column.v.tolist(), strict=True))
    return spans


def _beats(held: HeldFacts) -> dict[int, float]:
    heart: dict[int, float] = {}
    for column in matching(held.columns, metric="heart_rate"):
        heart |= dict(zip(column.t.tolist(), column.v.tolist(), strict=True))
    return heart


def _compare(held: HeldFacts, user: PolarUser) -> None:
    assert _beats(held) == user.heart
    assert _spans(held, "steps") == user.steps
    assert set(_spans(held, "wear")) == set(user.nights.values())
    workouts = {}
    for item in held.current_of_kind(Workout):
        fact = item.fact
        assert isinstance(fact, Workout)
        name, grade = fact.head.record.removeprefix("polar:"), fact.exertion_cr10
        word = fact.effort_stated or "UNKNOWN"
        workouts[name] = (fact.head.start_ms, fact.head.end_ms, word, grade)
    assert workouts == user.workouts
    totals: dict[str, dict[str, float]] = {"steps": {}, "heart_rate_variability_rmssd": {}}
    for item in held.current_of_kind(DaySummary):
        assert isinstance(item.fact, DaySummary)
        for name, value in item.fact.values.items():
            totals[name][str(item.fact.local_date)] = value
    assert totals == {"steps": user.totals, "heart_rate_variability_rmssd": user.variability}


def test_what_is_held_equals_the_truth_in_any_order() -> None:
    intake, user = _lived()
    assert (len(user.heart), len(user.steps), user.totals) == (7, 3, {_DAY: 225.0})
    for seed in range(8):
        _compare(intake.held(intake.mixed(seed)), user)
    assert intake.rejects == []


def test_what_was_kept_is_read_again_without_its_request() -> None:
    intake, user = _lived()
    _compare(intake.held(range(len(intake.received)), again=True), user)


def test_the_past_gives_the_same_as_the_notices() -> None:
    intake, user = _lived()
    late = replace(intake, received=[], requests=[])
    past = polar_past(str(_USER), _T0 - DAY_MS, _T0 + HOUR_MS)
    assert len(past) == len(set(map(_named, past))) == 9
    late.fetch(*past)
    held = late.held(range(len(late.received)))
    assert _spans(held, "steps") == user.steps
    assert set(_spans(held, "wear")) == set(user.nights.values())
    assert _beats(held) == user.heart
    assert [item.fact.head.record for item in held.current_of_kind(Workout)] == ["polar:e1"]
    assert late.rejects == []


def _named(fetch: Fetch) -> tuple[str, str]:
    return fetch.resource, fetch.key


def test_a_day_is_placed_by_a_workout_that_states_another_offset() -> None:
    server = PolarServer(now_s=lambda: 0.0)
    user, intake = server.person(_USER), _intake(server)
    user.away[_DAY] = -300
    intake.take(user.exercised("e1", _T0 + 7 * HOUR_MS, [90, 91], offset_min=-300))
    intake.take(user.felt(_DAY, [(10, 58), (43_200, 60)], _SENT))
    for seed in range(4):
        assert _beats(intake.held(intake.mixed(seed))) == user.heart
    assert _beats(intake.held(range(len(intake.received)), again=True)) == user.heart
    paths = [request.path for request in intake.requests]
    # once by the zone, and once more with the offset that the workout states
    assert paths.count(f"/v3/users/continuous-heart-rate/{_DAY}") == 2


@pytest.mark.parametrize(
    ("zone", "day", "beats", "utc"),
    [
        # 02:30 comes twice in Stockholm: first at +2, then at +1
        (
            "Europe/Stockholm",
            "2026-10-25",
            [("02:30:00", 60), ("02:10:00", 61), ("03:00:00", 62)],
            ["2026-10-25T00:30:00Z", "2026-10-25T01:10:00Z", "2026-10-25T02:00:00Z"],
        ),
        # in New York 01:30 is followed by 01:10 at -5
        (
            "America/New_York",
            "2026-11-01",
            [("01:30:00", 60), ("01:10:00", 61), ("02:00:00", 62)],
            ["2026-11-01T05:30:00Z", "2026-11-01T06:10:00Z", "2026-11-01T07:00:00Z"],
        ),
        # 02:00 to 03:00 is skipped
        (
            "Europe/Stockholm",
            "2026-03-29",
            [("01:59:59", 60), ("03:00:00", 61)],
            ["2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"],
        ),
        (
            "America/New_York",
            "2026-03-08",
            [("00:00:00", 60), ("03:00:00", 61), ("23:59:59", 62)],
            ["2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z", "2026-03-09T03:59:59Z"],
        ),
    ],
)
def test_clock_times_are_placed_where_clocks_change(
    zone: str, day: str, beats: list[tuple[str, int]], utc: list[str]
) -> None:
    samples = [{"heart_rate": beat, "sample_time": clock} for clock, beat in beats]
    body = json.dumps({"date": day, "heart_rate_samples": samples}).encode()
    (block,) = _facts(body, Context(connector="polar", zone=zone))
    assert isinstance(block, SampleBlock)
    expected = [epoch_ms(_instant(text)) for text in utc]
    assert dict(zip(block.t.tolist(), block.v.tolist(), strict=True)) == dict(
        zip(expected, [beat for _, beat in beats], strict=True)
    )


@pytest.mark.parametrize(
    ("start", "offset_min", "utc", "local_date"),
    [
        # the hour that comes twice in Stockholm: the stated offset tells which one it is
        ("2026-10-25T02:30:00", 120, "2026-10-25T00:30:00Z", "2026-10-25"),
        ("2026-10-25T02:30:00", 60, "2026-10-25T01:30:00Z", "2026-10-25"),
        ("2026-03-29T03:00:00", 120, "2026-03-29T01:00:00Z", "2026-03-29"),
        ("2026-11-01T01:30:00", -240, "2026-11-01T05:30:00Z", "2026-11-01"),
        ("2026-11-01T01:30:00", -300, "2026-11-01T06:30:00Z", "2026-11-01"),
        # midnight belongs to the day that it begins
        ("2026-11-20T00:00:00", 120, "2026-11-19T22:00:00Z", "2026-11-20"),
        ("2026-03-08T23:59:59", -240, "2026-03-09T03:59:59Z", "2026-03-08"),
        # without an offset the patient's zone places it, here Stockholm in winter
        ("2026-11-20T00:30:00", None, "2026-11-19T23:30:00Z", "2026-11-20"),
    ],
)
def test_an_exercise_has_the_date_of_its_own_clock(
    start: str, offset_min: int | None, utc: str, local_date: str
) -> None:
    third = {
        "id": "e",
        "start_time": start,
        "start_time_utc_offset": offset_min,
        "duration": "PT10M",
    }
    fourth = {
        "identifier": {"id": "e"},
        "startTime": start,
        "timezoneOffsetMinutes": offset_min,
        "durationMillis": "600s",
    }
    zone = "Europe/Stockholm"
    for document in (third, {"trainingSessions": [fourth]}):
        body, context = json.dumps(document).encode(), Context(connector="polar", zone=zone)
        (line,) = lines_of(items_of(body, context), zone)
        assert (line["start"], line["local_date"], line["record"]) == (utc, local_date, "polar:e")


def _instant(text: str) -> Any:  # noqa: ANN401 - a datetime
    from datetime import datetime  # noqa: PLC0415 - for this alone

    return datetime.fromisoformat(text)


def _facts(body: bytes, context: Context) -> list[Any]:
    facts: list[Any] = []
    for part in of_type(Part, list(read_items("polar", body, context))):
        facts += part.facts
    return facts


def test_words_of_effort_are_polars_own_numbers() -> None:
    grades = "NONE EASY LIGHT FAIRLY_BRISK BRISK MODERATE FAIRLY_HARD HARD EXHAUSTING EXTREME"
    words = [f"RPE_{grade}" for grade in grades.split()]
    assert [POLAR_EFFORTS[word] for word in words] == list(map(float, range(1, 11)))
    assert set(POLAR_EFFORTS) - set(words) == {"RPE_EXHAUSTED"}


def test_a_webhook_is_created_with_a_key_that_proves_its_notices() -> None:
    server = PolarServer(now_s=lambda: 0.0)
    user = server.person(_USER)
    body = user.walked(_DAY, {1: 2}, _SENT)
    key = "made-up"
    evidence = Evidence(
        headers=polar_headers(key, body, "ACTIVITY_SUMMARY"),
        segment="",
        patient="",
        secrets=(key,),
        now_ms=0,
        window_ms=0,
    )
    assert verdict_on(POLAR, evidence, body) is Verdict.OK
    assert verdict_on(POLAR, evidence, body + b" ") is Verdict.FORGED
    assert verdict_on(POLAR, replace(evidence, secrets=("other",)), body) is Verdict.FORGED
    assert verdict_on(POLAR, replace(evidence, headers={}), body) is Verdict.MISSING


def _sent(request: ApiRequest) -> Arrived:
    return Arrived(method=request.method, path=request.path, body=request.json.encode())


def test_an_account_is_registered_once_and_withdrawn() -> None:
    api, server = POLAR.api, PolarServer(now_s=lambda: 0.0, registers=True)
    server.person(_USER).exercised("e1", _T0, [100])
    assert api is not None
    assert api.register is not None
    assert api.auth is not None
    assert api.auth.revoke is not None
    user, exercise = str(_USER), Arrived(path="/v3/exercises/e1")
    assert server.interface(exercise, user).status == 403
    statuses = [server.interface(_sent(api.register(user)), user).status for _ in range(2)]
    assert statuses == [201, 409]
    assert server.interface(exercise, user).status == 200
    assert server.interface(_sent(api.auth.revoke(user)), user).status == 204
    assert (server.withdrawn, server.interface(exercise, user).status) == ([user], 403)


def test_webhooks_are_listed_activated_and_never_created_by_us() -> None:
    api = POLAR.api
    assert api is not None
    subscriptions = api.subscriptions
    assert subscriptions is not None
    assert subscriptions.create is None  # the answer has the key, which a person has to keep
    rows = [
        {"id": "a", "events": ["SLEEP", "EXERCISE"], "url": "https://d.example/v1/hooks/polar"},
        {"id": "b", "events": [*subscriptions.wanted[0].split(), "NEW"], "url": "u"},
        {"id": "c", "events": subscriptions.wanted[0].split(), "url": "u", "active": False},
    ]
    listed = read_webhooks(json.dumps({"data": rows}).encode())
    assert [row.about in subscriptions.wanted for row in listed] == [False, True, True]
    assert [row.is_active for row in listed] == [True, True, False]
    assert subscriptions.renew is not None
    assert subscriptions.renew(listed[2]).path == "/v3/webhooks/activate"
    assert subscriptions.delete(listed[0]).path == "/v3/webhooks/a"
    for wrong in (b"[]", b'{"data": 1}', b'{"data": [{}]}', b"no"):
        with pytest.raises(ValueError, match=r"no (webhook|list|JSON)"):
            read_webhooks(wrong)


@pytest.mark.parametrize(
    ("path", "is_list"),
    [
        ("/v3/exercises", True),
        ("/v4/data/training-sessions/list", True),
        ("/v3/exercises/e1/fit", False),
        ("/v3/users/sleep/2026-11-20", False),
    ],
)
def test_only_a_list_always_exists(path: str, is_list: bool) -> None:  # noqa: FBT001
    fetch = Fetch(account="1", resource="r", key="k", path=path)
    assert polar_request(fetch).is_collection is is_list


# What each published payload says, worked out by hand: its facts, or the reason why there are none.
_PUBLISHED: list[tuple[str, int, dict[str, Any]]] = [
    # written with its offset, and sleep shows only that the watch was worn: 23:00 at +2 is 21:00Z
    (
        "polar_247",
        0,
        {
            "metric": "wear",
            "start": "2024-01-14T21:00:00Z",
            "end": "2024-01-15T05:00:00Z",
            "offset_min": 120,
            "v": [1.0],
        },
    ),
    # totals of a date; the patient's zone says where the date begins: Stockholm is at +1
    (
        "polar_247",
        1,
        {
            "kind": "day",
            "local_date": "2024-01-15",
            "start": "2024-01-14T23:00:00Z",
            "summary": {"steps": 9500.0, "distance": 7200.0, "active_energy": 420.0},
        },
    ),
    # 08:00, 08:05 and 08:10 on a clock at +1
    (
        "polar_247",
        2,
        {
            "metric": "heart_rate",
            "start": "2024-01-15T07:00:00Z",
            "end": "2024-01-15T07:10:00.001Z",
            "offset_min": 60,
            "offset_origin": "patient_zone",
            "v": [62.0, 65.0, 60.0],
        },
    ),
    ("polar_247", 3, {"why": "a training load of Polar, which is not kept"}),
    # Polar's variability is RMSSD, a figure of the night
    (
        "polar_247",
        4,
        {"local_date": "2024-01-15", "summary": {"heart_rate_variability_rmssd": 48.0}},
    ),
    # 08:00 less the stated offset of 60 minutes, for an hour
    (
        "polar_import",
        0,
        {
            "account": "12345",
            "record": "polar:ABC123",
            "start": "2024-01-15T07:00:00Z",
            "end": "2024-01-15T08:00:00Z",
            "offset_min": 60,
            "offset_origin": "source",
            "type": "running",
            "summary": {"distance": 10000.0, "heart_rate_mean": 145.0, "heart_rate_max": 175.0},
        },
    ),
    ("polar_import", 1, {"why": "not an answer of Polar that is read"}),
]


@pytest.mark.skipif(not _FILES.exists(), reason="the published payloads are not there")
@pytest.mark.parametrize(("name", "number", "expected"), _PUBLISHED)
def test_a_published_payload_says(name: str, number: int, expected: dict[str, Any]) -> None:
    (line,) = _lines(_FILES / f"{name}.payloads.json", number)
    shown = line.get("reject", line)
    assert entries_of(shown, expected) == expected


def _lines(path: Path, number: int) -> list[dict[str, Any]]:
    payload = json.dumps(json.loads(path.read_text(encoding="utf-8"))[number]["payload"]).encode()
    zone = "Europe/Stockholm"
    return list(lines_of(items_of(payload, Context(connector="polar", zone=zone)), zone))


@pytest.mark.skipif(not _FILES.exists(), reason="the published payloads are not there")
def test_every_published_payload_is_in_the_table() -> None:
    published = set()
    for path in _FILES.glob("*.payloads.json"):
        for number in range(len(json.loads(path.read_text(encoding="utf-8")))):
            published.add((path.name.removesuffix(".payloads.json"), number))
    assert published == {(name, number) for name, number, _ in _PUBLISHED}


_BAD: list[tuple[bytes, str]] = [
    (b"", "not JSON"),
    (b"\x1f\x8b\x08\x00", "packed, and bodies of this kind are never unpacked"),
    (b"<html></html>", "not JSON"),
    (b'{"event": 7, "user_id": 1}', "not a text"),
    (b'{"event": "EXERCISE", "user_id": "475"}', "not a user's number"),
    (b'{"event": "EXERCISE", "user_id": 99999999999999999999}', "not a user's number"),
    (b'{"event": "EXERCISE", "user_id": null}', "not a user's number"),
    (
        b'{"event": "EXERCISE", "user_id": 1, "timestamp": "t", "url": "https://p.example/v3/x", '
        b'"entity_id": "' + b"x" * 10_000 + b'"}',
        "longer than",
    ),
    (b'{"date": 20261120, "heart_rate_samples": []}', "not a date"),
    (b'{"date": "2026-11-20", "heart_rate_samples": {"a": 1}}', "not a list"),
    (
        b'{"start_time": "1970-01-01T00:00", "duration": "PT1M", "start_time_utc_offset": 0}',
        "years",
    ),
    (
        b'{"start_time": "2100-01-01T00:00", "duration": "PT1M", "start_time_utc_offset": 0}',
        "years",
    ),
    (b'{"start_time": "2026-11-20T07:00", "duration": "PT1M"}', "without an offset"),
    (b'{"trainingSessions": {"a": 1}}', "not a list"),
    (b'{"trainingSessions": [7, null]}', "not an object"),
    (b'{"steps": "many", "date": "2026-11-20"}', "not a number"),
    (b'{"steps": {"samples": 7}, "date": "2026-11-20"}', "not a list"),
]


@pytest.mark.parametrize(("body", "why"), _BAD)
def test_bad_input_is_told_with_its_path(body: bytes, why: str) -> None:
    lines = list(lines_of(read_items("polar", body, Context(connector="polar"))))
    rejects = [line["reject"] for line in lines]
    assert any(why in reject["why"] for reject in rejects), rejects
    assert all(reject["where"] for reject in rejects)


def test_a_cut_or_changed_answer_never_crashes() -> None:
    server = PolarServer(now_s=lambda: 0.0)
    user, intake = server.person(_USER), _intake(server)
    intake.take(user.exercised("e1", _T0, [100, 101]), user.felt(_DAY, [(10, 58)], _SENT))
    intake.take(user.walked(_DAY, {421: 90}, _SENT))
    intake.take(user.slept(_DAY, _T0 - 9 * HOUR_MS, _T0 - HOUR_MS, 41, _SENT))
    for body, context in intake.received:
        for end in range(0, len(body), 10):
            rejects = of_type(Part, list(read_items("polar", body[:end], context)))
            assert rejects == []
        for old, new in ((b'"', b"7"), (b"0", b"9" * 30), (b"[", b"{"), (b":", b":null,")):
            list(read_items("polar", body.replace(old, new), context))
        unknown = b'{"unknown": {"a": [1]}, ' + body[1:]
        if body.startswith(b"{"):
            known = list(lines_of(read_items("polar", body, context)))
            assert list(lines_of(read_items("polar", unknown, context))) == known


def test_an_hour_to_come_is_refused_and_the_rest_is_kept() -> None:
    now = epoch_ms(_instant("2026-11-20T08:00:00+00:00"))
    samples = [{"heart_rate": 60, "sample_time": text} for text in ("08:59:00", "10:00:00")]
    body = json.dumps({"date": _DAY, "heart_rate_samples": samples}).encode()
    context = Context(connector="polar", zone="Europe/Stockholm", received_ms=now)
    (part,) = of_type(Part, list(read_items("polar", body, context)))
    (block,) = part.facts
    assert isinstance(block, SampleBlock)
    assert block.t.tolist() == [now - MINUTE_MS]
    assert [reject.why for reject in part.rejects] == ["measured later than it was received"]
