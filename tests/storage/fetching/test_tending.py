"""Registration and subscriptions, against a vendor that has both."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from fetcher.subscribing import reconcile_applications
from fetcher.tending import tend_accounts
from model.calendar import DAY_MS
from model.vendors.requests import ApiRequest
from model.vendors.vendor_api import Api, Permission, RateWindow, Subscription, Subscriptions
from simulate.vendors.platform.exchanges import Arrived, Fault, Reply
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.platform.vendor_http import serving_vendor
from simulate.vendors.webhooks import Subscribed, SubscriptionBook
from storage.pg.pool import Connection
from tests.storage.fetching.fetching_world import (
    BEGAN_MS,
    USER,
    FetchingWorld,
    open_world,
    polar_vendor,
)

pytestmark = pytest.mark.anyio
_CALLBACK = "https://hooks.example.org/v1/hooks/v"
_LIFE_S = 90 * 86_400.0


@dataclass(slots=True, kw_only=True)
class _Vendor(PlatformServer):
    """It registers users once each, and keeps subscriptions for ninety days."""

    book: SubscriptionBook
    users: list[str] = field(default_factory=list)

    def interface(self, arrived: Arrived, user: str) -> Reply:
        match (arrived.method, arrived.route.split("/")[1:]):
            case ("POST", ["users"]):
                return self._register(json.loads(arrived.body)["id"])
            case ("GET", ["subscriptions"]):
                return Reply(body=json.dumps(list(map(_plain, self.book.of(user)))).encode())
            case ("POST", ["subscriptions"]):
                values = json.loads(arrived.body)
                row = self.book.create(values["about"], values["callback"], user)
                return Reply(status=400 if row is None else 201)
            case ("PUT", ["subscriptions", row_id]):
                return Reply(status=204 if self.book.renew(row_id) else 404)
            case ("DELETE", ["subscriptions", row_id]):
                return Reply(status=204 if self.book.delete(row_id) else 404)
        return Reply(status=404)

    def _register(self, user: str) -> Reply:
        if user in self.users:
            return Reply(status=409)
        self.users.append(user)
        return Reply(status=200)


def _plain(row: Subscribed) -> dict[str, object]:
    return {"id": row.id, "about": row.about, "callback": row.callback, "ends": row.ends_s}


def _read(body: bytes) -> list[Subscription]:
    rows = json.loads(body)
    if not isinstance(rows, list):
        raise ValueError("no list")  # noqa: TRY004 - as documented
    return [
        Subscription(
            about=row["about"],
            callback=row["callback"],
            id=row["id"],
            ends_ms=int(row["ends"] * 1000),
        )
        for row in rows
    ]


def _create(row: Subscription, word: str) -> ApiRequest:
    document = json.dumps({"about": row.about, "callback": row.callback, "word": word})
    return ApiRequest(path="/subscriptions", method="POST", json=document)


def _at(row: Subscription) -> str:
    return f"/subscriptions/{row.id}"


_OWN = Subscriptions(
    wanted=("workout", "sleep"),
    permission=Permission.BASIC,
    listing=lambda _account: ApiRequest(path="/subscriptions", is_collection=True),
    read=_read,
    create=_create,
    renew=lambda row: ApiRequest(path=_at(row), method="PUT"),
    delete=lambda row: ApiRequest(path=_at(row), method="DELETE"),
)
_API = Api(
    host="api.example.org",
    budget=(RateWindow(seconds=60, requests=1_000),),
    request=lambda fetch: ApiRequest(path=fetch.path),
    register=lambda account: ApiRequest(
        path="/users", method="POST", json=json.dumps({"id": account})
    ),
    subscriptions=_OWN,
)


@dataclass(slots=True, kw_only=True)
class _Tended:
    """A world whose only vendor is the one of this file."""

    world: FetchingWorld
    vendor: _Vendor

    def use(self, api: Api, callback: str = _CALLBACK) -> None:
        polar = self.world.parts.vendors["polar"]
        vendor = replace(polar, api=api, callback=callback, word="word")
        self.world.parts = replace(self.world.parts, vendors={"polar": vendor})

    async def connect(self) -> None:
        """Connect the account with tokens of this file's vendor."""
        await self.world.connect(by=self.vendor)

    async def rows(self) -> object:
        return await self.world.column("select is_registered from vendor_connection")


