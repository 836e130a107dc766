"""`kadens alerts`: which alerts there are, why one arose, and what became of it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kadens.cli import app
from tests.clinic_world import CLINICIAN, Served

_UNIT = ("--unit", CLINICIAN.care_unit)


@pytest.fixture(autouse=True)
def _installation(door: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(f'wrapping_key = "{bytes(32).hex()}"\n', encoding="utf-8")
    monkeypatch.setenv("KADENS_DATABASE", door.dsn)
    monkeypatch.setenv("KADENS_KAFKA", "")
    monkeypatch.setenv("KADENS_BODIES", str(tmp_path / "bodies"))
    monkeypatch.setenv("KADENS_SECRETS_FILE", str(secrets))
    monkeypatch.setenv("KADENS_CLOCK", f"fixed:{door.clock[0]}")


def _alerts(*words: str) -> Result:
    return CliRunner().invoke(app, ["alerts", *words])


def test_the_list_is_that_of_the_door_and_each_patient_on_it_has_a_row(door: Served) -> None:
    done = _alerts(*_UNIT, "--json")
    assert done.exit_code == 0, done.output
    shown, at_door = json.loads(done.stdout), door.get("/api/v1/alerts").json()
    assert [row["id"] for row in shown] == [row["id"] for row in at_door] != []
    read = door.rows(
        "select p.pseudonym from audit a join patient p on p.id = a.patient "
        "where a.action = 'list.read' and a.object = 'alerts' and a.role = 'operator'"
    )
    assert {patient for (patient,) in read} == {row["pseudonym"] for row in shown}


def test_an_alert_says_why_it_arose_and_what_became_of_it(door: Served) -> None:
    alert = next(row for row in door.get("/api/v1/alerts").json() if row["rule"] == "P1")
    done = _alerts("show", alert["id"], *_UNIT)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[:2] == [
        alert["sentence"],
        f"patient {alert['pseudonym']}, tier {alert['tier']}, {alert['state']}",
    ]
    assert any(line.startswith("  thresholds: ") for line in lines)
    assert lines[-1].startswith("  20")
    as_json = json.loads(_alerts("show", alert["id"], *_UNIT, "--json").stdout)
    assert as_json["findings"][0]["evidence"]["thresholds"]["very_high"] == 8
    ((read,),) = door.rows(
        "select object from audit where action = 'data.read' order by id desc limit 1"
    )
    assert read == f"alert:{alert['id']}"


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        ((), 2, "name a care unit with --unit"),
        (("--unit", "Ward 99"), 1, "there is no such care unit"),
        ((*_UNIT, "--patient", "nobody"), 1, "this care unit has no such patient"),
        (("show", "c1", *_UNIT), 1, "this care unit has no such alert"),
    ],
)
def test_what_is_not_there_is_said_in_a_line(words: tuple[str, ...], code: int, line: str) -> None:
    done = _alerts(*words)
    assert (done.exit_code, line in done.stderr) == (code, True), done.output
