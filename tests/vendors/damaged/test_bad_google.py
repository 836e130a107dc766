"""Bad bodies of Google Health and of Fitbit: told with their path, and the rest stays."""

import gzip
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from kadens.recorded.cases import read_case
from model.facts import Reject
from model.received import Context, Fetch, Part, ReaderItem
from parsers.fields import JsonObject
from parsers.formats import read_items
from tests.rooms import ROOT
from tests.rows import of_type

_CASES = (
    "google_health/deleted_by_record",
    "google_health/exercise_points",
    "google_health/sleep_points",
    "fitbit_api/notices",
    "fitbit_api/steps_of_a_day",
    "fitbit_api/activities_of_a_day",
)
_EVERY = pytest.mark.parametrize("name", _CASES)
_WRONG: tuple[Any, ...] = (True, "12", -1, 2**70, [], {}, "\x00")


def _read(name: str, body: bytes) -> list[ReaderItem]:
    folder = ROOT / "tests" / "data" / name
    return list(read_items(folder.parent.name, body, read_case(folder).context))


def _body(name: str) -> bytes:
    return read_case(ROOT / "tests" / "data" / name).payload


def _counts(items: list[ReaderItem]) -> tuple[int, int]:
    """Return how many facts and how many rejects there are."""
    parts = of_type(Part, items)
    refused = len(of_type(Reject, items)) + sum(len(part.rejects) for part in parts)
    return sum(len(part.facts) for part in parts), refused


@_EVERY
def test_a_body_that_breaks_off_is_refused_where_it_does(name: str) -> None:
    body = _body(name)
    for end in range(0, len(body), 10):
        items = _read(name, body[:end])
        assert (_counts(items), of_type(Fetch, items)) == ((0, 1), []), end


@_EVERY
def test_what_is_packed_is_refused(name: str) -> None:
    assert _counts(_read(name, gzip.compress(_body(name)))) == (0, 1)


def _values(value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - parsed JSON
    """Yield the container and the key of every value within a document."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _values(value[key])


@_EVERY
def test_a_wrong_value_is_told_or_harms_nothing(name: str) -> None:
    document = json.loads(_body(name))
    all_facts, before = _counts(_read(name, _body(name)))
    # another source or offset divides a series, so there may be more blocks, never one a value
    most = all_facts + 3
    for container, key in list(_values(document)):
        kept = container[key]
        for wrong in _WRONG:
            container[key] = wrong
            items = _read(name, json.dumps(document).encode())
            facts, refused = _counts(items)
            assert facts <= most, key
            # what is lost is told, or announced by nobody known, or was an empty list
            assert facts >= all_facts or refused > before or wrong in ([], {}, "12"), (key, wrong)
        container[key] = kept


@_EVERY
def test_names_that_nobody_knows_change_nothing(name: str) -> None:
    document = json.loads(_body(name))
    for container, _ in list(_values(document)):
        if isinstance(container, dict) and "dataPoints" not in container:
            container.setdefault("aNameThatNobodyKnows", {"deep": [1]})
    before = _counts(_read(name, _body(name)))
    assert _counts(_read(name, json.dumps(document).encode())) == before


def test_ten_thousand_users_in_one_body_are_kept_apart() -> None:
    deleted = {
        "operation": "DELETE",
        "dataType": "exercise",
        "recordId": "9",
        "intervals": [{"physicalTimeInterval": {"startTime": "2026-02-16T08:00:00Z"}}],
    }
    entries = [{"data": {**deleted, "healthUserId": f"u{number}"}} for number in range(10_000)]
    items = list(read_items("google_health", json.dumps(entries).encode(), Context(connector="x")))
    parts = of_type(Part, items)
    assert (len(parts), len(of_type(Fetch, items))) == (10_000, 10_000)
    assert parts[7].account == "u7"
    # its own deletion alone, and the hour of its receipt
    assert json.loads(parts[7].kept or b"") == [entries[7], {"kadens": "0"}]


def _upsert(starts: Sequence[str]) -> JsonObject:
    """Return a notification of steps in the hour that begins at each of these times."""
    intervals = [{"physicalTimeInterval": {"startTime": at}} for at in starts]
    return {
        "data": {
            "operation": "UPSERT",
            "dataType": "steps",
            "healthUserId": "u1",
            "intervals": intervals,
        }
    }


def test_a_body_has_room_for_twenty_thousand_intervals() -> None:
    # each interval is asked for, so a body of one user must not make a hundred thousand requests
    same = ["2026-02-16T08:00:00Z"] * 1_000
    full = [_upsert(same)] * 20

    def read(entries: list[JsonObject]) -> list[ReaderItem]:
        body = json.dumps(entries).encode()
        return list(read_items("google_health", body, Context(connector="x")))

    # the same interval is asked for once for each notification
    assert len(of_type(Fetch, read(full))) == 20
    (refused,) = of_type(Reject, read([*full, _upsert(same[:1])]))
    assert refused.why == "more notifications than are read"
