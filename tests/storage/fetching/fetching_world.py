"""A fetcher without a broker: a database, a simulated vendor, a log in memory, one clock."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fetcher.client import VendorClient
from fetcher.log import AnswerLog
from fetcher.metrics import make_fetcher_metrics
from fetcher.parts import FetchedVendor, FetcherParts
from fetcher.process import ClosedVendors, fetch_once
from fetcher.token_spool import TokenSpool
from fetcher.tokens import OAuthClient
from ingest.memory import MemoryLog
from ingest.vendors.polar import POLAR
from model.keyring import KeyRing
from model.received import Fetch
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.platform.vendor_http import serving_vendor
from simulate.vendors.polar_server import PolarServer
from storage.bodies.body_store import open_bodies
from storage.fetching.announced_fetches import NoticedFetch, put_fetches
from storage.fetching.connections import Tokens, put_tokens
from storage.fetching.queue import FetchRow, fetch_rows
from storage.people import accounts, consents
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import FETCHER

WORLD_KEY = KeyRing.single(bytes(32))
BEGAN_MS = 1_795_000_000_000
USER = 475
FIT = b"\x0e\x10not a FIT file, and nobody reads it here"


@dataclass(slots=True, kw_only=True)
class FetchingWorld:
    """The parts, and what a test does to them."""

    conn: Connection
    vendor: PolarServer
    log: MemoryLog
    address: str = ""
    parts: FetcherParts = field(init=False)
    closed: ClosedVendors = field(default_factory=ClosedVendors)
    now_ms: int = BEGAN_MS

    async def connect(
        self,
        account: str = str(USER),
        patient: str = "p1",
        *,
        refresh: bool = True,
        by: PlatformServer | None = None,
    ) -> None:
        """Link an account, give consent and store tokens that the vendor gave."""
        answer = (by or self.vendor).grant(int(account))
        await consents.give_consent(self.conn, patient, "polar", from_ms=0, now_ms=0)
        await accounts.link_account(self.conn, patient, "polar", account, 0)
        tokens = Tokens(
            access=str(answer["access_token"]),
            refresh=str(answer["refresh_token"]) if refresh else "",
            expires_ms=self.now_ms + int(str(answer["expires_in"])) * 1000,
        )
        await put_tokens(
            self.conn,
            WORLD_KEY,
            connector="polar",
            account=account,
            patient=patient,
            tokens=tokens,
            now_ms=self.now_ms,
        )
        await self.conn.commit()

    async def announce(
        self, entity: str, account: str = str(USER), patient: str | None = "p1"
    ) -> None:
        """Write the row of an exercise, as the worker does."""
        fetch = Fetch(
            account=account,
            resource="exercise",
            key=entity,
            path=f"/v3/exercises/{entity}/fit",
            format="fit",
        )
        noticed = NoticedFetch(
            connector="polar", fetch=fetch, patient=patient, noticed_ms=self.now_ms
        )
        await put_fetches(self.conn, WORLD_KEY, [noticed])
        await self.conn.commit()

    async def run(self, most: int = 50) -> int:
        """Fetch until nothing is due; return how often something was."""
        done = 0
        while done < most and await fetch_once(self.parts, self.closed):
            done += 1
        return done

    async def rows(self) -> list[FetchRow]:
        rows = await fetch_rows(self.conn)
        await self.conn.commit()
        return rows

    async def states(self) -> list[tuple[str, str, str]]:
        """Return key, state and reason of each row, by key."""
        rows = await self.rows()
        return sorted((row.key, row.state, row.reason) for row in rows)

    async def column(self, query: str) -> Sequence[object]:
        rows = await (await self.conn.execute(query.encode())).fetchall()
        await self.conn.commit()
        return [value for (value,) in rows]

    async def broken(self) -> Sequence[object]:
        return await self.column("select state from vendor_connection order by account")


@asynccontextmanager
async def open_world(dsn: str, conn: Connection, folder: Path) -> AsyncIterator[FetchingWorld]:
    """Give a world where p1, p2 and p3 are patients and nobody is connected."""
    vendor = PolarServer(now_s=lambda: world.now_ms / 1000)
    log = MemoryLog()
    world = FetchingWorld(conn=conn, vendor=vendor, log=log)
    client = VendorClient()
    with serving_vendor(vendor) as address:
        world.address = address
        async with await open_pool(dsn, max_size=4, role=FETCHER) as pool:
            world.parts = FetcherParts(
                pool=pool,
                log=AnswerLog(publisher=log, bodies=open_bodies(str(folder))),
                client=client,
                vendors={"polar": polar_vendor(vendor, address)},
                wrapping=lambda: WORLD_KEY,
                now=lambda: world.now_ms,
                chance=lambda: 0.5,
                metrics=make_fetcher_metrics(),
                spool=TokenSpool(folder / "tokens"),
            )
            try:
                yield world
            finally:
                await client.close()


def polar_vendor(vendor: PolarServer, address: str) -> FetchedVendor:
    """Return the simulated vendor as the fetcher's settings would name it."""
    api = POLAR.api
    assert api is not None
    assert api.auth is not None
    client = OAuthClient(
        oauth=api.auth,
        client_id=vendor.client_id,
        client_secret=vendor.client_secret,
        api=address,
    )
    return FetchedVendor(name="polar", api=api, api_address=address, client=client)
