"""Published payloads of COROS, Huawei and Open Wearables: expected values written by hand."""

from itertools import repeat
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

pytestmark = pytest.mark.skipif(not GIVEN_AT.exists(), reason="the vendors' samples are not there")
_TABLES: dict[str, list[GivenPayload]] = {
    "coros": [
        GivenPayload(
            at=("coros_push.json", -1),
            lines=[
                {
                    "fetch": {
                        "account": "a1b2c3",
                        "resource": "fit",
                        "key": "418173315956375553",
                        "path": "/fit/activity.fit",
                        "query": [],
                        "format": "fit",
                        "not_before_ms": 0,
                        "host": "oss.coros.com",
                    }
                }
            ],
            why="a label beyond 2^53 keeps every digit, and the file has times and zone of its own",
        )
    ],
    "huawei": [
        GivenPayload(
            at=("huawei_notification.json", -1),
            lines=[
                {
                    "fetch": {
                        "account": "MDFAMTAw",
                        "resource": "activity_records",
                        "key": "1697700000000-1697703600000/1697704275000",
                        "path": "/healthkit/v1/activityRecords",
                        "query": [["startTime", "1697700000000"], ["endTime", "1697703600000"]],
                        "format": "huawei",
                        "not_before_ms": 0,
                    }
                }
            ],
            why="the range is not signed, so it is asked for once an event, and never believed",
        )
    ],
    "open_wearables": [
        GivenPayload(
            at=("payloads.payloads.json", 0),
            lines=[{"reject": {"where": "data", "why": "not an object", "kind": "field"}}],
            why="the stages of a night without the event around them",
        )
    ],
}
_ROWS: list[tuple[str, GivenPayload]] = []
for _vendor, _table in _TABLES.items():
    _ROWS += zip(repeat(_vendor), _table, strict=False)


@pytest.mark.parametrize("vendor", _TABLES)
def test_every_payload_of_a_vendor_is_in_its_table(vendor: str) -> None:
    assert values_of(_TABLES[vendor], "at") == list(given_places(vendor))


@pytest.mark.parametrize(("vendor", "row"), _ROWS, ids=lambda value: getattr(value, "name", value))
def test_a_published_payload_gives_what_is_right(
    vendor: str, row: GivenPayload, tmp_path: Path
) -> None:
    printed = printed_lines(vendor, row, tmp_path)
    wanted = list(map(dict, row.lines))
    assert len(printed) == len(wanted)
    assert checked(printed, wanted) == wanted, row.why
