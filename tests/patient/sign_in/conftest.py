"""A patient door with sign-in, a database with patients, and the tiny provider."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx2
import pytest

from kadens.embedded.postgres import Postgres
from kadens.settings import Settings, read_settings
from kadens.wiring.patient import patient_door
from tests.clinic.sign_in.provider import (
    CLIENT,
    SECRET,
    Provider,
    listening,
    served_provider,
)
from tests.clinic.sign_in.provider_fixtures import now, provider, shared_provider
from tests.databases.reuse import database_copied
from tests.patient.link_world import add_unit, run_alone
from tests.patient.sign_in.patients import IDENTITY_KEYS, People

__all__ = ["now", "provider", "shared_provider"]
OpenPatient = Callable[..., AbstractContextManager[httpx2.Client]]


@pytest.fixture(scope="session")
def people(postgres: Postgres) -> Iterator[People]:
    """Give a database with a care unit, and who adds patients to it."""
    with database_copied(postgres) as dsn:
        run_alone(add_unit(dsn))
        yield People(dsn)


def patient_settings(dsn: str, folder: Path, **more: str) -> Settings:
    """Return the settings of a door with sign-in, its secrets file in `folder`."""
    secrets = folder / "patient.toml"
    keys = f'wrapping_key = "{"00" * 32}"\nsession_key = "{"01" * 32}"\n'
    keys += f'identity_key = "{IDENTITY_KEYS.active.secret.hex()}"\n'
    secrets.write_text(f'{keys}patient_oidc_client_secret = "{SECRET}"\n', encoding="utf-8")
    result = {
        "KADENS_KAFKA": "127.0.0.1:1",  # nothing is reported in these tests
        "KADENS_DATABASE": dsn,
        "KADENS_BODIES": "",
        "KADENS_SECRETS_FILE": str(secrets),
        "KADENS_PATIENT_OIDC_CLIENT_ID": CLIENT,
    }
    return read_settings({**result, **more})


@pytest.fixture
def opened(people: People, provider: Provider, now: Path, tmp_path: Path) -> OpenPatient:
    """Return a function that opens a patient door and gives a browser for it.

    The browser follows no redirect by itself. Keyword arguments change or add variables.
    """

    @contextmanager
    def open_door(**more: str) -> Iterator[httpx2.Client]:
        with listening() as (socket, url):
            usual = {
                "KADENS_PATIENT_URL": url,
                "KADENS_PATIENT_OIDC_ISSUER": provider.url,
                "KADENS_CLOCK": f"file:{now}",
            }
            provider.redirect = f"{url}/sign-in/callback"
            app = patient_door(patient_settings(people.dsn, tmp_path, **{**usual, **more}))
            with served_provider(app, socket), httpx2.Client(base_url=url) as client:
                yield client

    return open_door


@pytest.fixture
def door(opened: OpenPatient) -> Iterator[httpx2.Client]:
    """Open a door that asks the provider."""
    with opened() as client:
        yield client


@pytest.fixture
def patient(people: People, provider: Provider) -> str:
    """Give a new patient, whom the provider names."""
    pseudonym, number = people.patient()
    provider.person = {"sub": "u-1", "personal_number": number}
    return pseudonym
