"""Whatever is wrong in a manifest ends `kadens derive` with code 2 and a plain sentence."""

import json
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from kadens.cli import COMMANDS, app
from kadens.lazy_commands import load_command
from simulate.fit_writer import Recording, write_activity
from tests.rows import cells_of, matching, values_of, without

_BEGIN_MS = 1_763_974_800_000  # 2025-11-24T09:00:00Z
_HOUR_MS = 3_600_000
_PRESCRIPTION: dict[str, Any] = {
    "id": "rx-1",
    "version": 1,
    "valid_from": "2025-11-17",
    "valid_to": "2026-11-22",
    "sessions_per_week": 3,
    "minutes_per_session": 40,
    "intensity": {"method": "hrr", "low": 0.4, "high": 0.6},
}
PERCENT = {"method": "hrr", "low": 40, "high": 60}
PAUSE = {"first": "2025-11-20", "last": "2025-11-19", "why": "", "who": ""}
NO_MANIFESTS = [b"", b"[]", b"{", b"\xff\xfe", b'"a"', b"null", b"[" * 100_000]
_PROFILE = {"valid_from": "2025-01-01", "hr_rest": 60, "hr_max": 180}
BODY = {"path": "walk.fit", "connector": "files", "received": "2025-11-24T11:00:00Z"}
CONSENT = {"source": "files", "from": "2025-01-01T00:00:00Z"}
MARK = {
    "statement": "not_exercise",
    "reason": "illness",
    "at": "2025-11-24T12:00:00Z",
    "start": "2025-11-24T09:00:00Z",
    "end": "2025-11-24T10:00:00Z",
}
MANIFEST = {
    "zone": "Europe/Stockholm",
    "now": "2025-11-25T08:00:00+01:00",
    "profiles": [_PROFILE],
    "prescriptions": [_PRESCRIPTION],
    "consents": [CONSENT],
    "bodies": [BODY],
}


def run_derive(folder: Path, manifest: object, *words: str) -> Result:
    t = _BEGIN_MS + np.arange(3600, dtype=np.int64) * 1000
    columns = {"heart_rate": np.full(3600, 120.0)}
    recording = Recording(start_ms=_BEGIN_MS, end_ms=_BEGIN_MS + _HOUR_MS, t=t, columns=columns)
    (folder / "walk.fit").write_bytes(write_activity(recording))
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return CliRunner().invoke(app, ["derive", str(path), *words])


