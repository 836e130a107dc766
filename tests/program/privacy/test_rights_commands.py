"""`kadens rights` against a real database: every combination of options, each refusal in words."""

from datetime import date
from itertools import chain, combinations
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import orjson
import psycopg
import pytest

from kadens.privacy.handling.showing_requests import next_commands
from kadens.privacy.register_words import SWEDISH
from model.privacy import register
from model.privacy.requests import RightKind, RightsRequest
from storage.reads.own_rows import LEFT_OUT
from tests.guards.documented import mistake, options_by_command
from tests.program.privacy.running import kadens, refused

_OPTIONS: dict[str, tuple[tuple[str, ...], ...]] = {
    "open": (("access",), ("--patient", "a-1"), ("--identified", "BankID"), ("--at", "2023-11-01")),
    "list": (("--unit", "Ward"), ("--closed",), ("--json",)),
    "show": (("99",), ("--json",)),
    "take": (("99",), ("--identified", "BankID")),
    "answer": (
        ("99",),
        ("--text", "sent"),
        ("--identified", "BankID"),
        ("--file", "never.zip"),
    ),
    "refuse": (("99",), ("--text", "none of theirs")),
    "portability": (("--patient", "nobody"), ("--out", "never.zip")),
    "access": (("--patient", "nobody"), ("--out", "never.zip"), ("--subprocessor", "AB")),
}
_ACTIONS = "select action, object from audit where action like 'rights%%' order by id"


def _subsets(command: str) -> list[tuple[str, ...]]:
    options = _OPTIONS[command]
    picked = chain.from_iterable(combinations(options, size) for size in range(len(options) + 1))
    return [("rights", command, *chain.from_iterable(some)) for some in picked]


