"""The world of the tests of fetching: a patient at a vendor with three exercises, and a log."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.pg.pool import Connection
from tests.storage.fetching.fetching_world import FIT, FetchingWorld, open_world


@pytest.fixture
async def world(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[FetchingWorld]:
    async with open_world(dsn, conn, tmp_path) as made:
        made.vendor.exercises = {name: {"fit": FIT + name.encode()} for name in ("e1", "e2", "e3")}
        yield made
