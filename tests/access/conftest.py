"""Both doors as callers meet them: the clinician door with real sign-in, and the patient door."""

from collections.abc import Iterator

import pytest

from kadens.embedded.postgres import Postgres
from kadens.wiring.clinic import clinic_door
from tests.access.clinic_callers import ClinicCallers, let_support_look
from tests.clinic.sign_in.conftest import settings_of
from tests.clinic.sign_in.provider import listening, running_provider, served_provider
from tests.clinic_world import CLINIC_NOW, Served, clinic_template
from tests.databases.reuse import database_copied
from tests.patient.conftest import links, served_links

__all__ = ["links", "served_links"]


@pytest.fixture(scope="session")
def callers(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ClinicCallers]:
    """Give everybody who calls at the clinician door, over a database of their own."""
    folder = tmp_path_factory.mktemp("door")
    clock = folder / "clock"
    clock.write_text(str(CLINIC_NOW), encoding="ascii")
    everybody = database_copied(postgres, clinic_template(postgres))
    with everybody as dsn, running_provider() as provider, listening() as (at, url):
        provider.redirect = f"{url}/sign-in/callback"
        provider.clock = lambda: int(clock.read_text(encoding="ascii"))
        app = clinic_door(
            settings_of(
                dsn,
                folder,
                KADENS_CLINIC_URL=url,
                KADENS_CLOCK=f"file:{clock}",
                KADENS_OIDC_ISSUER=provider.url,
                KADENS_OIDC_ROLE_CLAIM="roles",
                KADENS_OIDC_ROLES="physician,physiotherapist,support",
                KADENS_OIDC_PURPOSE="VårdOchBehandling",
                KADENS_PRESCRIBER_ROLES="physician",
            )
        )
        with served_provider(app, at):
            made = ClinicCallers(
                door=Served(url=url, dsn=dsn), provider=provider, app=app, clock=clock
            )
            for staff in ("u-support", "u-support-elsewhere"):
                let_support_look(made, staff)
            yield made