def _listed() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = orjson.loads(kadens("rights", "list", "--closed", "--json").stdout)
    return rows


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize("words", [*chain.from_iterable(map(_subsets, _OPTIONS))])
def test_options_left_out_are_answered_plainly(words: tuple[str, ...], tmp_path: Path) -> None:
    placed = [str(tmp_path / word) if word == "never.zip" else word for word in words]
    needs = {"open": 2, "list": 0, "take": 1, "show": 1, "answer": 2, "refuse": 2}.get(words[1], 2)
    given = set(words[2:]) & {"access", "--patient", "99", "--text", "--out"}
    # a file is an answer without any text
    given |= {"--text"} if "--file" in words else set()
    # an instant without its offset is a wrong use, and so is each option that is left out
    wrong = "2023-11-01" in words or len(given) < needs
    works = words[1] == "list" or (words[1] == "open" and not wrong)
    kadens(*placed, code=2 if wrong else 0 if works else 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.promise(15)
def test_a_request_from_its_letter_to_its_answer(installation: str) -> None:
    opened = ("rights", "open", "erasure", "--patient", "a-1")
    first = kadens(*opened, "--at", "2023-10-01T08:00:00Z")
    number, _, due = first.stdout.split()
    assert due == "2023-10-31"
    again = kadens(*opened, "--identified", "BankID")
    assert again.stdout == first.stdout
    assert "open since 2023-10-01T08:00:00Z" in again.stderr
    (row,) = (row for row in _listed() if row["kind"] == "erasure")
    assert (row["identified"], row["overdue"]) == ("BankID", True)
    assert "OVERDUE" in kadens("rights", "list").stdout
    assert kadens("rights", "take", number).stdout == f"{number}  taken\n"
    assert "needs a text" in refused("rights", "answer", number, "--text", " \t")
    assert "or give the patient a --file" in kadens("rights", "answer", number, code=2).stderr
    assert kadens("rights", "answer", number, "--text", "by letter").stdout.endswith("answered\n")
    assert "answered already" in refused("rights", "refuse", number, "--text", "no")
    assert "no such request" in refused("rights", "take", "99")
    with psycopg.connect(installation) as conn:
        done = conn.execute(_ACTIONS).fetchall()
    assert [action for action, what in done if what == f"rights_request:{number}"] == [
        "rights.take",
        "rights.answer",
    ]


@pytest.mark.usefixtures("installation")
def test_a_request_is_shown_with_what_carries_it_out() -> None:
    opened = kadens("rights", "open", "restriction", "--patient", "a-1", "--identified", "BankID")
    number = opened.stdout.split()[0]
    done = kadens("rights", "show", number)
    assert done.stdout.splitlines() == [
        f"number: {number}",
        "patient: a-1",
        "kind: restriction",
        "received: 2023-11-14T22:13:20Z",
        "due: 2023-12-14",
        "overdue: no",
        "identified: BankID",
        "state: received",
        "handled by: -",
        "answer: -",
        "wish: -",
        "closed: -",
    ]
    assert done.stderr.splitlines() == [
        "to carry it out:",
        "  kadens restrict add --patient a-1 --from TIME --until TIME --why TEXT",
        f"  kadens rights answer {number} --text TEXT",
    ]
    shown = orjson.loads(kadens("rights", "show", number, "--json").stdout)
    assert shown in _listed()
    answered = kadens("rights", "answer", number, "--text", "from today on")
    assert "this is the answer alone" in answered.stderr
    assert kadens("rights", "show", number).stderr == ""
    assert "no such request" in refused("rights", "show", "99")


def _open_request(kind: RightKind) -> RightsRequest:
    return RightsRequest(
        number=7, patient="a-1", kind=kind, received_ms=0, identified="", due=date(1970, 1, 31)
    )


@pytest.mark.parametrize("kind", RightKind)
def test_what_carries_a_request_out_are_commands_that_there_are(kind: RightKind) -> None:
    lines = next_commands(_open_request(kind), "1970-01-01T00:00:00Z")[1:]
    assert lines
    options = options_by_command()
    for line in lines:
        assert mistake(line.split()[1:], options) == ""


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00"])
def test_a_slip_in_a_year_is_refused(at: str) -> None:
    done = kadens("rights", "open", "access", "--patient", "a-1", "--at", at, code=2)
    assert "between the years 1900 and 2200" in done.stderr


@pytest.mark.promise(12)
def test_the_access_file_is_there_as_a_whole_or_not_at_all(
    installation: str, tmp_path: Path
) -> None:
    out = tmp_path / "answer.zip"
    written = ("rights", "access", "--patient", "a-1", "--out")
    assert kadens(*written, str(out)).stdout.startswith(f"{out}  ")
    before = out.read_bytes()
    assert "exists already" in refused(*written, str(out))
    assert out.read_bytes() == before
    folder = kadens(*written, str(tmp_path), code=2)
    assert "is a folder; name a new file in it" in " ".join(folder.stderr.split())
    assert "cannot be written" in refused(*written, str(tmp_path / "none" / "answer.zip"))
    nobody = ("rights", "access", "--patient", "nobody", "--out", str(tmp_path / "other.zip"))
    assert "no such patient" in refused(*nobody)
    assert list(tmp_path.iterdir()) == [out]
    with psycopg.connect(installation) as conn:
        exports = conn.execute("select count(*) from audit where action = 'rights.export'")
        assert exports.fetchone() == (1,)
    with ZipFile(out) as file:
        page = file.read("index.html").decode()
    assert "så länge kontot finns<br>" in page
    assert "as long as the account" in page


@pytest.mark.promise(13)
def test_what_a_patient_takes_along_is_written_and_logged(
    installation: str, tmp_path: Path
) -> None:
    out = tmp_path / "mine.zip"
    done = kadens("rights", "portability", "--patient", "a-1", "--out", str(out))
    assert done.stdout == f"{out}  0 workouts, 0 reports, 0 days, 0 samples, 0 originals\n"
    with ZipFile(out) as file:
        assert "fhir/bundle.json" in file.namelist()
        assert "DINA UPPGIFTER" in file.read("README.txt").decode()
    with psycopg.connect(installation) as conn:
        exports = conn.execute("select object from audit where action = 'rights.export'")
        assert exports.fetchall()[-1] == ("portability",)


@pytest.mark.promise(12)
def test_a_file_is_handed_over_with_the_answer(installation: str, tmp_path: Path) -> None:
    out = tmp_path / "answer.zip"
    kadens("rights", "access", "--patient", "a-1", "--out", str(out))
    opened = kadens("rights", "open", "restriction", "--patient", "a-1", "--identified", "BankID")
    number = opened.stdout.split()[0]
    answer = ("rights", "answer", number, "--file")
    assert "cannot be read" in refused(*answer, str(tmp_path / "none.zip"))
    kadens(*answer, str(out))
    # a file alone is the answer, and says so
    shown = orjson.loads(kadens("rights", "show", number, "--json").stdout)
    assert shown["answer"] == "A file, to be fetched at the patient door for 30 days."
    with psycopg.connect(installation) as conn:
        (row,) = conn.execute("select request, sealed from rights_file").fetchall()
    # sealed: nothing of the file can be read in the database
    assert (row[0], b"index.html" in row[1]) == (int(number), False)


def test_each_word_of_the_register_has_its_swedish() -> None:
    words = set(LEFT_OUT.values())
    for kinds in (
        register.LegalBasis, register.Purpose, register.RecordCategory, register.KeptFor,
        register.RecordOrigin, register.SeenBy,
    ):  # fmt: skip
        words |= {kind.value for kind in kinds}
    assert words == set(SWEDISH)
    assert all(SWEDISH.values())
