"""A day of rest, and a missed one, explained under prescriptions with weekdays and without."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kadens.derivation.derivation import derive_manifest
from kadens.derivation.explanation import explanation
from model.calendar import DAY_MS, MINUTE_MS, rfc3339
from simulate.open_wearables_writer import heart_rate_body, workout_body

_MONDAY_MS = 1_763_938_800_000  # 2025-11-24T00:00:00+01:00
_ZONE = "Europe/Stockholm"
_PLAN: dict[str, Any] = {
    "id": "rx",
    "version": 1,
    "valid_from": "2025-11-01",
    "valid_to": "2026-10-31",
    "sessions_per_week": 2,
    "minutes_per_session": 30,
    "intensity": {"method": "hrr", "low": 0.4, "high": 0.6},
}
_WEEKDAYS = {**_PLAN, "weekdays": ["mon", "wed"]}
_ILLNESS = {"first": "2025-11-24", "last": "2025-11-30", "why": "illness"}
_ANY_DAYS = {**_PLAN, "id": "walks", "sessions_per_week": 1}
_ONLY = "prescription rx asks for sessions on mon wed only"
_ROOM = "the week could still be completed on its other days"
_MADE_UP = "what prescription rx asks for on this weekday other dates held, or may have held"
_NOTHING = "no session is prescribed for this date"
_MISSED = "no activity: a session was due, the device was worn, and none was recorded"

Reasons = Callable[..., dict[str, str]]


@pytest.fixture(name="reasons")
def _reasons(tmp_path: Path) -> Reasons:
    """Return what gives the line about the state of each date of a worn week, by weekday."""
    t = _MONDAY_MS + np.arange(8 * 24 * 12, dtype=np.int64) * 5 * MINUTE_MS
    heart = heart_rate_body("u", _ZONE, t, 60.0 + np.arange(len(t), dtype=np.float64) % 2)

    def reasons(*prescriptions: dict[str, Any], session_on: int | None = None) -> dict[str, str]:
        bodies = [heart] if session_on is None else [heart, _walk(session_on)]
        rows: list[dict[str, Any]] = []
        for number, body in enumerate(bodies):
            (tmp_path / f"{number}.json").write_bytes(body)
            received = rfc3339(_MONDAY_MS + 9 * DAY_MS)
            rows.append(
                {"path": f"{number}.json", "connector": "open_wearables", "received": received}
            )
        manifest = {"zone": _ZONE, "now": "2025-12-04T08:00:00+01:00", "bodies": rows}
        path = tmp_path / "manifest.json"
        path.write_text(json.dumps({**manifest, "prescriptions": prescriptions}), encoding="utf-8")
        return _of_week(path)

    return reasons


def _of_week(path: Path) -> dict[str, str]:
    derivation = derive_manifest(path)
    shown: dict[str, str] = {}
    for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun")):
        lines = list(map(str.strip, explanation(derivation, "day", f"2025-11-{24 + number}")))
        shown[name] = lines[lines.index("why this state") + 1]
    return shown


def _walk(day: int) -> bytes:
    start_ms = _MONDAY_MS + day * DAY_MS + 600 * MINUTE_MS
    return workout_body("u", _ZONE, "w", "walking", (start_ms, start_ms + 30 * MINUTE_MS), {})


def test_with_weekdays_the_others_are_rest_and_these_are_missed(reasons: Reasons) -> None:
    shown = reasons(_WEEKDAYS)
    assert (shown["mon"], shown["wed"]) == (_MISSED, _MISSED)
    assert {shown[name] for name in ("tue", "thu", "fri", "sat", "sun")} == {f"rest: {_ONLY}"}


def test_a_weekday_that_another_date_made_up_for_says_so(reasons: Reasons) -> None:
    shown = reasons(_WEEKDAYS, session_on=5)
    assert (shown["mon"], shown["wed"]) == (f"rest: {_MADE_UP}", _MISSED)
    assert shown["sat"] == "active: a session counts on this date"


def test_without_weekdays_the_week_could_be_completed(reasons: Reasons) -> None:
    shown = reasons(_PLAN)
    assert [shown[name] for name in ("mon", "fri", "sat", "sun")] == [
        f"rest: {_ROOM}", f"rest: {_ROOM}", _MISSED, _MISSED
    ]  # fmt: skip


def test_each_prescription_has_its_reason(reasons: Reasons) -> None:
    shown = reasons(_WEEKDAYS, _ANY_DAYS)
    assert shown["tue"] == f"rest: {_ONLY}; {_ROOM}"
    assert shown["sun"] == _MISSED


def test_what_asks_for_nothing_is_no_reason(reasons: Reasons) -> None:
    paused = {**_ANY_DAYS, "pauses": [_ILLNESS]}
    assert reasons(_WEEKDAYS, paused)["tue"] == f"rest: {_ONLY}"
    only_dose = {**_PLAN, "sessions_per_week": 0, "dose_min_per_week": 90}
    assert reasons(only_dose)["tue"] == f"rest: {_NOTHING}"
    assert reasons()["tue"] == f"rest: {_NOTHING}"
