"""Dates without consent ask for nothing: they leave what was due in their week."""

import json
from pathlib import Path
from typing import Any

from kadens.derivation.derivation import derive_manifest
from kadens.derivation.derived_json import derivation_json
from tests.derivation.test_findings import PLAN, steady_walk

_FROM = "2025-06-01T00:00:00Z"


def _weeks(folder: Path, *consents: dict[str, str]) -> dict[str, dict[str, Any]]:
    (folder / "walk.fit").write_bytes(
        steady_walk(1_762_761_600_000, 30, 120.0)
    )  # Monday, 08:00 UTC
    body = {"path": "walk.fit", "connector": "files", "received": "2025-11-10T10:00:00Z"}
    manifest = {
        "zone": "Europe/Stockholm",
        "now": "2025-12-01T08:00:00Z",
        "profiles": [{"valid_from": "2025-01-01", "hr_rest": 60, "hr_max": 180}],
        "prescriptions": [PLAN],
        "consents": [{"source": "files", "from": _FROM, **row} for row in consents],
        "bodies": [body],
    }
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return {row["monday"]: row for row in derivation_json(derive_manifest(path))["weeks"]}


def test_one_session_was_due_before_consent_ended_on_a_thursday(tmp_path: Path) -> None:
    # four of seven days of three sessions a week: one session, and it was done
    weeks = _weeks(tmp_path, {"to": "2025-11-13T12:00:00Z"})
    assert weeks["2025-11-10"]["frequency"] == 1.0
    # nothing is due in a week without consent, so there is no share of it
    assert [weeks[first]["frequency"] for first in ("2025-11-17", "2025-11-24")] == [None, None]


def test_while_consent_holds_the_week_asks_for_all_sessions(tmp_path: Path) -> None:
    # one of three is known, and the other days are not
    for row in ({}, {"to": "2025-11-30T23:30:00Z"}):
        assert _weeks(tmp_path, row)["2025-11-10"]["frequency"] is None, row


def test_a_gap_of_days_takes_off_what_they_asked_for(tmp_path: Path) -> None:
    # Tuesday to Sunday are without consent: a seventh of three sessions is none
    gap = {"to": "2025-11-10T22:30:00Z"}, {"from": "2025-11-16T23:30:00Z"}
    assert _weeks(tmp_path, *gap)["2025-11-10"]["frequency"] is None
    # Tuesday to Saturday: two sevenths are none either, Tuesday to Thursday leave one
    gap = {"to": "2025-11-10T22:30:00Z"}, {"from": "2025-11-14T08:00:00Z"}
    assert _weeks(tmp_path, *gap)["2025-11-10"]["frequency"] == 1.0
