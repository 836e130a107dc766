"""A mistake of the operator is a line on stderr before anything starts; never a traceback."""

import json
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kadens.cli import app

PROFILE_FIELDS = {"valid_from": "2026-01-01", "birth_year": 1965, "hr_rest": 60, "hr_max": 172}
PRESCRIPTION = {
    "id": "rx-1",
    "version": 1,
    "valid_from": "2026-01-01",
    "valid_to": "2027-01-01",
    "sessions_per_week": 3,
    "minutes_per_session": 40,
    "intensity": {"method": "hrr", "low": 0.4, "high": 0.6},
}

_RX = json.dumps(PRESCRIPTION)[1:-1]
_PROFILE = json.dumps(PROFILE_FIELDS)[1:-1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"hr_max": "abc"},
        {"hr_max": -5},
        {"hr_max": 50},
        {"hr_max": 1e308},
        {"birth_year": 3000},
        {"clinician_bpm": [1, 2]},
        {"clinician_bpm": 5},
        {"beta_blocker": "perhaps"},
        {"hr_rests": 60},
        {"hr_rest": 0},
        {"clinician_bpm": [100, 90, 120, 140]},
        {"threshold_hr": "high"},
        {"threshold_hr": 172},
        {"vt1_bpm": 140, "vt2_bpm": 130},
        {"vt2_bpm": 180},
        {"ftp_w": -200},
        {"sex": "f"},
    ],
)
def test_a_profile_that_cannot_be_is_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    assert _refused(tmp_path, ["patient", "profile"], {**PROFILE_FIELDS, **wrong})


def test_a_refusal_of_a_profile_names_every_field_and_no_value(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_text(
        json.dumps({**PROFILE_FIELDS, "sex": "secret", "ftp_w": 98765, "threshold_hr": 173}),
        encoding="utf-8",
    )
    done = CliRunner().invoke(
        app, ["patient", "profile", str(path), "--patient", "p", "--data", str(tmp_path)]
    )
    assert done.exit_code == 2
    for name in ("sex", "ftp_w", "threshold_hr"):
        assert f"{name}: " in done.output
    for value in ("secret", "98765", "173"):
        assert value not in done.output


@pytest.mark.parametrize(
    "wrong",
    [
        {"sessions_per_week": "three"},
        {"sessions_per_week": -3},
        {"id": 9},
        {"version": "one"},
        {"valid_to": "2025-01-01"},
        {"types": ["flying"]},
        {"intensity": {"method": "magic", "low": 0.4, "high": 0.6}},
        {"intensity": {"method": "hrr", "low": 0.6, "high": 0.4}},
        {"rules": {"P1": {"high": "x"}}},
        {"pain_limit": "no"},
    ],
)
def test_a_prescription_that_cannot_be_is_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    assert _refused(tmp_path, ["prescribe"], {**PRESCRIPTION, **wrong})


def test_a_source_that_no_connector_has_is_wrong_use() -> None:
    done = CliRunner().invoke(app, ["consent", "give", "--patient", "p", "--source", "nosuch"])
    assert done.exit_code == 2
    assert "open_wearables" in done.output


def test_a_port_that_is_taken_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        words = [
            "up",
            "--data",
            str(tmp_path),
            "--vendor-port",
            str(taken.getsockname()[1]),
            "--clinic-port",
            "0",
        ]
        done = CliRunner().invoke(app, words)
    assert (done.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "Address already in use" in done.output


@pytest.mark.parametrize("zone", ["Mars/X", "../etc/passwd", "", "localtime", "right/UTC"])
def test_a_zone_that_there_is_not_is_told_in_words(tmp_path: Path, zone: str) -> None:
    for words in (["patient", "zone", zone, "--patient", "p"], ["patient", "add", "--zone", zone]):
        done = CliRunner().invoke(app, [*words, "--data", str(tmp_path)])
        assert (done.exit_code, "an IANA time zone" in done.output) == (2, True), done.output


def test_a_folder_where_nothing_runs_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["query", "days", "--patient", "p", "--data", str(tmp_path / "gone")]
    )
    assert done.exit_code == 2
    assert f"nothing runs on {tmp_path / 'gone'}" in done.output


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["--broker", "foo"], 2, "--broker foo: must be auto"),
        (["--database", "foo"], 2, "--database must be embedded, or the connection string must"),
        (["--clinic-port", "28811", "--vendor-port", "28811"], 2, "-port are both 28811: each"),
        (["--patient-port", "28811", "--vendor-port", "28811"], 2, "--patient-port are both 28811"),
        (["--clock", "foo"], 2, "must be system, fixed:EPOCH_MS or file:PATH"),
        (["--clock", "fixed:x"], 2, "the clock 'fixed:x' has no epoch ms from 0 to"),
        (["--clock", "fixed:-1"], 2, "has no epoch ms from 0 to"),
        (["--clock", "fixed:99999999999999"], 2, "has no epoch ms from 0 to 9999999999999"),
        (["--clock", "file:/nonexistent/x"], 2, "/nonexistent/x: No such file or directory"),
        (["--timeout", "60"], 2, "--timeout is how long --until-alert waits"),
        (["--demo", "--until-alert", "--timeout", "inf"], 2, "'--timeout': must be a number"),
        (["--demo", "--until-alert", "--timeout", "-1"], 2, "'--timeout': must be at least 1"),
        (["--seed", "3"], 2, "--seed and --weeks are about the patients of --demo"),
        (["--weeks", "5"], 2, "--seed and --weeks are about the patients of --demo"),
        (["--demo", "--seed", "-1"], 2, "'--seed': must be at least 0"),
    ],
)
def test_an_option_that_cannot_be_is_told_before_anything_starts(
    tmp_path: Path, words: list[str], code: int, why: str
) -> None:
    where = ["--data", str(tmp_path), "--vendor-port", "0", "--clinic-port", "0"]
    done = CliRunner().invoke(app, ["up", *where, *words])
    assert (done.exit_code, list(tmp_path.iterdir())) == (code, []), done.output
    assert why in " ".join(done.output.split())


