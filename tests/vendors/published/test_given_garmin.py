"""Garmin's published payloads: expected values written by hand from the wire facts.

Times are epoch seconds UTC beside an offset in seconds; the date is Garmin's own.
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

_TASK, _247 = "garmin_webhook_task.payloads.json", "garmin_247.payloads.json"
_HOOK = "garmin_webhooks.payloads.json"
_USER = "4aacafe82427c251df9c9592d0c06768"
_UNKNOWN_NAMES = {"where": "body", "kind": "unknown"}


def _refused(**reject: object) -> dict[str, object]:
    return {"reject": reject}


def _run(account: str, record: str, start: str, end: str, kind: str) -> dict[str, object]:
    span = {"start": start, "end": end, "offset_min": None, "type": kind}
    return {"account": account, "kind": "workout", "record": record, **span}


_LONE = "one record, without the list that says of what kind it is"
_BARE = "a bare list says of no record what it is, unless it answers a link"
_GIVEN = (
    GivenPayload(
        at=(_TASK, 0),
        lines=[
            {
                **_run(
                    "garmin_user_123",
                    "activity:21047282990",
                    "2025-11-20T00:16:00Z",
                    "2025-11-20T01:16:00Z",
                    "running",
                ),
                "offset_min": 60,
                "local_date": "2025-11-20",
                "summary": {"duration": 3600.0},
            }
        ],
        why="1763597760 s and 3,600 s longer; an offset of 3,600 s is an hour east",
    ),
    GivenPayload(
        at=(_TASK, 1),
        lines=[
            _run(
                "unknown_garmin_user",
                "activity:12345",
                "2025-11-20T00:16:00Z",
                "2025-11-20T01:16:00Z",
                "running",
            )
        ],
        why="no offset is stated, and none is invented",
    ),
    GivenPayload(
        at=(_TASK, 2),
        lines=[
            _run(
                "garmin_user_1",
                "activity:12345",
                "2025-11-20T00:16:00Z",
                "2025-11-20T01:16:00Z",
                "running",
            ),
            _run(
                "garmin_user_2",
                "activity:67890",
                "2025-11-20T01:16:00Z",
                "2025-11-20T03:16:00Z",
                "cycling",
            ),
        ],
        why="two users in one body are two accounts",
    ),
    GivenPayload(
        at=(_TASK, 3),
        lines=[
            _refused(
                where="activities[0].durationInSeconds",
                why="not a number",
                kind="field",
                account="garmin_user_123",
            )
        ],
        why="an activity without a length has no place in time",
    ),
    GivenPayload(
        at=(_TASK, 4),
        lines=[
            {
                "kind": "day",
                "local_date": "2026-01-14",
                "offset_min": 60,
                "summary": {"heart_rate_variability_rmssd": 84.0},
            },
            {
                "metric": "heart_rate_variability_rmssd",
                "t": [1768340980000, 1768341280000, 1768341580000],
                "v": [70.0, 73.0, 68.0],
            },
        ],
        why="1768340715 s plus 265, 565 and 865 s; RMSSD in ms",
    ),
    GivenPayload(
        at=(_TASK, 5),
        lines=[
            {
                "kind": "day",
                # the length of the day, then all that it counted in thousandths
                "revision": (77_040 << 41) + 16_755_000,
                "start": "2026-01-12T23:00:00Z",
                "local_date": "2026-01-13",
                "summary": {
                    "steps": 7694.0,
                    "distance": 6688.0,
                    "active_energy": 503.0,
                    "basal_energy": 1825.0,
                    "resting_heart_rate": 43.0,
                    "floors": 5.0,
                    "exercise_time": 40.0,
                },
            }
        ],
        why="12 and 28 min of intensity; the mean heart rate is that of seven days, and no figure",
    ),
    GivenPayload(
        at=(_TASK, 6),
        lines=[
            {
                "metric": "wear",
                "revision": 28800,
                "start": "2026-01-13T07:40:00Z",
                "end": "2026-01-13T15:40:00Z",
                "v": [1.0],
            }
        ],
        why="a tentative night is wear, and its length alone is its revision",
    ),
    *(
        GivenPayload(
            at=(_TASK, position),
            lines=[_refused(where="facts[0]", kind="unwritable", why=why, account=account)],
            why="it begins on 13 January by its own offset, and names the 14th",
        )
        for position, account, why in (
            (7, "unknown_garmin_user", "the interval does not begin on its local date"),
            (8, "garmin_user_123", "the interval does not begin on its local date"),
        )
    ),
    *(
        GivenPayload(
            at=(_TASK, position),
            lines=[{"notice": {"account": account, "kind": "permissions", "scopes": scopes}}],
            why="the new list is all that may be read",
        )
        for position, account, scopes in (
            (10, "garmin_user_123", ["ACTIVITY_EXPORT", "HEALTH_EXPORT", "WELLNESS_EXPORT"]),
            (11, "garmin_user_123", ["ACTIVITY_EXPORT"]),
            (12, "garmin_user_123", ["HEALTH_EXPORT", "ACTIVITY_EXPORT"]),
            (13, "unknown_garmin_user", ["ACTIVITY_EXPORT"]),
        )
    ),
    GivenPayload(
        at=(_TASK, 14),
        lines=[
            _refused(where="userPermissionsChange[0]", why="not an object", kind="field"),
            _refused(where="userPermissionsChange[1].userId", why="not a text", kind="field"),
        ],
        why="a change that names nobody changes nothing, and both are told",
    ),
    GivenPayload(
        at=(_HOOK, 1),
        lines=[
            _run(
                "garmin_user_123",
                "activity:12345",
                "2025-11-20T00:16:00Z",
                "2025-11-20T01:16:00Z",
                "running",
            )
        ],
        why="as the first",
    ),
    GivenPayload(
        at=("garmin_deregistration.json", -1),
        lines=[{"notice": {"account": _USER, "kind": "revoked", "scopes": []}}],
        why="the patient withdrew at Garmin",
    ),
    GivenPayload(
        at=("garmin_permissions.json", -1),
        lines=[
            {"notice": {"account": _USER, "kind": "permissions", "scopes": ["ACTIVITY_EXPORT"]}}
        ],
        why="health data may not be read any more",
    ),
    GivenPayload(
        at=("garmin_ping_activity_files.json", -1),
        lines=[
            {
                "fetch": {
                    "account": _USER,
                    "resource": "activityFiles",
                    "key": "x153a9f3-6a1b2c3d.FIT",
                    "path": "/wellness-api/rest/activityFile",
                    "query": [["id", "12345"], ["token", "XXXX"]],
                    "format": "sniff",
                    "not_before_ms": 0,
                    "host": "apis.garmin.com",
                }
            }
        ],
        why="the link with its token, used as given on the pinned host; its bytes say what it is",
    ),
    GivenPayload(
        at=("garmin_push_dailies.json", -1),
        lines=[
            {
                "kind": "day",
                "start": "2026-11-20T03:00:00Z",
                "offset_min": 180,
                "local_date": "2026-11-20",
                "summary": {
                    "steps": 4210.0,
                    "distance": 3146.5,
                    "active_energy": 320.0,
                    "basal_energy": 1731.0,
                    "resting_heart_rate": 53.0,
                    "exercise_time": 25.0,
                },
            },
            {
                "metric": "heart_rate",
                "t": [1795143615000, 1795143630000, 1795146780000],
                "v": [75.0, 75.0, 76.0],
            },
        ],
        why="keys of the map are seconds after the start: 15, 30 and 3,180",
    ),
    *(
        GivenPayload(at=(_247, position), lines=[{"reject": None}], why=_LONE)
        for position in (0, 1, 2, 3, 4, 9, 10, 12, 13, 14, 15, 16, 17, 18, 21)
    ),
    *(
        GivenPayload(at=(_247, position), lines=[{"reject": None}], why=_BARE)
        for position in (5, 6, 7, 11, 19, 22, 23)
    ),
    GivenPayload(
        at=(_247, 8),
        lines=[{"notice": {"account": "", "kind": "unknown", "scopes": []}}] * 6,
        why="stages of a night alone, each an unknown list",
    ),
    GivenPayload(
        at=(_247, 20),
        lines=[{"notice": {"account": "", "kind": "unknown", "scopes": []}}, {"reject": None}],
        why=_LONE,
    ),
    GivenPayload(at=("garmin_import.payloads.json", 0), lines=[{"reject": None}], why=_BARE),
    GivenPayload(
        at=("garmin_import.payloads.json", 1),
        lines=[{"notice": {"account": "", "kind": "unknown", "scopes": []}}, {"reject": None}],
        why=_LONE,
    ),
    GivenPayload(at=("garmin_workouts.payloads.json", 0), lines=[{"reject": None}], why=_LONE),
    GivenPayload(at=(_TASK, 9), lines=[{"reject": None}], why="no body of Garmin's"),
    GivenPayload(at=(_TASK, 15), lines=[{"reject": None}], why=_BARE),
    GivenPayload(at=(_TASK, 16), lines=[{"reject": None}], why=_BARE),
    GivenPayload(at=(_HOOK, 0), lines=[{"reject": None}], why="headers, and no body"),
    GivenPayload(at=(_HOOK, 2), lines=[{"reject": None}], why=_BARE),
)
pytestmark = pytest.mark.skipif(not GIVEN_AT.exists(), reason="there are no vendors' samples")


def test_every_payload_is_in_the_table() -> None:
    assert sorted(values_of(_GIVEN, "at")) == sorted(given_places("garmin"))


@pytest.mark.parametrize("row", _GIVEN, ids=lambda row: row.name)
def test_a_published_payload_gives_what_is_right(row: GivenPayload, tmp_path: Path) -> None:
    printed = printed_lines("garmin", row, tmp_path)
    wanted = [dict(line) for line in row.lines]
    for line, want in zip(printed, wanted, strict=False):
        if want == {"reject": None}:
            # a reason is stated; which words it has is no matter of this table
            assert line["reject"]["why"], row.why
            want["reject"] = line["reject"]
    assert checked(printed, wanted) == wanted, row.why
