"""Bad bodies of Garmin and Suunto: what cannot be read is told with its path, and the rest stays.

Nothing that a sender writes may raise, and nothing is refused without a reason.
"""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from model.facts import Reject, RejectKind, Workout
from model.received import Context, Part, ReaderItem
from parsers.formats import read_items
from simulate.vendors.garmin.bodies import PlayedActivity, PlayedDay, PlayedGarmin, push
from simulate.vendors.suunto.bodies import PlayedNight, PlayedSample, PlayedSuunto, PlayedWorkout
from tests.rows import of_type

_MIDNIGHT_S = 1_792_879_200
_GARMIN = PlayedGarmin(
    user="u",
    days=[
        PlayedDay(
            start_s=_MIDNIGHT_S,
            offset_s=7_200,
            steps=[30, 40],
            beats=[60, 61, 62],
            night_s=900,
            rmssd=[40, 41],
        )
    ],
    activities=[
        PlayedActivity(
            id=7,
            start_s=_MIDNIGHT_S,
            offset_s=7_200,
            type=("RUNNING", "running"),
            beats=[100, 101, 102],
            pause_s=60,
        )
    ],
)
_SUUNTO = PlayedSuunto(
    user="u",
    workouts=[
        PlayedWorkout(
            key="k1", start_s=_MIDNIGHT_S, offset_min=120, type=(1, "running"), beats=[100, 101]
        )
    ],
    samples=[PlayedSample(at_s=_MIDNIGHT_S, offset_min=120, beats=60, steps=5, kcal=2, rmssd=40)],
    nights=[PlayedNight(id=1, start_s=_MIDNIGHT_S, end_s=_MIDNIGHT_S + 900, offset_min=120)],
)
_BODIES: list[tuple[str, bytes]] = [
    ("garmin", push(**_GARMIN.records())),
    *(("suunto", body) for body in _SUUNTO.notices()[:3]),
]
_EVERY = pytest.mark.parametrize(("vendor", "body"), _BODIES, ids=lambda value: str(value)[:6])
_WRONG: tuple[Any, ...] = (None, True, "12", -1, 2**70, 1e300, [], {}, "\x00")


def _read(vendor: str, body: bytes, received_ms: int = 0) -> list[ReaderItem]:
    return list(read_items(vendor, body, Context(connector=vendor, received_ms=received_ms)))


def _counts(items: list[ReaderItem]) -> tuple[int, int]:
    """Return how many facts and how many rejects there are."""
    parts = of_type(Part, items)
    refused = len(of_type(Reject, items)) + sum(len(part.rejects) for part in parts)
    return sum(len(part.facts) for part in parts), refused


@_EVERY
def test_a_body_that_breaks_off_is_refused_where_it_does(vendor: str, body: bytes) -> None:
    for end in range(0, len(body), 10):
        items = _read(vendor, body[:end])
        facts, refused = _counts(items)
        assert (facts, refused) == (0, 1), end


