"""Whether the door's clock agrees with the broker's: the judgement, and what /readyz says of it."""

import asyncio
from dataclasses import replace

import httpx2
import pytest

from ingest.clock_watch import Agreement, ClockWatch, judged
from ingest.door import Door
from ingest.http import vendor_app

_NOW = 1_700_000_000_000
_MINUTE = 60_000


@pytest.mark.parametrize(
    ("sent", "stamp", "answered", "agreement"),
    [
        (_NOW, _NOW, _NOW, Agreement.AGREES),
        (_NOW, _NOW + 3 * _MINUTE, _NOW + 5 * _MINUTE, Agreement.AGREES),  # the answer took long
        (_NOW, _NOW - _MINUTE, _NOW + 5, Agreement.AGREES),
        (_NOW, _NOW - _MINUTE - 1, _NOW + 5, Agreement.DIFFERS),
        (_NOW, _NOW + _MINUTE + 5, _NOW + 5, Agreement.AGREES),
        (_NOW, _NOW + _MINUTE + 6, _NOW + 5, Agreement.DIFFERS),
        (_NOW, None, _NOW, Agreement.NOT_MEASURED),
    ],
)
def test_a_minute_is_allowed(
    sent: int, stamp: int | None, answered: int, agreement: Agreement
) -> None:
    assert judged(sent, stamp, answered) is agreement


def readiness(door: Door, stamps: list[int | None]) -> list[tuple[int, str]]:
    """Return the status and word of /readyz after each of the broker's times.

    None is a broker that does not answer.
    """

    async def stamp() -> int | None:
        await asyncio.sleep(0)
        if stamps[0] is None:
            raise ConnectionError
        return stamps[0]

    async def ask() -> list[tuple[int, str]]:
        watch = ClockWatch(stamp, door.clock)
        transport = httpx2.ASGITransport(app=vendor_app(replace(door, watch=watch)))
        states = []
        async with httpx2.AsyncClient(transport=transport, base_url="http://door") as client:
            while stamps:
                await watch.look()
                answer = await client.get("/readyz")
                states.append(
                    (answer.status_code, answer.json().get("clock") or answer.json()["reason"])
                )
                stamps.pop(0)
        return states

    return asyncio.run(ask())


def test_readiness_follows_the_last_measurement(door: Door) -> None:
    assert readiness(door, [None, _NOW, _NOW - 61_000, None, _NOW]) == [
        (200, "not_measured"),
        (200, "agrees"),
        (503, "clock"),
        (503, "clock"),  # no answer: the last measurement stays
        (200, "agrees"),
    ]


def test_it_measures_at_the_start_and_stops(door: Door) -> None:
    async def stamp() -> int:
        await asyncio.sleep(0)
        return _NOW - 10 * _MINUTE

    async def scenario() -> Agreement:
        watch = ClockWatch(stamp, door.clock)
        await watch.start()
        await watch.stop()
        return watch.agreement

    assert asyncio.run(scenario()) is Agreement.DIFFERS
