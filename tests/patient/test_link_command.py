"""`kadens connect` prints no link that cannot work: the vendor must know our application."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kadens.cli import app
from kadens.fetching import connecting
from kadens.secrets.values import ConnectorSecrets, Secrets
from kadens.settings import Settings

_FILE = "/data/secrets.toml"
_MISSING = "no client_id and no client_secret in [connectors.polar]"


def _settings(own: ConnectorSecrets) -> Settings:
    secrets = Secrets(connectors={"polar": own})
    return Settings(kafka="", database="", bodies="", secrets=secrets, secrets_file=_FILE)


def _connect(patch: pytest.MonkeyPatch, own: ConnectorSecrets, *, is_up: bool) -> Result:
    patch.setattr(connecting, "settings_of", lambda _: _settings(own))
    patch.setattr(connecting, "environment", lambda: {} if is_up else {"KADENS_DATABASE": "x"})
    patch.setattr(connecting, "audited", lambda *_: 0)
    return CliRunner().invoke(app, ["connect", "polar", "--patient", "p-1", "--data", str(Path())])


def test_a_running_up_without_our_application_gives_no_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = _connect(monkeypatch, ConnectorSecrets(keys=("k",)), is_up=True)
    assert (done.exit_code, done.stdout) == (2, "")
    printed = " ".join(done.stderr.split())
    assert printed == (
        f"error: {_FILE} has {_MISSING}, so the patient could not sign in: "
        "add them and start `kadens up` again"
    )


def test_where_the_patient_door_has_a_file_of_its_own_it_is_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = _connect(monkeypatch, ConnectorSecrets(keys=("k",)), is_up=False)
    assert (done.exit_code, done.stdout.startswith("http://127.0.0.1:8803/connect/")) == (0, True)
    assert done.stderr.splitlines()[0] == (
        f"warning: {_FILE} has {_MISSING}; unless the patient door's has, the link does not work"
    )


def test_with_our_application_there_is_a_link_and_no_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = ConnectorSecrets(client_id="c", client_secret="s")  # noqa: S106 - invented
    for is_up in (True, False):
        done = _connect(monkeypatch, own, is_up=is_up)
        assert (done.exit_code, "/connect/" in done.stdout) == (0, True)
        assert _FILE not in done.stderr
