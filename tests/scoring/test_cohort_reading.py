"""A cohort that somebody else made is read, or refused in one sentence with its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from kadens.scoring.cohort_reading import CohortError, read_cohort

_HEAD = {"version": 1, "begins": "2026-10-04T00:00:00Z", "ends": "2026-11-08T00:00:00Z"}
_RX: dict[str, Any] = {
    "id": "rx",
    "version": 1,
    "valid_from": "2026-10-05",
    "valid_to": "2026-12-31",
    "sessions_per_week": 3,
    "minutes_per_session": 30,
    "intensity": {"method": "rpe_cr10", "low": 3, "high": 5},
    "recorded": "2026-10-04T12:00:00Z",
}
_ANNA: dict[str, Any] = {
    "patient": "anna",
    "zone": "Europe/Stockholm",
    "accounts": [{"connector": "reports", "account": "a-1"}],
    "consents": [{"source": "files", "from": "2026-10-01T00:00:00Z"}],
    "profiles": [{"valid_from": "2026-10-05", "birth_year": 1960}],
    "prescriptions": [_RX],
}
_BODY: dict[str, Any] = {
    "received": "2026-10-10T12:00:00Z",
    "connector": "files",
    "patient": "anna",
    "body": "body.fit",
}
_SPAN = {"start": "2026-10-06T10:00:00Z", "end": "2026-10-06T10:30:00Z"}
_EVENT: dict[str, Any] = {
    "patient": "anna",
    "event": "a kind of their own",
    "family": "adherence",
    "from": "2026-10-12T00:00:00Z",
    "knowable": "2026-10-26T00:00:00Z",
    "until": "2026-11-02T00:00:00Z",
}
_BO = {"patient": "bo", "zone": "Europe/Helsinki"}
_Lines = list[dict[str, Any]]


def _cohort(folder: Path, **files: _Lines | dict[str, Any]) -> Path:
    """Write a cohort whose files are right except for those that are given."""
    parts: dict[str, _Lines | dict[str, Any]] = {
        "cohort": _HEAD,
        "patients": [_ANNA, _BO],
        "deliveries": [_BODY],
        "truth": [{"event": _EVENT}],
        **files,
    }
    (folder / "body.fit").write_bytes(b"no FIT file at all")
    (folder / "cohort.json").write_text(json.dumps(parts.pop("cohort")))
    for name, lines in parts.items():
        text = "\n".join(map(json.dumps, lines))
        (folder / f"{name}.jsonl").write_text(f"{text}\n")
    return folder


def test_a_cohort_with_as_little_as_possible_is_read(tmp_path: Path) -> None:
    later, earlier = {**_BODY, "received": "2026-10-12T12:00:00Z"}, _BODY
    without_watch = {"session": {"patient": "bo", **_SPAN}}
    cohort = read_cohort(
        _cohort(tmp_path, deliveries=[later, earlier], truth=[{"event": _EVENT}, without_watch])
    )
    assert [person.patient for person in cohort.patients] == ["anna", "bo"]
    assert cohort.deliveries[0].received_ms < cohort.deliveries[1].received_ms
    assert (len(cohort.truth.events), len(cohort.truth.sessions)) == (1, 1)


def test_empty_lines_are_passed_over_and_counted(tmp_path: Path) -> None:
    folder = _cohort(tmp_path)
    (folder / "truth.jsonl").write_text('\n{"event":null}\n')
    with pytest.raises(CohortError, match="line 2: the line must have one of session, week and"):
        read_cohort(folder)


def _week(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a week
    return {"week": {"patient": "anna", "monday": "2026-10-05", "due": 3, "done": 1, **more}}


def _person(**more: Any) -> _Lines:  # noqa: ANN401 - any field of a patient
    return [{**_ANNA, **more}]


_AGAIN = {**_RX, "version": 2, "recorded": "2026-10-03T12:00:00Z"}
_BACK = {"source": "files", "from": "2026-10-05T00:00:00Z", "to": "2026-10-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"cohort": {**_HEAD, "ends": _HEAD["begins"]}}, "cohort.json: ends must be after begins"),
        ({"cohort": {**_HEAD, "ends": 4e12}}, "cohort.json: ends must be an RFC 3339 instant"),
        ({"cohort": {**_HEAD, "begins": 0}}, "cohort.json: ends must be at most 4000 days after"),
        ({"patients": []}, "deliveries.jsonl, line 1: patient must be one of patients.jsonl"),
        ({"patients": [], "deliveries": [], "truth": []}, "must have at least one patient"),
        ({"patients": [_BO, _BO]}, "patients.jsonl, line 2: patient is that of an earlier line"),
        (
            {"patients": [_ANNA, {**_BO, "accounts": _ANNA["accounts"]}]},
            "patients.jsonl, line 2: accounts has one that is there already",
        ),
        (
            {"patients": _person(prescriptions=[{**_RX, "sessions_per_week": 40}])},
            "line 1: prescriptions.0: `sessions_per_week` must be from 0 to 21",
        ),
        (
            {"patients": _person(prescriptions=[{**_RX, "goal": 1}])},
            "line 1: prescriptions.0.goal is not known",
        ),
        (
            {"patients": _person(prescriptions=[_AGAIN, _RX])},
            "line 1: prescriptions: a version must not be recorded before the one before it",
        ),
        ({"patients": _person(prescriptions=[_RX, _RX])}, "prescriptions.1 is there already"),
        ({"patients": _person(consents=[_BACK])}, "consents.0.to must not be before its `from`"),
        (
            {"patients": _person(profiles=[{"valid_from": "2026-10-05", "birth_year": 3000}])},
            "line 1: profiles.0: birth_year",
        ),
        (
            {"deliveries": [_BODY, {**_BODY, "patient": "zoe"}]},
            "deliveries.jsonl, line 2: patient must be one of patients.jsonl, because the body",
        ),
        (
            {"deliveries": [_BODY, {**_BODY, "body": "other.fit"}]},
            "deliveries.jsonl, line 2: body is no file of the cohort",
        ),
        ({"truth": [{}]}, "truth.jsonl, line 1: the line must have one of session, week and event"),
        ({"truth": [{"event": _EVENT, **_week()}]}, "line 1: the line must have one of session"),
        ({"truth": [_week(patient="zoe")]}, "line 1: patient must be one of patients.jsonl"),
        ({"truth": [_week(monday="2026-10-06")]}, "line 1: week.monday must be a Monday"),
        ({"truth": [_week(due=-1)]}, "line 1: week.due must be at least 0"),
        ({"truth": [_week(), _week(done=3)]}, "line 2: week is that of an earlier line"),
        ({"truth": [{"event": _EVENT}] * 2}, "line 2: event is that of an earlier line"),
        (
            {"truth": [{"session": {"patient": "bo", **_SPAN}}] * 2},
            "line 2: session is that of an earlier line",
        ),
        (
            {"truth": [{"session": {"patient": "bo", **_SPAN, "end": _SPAN["start"]}}]},
            "line 1: session.end must be after its start",
        ),
        (
            {"truth": [{"session": {"patient": "bo", **_SPAN, "zones_ms": {"hard": 1}}}]},
            "line 1: session.zones_ms.hard must be 'very_light'",
        ),
        ({"truth": [{"event": {**_EVENT, "family": "mood"}}]}, "event.family must be one of adh"),
        (
            {"truth": [{"event": {**_EVENT, "until": "2026-10-01T00:00:00Z"}}]},
            "line 1: event.until must not be before its from",
        ),
    ],
)
def test_a_cohort_that_contradicts_itself_is_refused(
    tmp_path: Path, files: dict[str, Any], words: str
) -> None:
    with pytest.raises(CohortError) as refused:
        read_cohort(_cohort(tmp_path, **files))
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_member_that_stands_twice_is_refused_in_every_file(tmp_path: Path) -> None:
    for name in ("cohort.json", "patients.jsonl", "deliveries.jsonl", "truth.jsonl"):
        folder = tmp_path / name
        folder.mkdir()
        path = _cohort(folder) / name
        line = path.read_text().splitlines()[0]
        first = next(iter(json.loads(line).items()))
        path.write_text(f"{line[:-1]}, {json.dumps(dict([first]))[1:-1]}}}")
        with pytest.raises(CohortError, match=f"{name}.*has {first[0]} twice"):
            read_cohort(folder)
