"""A clinician door with sign-in, a database with a care unit, and the tiny provider."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx2
import psycopg
import pytest

from kadens.embedded.postgres import Postgres
from kadens.settings import Settings, read_settings
from kadens.wiring.clinic import clinic_door
from storage.people import care_team
from storage.pg.pool import open_pool
from tests.clinic.sign_in.provider import (
    CLIENT,
    SECRET,
    Provider,
    listening,
    served_provider,
)
from tests.clinic.sign_in.provider_fixtures import now, provider, shared_provider
from tests.databases.reuse import database_copied

__all__ = ["now", "provider", "shared_provider"]
Kept = Callable[[], list[tuple[str, str, str]]]
Open = Callable[..., AbstractContextManager[httpx2.Client]]
SIGN_IN_UNIT = "Physiotherapy North"


@pytest.fixture(scope="session")
def dsn(postgres: Postgres) -> Iterator[str]:
    """Give a database with a single care unit."""
    with database_copied(postgres) as made:
        asyncio.run(_seed(made))
        yield made


async def _seed(dsn: str) -> None:
    async with await open_pool(dsn) as pool, pool.connection() as conn:
        await care_team.add_unit(conn, SIGN_IN_UNIT)


@pytest.fixture(autouse=True)
def _nobody_yet(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("delete from clinician")


@pytest.fixture
def clinicians(dsn: str) -> Kept:
    """Give who is kept: subject, name, address."""

    def kept() -> list[tuple[str, str, str]]:
        with psycopg.connect(dsn, autocommit=True) as conn:
            return conn.execute("select subject, name, email from clinician order by 1").fetchall()

    return kept


def settings_of(dsn: str, folder: Path, **more: str) -> Settings:
    """Return the settings of a door with sign-in, its secrets file in `folder`."""
    secrets = folder / "clinic.toml"
    keys = f'wrapping_key = "{"00" * 32}"\nsession_key = "{"01" * 32}"\n'
    secrets.write_text(f'{keys}oidc_client_secret = "{SECRET}"\n', encoding="utf-8")
    result = {
        "KADENS_KAFKA": "",
        "KADENS_DATABASE": dsn,
        "KADENS_BODIES": "",
        "KADENS_CLINIC_HOST": "0.0.0.0",  # noqa: S104 - keeps the demo clinician out
        "KADENS_SECRETS_FILE": str(secrets),
        "KADENS_OIDC_CLIENT_ID": CLIENT,
        "KADENS_PATIENT_URL": "https://patients.example.org",
    }
    return read_settings({**result, **more})


@pytest.fixture
def opened(dsn: str, provider: Provider, now: Path, tmp_path: Path) -> Open:
    """Return a function that opens a clinician door and gives a client for it.

    The client asks for pages as a browser does and follows no redirect by itself. Keyword arguments
    change or add environment variables.
    """

    @contextmanager
    def open_door(**more: str) -> Iterator[httpx2.Client]:
        with listening() as (socket, url):
            usual = {
                "KADENS_CLINIC_URL": url,
                "KADENS_OIDC_ISSUER": provider.url,
                "KADENS_CLOCK": f"file:{now}",
            }
            provider.redirect = f"{url}/sign-in/callback"
            app = clinic_door(settings_of(dsn, tmp_path, **{**usual, **more}))
            with served_provider(app, socket), browser(url) as client:
                yield client

    return open_door


def browser(url: str) -> httpx2.Client:
    return httpx2.Client(base_url=url, headers={"accept": "text/html"})


@pytest.fixture
def door(opened: Open) -> Iterator[httpx2.Client]:
    """Open a door that asks the provider."""
    with opened() as client:
        yield client
