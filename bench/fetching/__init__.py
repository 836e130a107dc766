"""Due fetches against a vendor that answers after a while, beside what its latency allows.

The vendor is a process of its own that answers each request after 50 ms. With a number of requests
under way at once, the latency allows that number divided by 50 ms; the budget is far above it. The
database and everything of the fetcher but the broker are real. The memory of the fetcher is looked
at after the first fifth of the fetches and at the end.
"""

import asyncio
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.fetching.counting import CountingLog
from bench.processes import own_resident_bytes
from bench.row import Row
from fetcher.client import VendorClient
from fetcher.log import AnswerLog
from fetcher.metrics import make_fetcher_metrics
from fetcher.parts import FetchedVendor, FetcherParts
from fetcher.process import ClosedVendors, keep_fetching
from fetcher.token_spool import TokenSpool
from kadens.embedded.postgres import temporary_postgres
from model.keyring import KeyRing
from model.received import Fetch
from model.vendors.requests import ApiRequest
from model.vendors.vendor_api import Api, RateWindow
from storage.bodies.body_store import open_bodies
from storage.fetching.announced_fetches import NoticedFetch, fetch_counts, put_fetches
from storage.fetching.connections import Tokens, put_tokens
from storage.people import accounts, care_team, consents, patients
from storage.pg.migrate import migrate
from storage.pg.pool import Connection, Pool, open_pool
from storage.pg.roles import FETCHER

LATENCY_S = 0.05
_KEY = KeyRing.single(bytes(32))
_LOOK_S = 0.05
_FLOOR, _MOST_GROWTH = 0.9, 1.1
_VENDOR = "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchingSize:
    """Due fetches, over so many accounts; `at_once` requests are under way at once."""

    fetches: int = 10_000
    accounts: int = 200
    at_once: int = 8


FULL_FETCHING, TINY_FETCHING = FetchingSize(), FetchingSize(fetches=40, accounts=10)


def run_fetching(size: FetchingSize) -> list[Row]:
    """Return the rate of fetches, and the growth of memory on the way."""
    with temporary_postgres(durable=True) as server, _vendor() as address:
        dsn = server.create_database("bench")
        asyncio.run(migrate(dsn))
        with tempfile.TemporaryDirectory() as folder:
            return asyncio.run(_measured(dsn, address, Path(folder), size))


async def _measured(dsn: str, address: str, folder: Path, size: FetchingSize) -> list[Row]:
    async with await open_pool(dsn, max_size=2) as pool, pool.connection() as conn:
        await _enrol(conn, size)
    log = CountingLog()
    memory: list[int] = []
    async with _parts(dsn, address, folder, size, log) as parts:
        stop, begun = asyncio.Event(), time.perf_counter()
        fetching = asyncio.create_task(keep_fetching(parts, ClosedVendors(), stop, size.at_once))
        while log.count < size.fetches and not fetching.done():
            await asyncio.sleep(_LOOK_S)
            if log.count > size.fetches // 5 and not memory:
                memory.append(own_resident_bytes())
        took_s = time.perf_counter() - begun
        memory.append(own_resident_bytes())
        stop.set()
        await fetching
        await _check(parts.pool, size)
    allowed = size.at_once / LATENCY_S
    rate = size.fetches / took_s
    grown = memory[-1] / memory[0]
    return [
        Row(
            name=f"fetches, {size.at_once} at once of {LATENCY_S * 1000:.0f} ms",
            value=rate,
            unit="1/s",
            baseline=f"what the latency allows: {allowed:.0f}/s",
            ratio=rate / allowed,
            floor=_FLOOR,
            goal=_FLOOR,
        ),
        Row(
            name="fetches, memory at the end",
            value=memory[-1] / 2**20,
            unit="MiB",
            baseline=f"after a fifth of them: {memory[0] / 2**20:.0f} MiB",
            ratio=1 / grown,
            floor=1 / _MOST_GROWTH,
        ),
    ]


async def _enrol(conn: Connection, size: FetchingSize) -> None:
    """Add patients with an account each, and all fetches, which are due."""
    await care_team.add_unit(conn, "unit")
    names = [f"p{number}" for number in range(size.accounts)]
    for name in names:
        await patients.add_patient(
            conn, wrapping_key=_KEY, unit="unit", zone="UTC", now_ms=0, pseudonym=name
        )
        await consents.give_consent(conn, name, _VENDOR, from_ms=0, now_ms=0)
        await accounts.link_account(conn, name, _VENDOR, name, 0)
        await put_tokens(
            conn, _KEY, connector=_VENDOR, account=name, patient=name,
            tokens=Tokens(access="made-up"), now_ms=0,
        )  # fmt: skip
    due = [_fetch(names[number % size.accounts], number) for number in range(size.fetches)]
    await put_fetches(conn, _KEY, due)


def _fetch(account: str, number: int) -> NoticedFetch:
    fetch = Fetch(
        account=account, resource="day", key=str(number), path=f"/day/{number}", format="fit"
    )
    return NoticedFetch(connector=_VENDOR, fetch=fetch, patient=account, noticed_ms=1)


@asynccontextmanager
async def _parts(
    dsn: str, address: str, folder: Path, size: FetchingSize, log: CountingLog
) -> AsyncIterator[FetcherParts]:
    api = Api(
        host="api.example.org",
        budget=(RateWindow(seconds=60, requests=1_000_000),),
        request=lambda fetch: ApiRequest(path=fetch.path),
    )
    client = VendorClient(at_once=size.at_once)
    async with await open_pool(dsn, max_size=2 * size.at_once + 3, role=FETCHER) as pool:
        parts = FetcherParts(
            pool=pool,
            log=AnswerLog(publisher=log, bodies=open_bodies(str(folder))),
            client=client,
            vendors={_VENDOR: FetchedVendor(name=_VENDOR, api=api, api_address=address)},
            wrapping=lambda: _KEY,
            now=lambda: int(time.time() * 1000),
            chance=random.random,
            metrics=make_fetcher_metrics(),
            spool=TokenSpool(folder / "tokens"),
        )
        try:
            yield parts
        finally:
            await client.close()


async def _check(pool: Pool, size: FetchingSize) -> None:
    async with pool.connection() as conn:
        counts = await fetch_counts(conn)
    if counts != {(_VENDOR, "done"): size.fetches}:
        raise RuntimeError("not every fetch is done once")


@contextmanager
def _vendor() -> Iterator[str]:
    """Start the vendor; give its address."""
    words = [sys.executable, "-m", "bench.fetching.vendor", str(LATENCY_S)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - as it was started
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
