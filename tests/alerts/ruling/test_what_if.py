"""What another threshold would have found: events, what holds them back, and working hours."""

from dataclasses import replace

from alerts.ruling.what_if import EventOutcome, WhatIf, what_if, what_if_shadow
from alerts.working_hours import DEFAULT_HOURS
from model.alert import RuleInput
from model.alerting.rule_rows import PainRating
from model.calendar import local_date
from model.prescribing.rule_settings import RuleSettings
from model.prescription import Pause
from tests.alerts.rules.ratings import PAIN_PRESCRIPTION, pain_input, rated
from tests.rows import values_of


def _on(*pain: PainRating, **more: object) -> RuleInput:
    return pain_input(*pain, **more)


def _if_seven(on: RuleInput) -> WhatIf:
    return what_if(on, "P1", {"very_high": 7}, DEFAULT_HOURS)


_EARLY, _LATE = rated("early", 20 * 24, 7), rated("late", 2, 9)


def test_what_a_change_adds_and_removes() -> None:
    result = _if_seven(_on(_EARLY, _LATE))
    assert values_of(result.before, "key") == ["late"]
    assert values_of(result.after, "key") == ["early", "late"]
    assert values_of(result.added, "key", "outcome") == [("early", EventOutcome.RAISED)]
    assert result.removed == ()
    stricter = what_if(_on(_EARLY, _LATE), "P1", {"very_high": 10}, DEFAULT_HOURS)
    assert values_of(stricter.removed, "key") == ["late"]


def test_an_event_that_is_held_back_is_shown_as_such() -> None:
    day = local_date(_EARLY.at_ms, "UTC")
    pause = Pause(first=day, last=day, why="holiday")
    paused = replace(PAIN_PRESCRIPTION, pauses=(pause,))
    high = [rated("h1", 20 * 24 + 24, 6), rated("h2", 20 * 24, 6)]
    result = what_if(_on(*high, prescriptions=(paused,)), "P1", {"sessions": 1}, DEFAULT_HOURS)
    assert values_of(result.after, "key", "outcome", "why", "notified_ms") == [
        ("h1", EventOutcome.RAISED, "", result.after[0].notified_ms),
        ("h2", EventOutcome.HELD, "pause", None),
    ]


def test_a_cooldown_holds_back_what_follows() -> None:
    high = [rated(f"h{day}", day * 24, 6) for day in (20, 18, 12)]
    result = what_if(_on(*high), "P1", {"sessions": 1}, DEFAULT_HOURS)
    assert values_of(result.after, "key", "outcome", "why") == [
        ("h20", EventOutcome.RAISED, ""),
        ("h18", EventOutcome.JOINED, "cooldown"),
        ("h12", EventOutcome.RAISED, ""),
    ]


def test_quiet_hours_put_off_who_is_told_and_tier_a_is_told_at_once() -> None:
    # PAIN_NOW is a Monday at noon: 40 hours before it lie in the night to Sunday
    night, very_high = rated("night", 40, 6), rated("grave", 40, 9)
    assert not DEFAULT_HOURS.is_working(night.at_ms)
    (event,) = what_if(_on(night), "P1", {"sessions": 1}, DEFAULT_HOURS).after
    assert event.notified_ms == DEFAULT_HOURS.add_working_ms(night.at_ms, 0) > night.at_ms
    (grave,) = what_if(_on(very_high), "P1", {"sessions": 1}, DEFAULT_HOURS).after
    assert grave.notified_ms == grave.at_ms


def test_a_rule_in_shadow_is_asked_about_as_if_it_were_not() -> None:
    on = _on(_LATE, settings=RuleSettings(shadow=frozenset({"P1"})))
    assert values_of(_if_seven(on).before, "outcome") == [EventOutcome.RAISED]


def test_a_figure_of_a_prescription_stays() -> None:
    own = replace(PAIN_PRESCRIPTION, rules={"P1": {"very_high": 8}})
    assert _if_seven(_on(_EARLY, prescriptions=(own,))).after == ()


def test_a_rule_that_goes_into_shadow_loses_all_its_events_and_gains_them_back() -> None:
    on, hidden = _on(_EARLY, _LATE), RuleSettings(shadow=frozenset({"P1"}))
    into = what_if_shadow(on, "P1", DEFAULT_HOURS, in_shadow=True)
    assert (values_of(into.removed, "key"), into.added) == (["late"], ())
    out = what_if_shadow(replace(on, settings=hidden), "P1", DEFAULT_HOURS, in_shadow=False)
    assert (values_of(out.added, "key"), out.removed) == (["late"], ())
    stays = what_if_shadow(on, "P1", DEFAULT_HOURS, in_shadow=False)
    assert (stays.added, stays.removed, values_of(stays.after, "key")) == ((), (), ["late"])
