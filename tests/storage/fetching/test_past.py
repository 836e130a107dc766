"""What is of the past waits for what is new, and leaves it half of the budget."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from model.received import Fetch
from model.vendors.vendor_api import RateWindow
from storage.fetching.announced_fetches import NoticedFetch, put_fetches
from storage.pg.pool import Connection
from tests.storage.fetching.fetching_world import (
    BEGAN_MS,
    FIT,
    USER,
    WORLD_KEY,
    FetchingWorld,
    open_world,
)

pytestmark = pytest.mark.anyio
_DAYS = ("e1", "e2", "e3", "e4")


@pytest.fixture
async def world(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[FetchingWorld]:
    async with open_world(dsn, conn, tmp_path) as made:
        made.vendor.exercises = {name: {"fit": FIT + name.encode()} for name in (*_DAYS, "new")}
        await made.connect()
        yield made


def _exercise(entity: str) -> Fetch:
    path = f"/v3/exercises/{entity}/fit"
    return Fetch(account=str(USER), resource="exercise", key=entity, path=path, format="fit")


async def _put(
    world: FetchingWorld, *entities: str, is_past: bool = False, page_of: str = ""
) -> None:
    for entity in entities:
        noticed = NoticedFetch(
            connector="polar",
            fetch=_exercise(entity),
            patient="p1",
            noticed_ms=world.now_ms,
            is_past=is_past,
            answer_to=_exercise(page_of) if page_of else None,
        )
        await put_fetches(world.conn, WORLD_KEY, [noticed])
    await world.conn.commit()


def _entities_in_order(world: FetchingWorld) -> list[str]:
    return [sent.path.split("/")[3] for sent in world.vendor.requests]


async def test_what_is_new_comes_before_the_past(world: FetchingWorld) -> None:
    await _put(world, *_DAYS, is_past=True)
    world.now_ms += 1
    await _put(world, "new")
    await world.run()
    assert _entities_in_order(world) == ["new", *_DAYS]


async def test_the_past_has_half_of_the_budget_and_does_not_close_the_vendor(
    world: FetchingWorld,
) -> None:
    vendor = world.parts.vendors["polar"]
    budget = (RateWindow(seconds=900, requests=4),)
    api = replace(vendor.api, budget=budget)
    world.parts = replace(world.parts, vendors={"polar": replace(vendor, api=api)})
    await _put(world, *_DAYS, is_past=True)
    await world.run()
    assert _entities_in_order(world) == ["e1", "e2"]
    assert (await world.states())[2] == ("e3", "waiting", "new data have the budget first")
    await _put(world, "new")
    await world.run()
    assert _entities_in_order(world) == ["e1", "e2", "new"]
    world.now_ms += 930_000
    await world.run()
    assert _entities_in_order(world) == ["e1", "e2", "new", "e3", "e4"]
    assert {state for _, state, _ in await world.states()} == {"done"}


async def test_a_page_of_the_past_is_past_and_one_of_new_data_is_new(world: FetchingWorld) -> None:
    await _put(world, "e1", is_past=True)
    await _put(world, "e2")
    await _put(world, "e3", page_of="e1")
    await _put(world, "e4", page_of="e2")
    past = await world.column("select key from vendor_fetch where is_past order by key")
    assert past == ["e1", "e3"]
    world.now_ms += 1
    await _put(world, "e1")  # announced as new meanwhile
    assert await world.column("select key from vendor_fetch where is_past") == ["e3"]
    assert world.now_ms == BEGAN_MS + 1
