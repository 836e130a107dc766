"""What `kadens derive` tells of the rules: no rule of the worker is silent without a server."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kadens.derivation.derivation import derive_manifest
from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, rfc3339
from simulate.fit_writer import Recording, write_activity
from tests.derivation.lives import DEVICE, THREE_A_WEEK, WORN_DAYS, Diary, concluded

_Body = tuple[str, bytes]  # the connector, and what came through it
_MONDAY_MS = 1_763_971_200_000 - 14 * DAY_MS  # 2025-11-10T08:00:00Z
PLAN: dict[str, Any] = {
    "id": "rx-1",
    "version": 1,
    "valid_from": "2025-06-01",
    "valid_to": "2026-06-01",
    "sessions_per_week": 3,
    "minutes_per_session": 30,
    "intensity": {"method": "hrr", "low": 0.4, "high": 0.6},
}


def steady_walk(begin_ms: int, minutes: int, bpm: float) -> bytes:
    t = begin_ms + np.arange(minutes * 60, dtype=np.int64) * 1000
    end_ms = begin_ms + minutes * MINUTE_MS
    columns = {"heart_rate": np.full(len(t), bpm)}
    return write_activity(Recording(start_ms=begin_ms, end_ms=end_ms, t=t, columns=columns))


def _answer(at_ms: int, **more: Any) -> bytes:  # noqa: ANN401
    report = {"id": "a1", "answered_at": rfc3339(at_ms), **more}
    event = {"type": "report.created", "patient": "u", "report": report}
    return json.dumps(event).encode()


def _findings(folder: Path, *bodies: _Body, **rx: object) -> list[tuple[str, str]]:
    """Return rule and tier of what is found in bodies, each given with its connector."""
    entries: list[dict[str, Any]] = []
    for number, (connector, content) in enumerate(bodies):
        (folder / f"{number}.body").write_bytes(content)
        received = rfc3339(_MONDAY_MS + 5 * DAY_MS)
        entries.append({"path": f"{number}.body", "connector": connector, "received": received})
    manifest = {
        "zone": "Europe/Stockholm",
        "now": rfc3339(_MONDAY_MS + 5 * DAY_MS + HOUR_MS),
        "profiles": [{"valid_from": "2025-01-01", "hr_rest": 60, "hr_max": 180}],
        "prescriptions": [{**PLAN, **rx}],
        "bodies": entries,
    }
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    findings = derive_manifest(path).conclusions.findings
    return [(item.rule, item.tier.value) for item in findings]


def test_an_answer_of_yes_to_a_warning_sign_is_findings(tmp_path: Path) -> None:
    sign = {"instrument": "red_flag", "scale": "yes-no", "reason": "leg_weakness"}
    yes = _answer(_MONDAY_MS, value=1, **sign)
    assert _findings(tmp_path, ("reports", yes)) == [("P5", "A")]
    assert _findings(tmp_path, ("reports", _answer(_MONDAY_MS, value=0, **sign))) == []


def test_four_sessions_out_of_the_range_are_findings(tmp_path: Path) -> None:
    easy = [("files", steady_walk(_MONDAY_MS + day * DAY_MS, 30, 90.0)) for day in range(4)]
    assert _findings(tmp_path, *easy) == [("A7", "C")]
    assert _findings(tmp_path, *easy[:3]) == []


def test_a_long_session_that_was_too_hard_is_found_on_either_scale(tmp_path: Path) -> None:
    body = "files", steady_walk(_MONDAY_MS, 61, 120.0)
    for value, scale, rules in (
        (16, "borg-6-20", [("A6", "C")]),
        (15, "borg-6-20", []),
        (5.5, "borg-cr10", [("A6", "C")]),
        (5, "borg-cr10", []),
    ):
        answer = _answer(
            _MONDAY_MS + 62 * MINUTE_MS, instrument="exertion", value=value, scale=scale
        )
        assert _findings(tmp_path, body, ("reports", answer), rpe_ceiling=5) == rules, value


def test_a_session_above_the_ceiling_is_found_where_one_is_prescribed(tmp_path: Path) -> None:
    body = "files", steady_walk(_MONDAY_MS, 40, 125.0)
    for ceiling, rules in ((124, [("H1", "B")]), (125, []), (115, [("H1", "A")]), (None, [])):
        assert _findings(tmp_path, body, hr_ceiling=ceiling) == rules, ceiling
    off = {"H1": {"on": 0}}
    assert _findings(tmp_path, body, hr_ceiling=115, rules=off) == []


def test_a_vendors_notice_about_rhythm_is_passed_on_where_a_prescription_asks(
    tmp_path: Path,
) -> None:
    at = "2025-11-12 09:41:05 +0100"
    notice = (
        '<HealthData><Record type="HKCategoryTypeIdentifierIrregularHeartRhythmEvent" '
        f'sourceName="Watch" creationDate="{at}" startDate="{at}" endDate="{at}" '
        'value="HKCategoryValueNotApplicable"/></HealthData>'
    )
    export = "files", notice.encode()
    other = "files", notice.replace("IrregularHeartRhythm", "HighHeartRate").encode()
    asks = {"H5": {"on": 1}}
    assert _findings(tmp_path, export) == []
    assert _findings(tmp_path, export, rules=asks) == [("H5", "B")]
    # the next export has it again, and one of a high heart rate is none about rhythm
    again = "files", notice.replace("</HealthData>", "\n</HealthData>").encode()
    assert _findings(tmp_path, export, again, rules=asks) == [("H5", "B")]
    assert _findings(tmp_path, other, rules=asks) == []


_CEILING = replace(THREE_A_WEEK, hr_ceiling=140)
_BEGIN = 600  # minute of a day


def _above_ceiling(diary: Diary) -> list[tuple[str, float]]:
    """Return tier and minutes of each finding of rule H1."""
    findings = concluded(diary, prescriptions=(_CEILING,)).results.findings
    return [(row.tier.value, row.evidence["minutes"]) for row in findings if row.rule == "H1"]


@pytest.mark.parametrize(("minutes", "tier"), [(4, "B"), (5, "A")])
def test_the_last_sample_above_holds_until_the_next(minutes: int, tier: str) -> None:
    diary = Diary().workout(2, _BEGIN, _BEGIN + 20).pulse(2, _BEGIN, _BEGIN + 20)
    diary.samples("heart_rate", 2, _BEGIN, _BEGIN + minutes, 150, every=1 / 60, source=DEVICE)
    assert _above_ceiling(diary) == [(tier, minutes)]


_WITHOUT: dict[str, Callable[[Diary], Diary]] = {
    "of which nothing has heart rate": lambda diary: diary.workout(2, _BEGIN, _BEGIN + 30),
    "that the patient reports": lambda diary: diary.by_hand(2, _BEGIN, _BEGIN + 30, 4),
    "with a single sample that is implausible": lambda diary: diary.workout(
        2, _BEGIN, _BEGIN + 30
    ).samples("heart_rate", 2, _BEGIN, _BEGIN + 1, 240, source=DEVICE),
}


@pytest.mark.parametrize("name", _WITHOUT)
def test_a_session_without_heart_rate_is_derived_under_a_ceiling(name: str) -> None:
    diary = _WITHOUT[name](Diary().worn(WORN_DAYS, off=(_BEGIN - 60, _BEGIN + 60)))
    result = concluded(diary, prescriptions=(_CEILING,))
    assert [row[:2] for row in result.sessions] == [(2, _BEGIN)]
    assert _above_ceiling(diary) == []
