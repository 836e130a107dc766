"""`kadens erase`: asks, erases, prints a receipt with counts and no name."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from typer.testing import CliRunner, Result

from ingest.uploads.shelf import Shelf
from ingest.uploads.upload import Upload, new_id
from kadens.cli import app
from kadens.embedded.postgres import Postgres
from tests.databases.reuse import database_copied

ERASED = 0
_REFUSED = 1


@pytest.fixture(scope="module")
def dsn(postgres: Postgres) -> Iterator[str]:
    with database_copied(postgres) as made:
        yield made


@pytest.fixture
def environment(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(f'wrapping_key = "{bytes(32).hex()}"\n', encoding="utf-8")
    monkeypatch.setenv("KADENS_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("KADENS_DATABASE", dsn)
    monkeypatch.setenv("KADENS_BODIES", str(tmp_path / "bodies"))
    monkeypatch.setenv("KADENS_SECRETS_FILE", str(secrets))
    monkeypatch.setenv("KADENS_CLINIC_UNIT", "unit")


def _kadens(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, list(words), input=answer)


@pytest.mark.promise(14)
@pytest.mark.usefixtures("environment")
def test_a_patient_is_erased_once_and_the_log_says_by_whom(dsn: str) -> None:
    assert _kadens("patient", "add", "--pseudonym", "gone", "--name", "Somebody").exit_code == 0
    assert _kadens("consent", "give", "--patient", "gone", "--source", "files").exit_code == 0
    refused = _kadens("erase", "--patient", "gone", answer="n\n")
    assert refused.exit_code == _REFUSED
    assert "nothing was erased" in refused.stderr
    done = _kadens("erase", "--patient", "gone", "--yes", "--json")
    assert done.exit_code == ERASED
    receipt = json.loads(done.stdout)
    counted = {table: n for table, n in receipt["rows"].items() if n}
    assert counted == {
        "consent": 1,
        "identity.person": 1,
        "identity.data_key": 1,
        "audit": 2,
        "patient": 1,
    }
    assert "gone" not in done.output
    assert _kadens("erase", "--patient", "gone", "--yes").exit_code == _REFUSED
    with psycopg.connect(dsn) as conn:
        log = conn.execute("select action, patient, object from audit order by id").fetchall()
    assert log == [
        ("patient.add", None, ""),
        ("consent.give", None, ""),
        ("patient.erase", None, f"erasure:{receipt['receipt']}"),
    ]


@pytest.mark.promise(14)
@pytest.mark.usefixtures("environment")
def test_uploads_in_parts_are_erased_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KADENS_UPLOADS", str(tmp_path / "uploads"))
    shelf = Shelf(tmp_path / "uploads")
    for patient in ("sender", "other"):
        assert _kadens("patient", "add", "--pseudonym", patient).exit_code == 0
        shelf.create(
            Upload(
                id=new_id(patient, 5, 0),
                patient=patient,
                length=5,
                filename="Anna.fit",
                sha256="",
                mark="",
                created_ms=0,
            )
        )
    assert _kadens("erase", "--patient", "sender", "--yes").exit_code == ERASED
    assert (shelf.of("sender"), len(shelf.of("other"))) == ([], 1)


@pytest.mark.usefixtures("environment")
def test_a_person_reads_a_table() -> None:
    assert _kadens("patient", "add", "--pseudonym", "read").exit_code == 0
    done = _kadens("erase", "--patient", "read", answer="y\n")
    assert done.exit_code == ERASED
    assert "identity.data_key" in done.stdout
    assert "0" in done.stdout.splitlines()[-3]


@pytest.mark.usefixtures("environment")
def test_who_does_not_answer_erases_nothing_and_learns_how_to() -> None:
    assert _kadens("patient", "add", "--pseudonym", "kept").exit_code == 0
    done = _kadens("erase", "--patient", "kept", "--json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "nothing was erased: nobody answered; --yes erases without" in done.stderr
    assert _kadens("patient", "show", "--patient", "kept").exit_code == 0


@pytest.mark.promise(14)
@pytest.mark.usefixtures("environment")
def test_the_tables_are_written_anew_on_demand() -> None:
    done = _kadens("vacuum")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.startswith("all tables are written anew")


@pytest.mark.usefixtures("environment")
def test_a_login_that_does_not_own_the_tables_is_told_which_does(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(dsn) as conn:
        conn.execute("create role of_no_table login")
    try:
        monkeypatch.setenv("KADENS_DATABASE", make_conninfo(dsn, user="of_no_table"))
        done = _kadens("vacuum")
    finally:
        with psycopg.connect(dsn) as conn:
            conn.execute("drop role of_no_table")
    assert done.exit_code == _REFUSED
    assert "may not write the tables anew; the one that runs" in " ".join(done.stderr.split())
