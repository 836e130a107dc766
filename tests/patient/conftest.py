"""A database for all tests of this folder, with the patient door served over it."""

from collections.abc import Iterator

import pytest

from kadens.embedded.postgres import Postgres
from model.calendar import HOUR_MS
from tests.databases.reuse import database_copied
from tests.patient.link_world import LINKED_MS, LinkWorld, add_unit, link_world, run_alone


@pytest.fixture(scope="session")
def served_links(postgres: Postgres) -> Iterator[LinkWorld]:
    with database_copied(postgres) as dsn:
        run_alone(add_unit(dsn))
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
