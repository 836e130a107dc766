"""A patient is nudged about a silent watch: from 48 hours on, every 48 hours, up to a week."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.silence_nudges import next_nudge_ms, silence_nudge
from model.alert import RuleInput
from model.alerting.rule_rows import Watermark
from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, local_date
from model.prescription import Pause
from tests.alerts.rules.ratings import PAIN_NOW, PAIN_PRESCRIPTION, pain_input


def _on(hours: float, **more: object) -> RuleInput:
    mark = Watermark(vendor="polar", time_ms=PAIN_NOW - int(hours * HOUR_MS))
    return pain_input(**{"watermarks": (mark,), **more})


@pytest.mark.parametrize(
    ("hours", "number"),
    [(47.9, 0), (48, 1), (95.9, 1), (96, 2), (144, 3), (167.9, 3), (168, 0), (500, 0)],
)
def test_every_two_days_up_to_a_week(hours: float, number: int) -> None:
    name = silence_nudge(_on(hours))
    assert name == (f"silence/{PAIN_NOW - int(hours * HOUR_MS)}/{number}" if number else "")


@pytest.mark.parametrize(
    ("hours", "due_in"), [(0, 48), (47, 1), (48, 48), (143, 1), (144, None), (300, None)]
)
def test_it_is_due_by_the_clock_alone(hours: int, due_in: int | None) -> None:
    expected = None if due_in is None else PAIN_NOW + due_in * HOUR_MS
    assert next_nudge_ms(_on(hours)) == expected
    assert next_nudge_ms(pain_input()) is None


def _loading(hours: int, history_ms: int) -> RuleInput:
    on = _on(hours)
    return replace(on, watermarks=(replace(on.watermarks[0], history_ms=history_ms),))


def test_nobody_is_nudged_while_a_history_is_loaded() -> None:
    on = _loading(50, PAIN_NOW - 1)
    ready_ms = PAIN_NOW - 1 + 2 * MINUTE_MS
    assert (silence_nudge(on), next_nudge_ms(on)) == ("", ready_ms)
    later = replace(on, now_ms=ready_ms)
    silent_since = PAIN_NOW - 50 * HOUR_MS
    assert silence_nudge(later) == f"silence/{silent_since}/1"
    assert next_nudge_ms(later) == silent_since + 96 * HOUR_MS
    assert next_nudge_ms(_loading(300, PAIN_NOW)) is None


def test_nobody_is_nudged_without_a_plan_in_a_pause_under_restriction_or_in_an_outage() -> None:
    today = local_date(PAIN_NOW, "UTC")
    pause = Pause(first=today, last=today + timedelta(days=1), why="illness")
    on = _on(50)
    assert silence_nudge(on)
    for change in (
        {"prescriptions": ()},
        {"prescriptions": (replace(PAIN_PRESCRIPTION, pauses=(pause,)),)},
        {"restricted": ((PAIN_NOW - 1, PAIN_NOW + DAY_MS),)},
        {"silent_patients": {"polar": (5, 6)}},
        {"watermarks": ()},
    ):
        assert silence_nudge(replace(on, **change)) == ""