def _places(value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - parsed JSON
    """Yield the container and the key of every value within a document."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


@_EVERY
def test_a_wrong_value_is_told_or_harms_nothing(vendor: str, body: bytes) -> None:
    document = json.loads(body)
    all_facts = _counts(_read(vendor, body))[0]
    for container, key in list(_places(document)):
        kept = container[key]
        for wrong in _WRONG:
            container[key] = wrong
            facts, _ = _counts(_read(vendor, json.dumps(document).encode()))
            assert facts <= all_facts, key
        container[key] = kept
    assert _counts(_read(vendor, json.dumps(document).encode()))[0] == all_facts


def _push(lists: dict[str, list[Any]]) -> bytes:
    return json.dumps(lists).encode()


def test_one_bad_record_of_garmin_costs_itself_alone() -> None:
    lists = _GARMIN.records()
    before = _counts(_read("garmin", push(**lists)))[0]
    for kind, records in lists.items():
        bad: list[Any] = [
            None,
            7,
            "x",
            [],
            {"userId": "u"},
            {"userId": None},
            {**records[0], "userId": 3},
        ]
        facts, refused = _counts(_read("garmin", _push({**lists, kind: [*bad, *records]})))
        assert facts == before, kind
        assert refused > 0


@_EVERY
def test_names_that_nobody_knows_change_nothing(vendor: str, body: bytes) -> None:
    document = json.loads(body)
    for container, _ in list(_places(document)):
        # a map from seconds has no names but these
        is_map = isinstance(container, dict) and all(map(str.isdecimal, container))
        if isinstance(container, dict) and container is not document and not is_map:
            container["aNameThatNobodyKnows"] = {"deep": [1, {"deeper": "x"}]}
    assert _counts(_read(vendor, json.dumps(document).encode())) == _counts(_read(vendor, body))


@pytest.mark.parametrize(
    ("at_s", "kept"),
    [(0, 0), (946_684_799, 0), (946_684_800, 1), (4_102_444_800, 0), (2**62, 0)],
)
def test_years_that_are_not_read(at_s: int, kept: int) -> None:
    activity = {"userId": "u", "activityId": 1, "startTimeInSeconds": at_s}
    body = push(activities=[{**activity, "durationInSeconds": 60}])
    facts, refused = _counts(_read("garmin", body))
    assert (facts, bool(refused)) == (kept, not kept)
    workout = {"workoutKey": "k", "activityId": 0, "startTime": at_s * 1000, "totalTime": 60}
    notice = {"type": "WORKOUT_CREATED", "username": "u", "workout": workout}
    facts, refused = _counts(_read("suunto", json.dumps(notice).encode()))
    assert (facts, bool(refused)) == (kept, not kept)


def test_what_is_an_hour_ahead_of_its_receipt_is_told() -> None:
    received_ms = (_MIDNIGHT_S - 3_600) * 1000
    for vendor, body in _BODIES:
        facts, refused = _counts(_read(vendor, body, received_ms))
        # a total says only that its day had begun, and the day had not
        assert (facts, refused > 0) == (0, True), vendor


def test_an_account_of_ten_thousand_bytes_is_nobody() -> None:
    name = "u" * 10_000
    (reject,) = _read("garmin", push(dailies=[{"userId": name, "summaryId": "d"}]))
    assert isinstance(reject, Reject)
    assert (reject.where, reject.kind) == ("dailies[0].userId", RejectKind.TOO_MUCH)
    (reject,) = _read("suunto", json.dumps({"type": "ROUTE_CREATED", "username": name}).encode())
    assert isinstance(reject, Reject)
    assert (reject.where, reject.kind) == ("username", RejectKind.TOO_MUCH)


def test_ten_thousand_users_in_one_body_are_ten_thousand_parts() -> None:
    record = {"durationInSeconds": 60, "startTimeInSeconds": _MIDNIGHT_S}
    users = [{**record, "userId": f"u{n}", "activityId": n} for n in range(10_001)]
    parts = _read("garmin", push(activities=users[:-1]))
    assert len(parts) == 10_000
    assert all(isinstance(part, Part) and len(part.facts) == 1 for part in parts)
    (reject,) = _read("garmin", push(activities=users))
    assert isinstance(reject, Reject)
    assert reject.kind is RejectKind.TOO_MUCH


@_EVERY
def test_a_packed_body_that_nobody_agreed_to_is_refused(vendor: str, body: bytes) -> None:
    assert _counts(_read(vendor, gzip.compress(body))) == (0, 1)


def test_a_number_beyond_a_float_names_an_activity_exactly() -> None:
    record = {"userId": "u", "durationInSeconds": 60, "startTimeInSeconds": _MIDNIGHT_S}
    activities = [{**record, "activityId": 2**53 + n} for n in (0, 1)]
    (part,) = of_type(Part, _read("garmin", push(activities=activities)))
    names = [fact.head.record for fact in part.facts if isinstance(fact, Workout)]
    assert names == [f"activity:{2**53}", f"activity:{2**53 + 1}"]
