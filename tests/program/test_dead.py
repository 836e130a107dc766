"""`kadens dead` lists by itself; letters chosen by neither offset nor class are refused."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from kadens.cli import app
from kadens.embedded.postgres import Postgres
from tests.databases.reuse import database_copied
from tests.rows import cells_of

MISUSED = 2
_LETTERS = """
insert into dead_letter (cluster, topic, part, "offset", letter, class, connector, written_at,
  size, sha256, rejects, rejected, key, headers, body_bytes)
select 'c', 'kadens.raw', 0, n, n, case when n % 100 = 0 then 'range' else 'damaged' end,
  'files', now(), 20, '', '[["@0", "no FIT file"]]', 1, '', '[["connector", "files"]]', 0
  from generate_series(0, {} - 1) n"""


@pytest.fixture(scope="module")
def dsn(postgres: Postgres) -> Iterator[str]:
    with database_copied(postgres) as made:
        yield made


@pytest.fixture(autouse=True)
def environment(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(f'wrapping_key = "{bytes(32).hex()}"\n', encoding="utf-8")
    monkeypatch.setenv("KADENS_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("KADENS_DATABASE", dsn)
    monkeypatch.setenv("KADENS_BODIES", str(tmp_path / "bodies"))
    monkeypatch.setenv("KADENS_SECRETS_FILE", str(secrets))
    with psycopg.connect(dsn) as conn:
        conn.execute("truncate dead_letter, dead_letter_overflow")
        conn.execute(_LETTERS.format(300).encode())
        conn.execute(
            "insert into dead_letter_overflow values (now(), 'damaged', 'files', null, 17, 340)"
        )


def _kadens(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_bare_it_lists_the_newest_and_counts_all() -> None:
    result = _kadens("dead")
    assert result.exit_code == 0
    assert "300 dead letters" in result.stdout
    assert "17 more" in result.stdout
    listed = json.loads(_kadens("dead", "--json").stdout)
    assert listed == json.loads(_kadens("dead", "list", "--json").stdout)
    assert cells_of(listed, "offset") == list(range(299, -1, -1))


def test_what_is_chosen_is_listed() -> None:
    loads = json.loads(
        _kadens("dead", "list", "--class", "range", "--connector", "files", "--json").stdout
    )
    assert cells_of(loads, "offset") == [200, 100, 0]
    since = ("dead", "list", "--since", "2099-01-01T00:00:00Z")
    assert _kadens(*since).stdout == "no dead letters of this choice\n"
    later = _kadens(*since, "--json")
    assert json.loads(later.stdout) == []
    assert _kadens("dead", "list", "--limit", "2", "--json").stdout.count('"offset"') == 2


def test_one_is_shown_and_one_that_is_not_there_is_an_error() -> None:
    shown = json.loads(_kadens("dead", "show", "7", "--json").stdout)
    assert (shown["offset"], shown["class"], shown["origin"]) == (7, "damaged", "kadens.raw/0/7")
    assert (shown["headers"], shown["size"], shown["body"]) == ({"connector": "files"}, 20, "none")
    assert "no FIT file" in _kadens("dead", "show", "7").stdout
    assert _kadens("dead", "show", "300").exit_code == 1


def test_a_body_that_is_not_kept_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "body"
    result = _kadens("dead", "show", "7", "--body", str(path))
    assert result.exit_code == 1
    assert "not kept here" in result.stderr
    assert not path.exists()


@pytest.mark.parametrize("command", ["retry", "drop"])
@pytest.mark.parametrize(
    "words", [[], ["--connector", "files"], ["7", "--class", "range"], ["--class", "no-class"]]
)
def test_letters_are_named_or_chosen_by_class(command: str, words: list[str]) -> None:
    assert _kadens("dead", command, *words).exit_code == MISUSED


def test_what_is_dropped_is_counted_and_so_is_what_was_not_there(dsn: str) -> None:
    result = _kadens("dead", "drop", "7", "8", "999", "--json")
    assert json.loads(result.stdout) == {"dropped": 2, "not_waiting": 1}
    assert result.exit_code == 1
    assert _kadens("dead", "drop", "--class", "range", "--json").exit_code == 0
    with psycopg.connect(dsn) as conn:
        left = conn.execute(
            "select class, count(*) from dead_letter where state = 'waiting' group by 1"
        ).fetchall()
        audited = conn.execute(
            "select action, detail - 'origin' - 'categories' from audit order by id desc limit 1"
        ).fetchall()
    assert left == [("damaged", 295)]
    assert audited == [("letter.drop", {"command": "dead drop", "dropped": 3})]
