"""Each figure of a derivation follows from its explanation, and leads to its payloads."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from kadens.derivation.derivation import Derivation, derive_manifest
from kadens.derivation.explanation import explanation
from model.calendar import MINUTE_MS, rfc3339
from simulate.open_wearables_writer import DEVICE, heart_rate_body, workout_body

_BEGIN_MS = 1_763_974_800_000  # 2025-11-24T09:00:00Z, a Monday
_RECEIVED_MS = _BEGIN_MS + 300 * MINUTE_MS
_ZONE = "Europe/Stockholm"


class Body(NamedTuple):
    connector: str
    content: bytes


def _workout(name: str, first: int, last: int, kind: str = "running") -> Body:
    span = _BEGIN_MS + first * MINUTE_MS, _BEGIN_MS + last * MINUTE_MS
    return Body("open_wearables", workout_body("u", _ZONE, name, kind, span, {}))


def _heart(first: int, last: int, bpm: float) -> Body:
    t = _BEGIN_MS + np.arange(first * 6, last * 6, dtype=np.int64) * 10_000
    # no sensor gives one value for ten minutes
    v = bpm + np.arange(len(t), dtype=np.float64) % 2
    return Body("open_wearables", heart_rate_body("u", _ZONE, t, v))


def _reported(first: int, last: int, exertion: float) -> Body:
    at = rfc3339(_BEGIN_MS + 100 * MINUTE_MS)
    session = {
        "id": "r1",
        "instrument": "session",
        "activity": "running",
        "started_at": rfc3339(_BEGIN_MS + first * MINUTE_MS),
        "ended_at": rfc3339(_BEGIN_MS + last * MINUTE_MS),
        "answered_at": at,
    }
    answer = {
        "id": "e1",
        "instrument": "exertion",
        "value": exertion,
        "scale": "borg-cr10",
        "session": "r1",
        "answered_at": at,
    }
    event = {"type": "report.created", "patient": "u", "reports": [session, answer]}
    return Body("reports", json.dumps(event).encode())


Derive = Callable[..., Derivation]


@pytest.fixture(name="derive")
def _derive(tmp_path: Path) -> Derive:
    def derive(bodies: Sequence[Body], *prescriptions: dict[str, Any]) -> Derivation:
        rows: list[dict[str, Any]] = []
        for number, body in enumerate(bodies):
            (tmp_path / f"{number}.json").write_bytes(body.content)
            received = rfc3339(_RECEIVED_MS + number * MINUTE_MS)
            row = {"path": f"{number}.json", "connector": body.connector, "received": received}
            rows.append(row)
        manifest = {
            "zone": _ZONE,
            "now": "2025-12-03T08:00:00+01:00",
            "profiles": [{"valid_from": "2025-01-01", "hr_rest": 60, "hr_max": 180}],
            "prescriptions": prescriptions,
            "bodies": rows,
        }
        path = tmp_path / "manifest.json"
        path.write_text(json.dumps(manifest), encoding="utf-8")
        return derive_manifest(path)

    return derive


def _lines(derivation: Derivation, kind: str) -> list[str]:
    sessions = derivation.conclusions.derived.sessions
    name = sessions[0].id if kind == "session" else "2025-11-24"
    return list(map(str.strip, explanation(derivation, kind, name)))


def test_samples_that_were_stated_again_are_no_part_of_the_figure(derive: Derive) -> None:
    # the last one states what the first did, for some of its time
    heart = _heart(0, 30, 130), _heart(0, 10, 120), _heart(25, 30, 130)
    lines = _lines(derive([_workout("w1", 0, 30), *heart]), "session")
    first, second, third = (line for line in lines if " samples of " in line)
    assert first.startswith("90 of 180 samples of 1.json by open_wearables, ")
    assert first.endswith("; the others were stated again, or deleted")
    assert second.startswith("60 samples of 2.json by open_wearables, ")
    assert third.startswith("30 samples of 3.json by open_wearables, ")
    mean = (60 * 120.5 + 120 * 130.5) / 180
    assert (
        f"180 samples are accepted outside of pauses, mean {mean:.1f} and highest 131 beats a "
        "minute"
    ) in lines


def test_samples_are_those_of_the_minutes_in_which_their_source_is_selected(
    derive: Derive,
) -> None:
    t = _BEGIN_MS + np.arange(10 * 6, dtype=np.int64) * 10_000
    strap = heart_rate_body("u", _ZONE, t, 140 + np.arange(60.0) % 2)
    strap = strap.replace(f'"{DEVICE}"'.encode(), b'"Polar H10"')
    bodies = [_workout("w1", 0, 30), _heart(0, 30, 130), Body("open_wearables", strap)]
    lines = _lines(derive(bodies), "session")
    samples = [line.split(" of ")[0] for line in lines if " samples of " in line]
    assert samples == ["60 samples", "120 samples"]
    assert any(line.startswith("180 samples are accepted outside of pauses") for line in lines)


def test_what_was_joined_leads_to_its_payload(derive: Derive) -> None:
    lines = _lines(derive([_workout("w1", 0, 20), _workout("w2", 22, 40)]), "session")
    at = next(n for n, line in enumerate(lines) if line.startswith("running w2, declared by "))
    assert lines[at + 1].startswith("in 1.json by open_wearables, received ")


def test_an_exertion_leads_to_the_answer_that_names_a_copy_of_the_session(derive: Derive) -> None:
    lines = _lines(derive([_workout("w1", 0, 30), _reported(1, 31, 4)]), "session")
    at = lines.index("answers")
    assert lines[at + 1 : at + 3] == [
        "exertion: 4 (borg-cr10), at 2025-11-24T10:40:00Z, of 1.json",
        "exertion of the session on Borg CR10: 4",
    ]


def test_an_exertion_that_was_passed_on_names_the_session_within(derive: Derive) -> None:
    derivation = derive([_workout("w1", 0, 60), _reported(20, 50, 4)])
    within = derivation.conclusions.derived.sessions[1].id
    lines = _lines(derivation, "session")
    at = lines.index("exertion of the session on Borg CR10: 4")
    passed = f"it was passed on by {within}, which does not count: within other sessions"
    assert lines[at + 1] == passed


def test_a_day_says_how_much_time_counts_once(derive: Derive) -> None:
    bodies = [_workout("w1", 0, 40), _workout("w2", 30, 60, "cycling")]
    lines = _lines(derive(bodies), "day")
    at = lines.index("60 min of sessions, in which overlapping time counts once")
    assert lines[at + 1] == "10 min more are of sessions of the same time, or do not count"
    assert "more are of sessions" not in " ".join(_lines(derive(bodies[:1]), "day"))


def test_the_dose_of_a_week_is_what_its_classes_and_answers_give(derive: Derive) -> None:
    bodies = [_workout("w1", 0, 30), _heart(0, 10, 120), _heart(10, 20, 140), _reported(0, 30, 3)]
    lines = _lines(derive(bodies), "week")
    at = lines.index("dose")
    # the last sample holds for a minute
    assert lines[at + 1 : at + 4] == [
        "40.8 min: moderate minutes and twice the vigorous ones",
        "measured: moderate 10 min, vigorous 10.8 min, unknown 9.2 min",
        "of the unknown time 9.2 min are judged by the reported exertion: dose 9.2 min",
    ]
    day = next(n for n, line in enumerate(lines) if line.startswith("2025-11-24 active: "))
    assert lines[day + 1] == "moderate 10 min, vigorous 10.8 min, unknown 9.2 min"


def _prescription(
    version: int, first: str, sessions: int, minutes: int, **more: object
) -> dict[str, Any]:
    return {
        "id": "rx",
        "version": version,
        "valid_from": first,
        "valid_to": "2026-11-01",
        "sessions_per_week": sessions,
        "minutes_per_session": minutes,
        "intensity": {"method": "hrr", "low": 0.4, "high": 0.6},
        **more,
    }


_STEP = {"from_week": 2, "sessions_per_week": 5, "minutes_per_session": 20}
_ILLNESS = {"first": "2025-11-24", "last": "2025-11-26", "why": "illness"}
_CHANGED: dict[str, tuple[list[Any], list[str]]] = {
    "a new version": (
        [
            _prescription(1, "2025-11-01", 3, 30, dose_min_per_week=90, strength_days=2),
            _prescription(2, "2025-11-27", 5, 40, dose_min_per_week=150, strength_days=3),
        ],
        [
            (
                "prescription rx version 1, 2025-11-24 to 2025-11-26: 3 sessions of 30 min a "
                "week, a "
                "dose of 90 min, 2 days with strength training, of every type: 3 x 3/7 = 9/7 "
                "sessions"
            ),
            (
                "prescription rx version 2, 2025-11-27 to 2025-11-30: 5 sessions of 40 min a "
                "week, a "
                "dose of 150 min, 3 days with strength training, of every type: 4 x 5/7 = 20/7 "
                "sessions"
            ),
            "prescription rx: 9/7 + 20/7 = 29/7, of which 4 are full sessions",
            "prescription rx: 4 x (9 x 30 + 20 x 40) / 29 = 147.586 min",
            "prescription rx: dose 4 x (3 x 90 + 4 x 150) / 29 = 120 min",
            "prescription rx: strength (3 x 2 + 4 x 3) / 7, of which 2 are full days",
            "sessions: 1 done of 4 due",
            "minutes: 30 min done of 147.586 due",
            "dose: 0 done of 120 due, moderate minutes and twice the vigorous ones",
            "strength: 0 days done of 2 due",
        ],
    ),
    "a step of a progression": (
        [_prescription(1, "2025-11-19", 3, 30, progression=[_STEP])],
        [
            (
                "prescription rx version 1, 2025-11-24 to 2025-11-25: 3 sessions of 30 min a "
                "week, of "
                "every type: 2 x 3/7 = 6/7 sessions"
            ),
            (
                "prescription rx version 1 with the step of week 2, 2025-11-26 to 2025-11-30: 5 "
                "sessions of 20 min a week, of every type: 5 x 5/7 = 25/7 sessions"
            ),
            "prescription rx: 6/7 + 25/7 = 31/7, of which 4 are full sessions",
            "prescription rx: 4 x (6 x 30 + 25 x 20) / 31 = 87.7419 min",
            "sessions: 1 done of 4 due",
            "minutes: 30 min done of 87.7419 due",
        ],
    ),
    "a pause, with weekdays": (
        [_prescription(1, "2025-11-01", 2, 30, weekdays=["mon", "fri"], pauses=[_ILLNESS])],
        [
            (
                "prescription rx version 1, 2025-11-24 to 2025-11-26: a pause or no consent, "
                "nothing "
                "is due"
            ),
            (
                "prescription rx version 1, 2025-11-27 to 2025-11-30: 2 sessions of 30 min a "
                "week, on "
                "mon fri, of every type: 1 x 7/7 = 7/7 sessions"
            ),
            "prescription rx: 7/7 = 7/7, of which 1 are full sessions",
            "prescription rx: 1 x (7 x 30) / 7 = 30 min",
            "3 days of a pause or without consent are taken off",
            "sessions: 1 done of 1 due",
            "minutes: 30 min done of 30 due",
        ],
    ),
    "all of it a step": (
        [_prescription(1, "2025-11-17", 3, 30, progression=[_STEP])],
        [
            (
                "prescription rx version 1 with the step of week 2: 5 sessions of 20 min a week, "
                "of "
                "every type"
            ),
            "sessions: 1 done of 5 due",
            "minutes: 30 min done of 100 due",
        ],
    ),
}


@pytest.mark.parametrize("name", _CHANGED)
def test_what_is_due_in_a_week_can_be_reckoned_by_hand(derive: Derive, name: str) -> None:
    prescriptions, expected = _CHANGED[name]
    lines = _lines(derive([_workout("w1", 0, 30)], *prescriptions), "week")
    at = lines.index("due") + 1
    assert lines[at : at + len(expected)] == expected
    assert lines[at + len(expected)].startswith("standing: ")


def test_each_known_date_of_a_week_has_a_reason(derive: Derive) -> None:
    answer = {"id": "k", "instrument": "week", "value": 1, "scale": "sessions-this-week"}
    report = {**answer, "answered_at": "2025-11-20T18:00:00Z"}
    pain = {"id": "p", "instrument": "pain", "value": 2, "scale": "nrs-0-10", "phase": "none"}
    event = {
        "type": "report.created",
        "patient": "u",
        "reports": [report, {**pain, "answered_at": "2025-11-22T18:00:00Z"}],
    }
    derivation = derive([Body("reports", json.dumps(event).encode())])
    lines = list(map(str.strip, explanation(derivation, "week", "2025-11-17")))
    at = lines.index("known") + 1
    assert lines[at : at + 3] == [
        "5 dates are known: 0 worn, 2 more answered, 3 more covered by the answer about the week",
        "answered: 2025-11-20, 2025-11-22",
        "covered by the answer about the week: 2025-11-17, 2025-11-18, 2025-11-19",
    ]
