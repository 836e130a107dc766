"""`kadens derive --explain` leads from a figure to the payloads, in plain words."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from kadens.cli import app
from kadens.derivation.derivation import derive_manifest
from kadens.derivation.explanation import NothingToExplainError, explanation
from model.calendar import MINUTE_MS
from simulate.fit_writer import Recording, write_activity
from simulate.open_wearables_writer import heart_rate_body, workout_body

_BEGIN_MS = 1_763_974_800_000  # 2025-11-24T09:00:00Z, a Monday
_ZONE = "Europe/Stockholm"
_RECEIVED = "2025-11-24T11:00:00Z"
_WATCH = "files / garmin / edge_530 (watch, workout)"


def _file(seconds: int) -> bytes:
    t = _BEGIN_MS + np.arange(seconds, dtype=np.int64) * 1000
    columns = {"heart_rate": np.full(seconds, 120.0)}
    recording = Recording(
        start_ms=_BEGIN_MS, end_ms=_BEGIN_MS + seconds * 1000, t=t, columns=columns, sport="walking"
    )
    return write_activity(recording)


def _bodies() -> dict[str, tuple[str, bytes]]:
    """Return a walk by a file and by a phone, the phone's day, and a lonely heart rate."""
    t = _BEGIN_MS - 60 * MINUTE_MS + np.arange(120, dtype=np.int64) * MINUTE_MS
    span = (_BEGIN_MS, _BEGIN_MS + 30 * MINUTE_MS)
    return {
        "walk.fit": ("files", _file(1800)),
        "phone.json": ("open_wearables", workout_body("u", _ZONE, "w1", "walking", span, {})),
        "heart.json": ("open_wearables", heart_rate_body("u", _ZONE, t, np.full(120, 75.0))),
    }


@pytest.fixture(name="manifest")
def _manifest(tmp_path: Path) -> Path:
    bodies: list[dict[str, Any]] = []
    for name, (connector, content) in _bodies().items():
        (tmp_path / name).write_bytes(content)
        bodies.append({"path": name, "connector": connector, "received": _RECEIVED})
    manifest = {
        "zone": _ZONE,
        "now": "2025-12-03T08:00:00+01:00",
        "profiles": [{"valid_from": "2025-01-01", "hr_rest": 60, "hr_max": 180}],
        "prescriptions": [
            {
                "id": "rx-1",
                "version": 1,
                "valid_from": "2025-11-24",
                "valid_to": "2026-11-22",
                "sessions_per_week": 3,
                "minutes_per_session": 40,
                "intensity": {"method": "hrr", "low": 0.4, "high": 0.6},
            }
        ],
        "bodies": bodies,
    }
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return path


def explained(path: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["derive", str(path), "--explain", *words])


def _only_id(path: Path) -> str:
    shown = json.loads(CliRunner().invoke(app, ["derive", str(path), "--json"]).stdout)
    (session,) = shown["sessions"]
    key: str = session["id"]
    return key


def headings(done: Result) -> list[str]:
    """Return the steps of an explanation, without its first line."""
    assert (done.exit_code, done.stderr) == (0, "")
    return [line for line in done.stdout.splitlines()[1:] if not line.startswith(" ")]


def test_a_session_is_followed_to_its_payloads(manifest: Path) -> None:
    key = _only_id(manifest)
    done = explained(manifest, "session", key)
    assert headings(done) == [
        "reported by", "candidates for it", "samples of", "heart rate", "intensity", "quality",
        "counted",
    ]  # fmt: skip
    sha = sha256(_file(1800)).hexdigest()[:12]
    for line in (
        f"{key} walking, declared, 2025-11-24T09:00:00Z to 2025-11-24T09:30:00Z, 30 min; counts",
        f"    in walk.fit by files, received {_RECEIVED}, sha256 {sha}, read as fit",
        "  walking w1, declared by open_wearables / apple / Demo Phone Watch (phone, workout), ",
        "the same session or a part of it, joined to this one",
        f"    {_WATCH} for 30 min: ranks above the others",
        "      1800 samples of walk.fit by files",
        "  light, moderate, vigorous and near maximal from 96.0, 108.0, 132.0, 168.0 beats",
        "  computed from hr_rest 60, hr_max 180, percent_light 30",
        "  moderate 30 min",
        "  classes, unknown and paused time together are the elapsed time, 30 min",
        "  on 2025-11-24, the date of its start: 10:00 in Europe/Stockholm",
        "  among the sessions of its date, with 30 min of exercise",
        "  of 40 min that rx-1 prescribes for a session",
        "  a session counts from 10 min: 10 min, or half of a shorter prescribed one",
    ):
        assert line in done.stdout