@pytest.fixture
async def tended(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[_Tended]:
    async with open_world(dsn, conn, tmp_path) as world:
        book = SubscriptionBook(now_s=lambda: world.now_ms / 1000, life_s=_LIFE_S)
        vendor = _Vendor(now_s=lambda: world.now_ms / 1000, book=book)
        with serving_vendor(vendor) as address:
            own = polar_vendor(world.vendor, address)
            world.parts = replace(world.parts, vendors={"polar": own})
            made = _Tended(world=world, vendor=vendor)
            made.use(_API)
            yield made


def _abouts(tended: _Tended, account: str = "") -> list[str]:
    return [row.about for row in tended.vendor.book.of(account)]


async def test_subscriptions_become_those_that_are_wanted_and_are_renewed(
    tended: _Tended,
) -> None:
    parts, book, world = tended.world.parts, tended.vendor.book, tended.world
    book.create("weight", _CALLBACK)
    book.create("sleep", "https://old.example.org/v1/hooks/v")
    await reconcile_applications(parts, at_start=True)
    assert _abouts(tended) == ["sleep", "workout"]
    assert {row.callback for row in book.of()} == {_CALLBACK}
    book.log.clear()
    await reconcile_applications(parts, at_start=True)  # another fetcher, a moment later
    await reconcile_applications(parts, at_start=False)
    assert len(tended.vendor.requests) == 5  # a list, two deletions, two creations
    world.now_ms = BEGAN_MS + 82 * DAY_MS
    await reconcile_applications(parts, at_start=False)
    assert book.log == []
    world.now_ms = BEGAN_MS + 83 * DAY_MS
    await reconcile_applications(parts, at_start=False)
    assert sorted(book.log) == [("renew", "sleep"), ("renew", "workout")]
    world.now_ms = BEGAN_MS + 95 * DAY_MS
    assert book.callbacks("workout") == [_CALLBACK]


async def test_a_vendor_that_fails_is_asked_again_after_ten_minutes(tended: _Tended) -> None:
    parts, world = tended.world.parts, tended.world
    tended.vendor.faults.append(Fault.OUTAGE)
    await reconcile_applications(parts, at_start=True)
    assert _abouts(tended) == []
    world.now_ms += 599_999
    await reconcile_applications(parts, at_start=False)
    assert _abouts(tended) == []
    world.now_ms += 1
    await reconcile_applications(parts, at_start=False)
    assert _abouts(tended) == ["sleep", "workout"]


async def test_a_list_that_is_none_changes_nothing(tended: _Tended) -> None:
    tended.vendor.book.create("weight", _CALLBACK)
    tended.vendor.faults.append(Fault.PAGE)
    await reconcile_applications(tended.world.parts, at_start=True)
    assert _abouts(tended) == ["weight"]


@pytest.mark.parametrize(("creates", "callback"), [(False, _CALLBACK), (True, "")])
async def test_where_a_person_registers_nothing_is_changed(
    tended: _Tended, creates: object, callback: str
) -> None:
    tended.vendor.book.create("weight", _CALLBACK)
    own = _OWN if creates else replace(_OWN, create=None)
    tended.use(replace(_API, subscriptions=own), callback)
    await reconcile_applications(tended.world.parts, at_start=True)
    assert _abouts(tended) == ["weight"]
    registry = tended.world.parts.metrics.registry
    missing = registry.get_sample_value("kadens_subscriptions_missing", {"connector": "polar"})
    assert missing == (None if creates else 2.0)


async def test_an_account_is_registered_once_after_it_was_linked(tended: _Tended) -> None:
    await tended.connect()
    tended.vendor.faults.append(Fault.OUTAGE)
    await tend_accounts(tended.world.parts)
    assert (tended.vendor.users, await tended.rows()) == ([], [False])
    tended.world.now_ms += 600_000
    await tend_accounts(tended.world.parts)
    assert (tended.vendor.users, await tended.rows()) == ([str(USER)], [True])
    tended.world.now_ms += DAY_MS // 3
    await tend_accounts(tended.world.parts)
    assert len(tended.vendor.requests) == 2
    await tended.connect()  # linked again: the vendor answers that it knows the account
    await tend_accounts(tended.world.parts)
    assert (tended.vendor.requests[-1].status, await tended.rows()) == (409, [True])


async def test_each_account_has_its_own_subscriptions_where_the_vendor_wants_it(
    tended: _Tended,
) -> None:
    own = replace(_OWN, permission=Permission.ACCOUNT)
    tended.use(replace(_API, subscriptions=own))
    await tended.connect()
    await reconcile_applications(tended.world.parts, at_start=True)
    assert tended.vendor.requests == []
    await tend_accounts(tended.world.parts)
    assert _abouts(tended, str(USER)) == ["sleep", "workout"]
    tended.vendor.book.rows.clear()  # the vendor removed them after failures
    tended.world.now_ms += DAY_MS // 3
    await tend_accounts(tended.world.parts)
    assert _abouts(tended, str(USER)) == []
    tended.world.now_ms += DAY_MS
    await tend_accounts(tended.world.parts)
    assert _abouts(tended, str(USER)) == ["sleep", "workout"]


async def test_an_account_whose_tokens_do_not_hold_needs_reconnecting(tended: _Tended) -> None:
    await tended.connect()
    tended.vendor.revoke(USER)
    await tend_accounts(tended.world.parts)
    assert await tended.world.broken() == ["needs_reconnecting"]
    await tend_accounts(tended.world.parts)
    assert len(tended.vendor.requests) == 1