def test_a_data_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    ports = ["--vendor-port", "0", "--clinic-port", "0"]
    for data in (file, file / "x"):
        done = CliRunner().invoke(app, ["up", "--data", str(data), *ports])
        assert done.exit_code == 2
        assert f"--data {data}: {file} is no folder" in done.output.replace("\n", " ")


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_what_is_no_number_is_no_right_value(tmp_path: Path, number: str) -> None:
    for option in ("--value", "--exertion"):
        record = ["--report", "r", "--patient", "p", "--why", "x", "--data", str(tmp_path)]
        done = CliRunner().invoke(app, ["rectify", "add", *record, option, number])
        assert (done.exit_code, "must be a number" in done.output) == (2, True), done.output


def test_by_is_nothing_where_all_files_are_of_one_patient(tmp_path: Path) -> None:
    words = ["watch", str(tmp_path), "--by", "name", "--patient", "p", "--data", str(tmp_path)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert "with --patient all are of one patient" in done.output


_EMPTY_TEXT = [
    ["patient", "add", "--pseudonym", ""],
    ["patient", "list", "--unit", ""],
    ["audit", "export", "--fhir", "--since", "2026-01-01T00:00:00Z", "--out", "x", "--patient", ""],
    ["dead", "drop", "--class", "range", "--connector", ""],
    ["restrict", "add", "--patient", "p", "--why", "x", "--source", ""],
    ["import", "x", "--patient", "p", "--zone", ""],
    ["watch", ".", "--patient", ""],
]


@pytest.mark.parametrize("words", _EMPTY_TEXT, ids=lambda words: " ".join(words[:2]))
def test_an_empty_text_is_no_absent_option(tmp_path: Path, words: list[str]) -> None:
    done = CliRunner().invoke(app, [*words, "--data", str(tmp_path)])
    assert (done.exit_code, f"Invalid value for '{words[-2]}'" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["dead", "list", "--connector", "foo"], "'--connector': must be one of open_wearables"),
        (["dead", "retry", "--class", "range", "--connector", "foo"], "must be one of open_wear"),
        (["connect", "polar", "--patient", "p", "--source", "strava"], "--source goes with --tok"),
        (["connect", "u", "--patient", "p", "--tokens", "-"], "--tokens needs --source"),
        (["duty", "away", "c", "--from", "2026-12-21", "--to", "9999-12-31"], "to 2199-12-31"),
        (["duty", "away", "c", "--from", "2026-12-21", "--to", "soon"], "a date such as 2026-11"),
    ],
)
def test_what_would_be_passed_over_is_refused(tmp_path: Path, words: list[str], why: str) -> None:
    named = ["--unit", "u"] if words[0] == "duty" else []
    done = CliRunner().invoke(app, [*words, *named, "--data", str(tmp_path)])
    assert (done.exit_code, why in " ".join(done.stderr.split())) == (2, True), done.stderr


