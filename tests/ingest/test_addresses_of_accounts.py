"""Addresses of accounts, a vendor that waits two seconds, and signatures over compact JSON."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

import httpx2
import pytest

from ingest.door import Door
from ingest.http import vendor_app
from ingest.memory import MemoryLog
from ingest.proving.addressed import AccountAddress, account_code, account_query
from ingest.proving.evidence import Evidence
from ingest.proving.verify import Verdict
from ingest.sender import sign
from ingest.vendors import CONNECTORS
from ingest.vendors.oura import OURA
from ingest.vendors.withings import WITHINGS
from tests.ingest.conftest import NOW

_KEY, _OLDER = "a-key-of-22-characters", "an-older-key-of-30-characters-"
_PROOF = AccountAddress(member="userid")
_CUE = b"userid=12345&appli=16&date=2026-11-25"


def _verdict(query: dict[str, str], secrets: Sequence[str] = (_KEY, _OLDER)) -> object:
    evidence = Evidence(
        headers={}, segment="", patient="", secrets=secrets, now_ms=0, window_ms=0, query=query
    )
    return _PROOF.begin(evidence)


def test_the_code_of_any_key_proves_its_own_account_alone() -> None:
    for key in (_KEY, _OLDER):
        assert _verdict({"account": "1", "code": account_code(key, "1")}) is Verdict.OK
        assert _verdict({"account": "2", "code": account_code(key, "1")}) is Verdict.FORGED
    assert _verdict({"account": "1", "code": account_code("another key", "1")}) is Verdict.FORGED
    assert _verdict({"account": "1", "code": account_code(_KEY, "1")}, ()) is Verdict.FORGED
    assert _verdict({"account": "1", "code": "\u00e9"}) is Verdict.FORGED


@pytest.mark.parametrize(
    "query", [{}, {"account": "1"}, {"code": "1"}, {"account": "", "code": ""}]
)
def test_an_address_without_an_account_or_a_code_proves_nothing(query: dict[str, str]) -> None:
    assert _verdict(query) is Verdict.MISSING


@pytest.mark.parametrize("key", ["", "short", "x" * 129, "with blanks in between it", "a:b" * 10])
def test_a_key_that_could_be_guessed_is_none(key: str) -> None:
    with pytest.raises(ValueError, match="22 to 128"):
        _PROOF.check_key(key)


class _SlowLog(MemoryLog):
    """A log that takes nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.free = asyncio.Event()

    async def append(
        self, topic: str, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        await self.free.wait()
        await super().append(topic, key, value, headers)


def test_a_vendor_that_waits_two_seconds_is_told_to_come_again_before(door: Door) -> None:
    waits = {row.name for row in CONNECTORS if (row.answer_within_s or 9) < 2}
    assert waits == {"strava", "suunto", "withings"}
    row = replace(WITHINGS, answer_within_s=0.01)

    async def sent() -> httpx2.Response:
        slow = replace(door, connectors=(row,), secrets={"withings": (_KEY,)}, publisher=_SlowLog())
        transport = httpx2.ASGITransport(app=vendor_app(slow))
        async with httpx2.AsyncClient(transport=transport, base_url="http://door") as client:
            path = f"/v1/hooks/withings{account_query(_KEY, '12345')}"
            return await client.post(path, content=_CUE)

    answer = asyncio.run(asyncio.wait_for(sent(), 30))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_signatures_over_compact_json_are_counted(door: Door, log: MemoryLog) -> None:
    body = json.dumps({"event_type": "create", "data_type": "workout"}, indent=1).encode()
    compact = json.dumps(json.loads(body), separators=(",", ":")).encode()
    scheme = OURA.proof.schemes[0]  # type: ignore[union-attr]

    async def sent() -> str:
        own = replace(door, connectors=(OURA,), secrets={"oura": (_KEY,)})
        transport = httpx2.ASGITransport(app=vendor_app(own))
        async with httpx2.AsyncClient(transport=transport, base_url="http://door") as client:
            for signed in (body, compact, compact):
                headers = sign(scheme, _KEY, signed, "", NOW)
                answer = await client.post("/v1/hooks/oura", content=body, headers=headers)
                assert answer.status_code == 200
            return (await client.get("/metrics")).text

    text = asyncio.run(asyncio.wait_for(sent(), 30))
    assert 'kadens_door_compact_signatures_total{connector="oura"} 2.0' in text
    assert 'kadens_door_received_total{connector="oura"} 3.0' in text
    assert len(log.events) == 3
