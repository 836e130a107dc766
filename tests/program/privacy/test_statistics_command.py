"""`kadens statistics`: the same figures as table, JSON and CSV; nothing hidden can be printed."""

import asyncio
import json
from collections.abc import Iterator
from datetime import date

import psycopg
import pytest
from typer.testing import CliRunner, Result

from kadens.cli import app
from kadens.embedded.postgres import Postgres
from model.keyring import KeyRing
from storage.people import care_team, patients
from storage.pg.pool import open_pool
from storage.pg.roles import ADMIN
from storage.rights.statistic_rows import collect_month
from tests.databases.reuse import database_copied

_KEYS = KeyRing.single(bytes(32))
_UNITS = {"North": 6, "South": 9, "West": 2}
_OCTOBER = ("statistics", "--month", "2026-10")


async def _prepare(dsn: str) -> None:
    async with await open_pool(dsn, max_size=1, role=ADMIN) as pool, pool.connection() as conn:
        for unit, n in _UNITS.items():
            await care_team.add_unit(conn, unit)
            for _ in range(n):
                await patients.add_patient(
                    conn, wrapping_key=_KEYS, unit=unit, zone="Europe/Stockholm", now_ms=0
                )
        await collect_month(conn, _KEYS, date(2026, 10, 1), 0)


@pytest.fixture(scope="module")
def dsn(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    secrets = tmp_path_factory.mktemp("installation") / "secrets.toml"
    secrets.write_text(f'wrapping_key = "{bytes(32).hex()}"\n', encoding="utf-8")
    with database_copied(postgres) as made, pytest.MonkeyPatch.context() as patch:
        asyncio.run(_prepare(made))
        patch.setenv("KADENS_KAFKA", "")
        patch.setenv("KADENS_DATABASE", made)
        patch.setenv("KADENS_BODIES", "")
        patch.setenv("KADENS_SECRETS_FILE", str(secrets))
        yield made


def _kadens(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.mark.promise(18)
@pytest.mark.usefixtures("dsn")
def test_table_json_and_csv_say_the_same() -> None:
    lines = json.loads(_kadens(*_OCTOBER, "--json").stdout)
    # West is small, and North is hidden so that West does not follow from the total
    assert [(line["unit"], line["users"], line["hours"]) for line in lines] == [
        ("North", None, None),
        ("South", 9, 0),
        ("West", None, None),
        ("all units", 17, 0),
    ]
    assert _kadens(*_OCTOBER, "--csv").stdout.splitlines() == [
        "month,unit,users,hours,hidden",
        "2026-10,North,,,True",
        "2026-10,South,9,0,False",
        "2026-10,West,,,True",
        "2026-10,all units,17,0,False",
    ]
    table = _kadens(*_OCTOBER)
    assert "South" in table.stdout
    assert "hidden, because fewer than 5" in table.stderr


def test_what_cannot_be_answered_is_a_sentence_and_each_look_is_in_the_log(dsn: str) -> None:
    ahead = _kadens("statistics", "--month", "2199-01")
    assert (ahead.exit_code, ahead.stdout) == (1, "")
    assert "the statistics of 2199-01 are not collected" in ahead.stderr
    for month in ("2026-13", "october", "2026-10-01"):
        assert _kadens("statistics", "--month", month).exit_code == 2
    assert _kadens(*_OCTOBER, "--json", "--csv").exit_code == 2
    with psycopg.connect(dsn) as conn:
        rows = conn.execute("select distinct object from audit where action = 'statistics.read'")
        assert set(rows.fetchall()) == {("2026-10",), ("2199-01",)}
