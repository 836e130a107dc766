"""What is kept of an answer, read again as a replay reads it: without the request and the zone.

Every recorded answer in tests/data is tried, so that a vendor whose answers mean nothing without
their request is noticed with its first case.
"""

from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest

from kadens.fact_lines import fact_line
from kadens.payload_formats import items_of
from kadens.recorded.cases import RecordedCase, read_case
from model.facts import Fact
from model.received import Context, Fetch, Part
from parsers.formats import read_items
from parsers.vendors.request_note import noted_answer, noted_request
from tests.rooms import ROOT
from tests.rows import values_of

_DATA = ROOT / "tests" / "data"
_EMPTY_RANGE = b'{"activityRecord":[]}'


def _answers() -> list[Path]:
    requests = sorted(_DATA.glob("*/*/request.json"))
    return [path.parent for path in requests if "requested" in orjson.loads(path.read_bytes())]


def _lines(facts: Sequence[Fact]) -> list[object]:
    return [fact_line("", fact) for fact in facts]


def _again(case: RecordedCase, part: Part) -> list[object]:
    requested = case.context.requested
    assert requested is not None
    # as `kadens replay` has it: the connector and the receipt, and nothing else
    context = Context(connector=case.context.connector, received_ms=case.context.received_ms)
    facts: list[Fact] = []
    for item in read_items(requested.format, part.kept or case.payload, context):
        facts += item.facts if isinstance(item, Part) else ()
    return _lines(facts)


@pytest.mark.parametrize("folder", _answers(), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_kept_answer_holds_the_same_facts_without_its_request(folder: Path) -> None:
    case = read_case(folder)
    for item in items_of(case.payload, case.context):
        if isinstance(item, Part) and item.facts:
            assert _again(case, item) == _lines(item.facts)


def _deletion(start_ms: int) -> Part:
    key = f"{start_ms}-{start_ms + 3_600_000}"
    resource = "deleted_activity_records"
    fetch = Fetch(account="u", resource=resource, key=key, path="/x", format="huawei")
    context = Context(connector="huawei", received_ms=1_795_521_600_000, requested=fetch)
    (part,) = read_items("huawei", _EMPTY_RANGE, context)
    assert isinstance(part, Part)
    return part


def test_two_workouts_are_taken_back_by_answers_with_the_same_bytes() -> None:
    first, second = _deletion(1_795_190_400_000), _deletion(1_795_290_400_000)
    # alike they would be one body that came twice, and the second deletion would be lost
    assert first.kept != second.kept
    assert [fact.head.record for fact in (*first.facts, *second.facts)] == [
        "deletion:1795190400000",
        "deletion:1795190400000:samples",
        "deletion:1795290400000",
        "deletion:1795290400000:samples",
    ]


@pytest.mark.parametrize("payload", [b"{}", b' { "a" : 1 }', b"\xef\xbb\xbf{\n}"])
def test_an_answer_is_noted_once_and_stays_json(payload: bytes) -> None:
    fetch = Fetch(account="u", resource="list", key='a"b', path="/x", format="huawei")
    noted = noted_answer(payload, fetch)
    assert noted_answer(noted, fetch) == noted
    request = noted_request(orjson.loads(noted), "huawei")
    assert request is not None
    assert (request.resource, request.key, request.account) == ("list", 'a"b', "")


@pytest.mark.parametrize("note", [None, 7, {}, {"resource": "x"}, {"resource": 1, "key": "k"}])
def test_what_is_no_note_asks_for_nothing(note: object) -> None:
    assert noted_request({"kadens": note}, "huawei") is None


def test_values_of_all_answers_are_tried() -> None:
    assert {"huawei", "junction", "polar", "strava"} <= set(values_of(_answers(), "parent.name"))
