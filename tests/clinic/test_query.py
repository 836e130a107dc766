"""`kadens query` answers what the API answers, in every form; a mistake is a single line."""

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from arro3.io import read_parquet
from typer.testing import CliRunner, Result

from clinic.answers.sessions import SessionsAnswer
from kadens.cli import app
from kadens.output.answer_files import csv_of, json_of
from kadens.output.answer_tables import table_of
from kadens.output.console import PlainConsole
from kadens.settings import operator
from tests.clinic_world import CLINIC_NOW, Served
from tests.rows import cells_of

SAME = [
    (["timeline", "--metric", "heart_rate", "--from", "2026-11-22", "--to", "2026-11-22",
      "--points", "9"],
     "timeline?metric=heart_rate&from=2026-11-22&to=2026-11-22&points=9"),
    (["timeline", "--metric", "heart_rate", "--points", "9", "--as", "line"],
     "timeline?metric=heart_rate&points=9&as=line"),
    (["timeline", "--metric", "power"], "timeline?metric=power"),
    (["sessions", "--limit", "7", "--type", "walking"], "sessions?limit=7&type=walking"),
    (["sessions", "--prescription", "rx-p-pain"], "sessions?prescription=rx-p-pain"),
    (["days", "--from", "2026-11-16"], "days?from=2026-11-16"),
    (["days", "--prescription", "rx-p-pain"], "days?prescription=rx-p-pain"),
    (["weeks"], "weeks"),
    (["weeks", "--prescription", "rx-p-pain", "--to", "2026-11-15"],
     "prescriptions/rx-p-pain/weeks?to=2026-11-15"),
]  # fmt: skip


def query(door: Served, *words: str, patient: str = "p-pain") -> Result:
    result = {"DATABASE": door.dsn, "CLOCK": f"fixed:{CLINIC_NOW}", "KAFKA": "", "BODIES": ""}
    environment = {f"KADENS_{name}": value for name, value in result.items()} | {"COLUMNS": "80"}
    return CliRunner().invoke(
        app, ["query", words[0], "--patient", patient, *words[1:]], env=environment
    )


