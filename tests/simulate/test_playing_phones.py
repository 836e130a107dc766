"""`kadens send` plays a patient's phone: the body as it came, with a token of the patient."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from kadens.cli import app
from kadens.commands import sending
from tests.rooms import ROOT

_SETTINGS = SimpleNamespace(secrets=SimpleNamespace(connectors={}))
_CASE = ROOT / "tests" / "data" / "health_auto_export" / "totals_of_days"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every command the settings of an installation without any vendor's key."""
    monkeypatch.setattr(sending, "settings_of", lambda _: _SETTINGS)


def _send(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["send", *words])
    return done.exit_code, done.stderr + done.stdout


def test_a_recorded_case_is_sent_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    posted: list[tuple[str, bytes, dict[str, str]]] = []

    def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        posted.append((url, body, headers))
        return 202, b"taken"

    monkeypatch.setattr(sending, "post", post)
    monkeypatch.setattr(sending, "issue_audited_token", lambda *_, **__: ("t0ken", None))
    checked: list[tuple[str, str]] = []
    monkeypatch.setattr(sending, "must_consent", lambda _, *of: checked.append(of))
    words = ["--patient", "p1", "--url", "http://127.0.0.1:9"]
    words += ["--header", "automation-period: Today"]
    assert _send("health_auto_export", str(_CASE), *words) == (0, "202 taken\n")
    # Without consent the phone's body would be taken and dropped, which nobody would see.
    assert checked == [("p1", "health_auto_export")]
    ((url, body, headers),) = posted
    assert url == "http://127.0.0.1:9/v1/hooks/health_auto_export"
    assert body == (_CASE / "body.json").read_bytes()
    assert headers == {
        "content-type": "application/json",
        "automation-aggregation": "Days",
        "automation-period": "Today",
        "authorization": "Bearer t0ken",
    }


def test_a_phone_is_that_of_a_patient(tmp_path: Path) -> None:
    code, text = _send("health_auto_export", str(_CASE))
    assert (code, "give --patient" in text) == (2, True)
    code, text = _send("hc_webhook", str(_CASE))
    assert (code, "a case of health_auto_export, not of hc_webhook" in text) == (2, True)
    code, text = _send("hc_webhook", str(tmp_path))
    assert (code, "not the folder of a recorded case" in text) == (2, True)
    code, text = _send("nobody", str(_CASE))
    assert (code, "must be one of open_wearables" in text) == (2, True)
