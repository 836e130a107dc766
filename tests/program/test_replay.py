"""`kadens replay` on an embedded database with bodies that an older parser read wrongly."""

import asyncio
import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from psycopg import AsyncConnection
from typer.testing import CliRunner, Result

from kadens.cli import app
from kadens.embedded.postgres import Postgres
from model.calendar import HOUR_MS
from parsers import formats
from parsers.vendors.open_wearables.reader import parse_open_wearables
from storage.digest import table_digests
from storage.people import care_team, patients
from tests.databases.reuse import TEMPLATE, create
from tests.storage.faults import faulty, read_with, wrong_values
from tests.storage.inline import INLINE_NOW, KEY, ZONE, heart_series, open_inline, walk_body
from tests.storage.tellers import T0

_numbers = count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The program on a database with three patients, of whom p1 and p2 have bodies."""

    dsn: str
    folder: Path

    def replay(self, *words: str) -> Result:
        environment = {
            "KADENS_KAFKA": "127.0.0.1:1",
            "KADENS_DATABASE": self.dsn,
            "KADENS_BODIES": str(self.folder / "bodies"),
            "KADENS_SECRETS_FILE": str(self.folder / "secrets.toml"),
            "KADENS_CLOCK": f"fixed:{INLINE_NOW}",
        }
        return CliRunner().invoke(app, ["replay", *words], env=environment)

    def digest(self) -> dict[str, str]:
        async def work() -> dict[str, str]:
            async with await AsyncConnection.connect(self.dsn) as conn:
                return await table_digests(conn)

        return asyncio.run(work())


async def _fill(dsn: str, folder: Path) -> None:
    async with await AsyncConnection.connect(dsn) as conn:
        await care_team.add_unit(conn, "unit")
        for name in ("p1", "p2", "p3"):
            await patients.add_patient(
                conn, wrapping_key=KEY, unit="unit", zone=ZONE, now_ms=0, pseudonym=name
            )
        async with open_inline(dsn, conn, folder) as inline:
            for patient, hours in (("p1", 0), ("p1", 24), ("p2", 0)):
                ahead_ms = hours * HOUR_MS
                for body in (heart_series(T0 + ahead_ms), walk_body(f"w{hours}", T0 + ahead_ms)):
                    received_ms = INLINE_NOW + ahead_ms  # nothing is measured later than that
                    await inline.receive("open_wearables", body, received_ms, patient)


@pytest.fixture
def program(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    (tmp_path / "secrets.toml").write_text(
        f'wrapping_key = "{KEY.active.secret.hex()}"\n', encoding="utf-8"
    )
    dsn = postgres.dsn(create(postgres.dsn(), TEMPLATE))
    monkeypatch.setattr(formats, "FORMATS", read_with(faulty(wrong_values), 1))
    asyncio.run(_fill(dsn, tmp_path / "bodies"))
    monkeypatch.setattr(formats, "FORMATS", read_with(parse_open_wearables, 2))
    return Program(dsn=dsn, folder=tmp_path)


def test_compare_then_replay_then_nothing_is_left_to_do(program: Program) -> None:
    before = program.digest()
    looked = program.replay("--all", "--dry-run", "--diff", "--check", "--json")
    assert looked.exit_code == 1, looked.stderr
    loads = json.loads(looked.stdout)
    assert loads["bodies"] == {
        "read": 6,
        "stored_anew": 3,
        "unreadable": 0,
        "no_consent": 0,
        "left": 0,
    }
    assert loads["rows"] == {"algorithm only": 0, "session.revised": 3}
    differences = [
        (row["patient"], row["what"], row["columns"]["hr_max"]) for row in loads["differences"]
    ]
    assert differences == [(name, "session.revised", [60.0, 120.0]) for name in ("p1", "p1", "p2")]
    assert program.digest() == before

    done = program.replay("--patient", "p1", "--source", "open_wearables")
    assert done.exit_code == 0, done.stderr
    assert "changed: 2 session.revised" in done.stdout
    assert "120" not in done.stdout + done.stderr

    done = program.replay("--all", "--json")
    assert json.loads(done.stdout)["rows"] == {"session.revised": 1}
    again = program.replay("--all", "--dry-run", "--check", "--json")
    assert again.exit_code == 0
    assert json.loads(again.stdout)["bodies"]["read"] == 0


def test_a_rehearsal_that_has_nothing_to_do_says_so(program: Program) -> None:
    looked = program.replay("--patient", "p3", "--dry-run", "--diff")
    assert (looked.exit_code, looked.stdout) == (
        0,
        "1 patient: nothing to do, all is as today's parsers and algorithms have it\n",
    )


def test_the_table_names_each_column_with_then_and_now(program: Program) -> None:
    looked = program.replay("--patient", "p2", "--dry-run", "--diff")
    assert looked.exit_code == 0
    (line,) = [line for line in looked.stdout.splitlines() if "hr_max" in line]
    assert [word for word in line.split() if word in {"60.0", "120.0"}] == ["60.0", "120.0"]


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        ([], 2, "either --patient or --all"),
        (["--all", "--patient", "p1"], 2, "either --patient or --all"),
        (["--all", "--diff"], 2, "add --dry-run"),
        (["--all", "--source", "nobody"], 2, "must be one of"),
        (["--all", "--from", "2026-W48-2T08:00:00Z"], 2, "--from must be an RFC 3339 instant"),
        (["--all", "--from", "2026-11-20"], 2, "--from must be an RFC 3339 instant"),
        (["--all", "--from", "yesterday"], 2, "--from must be an RFC 3339 instant"),
        (
            ["--all", "--from", "2026-01-02T00:00:00Z", "--to", "2026-01-01T00:00:00Z"],
            2,
            "--from must be before --to",
        ),
        (["--all", "--derive-only", "--again"], 2, "reads no body"),
    ],
)
def test_wrong_use_is_told_before_anything_is_opened(
    words: list[str], code: int, expected: str
) -> None:
    done = CliRunner().invoke(app, ["replay", *words])
    assert done.exit_code == code
    assert expected in done.stderr


def test_a_patient_that_is_not_there(program: Program) -> None:
    done = program.replay("--patient", "nobody")
    assert done.exit_code == 1
    assert "there is no such patient" in done.stderr