def test_a_session_says_what_it_was_made_from(manifest: Path) -> None:
    line = "made from records: no message of a session could be used"
    assert line not in explained(manifest, "session", _only_id(manifest)).stdout
    (manifest.parent / "walk.fit").write_bytes(_file(1800)[:-300])
    assert line in explained(manifest, "session", _only_id(manifest)).stdout


def test_a_session_that_is_too_short_still_adds_its_time(manifest: Path) -> None:
    line = "  its time counts towards its date where no other session covers it"
    assert line not in explained(manifest, "session", _only_id(manifest)).stdout.splitlines()
    (manifest.parent / "walk.fit").write_bytes(_file(420))
    content = json.loads(manifest.read_text(encoding="utf-8"))
    walk = [body for body in content["bodies"] if body["path"] == "walk.fit"]
    manifest.write_text(json.dumps({**content, "bodies": walk}), encoding="utf-8")
    lines = explained(manifest, "session", _only_id(manifest)).stdout.splitlines()
    assert lines[-2:] == ["  not among the sessions of its date: shorter than 10 minutes", line]


def _with_marks(manifest: Path, *marks: dict[str, str]) -> Path:
    content = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps({**content, "marks": marks}), encoding="utf-8")
    return manifest


def test_a_mark_is_explained_and_what_stands_before_what(manifest: Path) -> None:
    span = {"start": "2025-11-24T09:00:00Z", "end": "2025-11-24T09:30:00Z"}
    first = {"statement": "not_exercise", "reason": "illness", "at": "2025-11-25T09:00:00Z"}
    second = {"statement": "exercise", "reason": "other", "at": "2025-11-26T09:00:00Z"}
    later = {"statement": "not_exercise", "reason": "other", "at": "2025-12-24T09:00:00Z"}
    _with_marks(manifest, {**first, **span})
    done = explained(manifest, "session", _only_id(manifest))
    assert "marks" in headings(done)
    why = "marked as not exercise by the clinician: illness"
    assert f"  not among the sessions of its date: {why}" in done.stdout
    assert "  not exercise, illness, by clinic (person, manual): stands" in done.stdout
    # what was marked after `now` is not known yet
    wider = {"start": "2025-11-24T08:55:00Z", "end": "2025-11-24T09:30:00Z"}
    _with_marks(manifest, {**first, **span}, {**second, **wider}, {**later, **span})
    again = explained(manifest, "session", _only_id(manifest))
    assert "  exercise, other, by clinic (person, manual): stands" in again.stdout
    assert "  not exercise, illness, by clinic (person, manual): does not stand" in again.stdout
    assert "among the sessions of its date, with 30 min of exercise" in again.stdout


def test_a_day_is_the_sum_of_its_sessions(manifest: Path) -> None:
    done = explained(manifest, "day", "2025-11-24")
    assert headings(done) == ["why this state", "sessions", "minutes", "steps", "wear"]
    for line in (
        "2025-11-24 active: 1 session, 30 min, steps unknown, worn ",
        "  active: a session counts on this date",
        "  the date is 2025-11-23T23:00:00Z to 2025-11-24T23:00:00Z in Europe/Stockholm, 24 hours",
        f"  {_WATCH} has delivered up to 2025-11-24T09:30:00Z",
        "  30 min of sessions, in which overlapping time counts once",
        "  no source counted or stated any",
        " minutes worn: too few for a valid date (600)",
        f"  heart rate of {_WATCH} for 30 min: ranks above the others",
    ):
        assert line in done.stdout


def test_a_week_is_what_was_done_over_what_was_due(manifest: Path) -> None:
    done = explained(manifest, "week", "2025-11-24")
    assert headings(done) == ["days", "dose", "due", "known", "findings"]
    for line in (
        "2025-11-24 1 session, 30 min, dose 30 min; frequency not known, time not known, ",
        "  2025-11-30 no data",
        "  prescription rx-1 version 1: 3 sessions of 40 min a week",
        "  sessions: 1 done of 3 due",
        "  minutes: 30 min done of 120 due",
        "  intensity: 30 min in the prescribed range, of 30 min that could be compared",
        "  standing: too thin to judge: the days about which nothing is known could have held",
        "  0 dates are known: 0 worn",
        "  while too little is known, no ratio below 100 % is told: it may still grow",
    ):
        assert line in done.stdout


def _carried(day: int) -> str:
    """Return the steps that a phone counted from 08 to 22 on a date of November, as an export."""
    of = 'type="HKQuantityTypeIdentifierStepCount" sourceName="Phone" unit="count" value="40"'
    device = 'device="&lt;&lt;HKDevice: 0x1&gt;, name:iPhone, hardware:iPhone16,2&gt;"'
    lines: list[str] = []
    for hour in range(8, 22):
        at = f'startDate="2025-11-{day} {hour:02}:00:00 +0100"'
        until = f'endDate="2025-11-{day} {hour:02}:59:00 +0100"'
        lines.append(f"<Record {of} {device} {at} {until}/>")
    return "".join(lines)


