"""One database with the invented patients for all tests of the clinician door, and one served door."""

from collections.abc import Iterator

import pytest

from kadens.embedded.postgres import temporary_postgres

from ...clinic_world import Served, seeded, serve


@pytest.fixture(scope="session")
def world() -> Iterator[str]:
    """Give the DSN of a database with everybody in it."""
    with temporary_postgres() as server:
        dsn = server.create_database("clinic")
        seeded(dsn)
        yield dsn


@pytest.fixture(scope="session")
def door(world: str) -> Iterator[Served]:
    """Serve the door."""
    with serve(world) as served:
        yield served
