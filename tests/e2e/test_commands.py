"""The README's commands on a running Kadens: a patient, a file, a report, and all questions."""

import hashlib
import json
import re
import urllib.request
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import psycopg
import pytest
from typer.testing import CliRunner

from kadens.cli import app
from simulate.fit_writer import Recording, write_activity
from tests.e2e.conftest import Running
from tests.rooms import ROOT
from tests.rows import cells_of
from tests.until import until

README = ROOT / "README.md"
_START_MS = 1_763_974_800_000  # 2025-11-24T09:00:00Z


def recording() -> bytes:
    """Twenty minutes at 120 beats a minute, a sample a second."""
    t = _START_MS + np.arange(1200, dtype=np.int64) * 1000
    columns = {"heart_rate": np.full(1200, 120.0)}
    return write_activity(
        Recording(start_ms=_START_MS, end_ms=_START_MS + 1_200_000, t=t, columns=columns)
    )


@pytest.fixture(scope="module")
def words(running: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Fill in what the README's commands leave open: the patient, and the files that they name."""
    folder = tmp_path_factory.mktemp("readme")
    profile = {"valid_from": "2025-01-01", "birth_year": 1965, "hr_rest": 60, "hr_max": 190}
    prescription = {
        "id": "rx-1",
        "version": 1,
        "valid_from": "2025-11-01",
        "valid_to": "2026-11-01",
        "sessions_per_week": 3,
        "minutes_per_session": 30,
        "intensity": {"method": "hrr", "low": 0.4, "high": 0.6},
    }
    report = {
        "type": "report.created",
        "patient": "app-user-7",
        "report": {
            "id": "r-1",
            "instrument": "pain",
            "phase": "after",
            "value": 2,
            "scale": "nrs-0-10",
            "answered_at": "2025-11-24T11:00:00+01:00",
        },
    }
    manifest = {
        "zone": "Europe/Stockholm",
        "now": "2025-11-25T08:00:00+01:00",
        "profiles": [profile],
        "prescriptions": [prescription],
        "bodies": [{"path": "walk.fit", "connector": "files", "received": "2025-11-24T10:00:00Z"}],
    }
    named = {
        "profile.json": profile,
        "prescription.json": prescription,
        "report.json": report,
        "patient.json": manifest,
    }
    for name, content in named.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / "walk.fit").write_bytes(recording())
    (folder / "folder").mkdir()
    (folder / "folder" / "copy.fit").write_bytes(recording())
    with zipfile.ZipFile(folder / "export.zip", "w") as archive:
        archive.writestr("walk.fit", recording())
    patient = running.kadens("patient", "add", "--name", "Test Testsson").strip()
    files = ("walk.fit", "export.zip", "folder/", "access.zip", "portable.zip", *named)
    alert = _alert(running, folder, report)
    return {"PATIENT": patient, "ALERT": alert, **{name: str(folder / name) for name in files}}


def _alert(running: Running, folder: Path, report: dict[str, Any]) -> str:
    """Return the id of an alert: another patient reports very high pain today."""
    patient = running.asks("patient", "add").strip()
    of_patient = ("--patient", patient, "--source", "reports")
    running.asks("consent", "give", *of_patient)
    running.asks("patient", "link", "app-user-8", *of_patient)
    hurts = {**report["report"], "value": 9, "answered_at": datetime.now(UTC).isoformat()}
    path = folder / "hurts.json"
    path.write_text(json.dumps({**report, "patient": "app-user-8", "report": hurts}), "utf-8")
    running.asks("send", "reports", str(path))

    def raised() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(
            running.asks("alerts", "--patient", patient, "--json")
        )
        return rows

    until(lambda: bool(raised()))
    return str(raised()[0]["id"])


def _commands() -> list[str]:
    """Every `kadens` line of the README's `sh` blocks, except erasure and what runs for ever."""
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    kadens = []
    for line in "".join(blocks).splitlines():
        words = line.partition("#")[0].strip().removeprefix(".venv/bin/")
        endless = re.match(r"kadens (up|door|worker|watch|patient add|erase)\b", words)
        if words.startswith("kadens ") and not endless:
            kadens.append(words)
    return kadens


def test_every_command_of_the_readme_runs(running: Running, words: dict[str, str]) -> None:
    assert len(_commands()) >= 10
    for line in _commands():
        result = [words.get(word.strip('"'), word.strip('"')) for word in line.split()[1:]]
        if result[0] == "prescribe":
            # nobody sits at a terminal who could be asked about the past
            result += ["--confirm", "past:2025-11-01"]
        running.kadens(*result, serverless=result[0] in {"inspect", "derive"})


def test_the_schema_and_the_tables_are_tended_while_it_runs(running: Running) -> None:
    running.kadens("migrate")
    running.kadens("vacuum")


