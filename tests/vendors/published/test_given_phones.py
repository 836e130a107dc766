"""Payloads of phones that others published: what each says, written by hand from what is known.

`vendors.md` says what the fields mean: section 10 for both files of phones.
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

pytestmark = pytest.mark.skipif(not GIVEN_AT.exists(), reason="there are no vendors' samples")
_RUN, _EAST = "6C2F9F6E-1111-4B7A-9D3B-0B5C7A1E2F30", {"offset_min": 180, "offset_origin": "source"}
_EXPORTED = GivenPayload(
    at=("hae_v2.json", -1),
    lines=[
        {
            "kind": "workout",
            "record": _RUN,
            "start": "2026-11-20T07:00:00Z",
            "end": "2026-11-20T07:30:00Z",
            "type": "walking",
            "summary": {"active_energy": 402.1 / 4.184},
            **_EAST,
        },
        {
            "metric": "heart_rate",
            "record": f"{_RUN}:samples",
            "t": [1_795_158_005_000],
            "v": [98.0],
            **_EAST,
        },
        {"metric": "heart_rate", "t": [1_795_150_800_000], "v": [63.5], **_EAST},
        {
            "metric": "steps",
            "t": [1_795_150_800_000],
            "until": [1_795_150_860_000],
            "v": [212.0],
            **_EAST,
        },
    ],
    why="10:00 at +0300 is 07:00Z; 4.184 kJ are a kcal; three beats of a minute give their mean; a"
    " clock with AM is read like one of 24 hours; a count belongs to the minute that begins then",
)
_START_MS = 1_795_171_500_000  # 2026-11-20T10:45:00Z, by a watch three hours east of UTC
_TIMES = list(range(_START_MS, _START_MS + 300_000, 5_000))
_HALF_HOUR = {"start": "2026-11-20T10:45:00Z", "end": "2026-11-20T11:15:00Z", **_EAST}
_DATABASE = GivenPayload(
    at=("health_connect_export.db", -1),
    lines=[
        {"kind": "workout", "type": "walking", "exertion_cr10": 4.0, **_HALF_HOUR},
        {"metric": "heart_rate", "t": _TIMES, "v": list(map(float, range(90, 120))) * 2, **_EAST},
        {"metric": "speed", "t": _TIMES, "v": [1.3] * 60, **_EAST},
        {"metric": "steps", "t": [_START_MS], "v": [2210.0], **_HALF_HOUR},
        {"metric": "total_energy", "t": [_START_MS], "v": [112.5], **_HALF_HOUR},
    ],
    why="times are epoch ms, offsets seconds, energy calories of which a thousand are a kcal; type"
    " 79 is a walk, and its effort is on the scale of 0 to 10",
)
_SOURCE = {"reject": {"where": "data", "why": "not an object", "kind": "field"}}


@pytest.mark.parametrize(
    ("vendor", "row"), [("health_auto_export", _EXPORTED), ("files", _DATABASE)], ids=str
)
def test_a_payload_of_a_phone_gives_what_is_right(
    vendor: str, row: GivenPayload, tmp_path: Path
) -> None:
    printed = printed_lines(vendor, row, tmp_path)
    assert checked(printed, row.lines) == list(map(dict, row.lines)), row.why


def test_what_an_app_sends_to_its_own_server_is_refused_with_a_reason(tmp_path: Path) -> None:
    """These go from a phone to Open Wearables, which sends us bodies of another form."""
    positions = list(given_places("apple"))
    assert set(
        values_of([GivenPayload(at=position, lines=(), why="") for position in positions], "at")
    ) == {("apple_sdk_import.payloads.json", number) for number in range(9)}
    for position in positions:
        row = GivenPayload(at=position, lines=[_SOURCE], why="")
        assert printed_lines("open_wearables", row, tmp_path) == [_SOURCE]
