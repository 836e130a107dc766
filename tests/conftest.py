"""What holds for every test: depth of property tests, groups of parallel runs, the server mark.

`--hypothesis-profile=deep` gives the invariants 20,000 examples instead of 300, `quick` 50.
"""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from multiprocessing.util import Finalize

import httpcore2
import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from kadens.embedded.postgres import Postgres, temporary_postgres
from storage.pg.migrate import migrate
from tests.databases.reuse import TEMPLATE
from tests.embedded.in_memory import temporary_folders_in_memory
from tests.groups import group_of, needs_server, rank_of

pytest_plugins = ("tests.clinic.sign_in.keycloak_fixture", "tests.databases.fixtures")
# What is collected stays until the end. To look through it for garbage, again and again while it
# grows and then while the tests run, is a fifth of the collection's time.
gc.disable()
settings.register_profile("deep", max_examples=20_000, deadline=None)
settings.register_profile("quick", max_examples=50, deadline=None)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # it ships no types
    """Gives each group of tests to one process of pytest-xdist as a whole.

    The `xdist_group` mark is no way to do this: pytest-xdist 3.8 writes it into the name of a test,
    where pytest 9.2 no longer reads it, and then every test goes anywhere.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.fixture(autouse=True, scope="session")
def _certificates_are_read_once() -> Iterator[None]:
    """Let all HTTP clients of a process share the list of authorities.

    Each reads it otherwise, also for an address without TLS: 30 ms a request of a test.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpcore2.default_ssl_context", cache(httpcore2.default_ssl_context))
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Give a server whose database TEMPLATE holds the schema, for all tests of a process.

    A server with the schema takes more than a second of processor time, and a copy of the schema
    (`tests.databases.reuse`) less than a tenth. Who stops or kills a server starts an own one.
    """
    with temporary_postgres() as server:
        asyncio.run(migrate(server.create_database(TEMPLATE)))
        yield server


def pytest_configure() -> None:
    """Put temporary folders into memory until the process ends."""
    until_the_end = ExitStack()
    until_the_end.enter_context(temporary_folders_in_memory())
    # after multiprocessing has removed its own folder there, which it does at -100
    Finalize(None, until_the_end.close, exitpriority=-200)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling:
    """Give pytest-xdist the way in which tests are divided."""
    return GroupScheduling(config, log)


def pytest_collection_finish() -> None:
    """Look for garbage again, but never among what was collected."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts a server, and let the longest groups begin first."""
    for item in items:
        if needs_server(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.server)
    # a stable sort: within a group the tests keep the order that their shared fixtures need
    items.sort(key=lambda item: rank_of(item.nodeid))
