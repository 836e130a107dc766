"""`kadens duty` and `kadens reach`: what they set, what stays, and what is refused in one line."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from kadens.cli import app
from kadens.embedded.postgres import Postgres
from tests.databases.reuse import database_copied

_NOW_MS = 1_795_000_000_000  # 2026-11-18
_UNIT = ("--unit", "Ward 1")


@pytest.fixture(scope="module")
def dsn(postgres: Postgres) -> Iterator[str]:
    with database_copied(postgres) as made:
        yield made


@pytest.fixture(scope="module", autouse=True)
def _installation(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    secrets = tmp_path_factory.mktemp("installation") / "secrets.toml"
    secrets.write_text(f'wrapping_key = "{bytes(32).hex()}"\n', encoding="utf-8")
    with psycopg.connect(dsn) as conn:
        conn.execute("insert into care_unit (name) values ('Ward 1'), ('Ward 2')")
        conn.execute(
            "insert into clinician (subject, name, email, care_unit) select s, s, s, u.id "
            "from care_unit u, unnest(array['c-ek', 'c-lind']) s where u.name = 'Ward 1'"
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KADENS_DATABASE", dsn)
        patch.setenv("KADENS_KAFKA", "")
        patch.setenv("KADENS_BODIES", str(secrets.parent / "bodies"))
        patch.setenv("KADENS_SECRETS_FILE", str(secrets))
        patch.setenv("KADENS_CLOCK", f"fixed:{_NOW_MS}")
        yield


def _kadens(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def _shown() -> dict[str, Any]:
    done = _kadens("duty", *_UNIT, "--json")
    assert done.exit_code == 0, done.output
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def _set(*words: str) -> None:
    done = _kadens(*words, *_UNIT)
    assert (done.exit_code, done.stdout) == (0, "set\n"), done.output


def test_what_no_option_names_stays_as_it_is() -> None:
    _set("duty", "set", "--opens", "07:00", "--line", "c-ek", "--line", "c-lind")
    _set("duty", "set", "--weekdays", "1,3", "--on-call", "c-lind", "--closed", "2026-12-24")
    shown = _shown()
    assert (shown["line"], shown["on_call"]) == (["c-ek", "c-lind"], "c-lind")
    hours = {name: shown["hours"][name] for name in ("opens", "weekdays", "closed")}
    assert hours == {"opens": "07:00", "weekdays": [1, 3], "closed": ["2026-12-24"]}
    _set("duty", "set", "--line", "", "--on-call", "", "--closed", "")
    shown = _shown()
    assert (shown["line"], shown["on_call"], shown["hours"]["closed"]) == ([], "", [])


def test_an_absence_is_written_and_ended(dsn: str) -> None:
    dates = ("--from", "2026-12-21", "--to", "2027-01-03")
    _set("duty", "away", "c-ek", *dates, "--cover", "c-lind")
    away = {"subject": "c-ek", "from": "2026-12-21", "to": "2027-01-03", "cover": "c-lind"}
    assert _shown()["absences"] == [away]
    assert "c-ek" in _kadens("duty", *_UNIT).stdout
    _set("duty", "back", "c-ek")
    assert _shown()["absences"] == []
    with psycopg.connect(dsn) as conn:
        actions = conn.execute("select action from audit where object = 'duty' order by id")
        assert [row[0] for row in actions][-2:] == ["absence.add", "absence.end"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("duty",), "name a care unit with --unit"),
        (("duty", "--unit", "Ward 9"), "there is no such care unit"),
        (("duty", "set", *_UNIT), "nothing is given that could be set"),
        (("duty", "set", *_UNIT, "--zone", "Mars"), "must be an IANA time zone"),
        (("duty", "set", *_UNIT, "--opens", "25:00"), "opens"),
        (("duty", "set", *_UNIT, "--weekdays", "Mon"), "must be numbers from 1 (Monday) to 7"),
        (("duty", "set", *_UNIT, "--weekdays", "8"), "must be numbers from 1 (Monday) to 7"),
        (("duty", "set", *_UNIT, "--line", "c-who"), "no such colleague"),
        (("duty", "set", *_UNIT, "--line", "c-ek", "--line", "c-ek"), "each person once"),
        (("duty", "set", "--unit", "Ward 2", "--on-call", "c-ek"), "no such colleague"),
        (("duty", "away", "c-ek", "--from", "2026-12-21", "--to", "x", *_UNIT), "must be a date"),
        (
            ("duty", "away", "c-ek", "--from", "2026-12-21", "--to", "2026-12-20", *_UNIT),
            "ends after it begins",
        ),
        (
            ("duty", "away", "c-ek", "--from", "2026-01-01", "--to", "2026-01-02", *_UNIT),
            "ends in the future",
        ),
        (("duty", "back", "c-ek", *_UNIT), "no such absence"),
        (("reach", "c-ek"), "nothing is given that could be set"),
        (("reach", "c-who", "--way", "none"), "there is no such clinician"),
        (("reach", "c-ek", "--phone", "+46701234567"), "--way sms and --phone"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(words: tuple[str, ...], text: str) -> None:
    before = _kadens("duty", *_UNIT, "--json").stdout
    done = _kadens(*words)
    assert done.exit_code in {1, 2}
    assert text in " ".join(done.stderr.split())
    assert "Traceback" not in done.output
    assert _kadens("duty", *_UNIT, "--json").stdout == before