def test_a_door_beside_the_running_one_names_its_port(running: Running) -> None:
    for door in ("vendor", "clinic", "patient"):
        done = CliRunner().invoke(app, ["door", door, "--data", str(running.data)])
        port = running.runtime["environment"][f"KADENS_{door.upper()}_PORT"]
        assert done.exit_code == 1, done.output
        assert f"cannot listen at 127.0.0.1:{port}: Address already in use" in done.stderr
        assert f"set KADENS_{door.upper()}_PORT to a free port" in " ".join(done.stderr.split())


def test_the_file_became_a_session(running: Running, words: dict[str, str]) -> None:
    clinic = running.runtime["addresses"]["clinic"]
    address = f"{clinic}/api/v1/patients/{words['PATIENT']}/sessions"

    def there() -> bool:
        return bool(_sessions(address))

    until(there)
    (session,) = _sessions(address)
    assert session["zones_ms"]["moderate"] == 1_200_000


def _upload(running: Running, token: str, body: bytes) -> None:
    address = f"{running.runtime['addresses']['vendor door']}/v1/files"
    headers = {"authorization": f"Bearer {token}"}
    assert httpx2.post(address, content=body, headers=headers, timeout=30).status_code == 202


def test_garbage_becomes_a_dead_letter(
    running: Running, words: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "noise.fit"
    path.write_bytes(b"\x0e\x10\x00\x00\xff\xff\xff\xff.FIT??" + bytes(100))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    # `import` reads a file before it sends it, and sends no noise; another program may
    running.kadens("import", str(path), "--patient", words["PATIENT"], code=1)
    token = running.kadens("patient", "token", "--patient", words["PATIENT"]).strip()
    _upload(running, token, path.read_bytes())

    def listed() -> list[dict[str, Any]]:
        letters: list[dict[str, Any]] = json.loads(
            running.kadens("dead", "list", "--connector", "files", "--json")
        )
        return [letter for letter in letters if letter["sha256"] == sha256]

    until(lambda: bool(listed()))
    (listed_letter,) = listed()
    assert listed_letter["where"]
    assert listed_letter["why"]
    assert listed_letter["size"] == path.stat().st_size
    offset = str(listed_letter["offset"])
    shown = json.loads(
        running.kadens("dead", "show", offset, "--body", str(tmp_path / "body"), "--json")
    )
    assert (shown["headers"]["connector"], shown["patient"]) == ("files", words["PATIENT"])
    assert (tmp_path / "body").read_bytes() == path.read_bytes()
    assert json.loads(running.kadens("dead", "retry", offset, "--json")) == {
        "gone": 0,
        "kept": 0,
        "sent": 1,
        "not_waiting": 0,
    }
    until(
        lambda: cells_of(listed(), "offset") == [listed_letter["offset"] + 1]
    )  # today's reader cannot read it either
    assert json.loads(running.kadens("dead", "drop", str(listed()[0]["offset"]), "--json")) == {
        "dropped": 1,
        "not_waiting": 0,
    }
    assert listed() == []


def test_the_digest_names_every_table(running: Running) -> None:
    loads = json.loads(running.kadens("digest", "--json"))
    assert {"fact", "sample", "session", "day", "week", "alert"} <= set(loads)
    for load in loads.values():
        assert re.fullmatch("[0-9a-f]{64}", load)


def test_doctor_finds_all_well(running: Running) -> None:
    assert all(cells_of(json.loads(running.kadens("doctor", "--json")), "well"))


def test_a_stranger_is_refused(running: Running) -> None:
    running.kadens("patient", "token", "--patient", "nobody", code=1)


def test_a_file_is_not_sent_for_nobody_nor_without_consent(
    running: Running, words: dict[str, str]
) -> None:
    other = running.kadens("patient", "add").strip()
    for patient in ("nobody", other):
        running.kadens("import", words["walk.fit"], "--patient", patient, code=1)
    running.kadens("consent", "give", "--patient", other, "--source", "files")
    running.kadens("import", words["walk.fit"], "--patient", other)


def test_an_erased_patient_is_gone(running: Running, words: dict[str, str]) -> None:
    loads = json.loads(running.kadens("erase", "--patient", words["PATIENT"], "--yes", "--json"))
    assert loads
    running.kadens("query", "days", "--patient", words["PATIENT"], code=1)


def _sessions(address: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - loopback
        values: list[dict[str, Any]] = json.load(answer)["sessions"]
    return values


def test_each_process_is_at_the_database_as_itself_and_nobody_as_a_superuser(
    running: Running,
) -> None:
    query = (
        "select distinct usename from pg_stat_activity"
        " where datname = 'kadens' and pid <> pg_backend_pid()"
    )
    with psycopg.connect(running.runtime["environment"]["KADENS_DATABASE"]) as conn:
        assert conn.execute("select current_user, current_setting('is_superuser')").fetchone() == (
            "kadens_admin_login",
            "off",
        )
        users = set(cells_of(conn.execute(query), 0))
    assert users == {
        "kadens_worker_login",
        "kadens_clinic_login",
        "kadens_fetcher_login",
        "kadens_patient_login",
    }
