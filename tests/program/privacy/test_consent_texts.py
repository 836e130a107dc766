"""`kadens consent`: texts with versions, what a consent names, and channels of messages."""

import json
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from kadens.cli import app
from kadens.embedded.postgres import Postgres
from tests.databases.reuse import TEMPLATE, create

_T1, _T2, _NOW = "2023-11-01T00:00:00Z", "2023-11-08T00:00:00Z", "2023-11-14T22:13:20Z"
_HELD = """
select p.pseudonym, c.vendor, c.kind, coalesce(c.text_name, ''), c.text_version, t.content,
  to_char(c.given_at at time zone 'UTC', 'MM-DD'),
  coalesce(to_char(c.withdrawn_at at time zone 'UTC', 'MM-DD'), '')
from consent c join patient p on p.id = c.patient
left join consent_text t on t.name = c.text_name and t.version = c.text_version
order by 1, c.given_at"""


@pytest.fixture
def dsn(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give a new database with the patients a-1 and a-2."""
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(f'wrapping_key = "{bytes(32).hex()}"\n', encoding="utf-8")
    made = postgres.dsn(create(postgres.dsn(), TEMPLATE))
    monkeypatch.setenv("KADENS_KAFKA", "")
    monkeypatch.setenv("KADENS_DATABASE", made)
    monkeypatch.setenv("KADENS_BODIES", str(tmp_path / "bodies"))
    monkeypatch.setenv("KADENS_SECRETS_FILE", str(secrets))
    monkeypatch.setenv("KADENS_CLOCK", "fixed:1700000000000")
    for patient in ("a-1", "a-2"):
        assert _kadens("patient", "add", "--pseudonym", patient, "--unit", "Ward").exit_code == 0
    return made


def _kadens(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def _refused(*words: str, code: int = 1) -> str:
    done = _kadens(*words)
    assert (done.exit_code, done.stdout) == (code, ""), done.output
    return " ".join(done.stderr.split())


def _add(folder: Path, name: str, content: str, *words: str) -> str:
    file = folder / "text.txt"
    file.write_text(content, encoding="utf-8")
    done = _kadens("consent", "text", "add", name, str(file), "--purpose", "follow-up", *words)
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


def _held(dsn: str) -> list[tuple[str, ...]]:
    with psycopg.connect(dsn) as conn:
        return conn.execute(_HELD).fetchall()


@pytest.mark.promise(1)
def test_a_changed_text_changes_nothing_for_those_who_agreed_before(
    dsn: str, tmp_path: Path
) -> None:
    about = ("--data-type", "heart rate", "--data-type", "steps")
    assert _add(tmp_path, "watch.sv", "Vi läser pulsen.", *about, "--from", _T1) == "watch.sv/1"
    first = ("consent", "give", "--source", "files", "--text", "watch.sv")
    done = _kadens(*first, "--patient", "a-1", "--at", "2023-11-03T00:00:00Z")
    assert done.stderr.strip() == (
        "consent to files holds from 2023-11-03T00:00:00Z on, to the text watch.sv/1"
    )
    assert _add(tmp_path, "watch.sv", "Vi läser allt.", *about, "--from", _T2) == "watch.sv/2"
    assert _kadens(*first, "--patient", "a-2").exit_code == 0
    old, new = "Vi läser pulsen.", "Vi läser allt."
    assert _held(dsn) == [
        ("a-1", "files", "source_fetch", "watch.sv", "1", old, "11-03", ""),
        ("a-2", "files", "source_fetch", "watch.sv", "2", new, "11-14", ""),
    ]
    # whoever agrees to the new one has agreed to it from then on, without a gap
    assert _kadens(*first, "--patient", "a-1").exit_code == 0
    assert _held(dsn)[:2] == [
        ("a-1", "files", "source_fetch", "watch.sv", "1", old, "11-03", "11-14"),
        ("a-1", "files", "source_fetch", "watch.sv", "2", new, "11-14", ""),
    ]
    shown = json.loads(_kadens("consent", "text", "show", "watch.sv", "--json").stdout)
    assert (shown["version"], shown["content"], shown["consents"]) == ("2", new, 2)
    listed = json.loads(_kadens("consent", "text", "list", "--json").stdout)
    assert [(row["version"], row["from"], row["until"], row["consents"]) for row in listed] == [
        ("1", _T1, _T2, 1),
        ("2", _T2, None, 2),
    ]
    assert listed[0]["data_types"] == ["heart rate", "steps"]
    assert listed[0]["legal_basis"] == "consent, article 6.1 a"


def test_the_instant_decides_which_version_was_shown(dsn: str, tmp_path: Path) -> None:
    about = ("--data-type", "steps")
    for content, from_at in (("old", _T1), ("new", _T2)):
        _add(tmp_path, "w", content, *about, "--from", from_at)
    give = ("consent", "give", "--source", "files", "--patient", "a-1")
    before, edge = "2023-10-31T23:59:59Z", _T2
    assert "not shown yet" in _refused(*give, "--text", "w", "--at", before)
    assert "not shown yet" in _refused(*give, "--text", "w/2", "--at", _T1)
    assert "no such consent text" in _refused(*give, "--text", "w/3")
    assert "asks for consent to a source" in _refused(
        "consent", "give", "--channel", "sms", "--patient", "a-1", "--text", "w"
    )
    assert _held(dsn) == []
    assert _kadens(*give, "--text", "w", "--at", edge).exit_code == 0
    assert [row[4] for row in _held(dsn)] == ["2"]


def test_a_version_is_never_changed_and_none_begins_before_another(
    dsn: str, tmp_path: Path
) -> None:
    _add(tmp_path, "w", "old", "--data-type", "steps", "--from", _T2)
    file = tmp_path / "text.txt"
    add = ("consent", "text", "add", "w", str(file), "--purpose", "p", "--data-type", "steps")
    assert "must begin after the newest" in _refused(*add, "--from", _T1)
    assert "must begin after the newest" in _refused(*add, "--from", _T2)
    file.write_bytes(b"\xff")
    assert "no text in UTF-8" in _refused(*add)
    assert "--data-type" in _refused(*add[:-2], code=2)
    file.write_text("new", encoding="utf-8")
    about = _refused(*add[:-2], "--about", "channel")
    assert "every version of this text asks for consent to a source" in about
    for language in ("x", "svenska", "SV", "sv_SE", ""):
        why = _refused(*add, "--language", language, code=2)
        assert "must be a language such as sv" in why
    with psycopg.connect(dsn) as conn:
        for sql in ("update consent_text set content = 'x'", "delete from consent_text"):
            conn.execute("set local role kadens_admin")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(sql.encode())
            conn.rollback()


@pytest.mark.promise(8)
def test_a_channel_is_consented_to_and_withdrawn_by_itself(dsn: str, tmp_path: Path) -> None:
    assert _add(tmp_path, "sms.sv", "Vi skickar sms.", "--about", "channel") == "sms.sv/1"
    mine = ("--patient", "a-1")
    assert _kadens("consent", "give", *mine, "--source", "files").exit_code == 0
    give = ("consent", "give", *mine, "--channel", "sms", "--text", "sms.sv")
    assert _kadens(*give).stderr.strip() == (
        f"consent to messages by sms holds from {_NOW} on, to the text sms.sv/1"
    )
    withdraw = ("consent", "withdraw", *mine, "--channel")
    assert _kadens(*withdraw, "sms").stderr.strip() == (
        f"consent to messages by sms ends at {_NOW}: no message is sent later"
    )
    assert "no consent to withdraw" in _refused(*withdraw, "email")
    assert [(row[1], row[-1]) for row in _held(dsn) if row[2] == "source_fetch"] == [("files", "")]
    assert "must be one of email, sms, nudge" in _refused(*withdraw, "fax", code=2)
    assert "either --source or --channel" in _refused("consent", "give", *mine, code=2)