def test_a_case_is_of_an_instant_that_the_door_can_have(tmp_path: Path) -> None:
    (tmp_path / "body").touch()
    case = [str(tmp_path / "body"), str(tmp_path / "case"), "--connector", "polar"]
    for command in ("record", "record-request"):
        done = CliRunner().invoke(app, [command, *case, "--received", "99999999999999999999"])
        assert (done.exit_code, "'--received'" in done.output) == (2, True), done.output


def test_a_backup_that_is_not_there_is_named(tmp_path: Path) -> None:
    key = tmp_path / "key"
    CliRunner().invoke(app, ["backup", "new-key", str(key)])
    for source, why in ((tmp_path / "gone", "is no folder that is there"), (tmp_path, "no backup")):
        words = ["restore", "--from", str(source), "--key", str(key), "--data", str(tmp_path / "d")]
        done = CliRunner().invoke(app, words)
        assert (done.exit_code, f"{source} is" in done.stderr, why in done.stderr) == (
            1,
            True,
            True,
        )


def _refused(folder: Path, words: list[str], values: dict[str, object]) -> bool:
    path = folder / "said.json"
    path.write_text(json.dumps(values), encoding="utf-8")
    done = CliRunner().invoke(app, [*words, str(path), "--patient", "p", "--data", str(folder)])
    assert done.exit_code == 2, done.output
    assert isinstance(done.exception, SystemExit)
    return "not set: KADENS_KAFKA" not in done.output


def _refusal(folder: Path, words: list[str], content: bytes) -> str:
    """Return in one line what a command says of a file that it must refuse."""
    path = folder / "value.json"
    path.write_bytes(content)
    done = CliRunner().invoke(
        app, [*words, str(path), "--patient", "p", "--data", str(folder / "data")]
    )
    assert (done.exit_code, done.exception.__class__) == (2, SystemExit)
    return " ".join(done.output.split())


@pytest.mark.parametrize(
    ("words", "content", "member"),
    [
        (["prescribe"], f'{{{_RX}, "minutes_per_session": 60}}', "minutes_per_session"),
        (["prescribe"], f'{{{_RX}, "rules": {{"P1": {{"high": 5, "high": 6}}}}}}', "rules.P1.high"),
        (["patient", "profile"], f'{{{_PROFILE}, "hr_max": 180}}', "hr_max"),
        (["prescription", "import"], '{"entry": [{"a": 1}, {"b": 1, "b": 2}]}', "entry.1.b"),
    ],
)
def test_a_member_that_stands_twice_is_named(
    tmp_path: Path, words: list[str], content: str, member: str
) -> None:
    text = _refusal(tmp_path, words, content.encode())
    assert f"{member} stands twice" in text or f"has {member} twice" in text
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("words", "content", "reason"),
    [
        (["prescribe"], f'{{{_RX}, "hr_ceiling": NaN}}'.encode(), "the file has NaN"),
        (["patient", "profile"], f'{{{_PROFILE}, "hr_rest": NaN}}'.encode(), "the file has NaN"),
        (["prescription", "import"], '{"id": "å"}'.encode("latin-1"), "it is not text in UTF-8"),
    ],
)
def test_what_is_no_json_is_said_in_a_sentence(
    tmp_path: Path, words: list[str], content: bytes, reason: str
) -> None:
    assert reason in _refusal(tmp_path, words, content)


def test_a_date_has_one_form(tmp_path: Path) -> None:
    days = ["--from", "20270101", "--to", "2027-03-31"]
    words = ["prescription", "renew", "rx-1", "--patient", "p", "--data", str(tmp_path), *days]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert "must be a date such as 2026-11-23" in " ".join(done.output.split())
