"""`kadens patient` and `kadens consent`: what a write says it did, and what is listed and shown."""

import json
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import psycopg
import pytest
import typer
from typer.testing import CliRunner, Result

from kadens.cli import app
from kadens.embedded.postgres import Postgres
from kadens.fetching.command import shown_key
from kadens.prescribing.confirmed import say_notes
from kadens.settings import SettingsError, read_settings
from model.prescribing.notes import PrescriptionNote
from tests.databases.reuse import database_copied
from tests.program.test_mistakes import PRESCRIPTION, PROFILE_FIELDS
from tests.rows import cells_of

_NOW_MS = 1_700_000_000_000
_NOW = "2023-11-14T22:13:20Z"
_LATER = "2023-11-20T08:00:00+01:00"


@pytest.fixture(scope="module")
def dsn(postgres: Postgres) -> Iterator[str]:
    with database_copied(postgres) as made:
        yield made


@pytest.fixture(scope="module", autouse=True)
def _installation(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("installation")
    secrets = folder / "secrets.toml"
    secrets.write_text(f'wrapping_key = "{bytes(32).hex()}"\n', encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KADENS_KAFKA", "")
        patch.setenv("KADENS_DATABASE", dsn)
        patch.setenv("KADENS_BODIES", str(folder / "bodies"))
        patch.setenv("KADENS_SECRETS_FILE", str(secrets))
        patch.setenv("KADENS_CLOCK", f"fixed:{_NOW_MS}")
        for name in ("b-2", "a-1", "c-3"):
            unit = "Ward 2" if name == "c-3" else "Ward 1"
            assert _kadens("patient", "add", "--pseudonym", name, "--unit", unit).exit_code == 0
        yield


def _kadens(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def _written(*words: str) -> str:
    done = _kadens(*words)
    assert (done.exit_code, done.stdout) == (0, ""), done.output
    return done.stderr.strip()


def audited(dsn: str, action: str) -> list[tuple[str | None, str]]:
    with psycopg.connect(dsn) as conn:
        return conn.execute(
            "select p.pseudonym, a.object from audit a left join patient p on p.id = a.patient "
            "where a.action = %s order by a.id",
            [action],
        ).fetchall()


def test_every_write_says_what_it_did_and_from_when_it_holds(tmp_path: Path) -> None:
    profile, prescription = tmp_path / "profile.json", tmp_path / "prescription.json"
    profile.write_text(json.dumps(PROFILE_FIELDS), encoding="utf-8")
    prescription.write_text(json.dumps(PRESCRIPTION), encoding="utf-8")
    added = _kadens("patient", "add", "--pseudonym", "w-9", "--unit", "Ward 9")
    assert added.stdout == "w-9\n"
    assert added.stderr.startswith("added to Ward 9, time zone Europe/Stockholm; ")
    mine = ("--patient", "w-9", "--source", "reports")
    assert _written("patient", "link", "user-9", *mine) == (
        f"linked to reports from {_NOW} on; 0 bodies released from quarantine"
    )
    assert _written("patient", "unlink", "user-9", "--source", "reports") == (
        f"unlinked from reports; what arrives from {_NOW} on is quarantined"
    )
    assert _written("consent", "give", *mine) == f"consent to reports holds from {_NOW} on"
    assert _written("consent", "withdraw", *mine, "--at", _LATER) == (
        "consent to reports ends at 2023-11-20T07:00:00Z: what arrives later is not stored"
    )
    assert _written("patient", "profile", str(profile), "--patient", "w-9") == (
        "the profile holds from 2026-01-01 on"
    )
    assert _written("prescribe", str(prescription), "--patient", "w-9") == (
        "prescription rx-1 version 1 holds from 2026-01-01 to 2027-01-01"
    )
    assert _written("patient", "zone", "Europe/Helsinki", "--patient", "w-9") == (
        "days and weeks are those of Europe/Helsinki from now on, past ones too"
    )


@pytest.mark.promise(5)
def test_prescriptions_are_renewed_paused_exported_and_imported(tmp_path: Path) -> None:
    prescription, bundle = tmp_path / "prescription.json", tmp_path / "bundle.json"
    prescription.write_text(json.dumps(PRESCRIPTION), encoding="utf-8")
    _kadens("patient", "add", "--pseudonym", "w-7", "--unit", "Ward 9")
    _kadens("patient", "add", "--pseudonym", "w-8", "--unit", "Ward 9")
    mine = ("--patient", "w-7")
    _written("prescription", "add", str(prescription), *mine)
    renewal = ("--from", "2027-01-02", "--to", "2027-06-30")
    assert _kadens("prescription", "renew", "rx-1", *mine, *renewal).stdout == "rx-1/2\n"
    days = ("--from", "2027-02-01", "--to", "2027-02-07")
    paused = _kadens("prescription", "pause", "rx-1", *mine, *days, "--why", "holiday")
    assert (paused.stdout, paused.stderr) == (
        "rx-1/3\n",
        "it holds from 2027-01-02 to 2027-06-30\n",
    )
    outside = ("--from", "2028-02-01", "--to", "2028-02-07", "--why", "illness")
    refused = _kadens("prescription", "pause", "rx-1", *mine, *outside)
    assert refused.exit_code == 2
    assert "`last` must not be after the prescription ends" in refused.stderr
    versions = json.loads(_kadens("prescription", "show", "rx-1", *mine).stdout)
    assert cells_of(versions, "version", "renews") == [(1, ""), (2, "rx-1/1"), (3, "rx-1/1")]
    listed = _kadens("prescription", "list", *mine).stdout
    assert versions[2]["sha256"][:12] in listed
    assert "to come" in listed

    exported = _kadens("prescription", "export", "--fhir", *mine).stdout
    bundle.write_text(exported, encoding="utf-8")
    words = ("prescription", "import", str(bundle), "--patient", "w-8")
    refused = _kadens(*words, "--confirm", "patient:w-9")
    assert refused.exit_code == 2
    assert "Bundle.entry[0].resource.subject.identifier.value is another patient" in refused.stderr
    assert _written(*words, "--confirm", "patient:w-7") == "written: rx-1/3"
    there = json.loads(_kadens("prescription", "export", "--patient", "w-8").stdout)
    assert there == [versions[2]]
    foreign = json.loads(exported)
    foreign["entry"][1]["resource"]["status"] = "revoked"
    bundle.write_text(json.dumps(foreign), encoding="utf-8")
    refused = _kadens(*words, "--confirm", "patient:w-7")
    assert refused.exit_code == 2
    assert "Bundle.entry[1].resource.status must be one of" in refused.stderr


def _noted(*words: str) -> list[str]:
    """Return the keys of the notes without which a command wrote nothing; then it writes."""
    refused = _kadens(*words)
    assert (refused.exit_code, refused.stdout) == (2, "")
    notes = [line for line in refused.stderr.splitlines() if line.startswith("note: ")]
    keys = [line.split("--confirm ")[1].rstrip(")") for line in notes]
    options: list[str] = []
    for key in keys:
        options += ["--confirm", key]
    assert f"nothing is written; to write it all the same, add {' '.join(options)}" in " ".join(
        refused.stderr.split()
    )
    assert _kadens(*words, *options).exit_code == 0
    return keys


def test_each_command_says_its_notes_before_it_writes_a_prescription(tmp_path: Path) -> None:
    path, bundle = tmp_path / "prescription.json", tmp_path / "bundle.json"
    _kadens("patient", "add", "--pseudonym", "w-6", "--unit", "Ward 9")
    mine = ("--patient", "w-6")
    past = {**PRESCRIPTION, "valid_from": "2023-01-02", "valid_to": "2023-12-31"}
    path.write_text(json.dumps(past), encoding="utf-8")
    add = ("prescription", "add", str(path), *mine)
    assert _noted(*add, "--confirm", "past:2023-01-03") == ["past:2023-01-02"]

    renew = ("prescription", "renew", "rx-1", *mine, "--from", "2023-11-01", "--to", "2024-02-01")
    pause = ("prescription", "pause", "rx-1", *mine, "--why", "illness", "--to", "2023-11-20")
    early = _kadens("prescription", "renew", "rx-1", *mine, "--from", "2023-01-02", "--to", "2024")
    assert early.exit_code == 2
    early = _kadens(*renew[:-4], "--from", "2022-12-31", "--to", "2024-02-01")
    assert "`valid_from` must be after the first date of what it renews" in early.stderr
    late = _kadens(*pause[:-1], "2024-02-01", "--from", "2023-12-01")
    assert "`last` must not be after the prescription ends" in late.stderr
    assert _noted(*pause, "--from", "2023-11-10") == ["past-pause:2023-11-10"]

    request = json.loads(_kadens("prescription", "export", "--fhir", *mine).stdout)["entry"][-1]
    # a prescription of the same content and another name, so that both would hold
    renamed = json.dumps(request["resource"]).replace('"rx-1', '"rx-7')
    bundle.write_text(re.sub(r"[0-9a-f]{64}", "", renamed), encoding="utf-8")
    take = ("prescription", "import", str(bundle), *mine)
    assert _noted(*take, "--confirm", "same:rx-1") == ["past:2023-11-10"]
    later = [*renew[:-3], "2023-11-13", *renew[-2:]]
    assert "past:2023-11-13" in _noted(*later)
    versions = json.loads(_kadens("prescription", "show", "rx-1", *mine).stdout)
    assert [row["version"] for row in versions] == [1, 2, 3]


class _Terminal(StringIO):
    """An input at which a person sits."""

    def isatty(self) -> bool:
        return True


def test_a_person_at_a_terminal_can_think_again(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = [PrescriptionNote(key="past:2023-01-02", text="It begins in the past.")]
    monkeypatch.setattr("sys.stdin", _Terminal("n\ny\n"))
    with pytest.raises(typer.Exit) as left:
        say_notes(notes, ())
    assert left.value.exit_code == 2
    say_notes(notes, ())
    # what was confirmed is not asked about: the input has ended
    say_notes(notes, ("past:2023-01-02",))


def test_a_body_that_came_before_the_consent_is_released_and_not_kept(dsn: str) -> None:
    mine = ("--patient", "c-3", "--source", "reports")
    _written("consent", "give", *mine, "--at", "2023-11-14T22:00:00Z")
    with psycopg.connect(dsn) as conn:
        for offset, minutes in enumerate((1, 20)):
            conn.execute(
                'insert into quarantine (cluster, topic, part, "offset", vendor, account, '
                "headers, sealed, size, received_at) "
                "values ('c', 't', 0, %s, 'reports', %s, '{}', '', 0, "
                "%s::timestamptz - make_interval(mins => %s))",
                [offset, f"user-{offset}", _NOW, minutes],
            )
    printed = f"linked to reports from {_NOW} on; 1 body "
    assert _written("patient", "link", "user-0", *mine) == f"{printed}released from quarantine"
    assert _written("patient", "link", "user-1", *mine) == (
        f"{printed}was released; the patient had not consented when it came, so it is not kept"
    )


def test_patients_are_listed_by_pseudonym_in_pages_with_audit_rows(dsn: str) -> None:
    first = _kadens("patient", "list", "--limit", "1", "--json", "--unit", "Ward 1")
    assert json.loads(first.stdout) == [
        {
            "pseudonym": "a-1",
            "care_unit": "Ward 1",
            "zone": "Europe/Stockholm",
            "created": _NOW,
            "last_data": None,
            "prescribed_from": None,
            "state": "not started: no prescription and no data yet",
        }
    ]
    rest = _kadens("patient", "list", "--after", "a-1", "--limit", "2")
    assert "there may be more: --after c-3" in rest.stderr
    assert ("b-2" in rest.stdout, "a-1" in rest.stdout) == (True, False)
    names = cells_of(audited(dsn, "list.read"), 0)
    assert names == ["a-1", "b-2", "c-3"]
    assert _kadens("patient", "list", "--limit", "10001").exit_code == 2


def test_a_patient_is_shown_without_values_and_the_read_is_audited(dsn: str) -> None:
    for source in ("files", "reports"):
        _written("consent", "give", "--patient", "b-2", "--source", source)
    _written("patient", "link", "user-2", "--patient", "b-2", "--source", "reports")
    shown = json.loads(_kadens("patient", "show", "--patient", "b-2", "--json").stdout)
    assert shown["accounts"] == [
        {"source": "reports", "account": "user-2", "linked": _NOW, "unlinked": None}
    ]
    assert cells_of(shown["consents"], "source") == ["files", "reports"]
    assert (shown["prescriptions"], shown["profiles"]) == ([], [])
    assert shown["dropped"] == []
    with psycopg.connect(dsn) as conn:
        conn.execute(
            "insert into unconsented select id, 'files', 3, '2023-11-01Z', '2023-11-02Z' "
            "from patient where pseudonym = 'b-2'"
        )
    text = _kadens("patient", "show", "--patient", "b-2").stdout
    assert (
        "dropped       source files, bodies without consent 3, "
        "first 2023-11-01T00:00:00Z, last 2023-11-02T00:00:00Z\n" in text
    )
    assert f"consents      source files, kind source_fetch, given {_NOW}\n" in text
    assert "last data     none yet\n" in text
    # other tests of this file read others
    reads = [row for row in audited(dsn, "data.read") if row[0] == "b-2"]
    assert reads == [("b-2", "record"), ("b-2", "record")]


def test_a_vendor_that_is_misspelt_is_told_where_patients_sign_in() -> None:
    for name, why in (("gramin", "is no connector"), ("files", "has no sign-in of patients")):
        done = _kadens("connect", name, "--patient", "b-2")
        error = " ".join(done.stderr.split())
        assert (done.exit_code, done.stdout) == (2, "")
        assert error.startswith(f"error: {name} {why}; patients sign in at garmin, polar, ")
        assert "reports" not in error


@pytest.mark.parametrize(
    "words", [("derive",), ("patient", "profile", "--patient", "b-2")], ids=" ".join
)
def test_json_that_breaks_is_told_with_its_line(words: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text('{"zone": "UTC",\n "now": ,\n}')
    error = " ".join(_kadens(*words, str(path)).stderr.split())
    assert error.endswith("the file is not valid JSON (line 2, column 9)")


def test_a_consent_that_is_given_twice_holds_since_the_first_time() -> None:
    words = ("consent", "give", "--patient", "b-2", "--source", "strava", "--at")
    assert _written(*words, "2023-11-01T00:00:00Z") == (
        "consent to strava holds from 2023-11-01T00:00:00Z on"
    )
    assert _written(*words, "2023-11-02T00:00:00Z") == (
        "consent to strava held already since 2023-11-01T00:00:00Z; nothing was changed"
    )


@pytest.mark.parametrize("command", ["patient show", "fetches", "connections"])
def test_a_patient_that_is_not_there_is_a_line(command: str) -> None:
    done = _kadens(*command.split(), "--patient", "nobody")
    assert (done.exit_code, done.stderr) == (1, "error: there is no such patient\n")


def test_a_state_that_no_fetch_is_in_is_told(dsn: str) -> None:
    none = "nothing is listed: no vendor has announced anything of this kind\n"
    assert _kadens("fetches", "--state", "failing").stdout == none
    with psycopg.connect(dsn) as conn:
        conn.execute(
            "insert into vendor_fetch (connector, account, resource, key, patient, format, "
            "request, noticed_at, not_before, changed_at) "
            "select 'polar', '475', 'r', 'k', id, 'f', '', now(), now(), now() from patient "
            "where pseudonym = 'b-2'"
        )
    assert _kadens("fetches", "--state", "failing").stdout == "no fetch is in this state\n"
    assert _kadens("fetches", "--state", "failing", "--patient", "c-3").stdout == none


def test_more_fetches_than_are_listed_are_counted_and_stretches_are_dates(dsn: str) -> None:
    with psycopg.connect(dsn) as conn:
        for number in range(3):
            conn.execute(
                "insert into vendor_fetch (connector, account, resource, key, patient, format, "
                "request, noticed_at, not_before, changed_at) "
                "select 'oura', '9', 'backfill', %s, id, 'f', '', now(), now(), now() "
                "from patient where pseudonym = 'a-1'",
                [f"activities:179349{number}200-1793664000"],
            )
    done = _kadens("fetches", "--patient", "a-1", "--limit", "2")
    assert done.stderr == "2 of 3, the newest; --limit 3 lists all\n"
    assert _kadens("fetches", "--patient", "a-1", "--limit", "3").stderr == ""
    (row, *_) = json.loads(_kadens("fetches", "--patient", "a-1", "--json").stdout)
    assert row["key"] == "activities:1793490200-1793664000"


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("activities:1793491200-1793664000", "activities:2026-11-01 to 2026-11-03"),
        ("1793491200000-1793577660000", "2026-11-01 to 2026-11-02T00:01:00Z"),
        ("2026-11-01", "2026-11-01"),
        ("1793491200", "1793491200"),
        ("12-1793491200-1793577600x", "12-1793491200-1793577600x"),
    ],
)
def test_a_key_of_a_stretch_is_shown_as_its_dates(key: str, shown: str) -> None:
    assert shown_key(key) == shown


def test_a_past_that_a_vendor_only_pushes_is_called_requested_and_not_fetched(dsn: str) -> None:
    with psycopg.connect(dsn) as conn:
        conn.execute(
            "insert into vendor_withdrawal (patient, connector, account, withdrawn_at, "
            "not_before, state) select id, 'garmin', 'u', now(), now(), 'done' from patient "
            "where pseudonym = 'c-3'"
        )
        for key, state, reason in (
            ("1", "done", "requested before: the vendor pushes it once"),
            ("2", "done", "accepted: the vendor pushes the data"),
            ("3", "given_up", "the vendor does not permit it"),
            ("4", "waiting", ""),
        ):
            conn.execute(
                "insert into vendor_fetch (connector, account, resource, key, patient, format, "
                "request, noticed_at, not_before, changed_at, is_past, state, reason) select "
                "'garmin', 'u', 'backfill', %s, id, 'f', '', now(), now(), now(), true, %s, %s "
                "from patient where pseudonym = 'c-3'",
                [key, state, reason],
            )
    (row,) = json.loads(_kadens("connections", "--patient", "c-3", "--json").stdout)
    assert (row["fetched"], row["requested"], row["announced"]) == (1, 2, 4)
    text = " ".join(_kadens("connections", "--patient", "c-3").stdout.split())
    assert "requested 2 of 4, nothing received yet" in text


def test_a_patient_gets_who_looked_in_plain_words_and_the_asking_is_a_row(
    dsn: str, tmp_path: Path
) -> None:
    assert _kadens("patient", "add", "--pseudonym", "x-1", "--unit", "Ward 1").exit_code == 0
    assert _kadens("audit", "extract", "--patient", "x-1", "--language", "en").stdout == (
        "2023-11-14 23:13: A technician of the service entered you in the service. "
        "Data: name and personal details. From: a command on the server.\n"
    )
    # the reading above is in the log by now, and is told
    path = tmp_path / "extract.txt"
    done = _kadens("audit", "extract", "--patient", "x-1", "--out", str(path))
    assert (done.exit_code, done.stdout) == (0, "")
    assert path.read_text(encoding="utf-8") == (
        "2023-11-14 23:13: En tekniker hos tjänsten tittade på vilka som tittat på dina uppgifter "
        "och lade in dig i tjänsten (2 gånger). Uppgifter: vilka som tittat; namn och "
        "personuppgifter. Från: ett kommando på servern.\n"
    )
    (line,) = json.loads(_kadens("audit", "extract", "--patient", "x-1", "--json").stdout)
    assert (line["day"], line["times"], line["reasons"]) == ("2023-11-14", 3, [])
    assert [row for row in audited(dsn, "data.read") if row[0] == "x-1"] == [("x-1", "extract")] * 3
    nobody = _kadens("audit", "extract", "--patient", "x-2")
    assert (nobody.exit_code, nobody.stderr) == (1, "error: there is no such patient\n")


@pytest.mark.parametrize(
    "words",
    [
        ("patient", "show", "--patient", "a-1"),
        ("patient", "list"),
        ("audit", "extract", "--patient", "a-1"),
        ("prescription", "list", "--patient", "a-1"),
        ("query", "days", "--patient", "a-1"),
        ("query", "sessions", "--patient", "a-1"),
        ("connections",),
        ("fetches",),
    ],
    ids=" ".join,
)
def test_no_command_prints_a_patient_while_the_log_takes_no_row(
    dsn: str, words: tuple[str, ...]
) -> None:
    columns = "at, actor, role, care_unit, action, patient, object, detail"
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(f"revoke insert ({columns}) on audit from kadens_admin")
        try:
            done = _kadens(*words)
        finally:
            conn.execute(f"grant insert ({columns}) on audit to kadens_admin")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "a-1" not in done.stderr


def test_nothing_starts_that_keeps_the_log_for_less_than_five_years(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KADENS_AUDIT_YEARS", "4")
    with pytest.raises(SettingsError, match=r"^KADENS_AUDIT_YEARS must be 5 or more: the law"):
        read_settings()
    monkeypatch.setenv("KADENS_AUDIT_YEARS", "5")
    assert read_settings().audit_years == 5
    monkeypatch.delenv("KADENS_AUDIT_YEARS")
    assert read_settings().audit_years == 10
