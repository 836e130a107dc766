"""`kadens patient identity`: what is stored, what is refused, and that the number shows nowhere."""

from datetime import date
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from kadens.cli import app
from kadens.embedded.postgres import Postgres
from kadens.secrets.reading import read_secrets
from patient.sign_in.personal_number import number_digests, read_personal_number
from tests.clinic.sign_in.provider import SIGN_IN_NOW
from tests.databases.reuse import TEMPLATE, create

TOLVAN, OTHER = "191212121212", "197010632391"


@pytest.fixture
def dsn(
    postgres: Postgres,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """Give a database with two patients, and the variables of the commands."""
    made = postgres.dsn(create(postgres.dsn(), TEMPLATE))
    secrets = tmp_path / "keys.toml"
    keys = (f'{kind}_key = "{"ab" * 32}"\n' for kind in ("wrapping", "identity"))
    secrets.write_text("".join(keys), encoding="utf-8")
    values = {
        "KAFKA": "", "DATABASE": made, "BODIES": "", "SECRETS_FILE": str(secrets),
        "CLOCK": f"fixed:{SIGN_IN_NOW}", "CLINIC_UNIT": "unit",
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(f"KADENS_{name}", value)
    for patient in ("p1", "p2"):
        assert _kadens("patient", "add", "--pseudonym", patient).exit_code == 0
    return made


def _kadens(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, list(words), input=typed)


def _recorded(patient: str, number: str) -> str:
    result = _kadens("patient", "identity", "--patient", patient, typed=f"{number}\n")
    assert number not in result.output
    assert result.exit_code == 0, result.output
    return " ".join(result.stderr.split())


def _refused(*words: str, typed: str = "") -> tuple[int, str]:
    result = _kadens("patient", "identity", *words, typed=typed)
    assert "Traceback" not in result.output
    assert not typed.strip() or typed.strip() not in result.output
    return result.exit_code, " ".join(result.stderr.split())


def _rows(dsn: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as conn:
        return conn.execute(sql.encode()).fetchall()


def _numbers(dsn: str) -> list[tuple[object, ...]]:
    return _rows(
        dsn,
        "select p.pseudonym, n.digest, n.key_id from identity.number_digest n "
        "join patient p on p.id = n.patient order by 1",
    )


@pytest.mark.promise(4)
def test_only_a_keyed_digest_is_stored(dsn: str, tmp_path: Path) -> None:
    assert _recorded("p1", "19121212-1212") == "the patient signs in by this number"
    keys = read_secrets(str(tmp_path / "keys.toml")).identity_keys
    digest = number_digests(keys, read_personal_number(TOLVAN, date(2026, 11, 29)))["1"]
    assert _numbers(dsn) == [("p1", digest, "1")]
    row = "select action, object, (detail - 'origin' - 'categories')::text from audit "
    audit = _rows(dsn, f"{row} order by id desc limit 1")
    assert audit == [("patient.identity", "", '{"command": "patient identity"}')]


def test_the_number_of_another_patient_is_refused(dsn: str) -> None:
    _recorded("p1", TOLVAN)
    refusal = _refused("--patient", "p2", typed="19121212-1212\n")
    assert refusal == (1, "error: this personal number is another patient's")
    assert [row[0] for row in _numbers(dsn)] == ["p1"]


def test_a_rotated_key_hides_no_clash(dsn: str) -> None:
    _recorded("p1", TOLVAN)
    assert _kadens("keys", "rotate", "identity").exit_code == 0
    assert _refused("--patient", "p2", typed=f"{TOLVAN}\n")[0] == 1
    _recorded("p1", TOLVAN)  # again, now with the new key
    assert [(row[0], row[2]) for row in _numbers(dsn)] == [("p1", "2")]


@pytest.mark.usefixtures("dsn")
def test_a_key_that_a_number_needs_is_not_retired(monkeypatch: pytest.MonkeyPatch) -> None:
    _recorded("p1", TOLVAN)
    assert _kadens("keys", "rotate", "identity").exit_code == 0
    monkeypatch.setenv("KADENS_CLOCK", f"fixed:{SIGN_IN_NOW + 600_000}")
    kept = _kadens("keys", "retire", "identity", "1")
    assert "1 personal numbers are known by it; --force forgets them" in " ".join(
        kept.stderr.split()
    )
    _recorded("p1", TOLVAN)
    assert _kadens("keys", "retire", "identity", "1").exit_code == 0


def test_another_number_ends_the_sessions_and_the_same_one_does_not(dsn: str) -> None:
    _recorded("p1", TOLVAN)
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(
            "insert into patient_session select repeat('a', 64), id, now(), now(), "
            "now() + interval '1 hour' from patient where pseudonym = 'p1'"
        )
    _recorded("p1", "19121212+1212")
    assert _rows(dsn, "select ended_at is null from patient_session") == [(True,)]
    _recorded("p1", OTHER)
    assert _rows(dsn, "select ended_at is null from patient_session") == [(False,)]
    # the number that was replaced is free again
    _recorded("p2", TOLVAN)


def test_a_number_is_forgotten(dsn: str) -> None:
    _recorded("p1", TOLVAN)
    result = _kadens("patient", "identity", "--patient", "p1", "--remove")
    assert (result.exit_code, _numbers(dsn)) == (0, [])
    assert _refused("--patient", "p1", "--remove") == (
        1,
        "error: no personal number of this patient is recorded",
    )


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("19800101-T123", "this is an interim number, by which nobody can sign in"),
        ("131052-308T", "this is no Swedish personal number of twelve digits (YYYYMMDD-NNNN)"),
        ("", "this is no Swedish personal number of twelve digits (YYYYMMDD-NNNN)"),
        ("19121212-1213", "there is no such personal number: look for a slip in it"),
    ],
)
def test_what_names_nobody_is_refused_before_anything_is_written(
    dsn: str, typed: str, why: str
) -> None:
    refusal = _refused("--patient", "p1", typed=f"{typed}\n")
    assert refusal == (2, f"error: {why}")
    assert _numbers(dsn) == []


def test_an_unknown_patient_and_a_missing_key_are_refused(dsn: str, tmp_path: Path) -> None:
    code, text = _refused("--patient", "p3", typed=f"{TOLVAN}\n")
    assert (code, "patient" in text) == (1, True)
    file = tmp_path / "keys.toml"
    file.write_text(f'wrapping_key = "{"ab" * 32}"\n', encoding="utf-8")
    code, text = _refused("--patient", "p1", typed=f"{TOLVAN}\n")
    assert (code, "`kadens keys rotate identity` makes one" in text) == (2, True)
    assert _numbers(dsn) == []
