"""A served patient door with a database and a simulated vendor, for tests with and without browser.

Each test takes a patient of its own.
"""

import asyncio
import secrets
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, LiteralString
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx2
import psycopg

from fetcher.parts import FetchedVendor
from fetcher.tokens import OAuthClient
from ingest.memory import Event, MemoryLog
from ingest.vendors import CONNECTORS
from ingest.vendors.polar import POLAR
from kadens.doors.report_log import DoorReportLog
from kadens.local.up_options import free_port
from model.envelope import sealed_owner
from model.keyring import KeyRing
from model.privacy.sealed_box import box_opened, box_private
from model.received import Fetch
from model.vendors.requests import ApiRequest
from model.vendors.vendor_api import Backfill
from patient.app import patient_app
from patient.config import BACK_PATH, LINK_PATH, PatientConfig
from patient.linking.binding import random_text, secret_digest
from simulate.vendors.platform.vendor_http import serving_vendor
from simulate.vendors.polar_server import PolarServer
from storage.people import care_team, invitations, patients
from storage.people.data_keys import data_key
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import ADMIN
from tests.serving import served
from web.languages import LANGUAGE_COOKIE
from web.server import Serving

LINK_KEY = KeyRing.single(bytes(32))
LINKED_MS = 1_795_000_000_000
BACK_DAYS = 30


def _past(account: str, start_ms: int, end_ms: int) -> tuple[Fetch, ...]:
    query = (("from", str(start_ms)), ("to", str(end_ms)))
    fetch = Fetch(
        account=account,
        resource="past",
        key=str(start_ms),
        path="/v3/past",
        query=query,
        format="fit",
    )
    return (fetch,)


def _registration(account: str) -> ApiRequest:
    return ApiRequest(path="/v3/users", method="POST", json=f'{{"member-id":"{account}"}}')


def _withdrawal(account: str) -> ApiRequest:
    return ApiRequest(path=f"/v3/users/{account}", method="DELETE")


def linked_vendor(vendor: PolarServer, address: str) -> FetchedVendor:
    """Return Polar with everything that a vendor's row may have for linking."""
    api = POLAR.api
    assert api is not None
    assert api.auth is not None
    auth = replace(api.auth, revoke=_withdrawal)
    full = replace(
        api,
        auth=auth,
        register=_registration,
        backfill=Backfill(most_days=BACK_DAYS, step_days=10, fetches=_past),
    )
    ours = OAuthClient(
        oauth=auth, client_id=vendor.client_id, client_secret=vendor.client_secret, api=address
    )
    return FetchedVendor(name="polar", api=full, api_address=address, client=ours)


@dataclass(slots=True, kw_only=True)
class LinkWorld:
    """The door at `url`, the vendor at `address`, and what a test does to them."""

    dsn: str
    url: str
    address: str
    vendor: PolarServer
    vendors: dict[str, FetchedVendor]
    now_ms: int = LINKED_MS
    log: MemoryLog = field(default_factory=MemoryLog)
    seen: list[str] = field(default_factory=list)

    def patient(self, unit: str = "unit") -> str:
        """Return a new patient of a care unit."""
        name = f"p-{secrets.token_hex(4)}"

        async def work(conn: Connection) -> None:
            await patients.add_patient(
                conn,
                wrapping_key=LINK_KEY,
                unit=unit,
                zone="Europe/Stockholm",
                now_ms=0,
                pseudonym=name,
            )

        self.run(work)
        return name

    def answers(self, event: Event) -> bytes:
        """Return the body of an event, opened with the key of its patient as a worker does."""
        envelope = event.envelope
        keys: list[bytes] = []

        async def work(conn: Connection) -> None:
            keys.append(await data_key(conn, LINK_KEY, envelope.patient))

        self.run(work)
        return box_opened(box_private(keys[0]), event.value, sealed_owner(envelope))

    def invite(self, patient: str, connector: str = "polar") -> str:
        """Return the address of a new link for a patient."""
        link = random_text()

        async def work(conn: Connection) -> None:
            await invitations.put_invitation(
                conn, patient, connector, secret_digest(link), "os:tester", self.now_ms
            )

        self.run(work)
        return f"{self.url}{LINK_PATH}/{link}"

    def account(self) -> str:
        """Let a new user sit at the vendor's page, and return it."""
        self.vendor.user = str(secrets.randbelow(10**9) + 1)
        return self.vendor.user

    def column(self, query: LiteralString, *values: object) -> list[Any]:
        with psycopg.connect(self.dsn) as conn:
            return [value for (value,) in conn.execute(query, values).fetchall()]

    def change(self, query: LiteralString, *values: object) -> None:
        with psycopg.connect(self.dsn) as conn:
            conn.execute(query, values)

    def traces(self, patient: str) -> list[int]:
        """Return how many accounts, consents, connections and fetches a patient has."""
        return self.column(
            """
select (select count(*) from account a where a.patient = p.id)
from patient p where pseudonym = %(p)s union all
select (select count(*) from consent c where c.patient = p.id)
from patient p where pseudonym = %(p)s union all
select (select count(*) from vendor_connection c where c.patient = p.id)
from patient p where pseudonym = %(p)s union all
select (select count(*) from vendor_fetch f where f.patient = p.id)
from patient p where pseudonym = %(p)s""".replace("%(p)s", "%s"),
            *[patient] * 4,
        )

    def run(self, work: Any) -> None:  # noqa: ANN401 - a coroutine of a connection
        async def run() -> None:
            pool = await open_pool(self.dsn, max_size=1, role=ADMIN)
            async with pool, pool.connection() as conn:
                await work(conn)

        run_alone(run())