@pytest.mark.parametrize(("words", "path"), SAME)
def test_the_program_answers_as_the_api(door: Served, words: list[str], path: str) -> None:
    result = query(door, *words, "--format", "json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == door.get(f"/api/v1/patients/p-pain/{path}").json()


def test_a_session_a_line_in_csv(door: Served) -> None:
    result = query(door, "sessions", "--limit", "2", "--format", "csv")
    first, second = csv.DictReader(io.StringIO(result.stdout))
    assert (
        first["start"], first["local_date"], first["zones_ms_vigorous"], first["counts"],
        first["partial"],
    ) == (
        "2026-11-22T16:12:00Z", "2026-11-22", "1735000", "true", "false",
    )  # fmt: skip
    assert (first["moving_ms"], second["exertion_cr10"], second["partial"]) == ("", "", "true")


PLANTED = "=HYPERLINK(1)\x1b[2J\x9b2J"


def _planted(door: Served) -> SessionsAnswer:
    """Return an answer with a session of a type that a vendor named."""
    result = door.get("/api/v1/patients/p-pain/sessions?limit=1").json()
    (session,) = result["sessions"]
    return SessionsAnswer.model_validate({**result, "sessions": [{**session, "type": PLANTED}]})


def test_a_type_that_is_a_formula_is_text_in_csv(door: Served) -> None:
    (line,) = csv.DictReader(io.StringIO(csv_of(_planted(door)).decode()))
    assert line["type"] == f"'{PLANTED}"


def test_a_type_cannot_write_to_the_terminal(
    door: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    table, _below = table_of(_planted(door))
    PlainConsole(markup=False, width=200).print(table)
    result = capsys.readouterr().out
    assert "HYPERLINK" in result.upper()
    assert not any(item in result for item in "\x1b\x9b")
    assert not any(item in json_of(_planted(door)).decode() for item in "\x1b\x9b")


def test_an_answer_without_rows_has_its_columns(door: Served) -> None:
    empty = query(door, "sessions", "--type", "cycling", "--format", "csv").stdout
    full = query(door, "sessions", "--limit", "1", "--format", "csv").stdout.splitlines()
    assert empty.splitlines() == [
        ",".join(name for name in full[0].split(",") if not name.startswith("load_"))
    ]
    nothing = query(door, "timeline", "--metric", "power", "--format", "csv").stdout
    assert nothing.splitlines() == ["t,n,minimum,mean,maximum,source"]


def test_parquet_holds_types(door: Served, tmp_path: Path) -> None:
    path = tmp_path / "days.parquet"
    result = query(door, "days", "--from", "2026-11-22", "--format", "parquet", "--out", str(path))
    assert (result.exit_code, result.stdout) == (0, "")
    read = read_parquet(path).read_all()
    assert read.column("local_date").to_pylist() == [date(2026, 11, 22), date(2026, 11, 23)]
    assert read.column("state").to_pylist() == ["active", "no_data"]
    assert read.column("zones_ms_vigorous").to_pylist() == [1_735_000, 0]
    assert read.column("answered").to_pylist() == [True, False]
    kinds = {
        name: str(read.schema.field(name).type)
        for name in ("local_date", "steps", "night_hr", "algorithm")
    }
    assert [kinds[name].rpartition("<")[2].strip(">\n") for name in kinds] == [
        "Date32",
        "Int64",
        "Float64",
        "Utf8",
    ]


def test_parquet_holds_instants(door: Served, tmp_path: Path) -> None:
    path = tmp_path / "sessions.parquet"
    assert (
        query(door, "sessions", "--limit", "1", "--format", "parquet", "--out", str(path)).exit_code
        == 0
    )
    read = read_parquet(path).read_all()
    assert read.column("start").to_pylist() == [datetime(2026, 11, 22, 16, 12, tzinfo=UTC)]
    assert read.column("moving_ms").to_pylist() == [None]


@pytest.mark.parametrize("words", cells_of(SAME, 0))
def test_a_table_fits_eighty_columns(door: Served, words: list[str]) -> None:
    """Weeks need more; a terminal folds them, and a file or a pipe gets them in full."""
    result = query(door, *words)
    *lines, _below = result.stdout.splitlines()
    assert result.exit_code == 0
    assert max(map(len, lines)) <= (100 if words[0] == "weeks" else 80)


def test_a_table_is_read_by_a_person(door: Served, tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    query(door, "weeks", "--from", "2026-11-16", "--to", "2026-11-22", "--out", str(path))
    assert path.read_text().splitlines()[1].split() == [
        "2026-W47", "3", "117", "168.2", "7", "of", "7", "100", "%", "97", "%", "6", "%",
        "140", "%", "rx-p-pain",
    ]  # fmt: skip
    result = query(door, "sessions", "--limit", "1").stdout
    row = result.splitlines()[1].split()
    assert row == [
        "2026-11-22", "17:12", "Walking", "42:00", "5:10", "3:20", "28:55", "4:35", "130.4", "yes",
    ]  # fmt: skip
    cursor = result.rpartition("--before ")[2].strip()
    assert "2026-11-18 17:12 " in query(door, "sessions", "--limit", "1", "--before", cursor).stdout


def test_a_question_is_written_down_as_the_operators(door: Served) -> None:
    query(door, "days")
    row = door.rows(
        "select actor, role, action, object, detail - 'origin' - 'categories' "
        "from audit order by id desc limit 1"
    )
    assert row == [(operator(), "operator", "data.read", "days", {"command": "query days"})]


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (
            ["timeline", "--metric", "pulse"],
            2,
            "error: --metric must be one of heart_rate, ",
        ),
        (
            ["days", "--from", "2026-02-30"],
            2,
            "error: --from is not a date or time that exists",
        ),
        (
            ["days", "--from", "2026-11-23", "--to", "2026-11-22"],
            2,
            "error: --from must not be after --to",
        ),
        (
            ["sessions", "--before", "soon"],
            2,
            "error: --before must be the `next` of the page before",
        ),
        (["sessions", "--format", "parquet"], 2, "error: --format parquet needs --out FILE"),
        (["weeks", "--prescription", "none"], 1, "error: This patient has no such prescription."),
        (
            ["weeks", "--out", "/nowhere/weeks"],
            1,
            "error: /nowhere/weeks cannot be written: No such file or directory",
        ),
    ],
)
def test_a_mistake_is_one_line(door: Served, words: list[str], code: int, reason: str) -> None:
    result = query(door, *words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith(reason)
    assert len(result.stderr.splitlines()) == 1


def test_a_stranger_has_no_answer(door: Served) -> None:
    result = query(door, "days", patient="nobody")
    assert (result.exit_code, result.stderr) == (1, "error: there is no such patient\n")
