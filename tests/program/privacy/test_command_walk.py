"""Each command that touches a patient leaves a row in the audit log: who ran what, and why.

The commands are those of the program's own table. A command is run here, or stands in a table with
the reason why it leaves no row about a patient, or with the test that runs it with what it needs.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
import typer

from kadens.cli import COMMANDS
from kadens.commands.accounts import must_consent
from kadens.commands.console import settings_of
from kadens.lazy_commands import every_command
from kadens.settings import operator
from storage.audit_actions import AuditAction
from tests.program.privacy.running import kadens
from tests.program.test_mistakes import PRESCRIPTION, PROFILE_FIELDS
from tests.rooms import ROOT

_NO_PATIENT = "reads and writes no row of a patient of this installation"
_PROCESS = "a process: each of its effects has its own test"
_LETTERS = "a body that could not be read, whose patient nobody knows; its row names the letter"
_MESSAGES = "messages by number: neither their patient nor their text is shown"
_COPIES = "all tables at once: where a row is due it is about the installation"
_SILENT: dict[str, str] = {
    **dict.fromkeys(("up", "door vendor", "door clinic", "door patient", "worker"), _PROCESS),
    **dict.fromkeys(("uploads", "fetcher", "migrate", "doctor"), _PROCESS),
    **dict.fromkeys(("inspect", "derive", "simulate", "score", "play", "record"), _NO_PATIENT),
    **dict.fromkeys(("record-request", "reach", "audit verify", "audit head"), _NO_PATIENT),
    **dict.fromkeys(("keys list", "keys rotate", "keys rewrap", "keys retire"), _NO_PATIENT),
    **dict.fromkeys(("dead", "dead list", "dead show", "dead retry", "dead drop"), _LETTERS),
    **dict.fromkeys(("messages", "messages retry", "messages drop"), _MESSAGES),
    **dict.fromkeys(("consent text add", "consent text list", "consent text show"), _NO_PATIENT),
    **dict.fromkeys(("backup", "backup keys", "backup new-key", "restore", "vacuum"), _COPIES),
    **dict.fromkeys(("duty", "duty set", "duty away", "duty back"), _NO_PATIENT),
    **dict.fromkeys(("audit sample", "audit samples"), "numbers of rows, and counts"),
    "statistics": "counts that name nobody",
    "digest": "hashes of tables; its row says so",
}
_HERE = "tests/program/privacy/test_command_walk.py"
# Commands that need a door, kept bodies or a session: the action of their row, and its test.
_ELSEWHERE: dict[str, tuple[AuditAction, str]] = {
    "patient token": (AuditAction.PATIENT_TOKEN, "tests/program/test_keys.py"),
    "import": (AuditAction.PATIENT_TOKEN, "tests/program/test_keys.py"),
    "send": (AuditAction.PATIENT_TOKEN, "tests/program/test_keys.py"),
    "watch": (AuditAction.FILES_IMPORT, _HERE),
    "account erase": (AuditAction.PATIENT_ERASE, "tests/program/test_erase.py"),
    "account warnings": (AuditAction.LIST_READ, _HERE),
    "patient identity": (AuditAction.PATIENT_IDENTITY, "tests/patient/sign_in/test_identities.py"),
    "block review": (AuditAction.BLOCK_REVIEW, "tests/program/privacy/test_blocking.py"),
    "rectify add": (AuditAction.RECTIFICATION_MAKE, "tests/program/privacy/test_rectifying.py"),
    "rectify withdraw": (
        AuditAction.RECTIFICATION_WITHDRAW,
        "tests/program/privacy/test_rectifying.py",
    ),
    "alerts": (AuditAction.LIST_READ, "tests/program/delivering/test_alert_commands.py"),
    "alerts show": (AuditAction.DATA_READ, "tests/program/delivering/test_alert_commands.py"),
    "mark": (AuditAction.SESSION_MARK, "tests/storage/derived/test_marks.py"),
}
_OF = ("--patient", "a-1")
_ABOUT = ("--confirm", "patient:a-1")  # whom a bundle of `_OF` is about
_SPAN = ("--from", "2023-11-01T00:00:00Z", "--until", "2023-11-08T00:00:00Z")
# In this order, because some need what an earlier one made. FOLDER is a folder of the test.
_RUN: dict[str, tuple[str, ...]] = {
    "patient add": ("--pseudonym", "w-1", "--unit", "Ward 2"),
    "patient list": (),
    "patient show": _OF,
    "patient link": ("user-9", *_OF, "--source", "reports"),
    "patient profile": ("FOLDER/profile.json", *_OF),
    "patient zone": ("Europe/Oslo", *_OF),
    "patient door-link": _OF,
    "patient tokens": _OF,
    "patient revoke": (*_OF, "--all"),
    "consent give": (*_OF, "--source", "reports"),
    "restrict add": (*_OF, *_SPAN, "--why", "disputed"),
    "restrict list": _OF,
    "restrict notice": ("1", "--how", "by phone"),
    "restrict lift": ("1",),
    "objection record": (*_OF, "--why", "disputed"),
    "objection answer": ("2", "--ground", "care"),
    "rectify list": _OF,
    "rectify reports": _OF,
    "block set": _OF,
    "block list": (),
    "block share": (*_OF, "--unit", "Ward 2"),
    "block unshare": (*_OF, "--unit", "Ward 2"),
    "block lift": (*_OF, "--consent", "asked"),
    "connect": ("polar", *_OF),
    "connections": (),
    "fetches": _OF,
    "audit extract": _OF,
    "audit review": ("1",),
    "audit export": (*_OF, "--fhir", "--out", "FOLDER/log.json"),
    "prescription add": ("FOLDER/prescription.json", *_OF),
    "prescribe": ("FOLDER/again.json", *_OF),
    "prescription list": _OF,
    "prescription show": ("rx-1", *_OF),
    "prescription export": _OF,
    "prescription pause": (
        "rx-1",
        *_OF,
        *("--from", "2026-03-02", "--to", "2026-03-09", "--why", "illness"),
    ),
    "prescription renew": ("rx-1", *_OF, "--from", "2027-02-01", "--to", "2027-06-01"),
    "prescription import": ("FOLDER/bundle.json", "--patient", "w-1", *_ABOUT),
    "rights open": ("access", *_OF),
    "rights list": (),
    "rights show": ("1",),
    "rights take": ("1", "--identified", "BankID"),
    "rights answer": ("1", "--text", "sent"),
    "rights refuse": ("2", "--text", "none"),
    "rights access": (*_OF, "--out", "FOLDER/access.zip"),
    "rights portability": (*_OF, "--out", "FOLDER/portable.zip"),
    "query timeline": (*_OF, "--metric", "heart_rate"),
    "query sessions": _OF,
    "query days": _OF,
    "query weeks": _OF,
    "replay": (*_OF, "--dry-run"),
    "support open": (*_OF, "--about", "sign-in"),
    "support list": (),
    "support access": ("1", "--staff", "s-1", "--reason", "asked"),
    "support end": ("1",),
    "support close": ("1", "--answer", "done"),
    "account list": (),
    "account close": ("--patient", "w-1", "--why", "wants it"),
    "account reopen": ("--patient", "w-1", "--why", "came back"),
    "consent withdraw": (*_OF, "--source", "reports"),
    "patient unlink": ("user-9", "--source", "reports"),
    "erase": (*_OF, "--yes"),
}


class Left(NamedTuple):
    """A row that a command left."""

    actor: str
    role: str
    has_patient: bool
    detail: dict[str, Any]


def _files(folder: Path) -> None:
    again = PRESCRIPTION | {"version": 2}
    names = {"profile": PROFILE_FIELDS, "prescription": PRESCRIPTION, "again": again}
    for name, content in names.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


def _since(dsn: str, last: int) -> list[Left]:
    query = (
        "select actor, role, patient is not null or erasure is not null, detail from audit "
        "where id > %s order by id"
    )
    with psycopg.connect(dsn) as conn:
        return [Left(*row) for row in conn.execute(query, [last]).fetchall()]


def _last(dsn: str) -> int:
    with psycopg.connect(dsn) as conn:
        row = conn.execute("select coalesce(max(id), 0) from audit").fetchone()
    return int(row[0]) if row else 0


@pytest.fixture(scope="module")
def left(installation: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Left]]:
    """Run every command once, and give the rows that each left."""
    folder = tmp_path_factory.mktemp("walk")
    _files(folder)
    rows: dict[str, list[Left]] = {}
    for words, arguments in _RUN.items():
        if words == "prescription import":
            bundle = kadens("prescription", "export", *_OF, "--fhir").stdout
            (folder / "bundle.json").write_text(bundle, encoding="utf-8")
        if words == "audit review":
            kadens("audit", "sample", "--size", "3", "--seed", "1")
        if words == "rights refuse":
            kadens("rights", "open", "portability", *_OF)
        last = _last(installation)
        argv = [word.replace("FOLDER", str(folder)) for word in arguments]
        kadens("--why", "case 12", *words.split(), *argv)
        rows[words] = _since(installation, last)
    return rows


def test_every_command_is_walked_or_has_its_reason() -> None:
    commands = {" ".join(words) for words, _command in every_command(COMMANDS)}
    listed = (*_RUN, *_SILENT, *_ELSEWHERE)
    assert len(listed) == len(set(listed))
    assert commands - set(listed) == set(), "run it here, or say why it leaves no row"
    assert set(listed) - commands == set()


@pytest.mark.promise(19)
@pytest.mark.parametrize("words", _RUN)
def test_a_command_leaves_a_row_with_its_person_and_why(
    left: dict[str, list[Left]], words: str
) -> None:
    assert {(row.actor, row.role) for row in left[words]} == {(operator(), "operator")}
    # after an erasure there is no patient, and its row is that of the receipt
    about = [row for row in left[words] if row.has_patient or words == "erase"]
    why = {(row.detail.get("command"), row.detail.get("why")) for row in about}
    # a replay has a row for each of its steps, of which the first says why
    assert why == {(words, "case 12")} or ((words, "case 12") in why and words == "replay")


@pytest.mark.parametrize("words", _ELSEWHERE)
def test_what_is_run_elsewhere_has_its_row_looked_for_there(words: str) -> None:
    action, path = _ELSEWHERE[words]
    text = (ROOT / path).read_text(encoding="utf-8")
    assert action.value in text or f"AuditAction.{action.name}" in text


def test_files_of_a_folder_are_imported_with_a_row(installation: str) -> None:
    kadens("patient", "add", "--pseudonym", "f-1", "--unit", "Ward")
    kadens("consent", "give", "--patient", "f-1", "--source", "files")
    last = _last(installation)
    must_consent(settings_of(None), "f-1", "files")
    assert [(row.role, row.has_patient) for row in _since(installation, last)] == [
        ("operator", True)
    ]
    with psycopg.connect(installation) as conn:
        [(action,)] = conn.execute("select action from audit where id > %s", [last]).fetchall()
    assert action == AuditAction.FILES_IMPORT


def test_an_import_that_is_refused_for_want_of_consent_is_not_noted_as_one(
    installation: str,
) -> None:
    kadens("patient", "add", "--pseudonym", "f-2", "--unit", "Ward")
    last = _last(installation)
    with pytest.raises(typer.Exit):
        must_consent(settings_of(None), "f-2", "files")
    assert _since(installation, last) == []


@pytest.mark.parametrize("why", ["x" * 201, "two\nlines", "\x1b[2J"])
def test_a_reason_is_a_line(why: str) -> None:
    assert "at most 200 characters" in kadens("--why", why, "patient", "list", code=2).output
