"""Bad bodies and hard times of Oura, WHOOP and Withings: each is told, and the rest is kept."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from kadens.recorded.cases import read_case
from model.facts import Reject
from model.received import Context, Part, ReaderItem
from parsers.formats import read_items
from tests.rooms import ROOT
from tests.rows import of_type
from tests.vendors.lines import inspected

_DATA = ROOT / "tests" / "data"
_CASES = (
    ("oura", "workout_cue"),
    ("oura", "day"),
    ("oura", "sleep"),
    ("oura", "heart_rate"),
    ("whoop", "workout_updated"),
    ("whoop", "workout"),
    ("whoop", "page"),
    ("withings", "activity_cue"),
    ("withings", "workouts"),
    ("withings", "measures"),
    ("withings", "intraday"),
)
_WRONG: tuple[Any, ...] = (None, True, "12", -1, 2**70, 1e300, [], {}, "\x00", "x" * 10_000)
_EVERY = pytest.mark.parametrize("case", _CASES, ids="-".join)


def _context(case: tuple[str, str], received_ms: int = 0) -> tuple[bytes, Context]:
    recorded = read_case(_DATA / case[0] / case[1])
    given = recorded.context
    context = Context(
        connector=case[0],
        content_type=given.content_type,
        requested=given.requested,
        received_ms=received_ms or given.received_ms,
    )
    return recorded.payload, context


def _read(body: bytes, context: Context) -> list[ReaderItem]:
    return list(read_items(context.connector, body, context))


def _counts(items: list[ReaderItem]) -> tuple[int, int]:
    """Return how many facts and how many rejects there are."""
    parts = of_type(Part, items)
    refused = len(of_type(Reject, items)) + sum(len(part.rejects) for part in parts)
    return sum(len(part.facts) for part in parts), refused


@_EVERY
def test_a_body_that_breaks_off_gives_no_fact(case: tuple[str, str]) -> None:
    body, context = _context(case)
    for end in range(0, len(body.rstrip()), 10):
        facts, refused = _counts(_read(body[:end], context))
        # a form may break off anywhere, and is a shorter form then
        assert facts == 0, end
        assert refused == 1 or body[:1] != b"{", end


def _places(value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - parsed JSON
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


@_EVERY
def test_a_wrong_value_is_told_or_harms_nothing(case: tuple[str, str]) -> None:
    body, context = _context(case)
    if body[:1] != b"{":
        return
    content = json.loads(body)
    all_facts = _counts(_read(body, context))[0]
    for container, key in list(_places(content)):
        kept = container[key]
        for wrong in _WRONG:
            container[key] = wrong
            _read(json.dumps(content).encode(), context)
        container[key] = kept
    assert _counts(_read(json.dumps(content).encode(), context))[0] == all_facts


@_EVERY
def test_members_that_nobody_knows_change_nothing(case: tuple[str, str]) -> None:
    body, context = _context(case)
    if body[:1] != b"{":
        return
    content = json.loads(body)
    before = _counts(_read(body, context))
    for container, _ in list(_places(content)):
        is_map = isinstance(container, dict) and any(map(str.isdecimal, container))
        if isinstance(container, dict) and not is_map:
            container["aNameThatNobodyKnows"] = {"deep": [1, {"deeper": "x"}]}
    assert _counts(_read(json.dumps(content).encode(), context)) == before


@_EVERY
def test_a_packed_body_that_nobody_agreed_to_gives_no_fact(case: tuple[str, str]) -> None:
    body, context = _context(case)
    assert _counts(_read(gzip.compress(body, mtime=0), context)) == (0, 1)


@pytest.mark.parametrize(
    "case", [("oura", "workout"), ("whoop", "workout"), ("withings", "workouts")]
)
def test_what_is_an_hour_ahead_of_its_receipt_is_told(case: tuple[str, str]) -> None:
    # all three begin at 07:00 UTC on 25 November 2026
    body, context = _context(case, received_ms=1_795_590_000_000 - 3_600_000)
    facts, refused = _counts(_read(body, context))
    assert (facts, refused > 0) == (0, True)


@pytest.mark.parametrize("year", ["1970", "1999", "2100", "9999"])
def test_years_that_are_not_read(year: str) -> None:
    times = {"start": f"{year}-03-01T07:00:00.000Z", "end": f"{year}-03-01T07:30:00.000Z"}
    workout = {"id": "w", "user_id": 1, "sport_name": "running", "timezone_offset": "Z", **times}
    (line,) = inspected("whoop", json.dumps(workout).encode())
    assert line["reject"]["where"] == "body.start"
    sleep = {"id": "s", "type": "long_sleep"}
    sleep |= {
        "bedtime_start": f"{year}-03-01T00:00:00+00:00",
        "bedtime_end": "2026-03-01T07:00:00Z",
    }
    (line,) = inspected("oura", json.dumps(sleep).encode())
    assert line["reject"]["where"] == "body.bedtime_start"
    (line,) = inspected("withings", b"userid=1&appli=44&startdate=4102444800&enddate=4102444801")
    assert line["reject"]["where"] == "startdate"


def test_an_account_of_ten_thousand_bytes_is_nobody() -> None:
    cue = {"event_type": "update", "data_type": "workout", "user_id": "u" * 10_000}
    (line,) = inspected("oura", json.dumps(cue).encode())
    assert line["reject"] == {
        "where": "user_id", "why": "longer than 256 characters", "kind": "too_much"
    }  # fmt: skip
    (line,) = inspected("withings", b"userid=%s&appli=16" % (b"1" * 10_000))
    assert line["reject"]["where"] == "userid"
    (line,) = inspected("whoop", b'{"user_id": 1%s, "type": "workout.updated"}' % (b"0" * 4_000))
    assert line["reject"]["where"] in {"user_id", "@0", "@12"}


def test_ten_thousand_users_of_whoop_in_one_page_are_refused_or_parted() -> None:
    body, _ = _context(("whoop", "workout"))
    record = json.loads(body)
    records = [{**record, "user_id": number} for number in range(10_000)]
    page = json.dumps({"records": records}).encode()
    (reject,) = _read(page, Context(connector="whoop"))
    # a page has 25 records; this body is longer than any
    assert isinstance(reject, Reject)
    parts = _read(json.dumps({"records": records[:100]}).encode(), Context(connector="whoop"))
    assert len(of_type(Part, parts)) == 100


def test_a_number_beyond_a_float_names_a_workout_exactly() -> None:
    body, context = _context(("withings", "workouts"))
    content = json.loads(body)
    (first, *_) = content["body"]["series"]
    content["body"]["series"] = [{**first, "id": 2**53}, {**first, "id": 2**53 + 1}]
    (part,) = of_type(Part, _read(json.dumps(content).encode(), context))
    names = [fact.head.record for fact in part.facts]
    assert names == [f"workout:{2**53}", f"workout:{2**53 + 1}"]


# The clocks change on 29 March and 25 October 2026 in Stockholm, on 8 March and 1 November in
# New York. Each row: zone, epoch second, offset in minutes, local date.
_EDGES = [
    ("Europe/Stockholm", 1774745999, 60, "2026-03-29"),  # 01:59:59, an hour before is the skip
    ("Europe/Stockholm", 1774746000, 120, "2026-03-29"),  # 03:00
    ("Europe/Stockholm", 1792889999, 120, "2026-10-25"),  # 02:59:59 for the first time
    ("Europe/Stockholm", 1792890000, 60, "2026-10-25"),  # 02:00 for the second time
    ("Europe/Stockholm", 1792879199, 120, "2026-10-24"),  # a second before midnight
    ("Europe/Stockholm", 1792879200, 120, "2026-10-25"),  # midnight
    ("America/New_York", 1772953199, -300, "2026-03-08"),  # 01:59:59
    ("America/New_York", 1772953200, -240, "2026-03-08"),  # 03:00
    ("America/New_York", 1793512799, -240, "2026-11-01"),  # 01:59:59 for the first time
    ("America/New_York", 1793512800, -300, "2026-11-01"),  # 01:00 for the second time
    ("America/New_York", 1793505599, -240, "2026-10-31"),  # a second before midnight
    ("America/New_York", 1793505600, -240, "2026-11-01"),  # midnight
]


@pytest.mark.parametrize(("zone", "at_s", "offset_min", "local_date"), _EDGES)
def test_the_zone_of_withings_gives_the_offset_of_each_instant(
    zone: str, at_s: int, offset_min: int, local_date: str
) -> None:
    workout = {"id": 1, "category": 1, "timezone": zone, "startdate": at_s, "enddate": at_s + 60}
    body = {"status": 0, "body": {"series": [workout]}}
    (line,) = inspected("withings", json.dumps(body).encode())
    assert (line["offset_min"], line["local_date"]) == (offset_min, local_date)


@pytest.mark.parametrize(
    ("zone", "day", "start", "end"),
    [
        ("Europe/Stockholm", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("Europe/Stockholm", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        ("America/New_York", "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
        ("America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
        (None, "2026-11-01", "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"),
    ],
)
def test_a_date_of_withings_has_as_many_hours_as_its_zone_gives_it(
    zone: str | None, day: str, start: str, end: str
) -> None:
    rows = [{"date": day, "timezone": zone, "steps": 5}]
    (line,) = inspected(
        "withings", json.dumps({"status": 0, "body": {"activities": rows}}).encode()
    )
    assert (line["start"], line["end"], line["local_date"]) == (start, end, day)
    assert ("offset_min" in line) is (zone is not None)


@pytest.mark.parametrize(
    ("written", "offset_min", "local_date", "start"),
    [
        ("2026-10-25T02:59:59+02:00", 120, "2026-10-25", "2026-10-25T00:59:59Z"),
        ("2026-10-25T02:00:00+01:00", 60, "2026-10-25", "2026-10-25T01:00:00Z"),
        ("2026-11-01T01:59:59-04:00", -240, "2026-11-01", "2026-11-01T05:59:59Z"),
        ("2026-11-01T01:00:00-05:00", -300, "2026-11-01", "2026-11-01T06:00:00Z"),
        ("2026-11-01T00:00:00+13:00", 780, "2026-11-01", "2026-10-31T11:00:00Z"),
        ("2026-11-01T00:00:00Z", None, None, "2026-11-01T00:00:00Z"),
    ],
)
def test_times_of_oura_have_the_offset_that_is_written(
    written: str, offset_min: int | None, local_date: str | None, start: str
) -> None:
    workout = {"id": "w", "activity": "running", "start_datetime": written}
    workout["end_datetime"] = (
        "2026-11-01T08:00:00Z" if "11-01" in written else "2026-10-25T08:00:00Z"
    )
    (line,) = inspected("oura", json.dumps(workout).encode())
    assert (line.get("offset_min"), line.get("local_date")) == (offset_min, local_date)
    assert line["start"] == start


def test_a_time_of_oura_without_an_offset_places_nothing() -> None:
    workout = {"id": "w", "activity": "running", "start_datetime": "2026-11-01T08:00:00"}
    workout["end_datetime"] = "2026-11-01T09:00:00+01:00"
    (line,) = inspected("oura", json.dumps(workout).encode())
    assert line["reject"]["why"] == "not an RFC 3339 time with an offset"


@pytest.mark.parametrize(
    ("written", "offset_min", "local_date"),
    [
        ("+02:00", 120, "2026-10-25"),
        ("-04:00", -240, "2026-10-24"),
        ("+05:45", 345, "2026-10-25"),
        ("Z", None, None),
        (None, None, None),
    ],
)
def test_the_offset_of_whoop_stands_beside_its_times(
    written: str | None, offset_min: int | None, local_date: str | None
) -> None:
    workout = {
        "id": "w",
        "user_id": 1,
        "sport_name": "running",
        "start": "2026-10-25T00:30:00.000Z",
        "end": "2026-10-25T01:30:00.000Z",
        "timezone_offset": written,
    }
    (line,) = inspected("whoop", json.dumps(workout).encode())
    assert (line.get("offset_min"), line.get("local_date")) == (offset_min, local_date)
    assert (line["start"], line["end"]) == ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")