def test_a_week_says_which_dates_a_phone_made_known(manifest: Path) -> None:
    records = "".join(map(_carried, range(24, 31)))
    header = '<?xml version="1.0" encoding="UTF-8"?><HealthData locale="en_SE">'
    (manifest.parent / "export.xml").write_text(f"{header}{records}</HealthData>", "utf-8")
    given = json.loads(manifest.read_text("utf-8"))
    given["bodies"] = [{**given["bodies"][0], "path": "export.xml", "connector": "files"}]
    given["bodies"][0]["received"] = "2025-12-01T10:00:00Z"
    (walks,) = given["prescriptions"]
    walks["types"] = ["walking"]
    manifest.write_text(json.dumps(given), "utf-8")
    done = explained(manifest, "week", "2025-11-24")
    assert "  7 dates are known: 0 worn, 7 more with a phone carried\n" in done.stdout
    assert "makes a date known for walks, hikes and runs\n" in done.stdout
    rides = {**walks, "id": "rx-2", "types": ["cycling"]}
    manifest.write_text(json.dumps({**given, "prescriptions": [walks, rides]}), "utf-8")
    done = explained(manifest, "week", "2025-11-24")
    assert "  0 dates are known for every prescription: 0 worn\n" in done.stdout
    assert "  of each prescription: rx-1 7, rx-2 0\n" in done.stdout


def test_an_answer_that_names_no_session_is_found_by_its_time(manifest: Path) -> None:
    report = {
        "id": "e1",
        "instrument": "exertion",
        "value": 15,
        "scale": "borg-6-20",
        "answered_at": "2025-11-24T10:00:00Z",
    }
    event = {"type": "report.created", "patient": "u", "report": report}
    (manifest.parent / "answer.json").write_text(json.dumps(event), encoding="utf-8")
    content = json.loads(manifest.read_text(encoding="utf-8"))
    answer = {"path": "answer.json", "connector": "reports", "received": _RECEIVED}
    content["bodies"].append(answer)
    manifest.write_text(json.dumps(content), encoding="utf-8")
    lines = explained(manifest, "session", _only_id(manifest)).stdout.splitlines()
    at = lines.index("answers")
    assert lines[at + 1 : at + 3] == [
        "  exertion: 15 (borg-6-20), at 2025-11-24T10:00:00Z, of answer.json",
        "  exertion of the session on Borg CR10: 5",
    ]


def test_a_day_without_anything_says_so(manifest: Path) -> None:
    assert "nothing is recorded about this date" in explained(manifest, "day", "2025-11-30").stdout


def test_the_beginning_of_an_id_is_enough(manifest: Path) -> None:
    key = _only_id(manifest)
    short = explained(manifest, "session", key[:8])
    assert short.stdout == explained(manifest, "session", key).stdout


def test_the_beginning_of_several_ids_is_not_enough(manifest: Path) -> None:
    derivation = derive_manifest(manifest)
    (session,) = derivation.conclusions.derived.sessions
    alike = (replace(session, id="abcd1"), replace(session, id="abcd2"))
    derived = replace(derivation.conclusions.derived, sessions=alike)
    both = replace(derivation, conclusions=replace(derivation.conclusions, derived=derived))
    with pytest.raises(NothingToExplainError, match="several sessions begin with this id"):
        explanation(both, "session", "abcd")
    assert next(explanation(both, "session", "abcd2")).startswith("abcd2 ")


def test_json_has_the_lines_as_well(manifest: Path) -> None:
    shown = json.loads(explained(manifest, "day", "2025-11-24", "--json").stdout)
    assert shown["explanation"] == explained(manifest, "day", "2025-11-24").stdout.splitlines()


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        ("month", "2025-11-24", "--explain takes session, day, week"),
        ("session", "0000", "no session has this id; the sessions are: "),
        ("session", "", "no session has this id"),
        ("day", "yesterday", "name a date, such as 2025-11-24, of those from 2025-11-24"),
        ("day", "1999-01-01", "of those from 2025-11-24 to 2025-12-03"),
        ("week", "2025-11-25", "name a Monday"),
        ("week", "", "name a Monday"),
    ],
)
def test_what_is_not_there_is_wrong_use(
    manifest: Path, kind: str, name: str, sentence: str
) -> None:
    done = explained(manifest, kind, name)
    assert (done.exit_code, done.stdout) == (2, "")
    assert sentence in " ".join(done.stderr.split())


def test_one_word_is_not_enough(manifest: Path) -> None:
    done = explained(manifest, "session")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
