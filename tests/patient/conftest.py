"""A database for all tests of this folder, with the patient door served over it."""

from collections.abc import Iterator

import pytest

from kadens.embedded.postgres import temporary_postgres
from model.calendar import HOUR_MS
from storage.pg.migrate import migrate
from tests.patient.link_world import LINKED_MS, LinkWorld, add_unit, link_world, run_alone


async def _prepared(dsn: str) -> None:
    await migrate(dsn)
    await add_unit(dsn)


@pytest.fixture(scope="session")
def served_links() -> Iterator[LinkWorld]:
    with temporary_postgres() as server:
        dsn = server.create_database("links")
        run_alone(_prepared(dsn))
        with link_world(dsn) as made:
            yield made


@pytest.fixture
def links(served_links: LinkWorld) -> LinkWorld:
    """Give the door with a vendor that behaves."""
    world = served_links
    world.now_ms = LINKED_MS + HOUR_MS
    vendor = world.vendor
    vendor.token_faults.clear()
    vendor.faults.clear()
    vendor.always = None
    vendor.requests.clear()
    vendor.exchanges.clear()
    vendor.withdrawn.clear()
    return world
