"""`kadens support`: a case, who may look because of it, and what the patient reads of that."""

import json
from collections.abc import Iterator

import psycopg
import pytest
from typer.testing import CliRunner, Result

from kadens.cli import app
from kadens.embedded.postgres import Postgres
from tests.storage.reuse import database_copied

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


def _refused(*words: str) -> str:
    done = _kadens(*words)
    assert (done.exit_code, done.stdout) == (1, ""), done.output
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
    assert "1 to 8 hours" in _refused(*access, "--hours", "9")
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
