"""An installation with a database of its own, in which commands run as a person runs them."""

from collections.abc import Iterator

import pytest

from kadens.embedded.postgres import Postgres
from tests.databases.reuse import database_copied
from tests.program.privacy.running import kadens


@pytest.fixture(scope="module")
def installation(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the database of an installation with the patient a-1; it is 2023-11-14T22:13:20Z."""
    folder = tmp_path_factory.mktemp("installation")
    secrets = folder / "secrets.toml"
    secrets.write_text(f'wrapping_key = "{bytes(32).hex()}"\n', encoding="utf-8")
    with database_copied(postgres) as made, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KADENS_KAFKA", "")
        patch.setenv("KADENS_DATABASE", made)
        patch.setenv("KADENS_BODIES", str(folder / "bodies"))
        patch.setenv("KADENS_SECRETS_FILE", str(secrets))
        patch.setenv("KADENS_CLOCK", "fixed:1700000000000")
        kadens("patient", "add", "--pseudonym", "a-1", "--unit", "Ward")
        yield made
