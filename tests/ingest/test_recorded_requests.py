"""Recorded requests at the door beside what the door must do: tests/data/CONNECTOR/CASE.

    door.json       method, path, headers, keys (the connector's), now_ms, body (a file's name)
    body.*          the payload as it came; none where `body` is missing
    expected.json   status and body of the answer, and the number of appended events

Handshakes and forgeries are cases here; what a payload means is in the cases with a request.json.
The keys are made up, and the patient's links are made with the key of `tests.ingest.conftest`.
"""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from ingest.http import vendor_app
from ingest.memory import MemoryLog
from ingest.receive import Door
from ingest.vendors import CONNECTORS
from tests.rooms import ROOT

_DATA = ROOT / "tests" / "data"
_CASES = sorted(path.parent for path in _DATA.glob("*/*/door.json"))
_REFUSED = 401


def _expected(case: Path) -> dict[str, Any]:
    expected: dict[str, Any] = orjson.loads((case / "expected.json").read_bytes())
    return expected


def _answer(door: Door, request: dict[str, Any], body: bytes) -> httpx.Response:
    async def answered() -> httpx.Response:
        transport = httpx.ASGITransport(app=vendor_app(door))
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
            return await client.request(
                request["method"], request["path"], content=body, headers=request["headers"]
            )

    return asyncio.run(asyncio.wait_for(answered(), 30))


@pytest.mark.parametrize("case", _CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_recorded_request(door: Door, log: MemoryLog, case: Path) -> None:
    request = orjson.loads((case / "door.json").read_bytes())
    body = (case / request["body"]).read_bytes() if "body" in request else b""
    keys = {case.parent.name: tuple(request["keys"])} if request["keys"] else {}
    door = replace(door, secrets=keys, clock=lambda: request["now_ms"])
    answer = _answer(door, request, body)
    assert {
        "status": answer.status_code,
        "body": answer.text,
        "appended": len(log.events),
    } == _expected(case)
    assert [event.value for event in log.events] == [body] * len(log.events)


def test_every_handshake_has_recorded_requests() -> None:
    recorded = {case.parent.name for case in _CASES}
    assert {row.name for row in CONNECTORS if row.handshake is not None} <= recorded


def test_nothing_refused_is_appended() -> None:
    refused = [case for case in _CASES if _expected(case)["status"] == _REFUSED]
    assert refused
    assert [case for case in refused if _expected(case)["appended"]] == []
