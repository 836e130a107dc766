"""The clinician door while its database hangs: every page and every API call ends.

Readiness answers at once.
"""

import time
from collections.abc import Iterator

import httpx2
import pytest

from kadens.embedded.postgres import Postgres, temporary_postgres
from storage.pg.pool import CLINIC_LIMITS, GRACE_S, LET_GO_S
from tests.clinic_world import Served, seeded, serve, wait_until
from tests.frozen import frozen
from tests.rows import values_of

_READY_S = 12.0  # limits of a probe add up to 5 s; the rest is for a machine that does much else
ENDS_S = CLINIC_LIMITS.checkout_s + CLINIC_LIMITS.statement_s + GRACE_S + 2 * LET_GO_S + 2.0
_PATHS = ("/", "/patients/p-pain", "/api/v1/worklist", "/api/v1/patients/p-pain/weeks")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with temporary_postgres() as started:
        seeded(started.create_database("hanging"))
        yield started


@pytest.fixture(scope="module")
def door(server: Postgres) -> Iterator[Served]:
    with serve(server.dsn("hanging")) as served:
        yield served


def timed(door: Served, path: str) -> tuple[httpx2.Response, float]:
    began = time.monotonic()
    return door.get(path), time.monotonic() - began


def test_nothing_waits_without_end(door: Served, server: Postgres) -> None:
    assert door.get("/readyz").status_code == 200
    with frozen(server):
        for path in _PATHS:
            answer, seconds = timed(door, path)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5"), path
            assert seconds < ENDS_S, path
            ready, seconds = timed(door, "/readyz")
            assert ready.status_code == 503
            assert seconds < _READY_S
        assert door.get("/healthz").status_code == 200
    wait_until(lambda: door.get("/readyz").status_code == 200)
    assert set(values_of(map(door.get, _PATHS), "status_code")) == {200}


def test_a_killed_database_is_503_and_comes_back(door: Served, server: Postgres) -> None:
    server.kill()
    assert door.get("/readyz").status_code == 503
    assert door.get("/").status_code == 503
    server.restart()
    wait_until(lambda: door.get("/readyz").status_code == 200)
    assert door.get("/").status_code == 200
