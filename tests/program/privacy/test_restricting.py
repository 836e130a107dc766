"""`kadens restrict` and `kadens objection`: each step has an audit row, each refusal its reason."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from typer.testing import CliRunner, Result

from kadens.cli import app
from kadens.embedded.postgres import temporary_postgres
from storage.pg.migrate import migrate

_FROM, _UNTIL = "2023-11-01T00:00:00Z", "2023-11-08T00:00:00Z"
_ACTIONS = """
select a.action, p.pseudonym from audit a join patient p on p.id = a.patient
where a.action ~ '^(restriction|objection)' order by a.id"""


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("installation")
    secrets = folder / "secrets.toml"
    secrets.write_text(f'wrapping_key = "{bytes(32).hex()}"\n', encoding="utf-8")
    with temporary_postgres() as server, pytest.MonkeyPatch.context() as patch:
        made = server.create_database("restricting")
        asyncio.run(migrate(made))
        patch.setenv("KADENS_KAFKA", "")
        patch.setenv("KADENS_DATABASE", made)
        patch.setenv("KADENS_BODIES", str(folder / "bodies"))
        patch.setenv("KADENS_SECRETS_FILE", str(secrets))
        patch.setenv("KADENS_CLOCK", "fixed:1700000000000")
        assert _kadens("patient", "add", "--pseudonym", "a-1", "--unit", "Ward").exit_code == 0
        yield made


def _kadens(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def _refused(*words: str) -> str:
    done = _kadens(*words)
    assert (done.exit_code, done.stdout) == (1, ""), done.output
    return done.stderr.strip()


@pytest.mark.promise(9)
@pytest.mark.promise(10)
def test_a_restriction_and_an_objection_from_beginning_to_end(dsn: str) -> None:
    of = ("--patient", "a-1", "--why", "disputed")
    add = ("restrict", "add", *of, "--from", _FROM)
    assert _kadens(*add, "--until", _UNTIL, "--source", "files").stdout == "1\n"
    assert "overlaps another restriction" in _refused(*add, "--source", "files")
    assert "must end after it begins" in _refused(*add, "--until", _FROM)
    assert "must be given notice" in _refused("restrict", "lift", "1")
    assert _kadens("restrict", "notice", "1", "--how", "by phone").exit_code == 0
    assert _kadens("restrict", "lift", "1").exit_code == 0
    assert "ended already" in _refused("restrict", "lift", "1")
    assert _kadens("objection", "record", *of).stdout == "2\n"
    assert "answered, with a ground" in _refused("restrict", "lift", "2")
    assert _kadens("objection", "answer", "2", "--ground", "care").exit_code == 0
    assert "no such restriction" in _refused("objection", "answer", "9", "--ground", "care")
    listed = _kadens("restrict", "list", "--patient", "a-1").stdout
    assert "objection" in listed
    assert "files" in listed
    with psycopg.connect(dsn) as conn:
        assert conn.execute(_ACTIONS).fetchall() == [
            ("restriction.add", "a-1"),
            ("restriction.notice", "a-1"),
            ("restriction.lift", "a-1"),
            ("objection.record", "a-1"),
            ("objection.answer", "a-1"),
        ]


@pytest.mark.usefixtures("dsn")
def test_an_unknown_source_is_refused_with_the_list_of_all() -> None:
    done = _kadens(
        "restrict", "add", "--patient", "a-1", "--why", "w", "--from", _FROM, "--source", "nosuch"
    )
    assert done.exit_code == 2
    assert "must be one of" in done.stderr
