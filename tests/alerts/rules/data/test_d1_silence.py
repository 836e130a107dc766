"""Rule D1: silence of a week, found by the clock, and held back in a vendor's outage."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.registry import judge, next_due
from alerts.rules.data.d1_silence import SILENCE
from model.alert import RuleInput
from model.alerting.rule_rows import Watermark
from model.calendar import DAY_MS, MINUTE_MS, local_date, midnight
from model.prescription import Pause
from tests.alerts.rules.ratings import PAIN_NOW, PAIN_PRESCRIPTION, pain_input
from tests.rows import values_of

_WEEK_MS = 7 * DAY_MS
_LOADED_MS = 2 * MINUTE_MS


def _on(silent_ms: int, **more: object) -> RuleInput:
    mark = Watermark(vendor="polar", time_ms=PAIN_NOW - silent_ms)
    return pain_input(**{"watermarks": (mark,), **more})


def _findings(on: RuleInput) -> list[tuple[bool, str]]:
    return values_of(judge(on, (SILENCE,)), "fresh", "suppressed")


@pytest.mark.parametrize(
    ("silent_ms", "held"), [(_WEEK_MS, True), (_WEEK_MS - 1, False), (22 * DAY_MS, False)]
)
def test_a_week_without_data(silent_ms: int, *, held: bool) -> None:
    on = _on(silent_ms)
    assert [fresh for fresh, _ in _findings(on)] == ([held] if silent_ms >= _WEEK_MS else [])


def test_it_is_found_without_new_data() -> None:
    on = _on(DAY_MS)
    assert next_due(on, (SILENCE,)) == PAIN_NOW + 6 * DAY_MS
    assert _findings(replace(on, now_ms=PAIN_NOW + 6 * DAY_MS)) == [(True, "")]
    assert next_due(_on(_WEEK_MS), (SILENCE,)) is None


@pytest.mark.parametrize(
    ("arrived_ms", "fresh", "due_ms"),
    [
        (None, True, None),
        (PAIN_NOW - _LOADED_MS, True, None),
        # a history is being loaded, and its newest is a week old: nobody is silent yet
        (PAIN_NOW - _LOADED_MS + 1, False, PAIN_NOW + 1),
        (PAIN_NOW, False, PAIN_NOW + _LOADED_MS),
    ],
)
def test_what_arrived_within_two_minutes_raises_nothing(
    arrived_ms: int | None, due_ms: int | None, *, fresh: bool
) -> None:
    mark = Watermark(vendor="polar", time_ms=PAIN_NOW - _WEEK_MS, history_ms=arrived_ms)
    on = _on(_WEEK_MS, watermarks=(mark,))
    assert _findings(on) == [(fresh, "")]
    assert next_due(on, (SILENCE,)) == due_ms
    # it may still raise an alert then, and keeps one that is there
    [finding] = judge(on, (SILENCE,))
    assert finding.fresh_until_ms == PAIN_NOW + 14 * DAY_MS


def test_who_never_delivered_and_who_has_no_plan_is_not_silent() -> None:
    assert _findings(pain_input()) == []
    unworn = Watermark(vendor="reports", time_ms=PAIN_NOW - _WEEK_MS, worn=False)
    assert _findings(pain_input(watermarks=(unworn,))) == []
    assert _findings(_on(_WEEK_MS, prescriptions=())) == []


def test_one_source_that_delivers_is_enough() -> None:
    other = Watermark(vendor="garmin", time_ms=PAIN_NOW - DAY_MS)
    on = _on(2 * _WEEK_MS)
    assert _findings(replace(on, watermarks=(*on.watermarks, other))) == []


@pytest.mark.parametrize(
    ("silent", "patients", "why"),
    [(5, 10, "outage of the vendor"), (5, 11, ""), (4, 4, ""), (0, 0, "")],
)
def test_an_outage_of_a_vendor_is_no_alert_of_a_patient(
    silent: int, patients: int, why: str
) -> None:
    on = _on(_WEEK_MS, silent_patients={"polar": (silent, patients), "garmin": (9, 9)})
    assert _findings(on) == [(not why, why)]
    # when the vendor delivers to others again, the patient is looked at again
    tomorrow = midnight(local_date(PAIN_NOW, "UTC") + timedelta(days=1), "UTC")
    assert next_due(on, (SILENCE,)) == (tomorrow if why else None)


def test_a_pause_holds_it_back() -> None:
    today = local_date(PAIN_NOW, "UTC")
    paused = replace(PAIN_PRESCRIPTION, pauses=(Pause(first=today, last=today, why="holiday"),))
    assert _findings(_on(_WEEK_MS, prescriptions=(paused,))) == [(False, "pause")]


def test_the_sentence() -> None:
    (finding,) = judge(_on(_WEEK_MS), (SILENCE,))
    assert finding.sentence == (
        "Nothing from a worn device since 2026-11-16 (rule D1: for 7 days). Is it worn, and does "
        "it sync?"
    )