def run_alone(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine in a thread of its own: that of a browser test has a loop already."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, work).result()


@contextmanager
def link_world(dsn: str, clinic: str = "", now_ms: int = LINKED_MS) -> Iterator[LinkWorld]:
    """Serve the door over a database with the schema and a care unit."""
    vendor = PolarServer(now_s=lambda: world.now_ms / 1000)
    url = f"http://127.0.0.1:{free_port()}"
    with serving_vendor(vendor) as address:
        vendors = {"polar": linked_vendor(vendor, address)}
        world = LinkWorld(
            dsn=dsn, url=url, address=address, vendor=vendor, vendors=vendors, now_ms=now_ms
        )
        vendor.redirects = frozenset({f"{url}{BACK_PATH}/polar"})
        config = PatientConfig(
            database=dsn,
            wrapping=lambda: LINK_KEY,
            clock=lambda: world.now_ms,
            vendors=vendors,
            titles={row.name: row.title for row in CONNECTORS},
            url=url,
            log=DoorReportLog(world.log),
            clinic=clinic,
        )
        serving = Serving(host="127.0.0.1", port=urlsplit(url).port or 0)
        with served(patient_app(config), serving, lambda _reason: None):
            yield world


async def add_unit(dsn: str) -> None:
    """Add the care unit of the patients."""
    pool = await open_pool(dsn, max_size=1, role=ADMIN)
    async with pool, pool.connection() as conn:
        await care_team.add_unit(conn, "unit")


class Surfer:
    """A browser without a screen: it keeps the door's cookie and follows nothing by itself."""

    def __init__(self, cookie: str = "") -> None:
        self.cookie = cookie

    def ask(self, method: str, address: str, **options: Any) -> httpx2.Response:  # noqa: ANN401
        headers = dict(options.pop("headers", {}))
        if self.cookie:
            headers["cookie"] = f"kadens-link={self.cookie}"
        answer = httpx2.request(method, address, headers=headers, follow_redirects=False, **options)
        for name, value in answer.cookies.items():
            assert name in {"kadens-link", LANGUAGE_COOKIE}
            if name == "kadens-link":
                self.cookie = value
        return answer

    def get(self, address: str) -> httpx2.Response:
        """Get a page; the way back from a vendor ends at a page of its own."""
        answer = self.ask("GET", address)
        if answer.status_code != 303:
            return answer
        assert answer.headers["location"].startswith(f"{BACK_PATH}/")
        return self.ask("GET", urljoin(address, answer.headers["location"]))

    def agree(self, link: str, **headers: str) -> httpx2.Response:
        return self.ask("POST", link, data={"answer": "agree"}, headers=headers)

    def onward(self, link: str) -> str:
        """Agree, and return the address of the vendor's page."""
        answer = self.agree(link)
        assert answer.status_code == 200, answer.text
        return answer.headers["refresh"].removeprefix("0; url=")

    def decide(self, onward: str, decision: str, user: str) -> str:
        """Allow or deny at the vendor's page, and return the address of the way back."""
        form = {"decision": decision, "account": user}
        answer = httpx2.post(onward, data=form, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def connect(self, link: str, user: str) -> httpx2.Response:
        """Go all the way, and return the page at its end."""
        return self.get(self.decide(self.onward(link), "allow", user))


def parameters(address: str) -> dict[str, str]:
    """Return the query of an address."""
    return dict(parse_qsl(urlsplit(address).query))
