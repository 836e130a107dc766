"""Oura's and Withings' published payloads: expected values written by hand from the wire facts.

Oura's times have their offset, which is 0 here. Withings' are epoch seconds, with an IANA zone
beside them; a measure is value * 10^unit.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.rows import values_of
from tests.vendors.lines import inspected_file
from tests.vendors.published.given import (
    GIVEN_AT,
    GivenPayload,
    checked,
    given_places,
    printed_lines,
)

_247, _HOOKS = "oura_247.payloads.json", "oura_webhooks.payloads.json"
_NOT_LISTED = {"where": "body", "why": "lists nothing that is followed", "kind": "unknown"}


def _worn(name: str, start: str, end: str) -> dict[str, Any]:
    return {
        "metric": "wear",
        "record": f"sleep:{name}",
        "start": f"2024-01-{start}:00Z",
        "end": f"2024-01-{end}:00Z",
        "offset_min": 0,
        "local_date": f"2024-01-{start[:2]}",
        "v": [1.0],
    }


def _taken_back(name: str) -> dict[str, Any]:
    return {"kind": "deletion", "target": f"sleep:{name}"}


def _no_object(position: int) -> GivenPayload:
    reject = {"where": "object_id", "why": "not a text", "kind": "field"}
    why = "a cue that names no object says nothing of what is new"
    return GivenPayload(at=(_HOOKS, position), lines=[{"reject": reject}], why=why)


_OURA = (
    GivenPayload(
        at=(_247, 0),
        lines=[
            {
                "reject": {
                    "where": "body.bedtime_end",
                    "why": "not after the start, or too long",
                    "kind": "range",
                }
            }
        ],
        why="it ends 16 hours before it begins",
    ),
    GivenPayload(
        at=(_247, 1),
        lines=[_worn("sleep-both", "15T23:00", "16T07:00")],
        why="a sleep is wear; phases of sleep are never read",
    ),
    GivenPayload(
        at=(_247, 2), lines=[_worn("sleep-5m", "15T23:00", "16T07:00")], why="as the one before"
    ),
    GivenPayload(
        at=(_247, 3), lines=[_worn("sleep-nap", "15T14:00", "15T14:30")], why="a nap is wear"
    ),
    GivenPayload(
        at=(_247, 4),
        lines=[_worn("sleep-late-nap", "15T23:30", "16T00:30")],
        why="over midnight, on the date on which it began",
    ),
    GivenPayload(
        at=(_247, 5),
        lines=[_taken_back("sleep-rest")],
        why="its wearer says that it was no sleep: an earlier version no longer holds",
    ),
    GivenPayload(at=(_247, 6), lines=[_taken_back("sleep-deleted")], why="its wearer deleted it"),
    GivenPayload(
        at=(_247, 7),
        lines=[
            _worn("s1", "15T00:00", "15T08:00"),
            _worn("s2", "15T14:00", "15T14:30"),
            _taken_back("s3"),
            _taken_back("s4"),
        ],
        why="a list: two sleeps, and two that their wearer rejected",
    ),
    GivenPayload(
        at=(_247, 8),
        lines=[
            {
                "reject": {
                    "where": "body",
                    "why": "a type of data that is not followed",
                    "kind": "unknown",
                }
            }
        ],
        why="readiness is a score",
    ),
    GivenPayload(
        at=(_247, 9),
        lines=[
            {
                "kind": "day",
                "record": "daily_activity:activity-1",
                "start": "2024-01-15T00:00:00Z",
                "end": "2024-01-16T00:00:00Z",
                "offset_min": 0,
                "local_date": "2024-01-15",
                "summary": {"steps": 8500.0, "active_energy": 350.0, "distance": 6500.0},
            }
        ],
        why="the total of its date, in kcal and metres, whenever it was stated",
    ),
    GivenPayload(
        at=(_HOOKS, 0),
        lines=[{"notice": {"account": "oura-user-123", "kind": "unknown", "scopes": []}}],
        why="scores of sleep are not followed; the cue is counted",
    ),
    _no_object(1),
    _no_object(2),
)


def _walk(name: int, start: str, end: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a line
    of = {"record": f"workout:{name}", "type": "walking", "offset_min": 120, "start": start}
    return {**of, "end": end, **more}


_ACTIVITY = GivenPayload(
    at=("aiowithings_activity.json", -1),
    lines=[
        {
            "kind": "day",
            "record": "activity:2023-10-20",
            "revision": 4_631_710,  # its steps, metres, kilocalories and minutes, in thousandths
            "start": "2023-10-19T22:00:00Z",
            "end": "2023-10-20T22:00:00Z",
            "offset_min": 120,
            "local_date": "2023-10-20",
            "summary": {
                "steps": 1209.0,
                "distance": 1028.559,
                "floors": 0.0,
                "active_energy": 85.497,
                "total_energy": 2303.788,
                "exercise_time": 4.866667,
            },
        },
        {
            "local_date": "2023-10-21",
            "summary": {
                "steps": 1155.0,
                "distance": 1020.121,
                "floors": 0.0,
                "active_energy": 134.132,
                "total_energy": 2357.149,
                "exercise_time": 11.783333,
            },
        },
    ],
    why="Amsterdam is at two hours in October; 292 s and 287 + 420 s are moderate or intense",
)
_WEIGHT = {
    "metric": "weight",
    "record": "measure:4815757309",
    "revision": 1_693_651_185,
    "start": "2023-09-02T10:39:11Z",
    "offset_min": 120,
    "local_date": "2023-09-02",
    "t": [1_693_651_151_000],
    "v": [118.003],
}
_WITHINGS = (
    _ACTIVITY,
    *(
        GivenPayload(
            at=(f"aiowithings_{name}.json", -1), lines=[{"reject": _NOT_LISTED}], why="no data"
        )
        for name in ("device", "notify_list", "notify_revoke", "notify_subscribe")
    ),
    GivenPayload(
        at=("aiowithings_measurement.json", -1),
        lines=[_WEIGHT, _WEIGHT],
        why="118003 * 10^-3 kg, and the same group once more: attrib 8 is as 0",
    ),
    GivenPayload(
        at=("aiowithings_sleep_summary.json", -1),
        lines=[
            {
                "reject": {
                    "where": "body.series[0]",
                    "why": "a night on a device that nobody wears (300 records)",
                    "kind": "unknown",
                }
            }
        ],
        why="model 63 is a mat under a mattress: that it measured does not show any wear",
    ),
)
pytestmark = pytest.mark.skipif(not GIVEN_AT.exists(), reason="there are no vendors' samples")
_OWN_TESTS = {"aiowithings_sleep.json", "aiowithings_workouts.json"}


def test_every_payload_is_in_a_table() -> None:
    assert sorted(values_of(_OURA, "at")) == sorted(given_places("oura"))
    withings = {name for name, _ in given_places("withings")}
    assert {row.at[0] for row in _WITHINGS} | _OWN_TESTS == withings


@pytest.mark.parametrize(
    ("vendor", "row"),
    [*(("oura", row) for row in _OURA), *(("withings", row) for row in _WITHINGS)],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_a_published_payload_gives_what_is_right(
    vendor: str, row: GivenPayload, tmp_path: Path
) -> None:
    printed = printed_lines(vendor, row, tmp_path)
    wanted = list(map(dict, row.lines))
    assert checked(printed, wanted) == wanted, row.why


def test_workouts_have_their_zone_their_pauses_and_no_heart_rate_of_nought() -> None:
    printed = inspected_file("withings", GIVEN_AT / "withings" / "aiowithings_workouts.json")
    first, second, third = printed[:3]
    # 19:06:51 UTC is 21:06:51 in Amsterdam; 502 s without 80 s of pause
    wanted = _walk(3661300277, "2023-08-29T19:06:51Z", "2023-08-29T19:15:13Z", moving_ms=422_000)
    assert {name: first[name] for name in wanted} == wanted
    assert first["summary"]["heart_rate_mean"] == 80.0
    zones = [first["summary"][f"heart_rate_zone_{zone}_s"] for zone in range(4)]
    assert zones == [100.0, 200.0, 300.0, 400.0]
    assert "summary" not in second
    assert "heart_rate_mean" not in third["summary"]
    assert third["summary"]["steps"] == 1450.0
    # 23:33:55 UTC is half past one of the next date
    assert [
        row["local_date"] for row in printed if row["start"].startswith("2023-09-22T23:33")
    ] == ["2023-09-23"]


def test_a_mat_measures_a_heart_and_is_not_worn() -> None:
    path = GIVEN_AT / "withings" / "aiowithings_sleep.json"
    beats: dict[int, float] = {}
    for piece in json.loads(path.read_bytes())["body"]["series"]:
        for second, bpm in piece.get("hr", {}).items():
            beats[int(second) * 1000] = float(bpm)
    (line,) = inspected_file("withings", path)
    assert dict(zip(line["t"], line["v"], strict=True)) == beats
    assert (line["metric"], line["source"]["device_type"]) == ("heart_rate", "scale")


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("withings_revoke.txt", {"notice": {"account": "12345", "kind": "revoked", "scopes": []}}),
        (
            "withings_notify.txt",
            {
                "fetch": {
                    "account": "12345",
                    "resource": "getactivity",
                    "key": "1795046400",  # the day before 2026-11-20 begins
                    "path": "/v2/measure",
                    "query": [["action", "getactivity"], ["lastupdate", "1795046400"]],
                    "format": "withings",
                    "not_before_ms": 0,
                }
            },
        ),
    ],
)
def test_a_form_is_a_cue(name: str, first: dict[str, Any]) -> None:
    printed = inspected_file("withings", GIVEN_AT / "synthetic" / name)
    kind = next(iter(first))
    shown = {field: printed[0][kind][field] for field in first[kind]}
    assert shown == first[kind]