def test_a_right_manifest_gives_the_shape_that_is_published(tmp_path: Path) -> None:
    done = run_derive(tmp_path, MANIFEST, "--json")
    assert done.exit_code == 0, done.output
    shown = json.loads(done.stdout)
    assert list(shown) == ["sessions", "days", "weeks", "findings", "refused"]
    (session,) = shown["sessions"]
    assert list(session) == [
        "id", "start", "end", "type", "origin", "counts", "why", "elapsed_ms", "paused_ms",
        "moving_ms", "zones_ms", "heart_rate", "exertion_cr10",
    ]  # fmt: skip
    assert (session["start"], session["elapsed_ms"]) == ("2025-11-24T09:00:00Z", _HOUR_MS)
    assert session["zones_ms"]["moderate"] == _HOUR_MS
    assert session["heart_rate"] == {"n": 3600, "mean": 120.0, "max": 120.0, "source": "watch"}
    assert list(shown["days"][0]) == [
        "date", "state", "sessions", "minutes", "zones_ms", "steps", "wear_min", "stated",
    ]  # fmt: skip
    assert cells_of(shown["days"], "date", "state") == [
        ("2025-11-24", "active"),
        ("2025-11-25", "no_data"),
    ]
    assert list(shown["weeks"][0]) == [
        "monday", "sessions", "minutes", "dose_min", "frequency", "time", "intensity", "dose",
        "known_days",
    ]  # fmt: skip
    assert (shown["weeks"][0]["monday"], shown["weeks"][0]["minutes"]) == ("2025-11-24", 60)
    assert shown["findings"] == shown["refused"] == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"zone": "Europe/Atlantis"}, "zone must be an IANA time zone"),
        ({"zone": "localtime"}, "zone must be an IANA time zone"),
        ({"zone": "posix/Europe/Paris"}, "zone must be an IANA time zone"),
        ({"zone": ""}, "zone must be an IANA time zone"),
        ({"zone": 3}, "zone must be text"),
        ({"now": "2025-11-25T08:00:00"}, "now must be an RFC 3339 instant with its offset"),
        *(
            ({"now": text}, "now must be an RFC 3339 instant with its offset")
            for text in ("2025-W48-2T08:00:00Z", "20251125T080000Z", "2025-11-25T08:00:00+01:00:01")
        ),
        ({"now": True}, "now must be an RFC 3339 instant"),
        ({"now": -1}, "now must be an instant from 1970-01-01T00:00:00Z to"),
        ({"now": 10**15}, "now must be an instant from 1970-01-01T00:00:00Z to"),
        ({"now": "1969-12-31T23:00:00Z"}, "now must be an instant from 1970-01-01T00:00:00Z to"),
        (
            {"now": "0001-01-01T00:00:00+23:59"},
            "now must be an instant from 1970-01-01T00:00:00Z to",
        ),
        ({"colour": "red"}, "colour is not known"),
        ({"bodies": [{**BODY, "connector": "nobody"}]}, "bodies.0.connector must be one of"),
        ({"bodies": [BODY, {**BODY, "path": "none.fit"}]}, "bodies.1.path: "),
        ({"bodies": [{**BODY, "path": "none.fit"}]}, "none.fit: No such file"),
        ({"bodies": [{**BODY, "path": ""}]}, "bodies.0.path must be a path"),
        ({"profiles": [{**_PROFILE, "hr_max": float("nan")}]}, "the file has NaN, which is no"),
        ({"profiles": [{**_PROFILE, "hr_max": float("inf")}]}, "the file has Infinity, which is"),
        ({"bodies": [{**BODY, "path": "."}]}, "Is a directory"),
        ({"bodies": [{**BODY, "path": "a\0b"}]}, "bodies.0.path must be a path"),
        ({"bodies": [{**BODY, "sha": "x"}]}, "bodies.0.sha is not known"),
        ({"bodies": [{**BODY, "received": "today"}]}, "bodies.0.received must be an RFC 3339"),
        ({"bodies": [{**BODY, "headers": {"a": 1}}]}, "bodies.0.headers.a must be text"),
        ({"bodies": [{"path": "walk.fit"}]}, "bodies.0.connector is missing"),
        ({"bodies": {}}, "bodies must be a list"),
        ({"consents": [{**CONSENT, "source": "x"}]}, "consents.0.source must be one of"),
        ({"consents": [{**CONSENT, "to": "2024-01-01T00:00:00Z"}]}, "must not be before its"),
        ({"consents": [{"source": "files"}]}, "consents.0.from is missing"),
        ({"marks": [{**MARK, "statement": "sport"}]}, "marks.0.statement must be"),
        ({"marks": [{**MARK, "reason": "a free word"}]}, "marks.0.reason must be one of"),
        ({"marks": [{**MARK, "statement": "exercise"}]}, "marks.0.reason must be one of"),
        ({"marks": [{**MARK, "end": "2025-11-24T08:00:00Z"}]}, "marks.0: the interval is not"),
        ({"marks": [{**MARK, "session": "x"}]}, "marks.0.session is not known"),
        ({"marks": [without(MARK, "at")]}, "marks.0.at is missing"),
        ({"profiles": [{**_PROFILE, "hr_max": 40}]}, "profiles.0: hr_rest: must be below hr_max"),
        ({"profiles": [{**_PROFILE, "hr_peak": 1}]}, "profiles.0.hr_peak is not known"),
        ({"profiles": [{"hr_max": "x"}]}, "profiles.0.valid_from is missing"),
        ({"profiles": [_PROFILE, _PROFILE]}, "profiles.1 is there already"),
        ({"prescriptions": [_PRESCRIPTION] * 2}, "prescriptions.1 is there already"),
        (
            {"prescriptions": [{**_PRESCRIPTION, "sessions_per_week": 300}]},
            "prescriptions.0: `sessions_per_week` must be from 0 to 21",
        ),
        (
            {"prescriptions": [{**_PRESCRIPTION, "version": 10**30}]},  # it has no hash
            "prescriptions.0: `version` must be from 1 to 1,000,000",
        ),
        (
            {"prescriptions": [{**_PRESCRIPTION, "sha256": "0" * 64}]},
            "prescriptions.0: `sha256` must be the hash of this prescription, or left out",
        ),
        (
            {"prescriptions": [{**_PRESCRIPTION, "rules": {"P1": {"very_high": 99}}}]},
            "prescriptions.0: `rules.P1.very_high` must be from",
        ),
        (
            {"prescriptions": [{**_PRESCRIPTION, "rules": {"Z9": {}}}]},
            "`rules` may name the rules A1, A2, A3, A4, A5, A6, A7, A8, D1, H1, H2, H3, H4, H5, H6",
        ),
        (
            {
                "prescriptions": [
                    {**_PRESCRIPTION, "intensity": {"method": "hrr", "low": 40, "high": 60}}
                ]
            },
            "`intensity.low` must be from 0 to 1 for hrr",
        ),
        (
            {
                "prescriptions": [
                    {**_PRESCRIPTION, "intensity": {**_PRESCRIPTION["intensity"], "mid": 0.5}}
                ]
            },
            "prescriptions.0.intensity.mid is not known",
        ),
        (
            {"prescriptions": [{**_PRESCRIPTION, "pauses": [PAUSE]}]},
            "prescriptions.0.pauses.0.who is not known",
        ),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, change: dict[str, Any], sentence: str) -> None:
    done = run_derive(tmp_path, {**MANIFEST, **change})
    assert (done.exit_code, done.stdout) == (2, "")
    assert sentence in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"\xff\xfe", b'"a"', b"null", b"[" * 100_000]
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    done = CliRunner().invoke(app, ["derive", str(path)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "cannot be used" in done.stderr


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_manifest_may_have_a_mark_of_its_encoding(tmp_path: Path, encoding: str) -> None:
    plain = run_derive(tmp_path, MANIFEST, "--json")
    path = tmp_path / "marked.json"
    path.write_text(json.dumps(MANIFEST), encoding=encoding)
    marked = CliRunner().invoke(app, ["derive", str(path), "--json"])
    assert (marked.exit_code, marked.stdout) == (0, plain.stdout)


def test_a_key_that_comes_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    text = json.dumps({**MANIFEST, "bodies": []})
    path.write_text(text.removesuffix("}") + ', "bodies": []}', encoding="utf-8")
    done = CliRunner().invoke(app, ["derive", str(path)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "the file has bodies twice" in " ".join(done.stderr.split())


def test_every_file_that_is_missing_is_named(tmp_path: Path) -> None:
    bodies = [{**BODY, "path": "a.fit"}, BODY, {**BODY, "path": "."}]
    done = run_derive(tmp_path, {**MANIFEST, "bodies": bodies})
    assert (done.exit_code, done.stdout) == (2, "")
    lines = "".join(done.stderr.splitlines())
    assert "bodies.0.path: " in lines
    assert "bodies.2.path: " in lines
    assert "bodies.1.path" not in lines


def test_a_path_is_relative_to_the_manifest_and_may_be_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = run_derive(tmp_path, MANIFEST).stdout
    absolute = {**MANIFEST, "bodies": [{**BODY, "path": str(tmp_path / "walk.fit")}]}
    assert run_derive(tmp_path, absolute).stdout == here
    run_derive(tmp_path, MANIFEST)
    monkeypatch.chdir(tmp_path.parent)
    relative = str(Path(tmp_path.name) / "manifest.json")
    assert CliRunner().invoke(app, ["derive", relative]).stdout == here


def test_a_manifest_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["derive", str(tmp_path / "none.json")])
    assert done.exit_code == 2
    assert "No such file" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("change", "where", "why"),
    [
        ({"consents": []}, "consents", "no consent to this source when it was received"),
        (
            {"consents": [{**CONSENT, "to": BODY["received"]}]},
            "consents",
            "no consent to this source when it was received",
        ),
        (
            {"bodies": [{**BODY, "received": "2025-11-26T00:00:00Z"}]},
            "received",
            "received later than `now`, so it is not known yet",
        ),
    ],
)
def test_a_body_that_may_not_be_used_is_told(
    tmp_path: Path, change: dict[str, Any], where: str, why: str
) -> None:
    done = run_derive(tmp_path, {**MANIFEST, **change}, "--json")
    shown = json.loads(done.stdout)
    assert shown["refused"] == [{"body": "walk.fit", "where": where, "why": why}]
    assert (shown["sessions"], shown["days"]) == ([], [])


def test_a_mark_takes_the_session_out_of_day_and_week(tmp_path: Path) -> None:
    done = run_derive(tmp_path, {**MANIFEST, "marks": [MARK]}, "--json")
    shown = json.loads(done.stdout)
    (session,) = shown["sessions"]
    why = "marked as not exercise by the clinician: illness"
    assert (session["counts"], session["why"]) == (False, why)
    assert session["zones_ms"]["moderate"] == _HOUR_MS
    assert cells_of(shown["days"], "sessions", "minutes") == [(0, 0), (0, 0)]
    assert [sum(day["zones_ms"].values()) for day in shown["days"]] == [0, 0]
    (week,) = shown["weeks"]
    assert (week["sessions"], week["minutes"], week["dose_min"]) == (0, 0, 0)


def test_without_a_list_of_consents_every_source_is_consented_to(tmp_path: Path) -> None:
    done = run_derive(tmp_path, without(MANIFEST, "consents"))
    assert done.exit_code == 0
    assert "counts" in done.stdout


def test_an_instant_may_be_epoch_milliseconds(tmp_path: Path) -> None:
    in_ms = {**MANIFEST, "now": 1_764_054_000_000}  # 2025-11-25T07:00:00Z
    assert run_derive(tmp_path, in_ms).stdout == run_derive(tmp_path, MANIFEST).stdout


def test_an_instant_may_have_a_small_t_and_z(tmp_path: Path) -> None:
    small = {**MANIFEST, "now": "2025-11-25t07:00:00z"}
    assert run_derive(tmp_path, small).stdout == run_derive(tmp_path, MANIFEST).stdout


def test_every_combination_of_options_ends_plainly(tmp_path: Path) -> None:
    options = {"--json": ("--json",), "--explain": ("--explain", "day", "2025-11-24")}
    command = load_command(matching(COMMANDS, word="derive")[0])
    names = chain.from_iterable(values_of(command.params, "opts"))
    assert {name for name in names if name.startswith("--")} == set(options)
    for count in range(len(options) + 1):
        for chosen in combinations(options.values(), count):
            done = run_derive(tmp_path, MANIFEST, *chain.from_iterable(chosen))
            assert (done.exit_code, done.stderr) == (0, ""), chosen
            assert done.stdout
