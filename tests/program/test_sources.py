"""Where settings come from: a single named source for each command and process."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kadens.cli import app
from kadens.commands.console import DEFAULT_FOLDER, process_settings, settings_of
from kadens.local.instance import held
from kadens.settings import operator

WRONG_USE = 2
PROCESSES = (["door", "vendor"], ["door", "clinic"], ["worker"], ["uploads"], ["migrate"])
_RUNNING = {
    "KADENS_KAFKA": "",
    "KADENS_DATABASE": "dbname=running",
    "KADENS_BODIES": "",
    "KADENS_CLINIC_DEMO": "1",
}
OWN = {"KADENS_KAFKA": "", "KADENS_DATABASE": "dbname=own", "KADENS_BODIES": ""}


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Run in the folder that holds the data folder of a running `kadens up`, without variables."""
    for name in [*_RUNNING, "KADENS_SECRETS_FILE"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / DEFAULT_FOLDER).mkdir()
    with held(tmp_path / DEFAULT_FOLDER):
        (tmp_path / DEFAULT_FOLDER / "runtime.json").write_text(
            json.dumps({"environment": _RUNNING, "addresses": {}})
        )
        yield DEFAULT_FOLDER


def _kadens(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(app, list(words), env=environment)


@pytest.mark.usefixtures("beside")
def test_a_command_finds_what_runs_here_and_the_variables_alone_once_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert settings_of(None).database == "dbname=running"
    for name, value in OWN.items():
        monkeypatch.setenv(name, value)
    settings = settings_of(None)
    assert (settings.database, settings.clinic_demo) == ("dbname=own", False)


@pytest.mark.parametrize(
    "name", ["KADENS_SECRETS_FILE", "KADENS_DATABASE_FILE", "KADENS_CLINIC_UNIT"]
)
@pytest.mark.usefixtures("beside")
def test_one_variable_is_enough_to_leave_the_folder_alone(name: str) -> None:
    result = _kadens("digest", **{name: "x"})
    assert result.exit_code == WRONG_USE


def test_a_process_takes_nothing_from_a_folder_that_it_was_not_given(
    beside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in OWN.items():
        monkeypatch.setenv(name, value)
    settings = process_settings(None)
    assert (settings.database, settings.clinic_demo) == ("dbname=own", False)
    for name in OWN:
        monkeypatch.delenv(name)
    assert process_settings(beside).database == "dbname=running"


def test_a_command_that_migrates_has_the_login_of_the_owner(beside: Path) -> None:
    owner = {"KADENS_DATABASE": "user=owner"}
    content = {"environment": _RUNNING, "addresses": {}, "migrating": owner}
    (beside / "runtime.json").write_text(json.dumps(content))
    assert settings_of(beside, migrates=True).database == "user=owner"
    assert settings_of(beside).database == "dbname=running"


@pytest.mark.parametrize("words", PROCESSES, ids=" ".join)
@pytest.mark.usefixtures("beside")
def test_without_variables_and_without_a_folder_no_process_starts(words: list[str]) -> None:
    result = _kadens(*words)
    assert (
        result.exit_code,
        "not set: KADENS_KAFKA, KADENS_DATABASE, KADENS_BODIES" in result.stderr,
    ) == (WRONG_USE, True)


@pytest.mark.usefixtures("beside")
def test_the_door_beside_a_running_demo_does_not_open_without_sign_in(tmp_path: Path) -> None:
    secrets = tmp_path / "own.toml"
    secrets.write_text(f'wrapping_key = "{"00" * 32}"\n')
    result = _kadens("door", "clinic", **OWN, KADENS_SECRETS_FILE=str(secrets))
    assert result.exit_code != 0
    assert "nobody could sign in at the clinician door" in result.stderr


@pytest.mark.parametrize("words", [*PROCESSES, ["digest"], ["patient", "add"]], ids=" ".join)
def test_two_sources_are_refused_by_name(beside: Path, words: list[str]) -> None:
    result = _kadens(*words, "--data", str(beside), KADENS_DATABASE="x", KADENS_CLINIC_DEMO="1")
    assert result.exit_code == WRONG_USE
    assert "KADENS_CLINIC_DEMO, KADENS_DATABASE; not both" in result.stderr


def test_variables_that_are_no_settings_are_not_a_source(
    beside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KADENS_TEST_KAFKA", "x")
    assert process_settings(beside).database == "dbname=running"


def test_the_person_is_the_account_and_not_what_a_variable_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = operator()
    for name in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert operator() == before
    assert before.startswith("os:")
