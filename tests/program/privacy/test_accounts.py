"""`kadens account`: each command has its row in the log, each refusal a sentence."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from kadens.cli import app
from kadens.embedded.postgres import Postgres
from kadens.privacy.closing_terms import closing_terms
from kadens.settings import SettingsError, read_settings
from model.calendar import DAY_MS
from model.privacy.closing import ClosingReading
from tests.databases.reuse import database_copied

_NOW = 1_700_000_000_000  # 2023-11-14
_ACTIONS = "select action, object from audit where action ~ '^(account|patient.erase)' order by id"
_WHY = ("--why", "a letter of 13 November")


@pytest.fixture
def dsn(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(f'wrapping_key = "{bytes(32).hex()}"\n', encoding="utf-8")
    with database_copied(postgres) as made:
        for name, value in {
            "KAFKA": "",
            "DATABASE": made,
            "BODIES": str(tmp_path / "bodies"),
            "SECRETS_FILE": str(secrets),
        }.items():
            monkeypatch.setenv(f"KADENS_{name}", value)
        _clock(monkeypatch, 0)
        for pseudonym in ("a-1", "a-2"):
            done = _kadens("patient", "add", "--pseudonym", pseudonym, "--unit", "Ward")
            assert done.exit_code == 0
        yield made


def _clock(patch: pytest.MonkeyPatch, days: int) -> None:
    patch.setenv("KADENS_CLOCK", f"fixed:{_NOW + days * DAY_MS}")


def _kadens(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def _states(*words: str) -> dict[str, str]:
    listed = json.loads(_kadens("account", "list", "--json", *words).stdout)
    return {line["patient"]: line["state"] for line in listed}


def _refused(*words: str) -> str:
    done = _kadens(*words)
    assert (done.exit_code, done.stdout) == (1, ""), done.output
    return done.stderr.strip().removeprefix("error: ")


@pytest.mark.promise(16)
def test_an_account_is_closed_opened_and_erased(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    of = ("--patient", "a-1", *_WHY)
    closed = _kadens("account", "close", *of)
    assert closed.stdout == "closed; the data is kept until 2023-12-15\n"
    assert _refused("account", "close", *of) == "the account is closed already"
    refused = _refused("consent", "give", "--patient", "a-1", "--source", "files")
    assert refused == "the account is closed"
    assert _states() == {"a-1": "closed", "a-2": "open"}
    assert _states("--closed", "--unit", "Ward") == {"a-1": "closed"}
    assert _kadens("account", "reopen", *of).exit_code == 0
    assert _refused("account", "reopen", *of) == "the account is not closed"
    assert _kadens("account", "close", *of).exit_code == 0

    _clock(monkeypatch, 30)
    assert _kadens("account", "erase", "--yes").stdout == ""
    _clock(monkeypatch, 31)
    assert _states() == {"a-1": "to be erased", "a-2": "open"}
    assert _kadens("rights", "open", "access", "--patient", "a-1").exit_code == 0
    assert _states()["a-1"] == "closed"
    answered = ("--text", "sent", "--identified", "BankID")
    assert _kadens("rights", "answer", "1", *answered).exit_code == 0
    assert _kadens("account", "erase").stdout == "a-1\n"
    assert _kadens("account", "erase", "--yes").stdout.startswith("erasure 1 at 2023-12-15")
    assert _kadens("account", "erase", "--yes").stdout == ""
    assert _states() == {"a-2": "open"}
    with psycopg.connect(dsn) as conn:
        actions = conn.execute(_ACTIONS).fetchall()
    assert actions[-2:] == [("patient.erase", "erasure:1"), ("account.list", "")]
    assert [action for action, _ in actions if "list" not in action] == [
        *("account.close", "account.reopen", "account.close", "patient.erase")
    ]


@pytest.mark.usefixtures("dsn")
def test_who_does_not_exist_and_what_lacks_a_reason() -> None:
    assert _refused("account", "close", "--patient", "nobody", *_WHY) == "there is no such patient"
    done = _kadens("account", "close", "--patient", "a-1", "--why", " ")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "must have 1 to 500 characters" in done.stderr
    assert json.loads(_kadens("account", "warnings", "--json").stdout) == []


def test_settings_that_cannot_be_meant_are_refused() -> None:
    base = {"KADENS_KAFKA": "", "KADENS_DATABASE": "", "KADENS_BODIES": ""}
    strict = {**base, "KADENS_ACCOUNT_CLOSING": "after_end"}
    assert closing_terms(read_settings(strict)).reading is ClosingReading.AFTER_END
    for name, value, wanted in (
        ("CLOSING", "never", "must be latest or after_end"),
        ("WARN_DAYS", "0", "must be 1 to 150 days"),
        ("ERASE_DAYS", "-1", "must be 0 to 3650 days"),
    ):
        with pytest.raises(SettingsError, match=wanted):
            closing_terms(read_settings({**base, f"KADENS_ACCOUNT_{name}": value}))
