"""Suunto's published payloads: expected values written by hand from the wire facts.

Samples have a local time with its offset; workouts have epoch milliseconds and an offset in
minutes.
"""

from pathlib import Path

import pytest

from tests.rows import values_of
from tests.vendors.published.given import (
    GIVEN_AT,
    GivenPayload,
    checked,
    given_places,
    printed_lines,
)

_247, _IMPORT = "suunto_247.payloads.json", "suunto_import.payloads.json"
_HOOK = "suunto_webhook_handler.payloads.json"
_NO_BODY = {"where": "body", "why": "neither a notice nor an answer", "kind": "unknown"}


def _no_samples(count: int) -> dict[str, object]:
    why = f"not an object ({count} records)"
    return {"reject": {"where": "body[0].entryData", "why": why, "kind": "field"}}


_GIVEN = (
    GivenPayload(
        at=(_247, 0),
        lines=[
            {
                "metric": "wear",
                "record": "sleep:1778976780",
                "start": "2026-05-17T00:13:00Z",
                "end": "2026-05-17T07:19:00Z",
                "offset_min": 120,
                "local_date": "2026-05-17",
                "v": [1.0],
            }
        ],
        why="02:13 to 09:19 at two hours east; nothing else of a sleep is read",
    ),
    GivenPayload(at=(_247, 1), lines=[{"reject": _NO_BODY}], why="another program's own form"),
    GivenPayload(
        at=(_247, 2),
        lines=[
            {
                "metric": "wear",
                "record": "sleep:1",
                "start": "2026-06-06T21:40:00Z",
                "end": "2026-06-07T04:12:00Z",
                "local_date": "2026-06-06",
            }
        ],
        why="over midnight, on the date on which it began",
    ),
    GivenPayload(
        at=(_247, 3),
        lines=[
            {
                "reject": {
                    "where": "body[0].entryData.BedtimeStart",
                    "why": "not an RFC 3339 time with an offset",
                    "kind": "field",
                }
            }
        ],
        why="a sleep of no length without its times",
    ),
    GivenPayload(
        at=(_IMPORT, 0),
        lines=[
            {
                "kind": "workout",
                "record": "start:1705309200000",
                "start": "2024-01-15T09:00:00Z",
                "end": "2024-01-15T10:00:00Z",
                "type": "running",
                "moving_ms": 3_600_000,
                "summary": {
                    "duration": 3600.0,
                    "distance": 10000.0,
                    "active_energy": 650.0,
                    "steps": 8500.0,
                    "heart_rate_mean": 145.0,
                    "heart_rate_max": 175.0,
                },
            },
            {
                "kind": "workout",
                "record": "start:1705395600000",
                "start": "2024-01-16T09:00:00Z",
                "end": "2024-01-16T11:00:00Z",
                "type": "cycling",
                "moving_ms": 7_200_000,
            },
            {
                "reject": {
                    "where": "payload[0].workoutKey",
                    "why": "not a text (2 records)",
                    "kind": "field",
                }
            },
        ],
        why="a number never names a workout, and `max` is the person's own greatest heart rate",
    ),
    GivenPayload(at=(_IMPORT, 1), lines=[_no_samples(2)], why="no samples of Suunto's form"),
    GivenPayload(at=(_IMPORT, 2), lines=[{"reject": _NO_BODY}], why="tokens are no data"),
    *(
        GivenPayload(at=(_HOOK, position), lines=[{"reject": _NO_BODY}], why="a part of a body")
        for position in (0, 1, 3, 4)
    ),
    GivenPayload(at=(_HOOK, 2), lines=[_no_samples(3)], why="a part of a body"),
)
pytestmark = pytest.mark.skipif(not GIVEN_AT.exists(), reason="there are no vendors' samples")


def test_every_payload_is_in_the_table() -> None:
    assert sorted(values_of(_GIVEN, "at")) == sorted(given_places("suunto"))


@pytest.mark.parametrize("row", _GIVEN, ids=lambda row: row.name)
def test_a_published_payload_gives_what_is_right(row: GivenPayload, tmp_path: Path) -> None:
    printed = printed_lines("suunto", row, tmp_path)
    wanted = list(map(dict, row.lines))
    assert checked(printed, wanted) == wanted, row.why
