"""`kadens support`: a case, who may look because of it, and what the patient reads of that."""

import json
from collections.abc import Iterator

import psycopg
import pytest
from typer.testing import CliRunner, Result

from kadens.cli import app
from kadens.embedded.postgres import Postgres
from tests.databases.reuse import database_copied

_LOG = """
select a.action, p.pseudonym, a.object, a.detail ->> 'reason' from audit a
left join patient p on p.id = a.patient where a.action ~ '^support' order by a.id"""


@pytest.fixture(scope="module")
def dsn(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    secrets = tmp_path_factory.mktemp("installation") / "secrets.toml"
    secrets.write_text(f'wrapping_key = "{bytes(32).hex()}"\n', encoding="utf-8")
    with database_copied(postgres) as made, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KADENS_KAFKA", "")
        patch.setenv("KADENS_DATABASE", made)
        patch.setenv("KADENS_BODIES", "")
        patch.setenv("KADENS_SECRETS_FILE", str(secrets))
        patch.setenv("KADENS_CLOCK", "fixed:1700000000000")  # 2023-11-14T22:13:20Z
        assert _kadens("patient", "add", "--pseudonym", "a-1", "--unit", "Ward").exit_code == 0
        yield made


def _kadens(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def _refused(*words: str, code: int = 1) -> str:
    done = _kadens(*words)
    assert (done.exit_code, done.stdout) == (code, ""), done.output
    return done.stderr.strip().removeprefix("error: ")


@pytest.mark.promise(22)
def test_a_case_from_beginning_to_end(dsn: str) -> None:
    opened = ("support", "open", "--patient", "a-1", "--about", "no watch is listed")
    assert _kadens(*opened, "--at", "2023-11-10T12:00:00Z").stdout == "1  removed 2024-05-11\n"
    access = ("support", "access", "1", "--staff", "s-1", "--reason", "to see the connections")
    assert _kadens(*access).stdout == "s-1 may look until 2023-11-14T23:13:20Z\n"
    assert "has access because of this case already" in _refused(*access)
    [case] = json.loads(_kadens("support", "list", "--json").stdout)
    assert (case["state"], case["access_until"]) == ("open", "2023-11-14T23:13:20Z")
    assert "'--hours'" in _refused(*access, "--hours", "9", code=2)
    close = ("support", "close", "1", "--answer", "linked")
    assert _kadens(*close).stdout == "1  closed\n"
    assert _refused(*close) == "the case is closed already"
    assert _refused(*access) == "the case is closed: open another"
    assert json.loads(_kadens("support", "list", "--json").stdout) == []
    [case] = json.loads(_kadens("support", "list", "--closed", "--json").stdout)
    assert (case["answer"], case["access_until"]) == ("linked", None)
    with psycopg.connect(dsn) as conn:
        log = [row for row in conn.execute(_LOG).fetchall() if row[0] != "support.list"]
    assert log == [
        ("support.open", "a-1", "", None),
        ("support.access", "a-1", "support_case:1", "to see the connections"),
        ("support.close", "a-1", "support_case:1", None),
    ]
    # the patient reads who let support look, and why
    extract = _kadens("audit", "extract", "--patient", "a-1", "--language", "en").stdout
    assert "let support staff look at your data" in extract
    assert "to see the connections" in extract


@pytest.mark.promise(22)
def test_an_access_ends_before_its_time_and_only_once(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = _kadens("support", "open", "--patient", "a-1", "--about", "no watch").stdout
    number = opened.split()[0]
    for staff in ("s-1", "s-2", "s-3"):
        given = ("support", "access", number, "--staff", staff, "--reason", "asked")
        assert _kadens(*given).exit_code == 0
    monkeypatch.setenv("KADENS_CLOCK", "fixed:1700000060000")  # a minute later
    end = ("support", "end", number)
    assert _kadens(*end, "--staff", "s-2").stdout == f"{number}  ended for s-2\n"
    assert _live(dsn, number) == ["s-1", "s-3"]
    # once more, nothing is done and no row says that it was
    again = _kadens(*end, "--staff", "s-2")
    assert (again.exit_code, again.stdout) == (0, "")
    assert again.stderr == "nobody had such an access any more\n"
    # a slip in the name is no access that is over
    never = "that person never had access because of this case"
    assert _refused(*end, "--staff", "s-22") == never
    assert _kadens(*end).stdout == f"{number}  ended for s-1, s-3\n"
    assert _live(dsn, number) == []
    assert _kadens(*end).stderr == "nobody had such an access any more\n"
    [case] = json.loads(_kadens("support", "list", "--json").stdout)
    assert (case["state"], case["access_until"]) == ("open", None)
    # a new one may be given, and a closed case has none
    assert _kadens("support", "access", number, "--staff", "s-2", "--reason", "x").exit_code == 0
    assert _kadens("support", "close", number, "--answer", "linked").exit_code == 0
    assert _kadens(*end).stderr == "nobody had such an access any more\n"
    assert _refused("support", "end", "99") == "there is no such case"
    assert _kadens(*end[:-1], "0").exit_code == 2
    with psycopg.connect(dsn) as conn:
        log = [row for row in conn.execute(_LOG).fetchall() if row[2] == f"support_case:{number}"]
    assert [row[:2] for row in log] == [
        *[("support.access", "a-1")] * 3,
        ("support.end", "a-1"),
        ("support.list", "a-1"),
        ("support.end", "a-1"),
        ("support.list", "a-1"),
        ("support.access", "a-1"),
        ("support.close", "a-1"),
        ("support.list", "a-1"),
    ]
    extract = _kadens("audit", "extract", "--patient", "a-1", "--language", "en").stdout
    assert "ended that support staff look at your data" in extract


def _live(dsn: str, number: str) -> list[str]:
    """Return who has access because of a case a minute after the time of the installation."""
    query = (
        "select staff from support_access where case_id = %s "
        "and until_at > to_timestamp(1700000060) order by staff"
    )
    with psycopg.connect(dsn) as conn:
        return [row[0] for row in conn.execute(query, [number]).fetchall()]


@pytest.mark.usefixtures("dsn")
def test_what_cannot_be_is_a_sentence() -> None:
    unknown = ("support", "open", "--patient", "nobody", "--about", "x")
    assert _refused(*unknown) == "there is no such patient"
    ahead = ("support", "open", "--patient", "a-1", "--about", "x", "--at")
    assert _refused(*ahead, "2023-11-15T00:00:00Z") == "a case cannot arrive in the future"
    assert "more than six months ago" in _refused(*ahead, "2023-05-01T00:00:00Z")
    assert _refused("support", "close", "99", "--answer", "x") == "there is no such case"
    assert _kadens(*ahead[:-2], " ").exit_code == 2
    listed = json.loads(_kadens("support", "list", "--json").stdout)
    assert listed == []  # what was refused left nothing
