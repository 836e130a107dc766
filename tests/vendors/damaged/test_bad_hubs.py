"""Bad bodies of the hubs, COROS and Huawei: told with their path, and never a crash.

Recorded bodies are broken in every way that the issue of a vendor has shown, and what is left of
them is still read.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from kadens.recorded.cases import RecordedCase, read_case
from model.facts import Reject
from model.received import Fetch, Part, ReaderItem
from parsers.formats import read_items
from tests.rooms import ROOT
from tests.rows import of_type

_CASES = (
    ("terra", "activity"),
    ("terra", "day"),
    ("terra", "night"),
    ("terra", "notice_user_reauth"),
    ("junction", "workout"),
    ("junction", "day"),
    ("junction", "night"),
    ("junction", "heart_rate"),
    ("junction", "history_of_workouts"),
    ("junction", "fetched_heart_rate"),
    ("junction", "fetched_stream"),
    ("coros", "multisport"),
    ("huawei", "workouts_changed"),
    ("huawei", "workouts_fetched"),
    ("open_wearables", "night"),
    ("open_wearables", "connection_revoked"),
)
_WRONG: tuple[object, ...] = (
    None,
    True,
    "12",
    -1,
    2**70,
    1e300,
    [],
    {},
    "\x00",
    "x" * 10_000,
    [[[]]],
    {"": {}},
)
_EVERY = pytest.mark.parametrize(("vendor", "name"), _CASES, ids=lambda value: value)


def _case(vendor: str, name: str) -> RecordedCase:
    return read_case(ROOT / "tests" / "data" / vendor / name)


def _read(case: RecordedCase, body: bytes, **changes: int) -> list[ReaderItem]:
    context = replace(case.context, **changes)  # type: ignore[arg-type]  # times alone
    return list(read_items(case.context.connector, body, context))


def _rejects(items: list[ReaderItem]) -> list[Reject]:
    refused = of_type(Reject, items)
    for part in of_type(Part, items):
        refused += part.rejects
    return refused


def _broken(value: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON
    """Yield a document with each of its values replaced by something wrong, one at a time."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from ({**value, key: wrong} for wrong in _WRONG)
            yield from ({**value, key: other} for other in _broken(inner))
    elif isinstance(value, list):
        for position, inner in enumerate(value[:3]):
            for wrong in _WRONG:
                yield [*value[:position], wrong, *value[position + 1 :]]
            for other in _broken(inner):
                yield [*value[:position], other, *value[position + 1 :]]


@_EVERY
def test_a_body_that_breaks_off_is_refused_where_it_does(vendor: str, name: str) -> None:
    case = _case(vendor, name)
    for end in range(0, len(case.payload.rstrip()), 10):
        (reject,) = _read(case, case.payload[:end])
        assert isinstance(reject, Reject)
        assert reject.where.startswith("@")


@_EVERY
def test_no_wrong_value_stops_a_reader_and_no_reject_shows_a_value(vendor: str, name: str) -> None:
    case = _case(vendor, name)
    for document in _broken(json.loads(case.payload)):
        for reject in _rejects(_read(case, json.dumps(document).encode())):
            assert reject.where
            assert "xxx" not in f"{reject.where}{reject.why}"


@_EVERY
def test_unknown_members_change_nothing_and_gzip_is_refused(vendor: str, name: str) -> None:
    case = _case(vendor, name)
    document = json.loads(case.payload)
    more = json.dumps({**document, "unheard_of": {"deep": [1, {"x": None}]}}).encode()
    assert len(_read(case, more)) == len(_read(case, case.payload))
    (reject,) = _read(case, gzip.compress(case.payload))
    assert isinstance(reject, Reject)


@pytest.mark.parametrize(("vendor", "name"), _CASES[:3] + _CASES[4:8], ids=lambda value: value)
def test_what_is_measured_after_the_receipt_is_left_out(vendor: str, name: str) -> None:
    case = _case(vendor, name)
    (part,) = of_type(Part, _read(case, case.payload, received_ms=1_577_836_800_000))
    assert (list(part.facts), bool(part.rejects)) == ([], True)


@pytest.mark.parametrize("year", ["1970", "1999", "2100", "9999"])
def test_years_that_are_not_read_are_told(year: str) -> None:
    for vendor, name in (
        ("terra", "activity"),
        ("junction", "workout"),
        ("open_wearables", "night"),
    ):
        case = _case(vendor, name)
        items = _read(case, case.payload.replace(b"2026-", f"{year}-".encode()), received_ms=0)
        assert not any(part.facts for part in of_type(Part, items))
        assert "not between the years 2000 and 2100" in {reject.why for reject in _rejects(items)}


def test_ten_thousand_users_in_one_push_of_coros_are_ten_thousand_fetches() -> None:
    case = _case("coros", "push")
    (record,) = json.loads(case.payload)["sportDataList"]
    listed = [{**record, "openId": f"o-{n}", "labelId": str(2**60 + n)} for n in range(10_000)]
    items = _read(case, json.dumps({"sportDataList": listed}).encode())
    fetches = of_type(Fetch, items)
    assert len({(fetch.account, fetch.key) for fetch in fetches}) == 10_000
    assert len(items) == 10_000
