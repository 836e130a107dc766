"""`kadens up` without its secrets file: it makes fresh keys only where nothing sealed is kept."""

import asyncio
import shutil
from pathlib import Path

import pytest

from kadens.embedded.postgres import Postgres
from kadens.local.up import up
from kadens.local.up_options import Options
from model.keyring import KeyRing
from storage.people import care_team, patients
from storage.pg.pool import open_pool
from tests.databases.reuse import TEMPLATE, create
from tests.rows import values_of

SECRETS = "secrets.toml"


def _printed(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


async def _patient(dsn: str) -> None:
    async with await open_pool(dsn, max_size=1) as pool, pool.connection() as conn:
        await care_team.add_unit(conn, "unit")
        await patients.add_patient(
            conn, wrapping_key=KeyRing.single(bytes(32)), unit="unit", zone="UTC", now_ms=0
        )


@pytest.mark.parametrize("folder", ["pg", "bodies"])
def test_a_data_folder_whose_secrets_are_gone_gets_no_fresh_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], folder: str
) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "something").touch()
    assert up(Options(broker="mock", data=tmp_path)) == 1
    reported = _printed(capsys)
    assert (
        f"{SECRETS} is missing, and {folder} holds what only its keys can open: bring the file back"
        in reported
    )
    assert "Traceback" not in reported
    assert set(values_of(tmp_path.iterdir(), "name")) <= {folder, "log", "in-use"}


def test_a_database_elsewhere_whose_secrets_are_gone_gets_no_fresh_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], postgres: Postgres
) -> None:
    dsn = postgres.dsn(create(postgres.dsn(), TEMPLATE))
    asyncio.run(_patient(dsn))
    assert up(Options(broker="mock", data=tmp_path, database=dsn)) == 1
    assert "and the database holds what only its keys can open" in _printed(capsys)
    assert not (tmp_path / SECRETS).exists()


def test_secrets_of_another_installation_stop_it_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], postgres: Postgres
) -> None:
    dsn = postgres.dsn(create(postgres.dsn(), TEMPLATE))
    asyncio.run(_patient(dsn))
    (tmp_path / SECRETS).write_text(
        f'link_key = "{"11" * 32}"\nwrapping_key = "{"22" * 32}"\n', encoding="utf-8"
    )
    assert up(Options(broker="mock", data=tmp_path, database=dsn)) == 1
    reported = _printed(capsys)
    assert "the wrapping keys in the secrets file do not belong to this database" in reported
    assert "everything runs" not in reported
    shutil.rmtree(tmp_path / "log", ignore_errors=True)
    assert not (tmp_path / "bodies").exists()
