"""Fixtures of every test of the clinician door.

They are a database with the invented patients, and a served door.
"""

from collections.abc import Iterator

import pytest

from kadens.embedded.postgres import Postgres
from tests.clinic_world import Served, clinic_template, serve
from tests.databases.reuse import database_copied


@pytest.fixture(scope="session")
def world(postgres: Postgres) -> Iterator[str]:
    """Give the DSN of a database with everybody in it."""
    with database_copied(postgres, clinic_template(postgres)) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def door(world: str) -> Iterator[Served]:
    """Serve the door."""
    with serve(world) as served:
        yield served


@pytest.fixture
def acting(door: Served) -> Iterator[Served]:
    """Serve the door to a test that acts on alerts, and restore the alerts after it."""
    columns = "state, changed_at, snoozed_until, resolution, last_move, id"
    before = door.rows(f"select {columns} from alert")  # noqa: S608 - a constant
    yield door
    for row in before:
        door.change(
            "update alert set state = %s, changed_at = %s, snoozed_until = %s, "
            "resolution = %s, last_move = %s, assignee = '', unseen_since = null, "
            "escalations = 0, mutes = '{}', useful = null where id = %s",
            *row,
        )
    door.change("delete from alert_move where from_state is not null")
    door.change("delete from alert_note")
