"""What raises no alert although its rule is met: pause, first days, restriction, shadow."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from alerts.lifecycle import settle
from alerts.occasions import Occasion, finding_of
from alerts.registry import RULES, held_back, judge, next_due, of_alerts
from alerts.rules.pain.p1_high_pain import HIGH_PAIN
from model.alert import Finding, Rule, RuleInput
from model.alerting.rule_rows import SignAnswer, Watermark
from model.calendar import DAY_MS, MINUTE_MS, local_date
from model.prescribing.blocked_dates import RESTRICTED, BlockedDates, paused_while_blocked
from model.prescribing.rule_settings import RuleSettings
from model.prescription import Pause, Prescription
from tests.alerts.rules.ratings import PAIN_NOW, PAIN_PRESCRIPTION, pain_input, rated
from tests.rows import values_of

_TODAY = local_date(PAIN_NOW, "UTC")
_PAUSE = Pause(first=_TODAY - timedelta(days=1), last=_TODAY, why="illness")
_PAIN = [rated("a", 25, 6), rated("b", 1, 6)]  # P1, tier B
_GRAVE = [rated("a", 1, 9)]  # P1, tier A


def _suppressed(on: RuleInput) -> list[tuple[str, bool]]:
    return values_of(judge(on), "suppressed", "fresh")


def _begun(days_ago: int) -> Prescription:
    return replace(PAIN_PRESCRIPTION, valid_from=_TODAY - timedelta(days=days_ago))


def test_a_pause_and_the_first_week_leave_tier_a() -> None:
    paused = (replace(PAIN_PRESCRIPTION, pauses=(_PAUSE,)),)
    assert _suppressed(pain_input(*_PAIN)) == [("", True)]
    assert _suppressed(pain_input(*_PAIN, prescriptions=paused)) == [("pause", False)]
    assert _suppressed(pain_input(*_GRAVE, prescriptions=paused)) == [("", True)]
    assert _suppressed(pain_input(*_PAIN, prescriptions=(_begun(6),))) == [("first days", False)]
    assert _suppressed(pain_input(*_PAIN, prescriptions=(_begun(7),))) == [("", True)]
    assert _suppressed(pain_input(*_GRAVE, prescriptions=(_begun(0),))) == [("", True)]


def test_an_answer_on_a_date_that_is_blocked_in_part_counts() -> None:
    blocked = BlockedDates(first=_TODAY - timedelta(days=1), last=_TODAY, why=RESTRICTED)
    plan = paused_while_blocked(PAIN_PRESCRIPTION, [blocked])
    assert plan.pauses
    assert _suppressed(pain_input(*_PAIN, prescriptions=(plan,))) == [("", True)]


@pytest.mark.parametrize(("since_ms", "why"), [(0, "restriction"), (PAIN_NOW, "")])
def test_under_a_restriction_nothing_is_raised(since_ms: int, why: str) -> None:
    sign = SignAnswer(
        record="s", at_ms=PAIN_NOW - 1, local_date=date(2026, 11, 23), sign="fainting"
    )
    spans = ((since_ms, PAIN_NOW + DAY_MS),)
    on = pain_input(*_GRAVE, signs=(sign,), restricted=spans)
    assert set(_suppressed(on)) == {(why, not why)}


def test_a_rule_in_shadow_is_judged_and_raises_nothing() -> None:
    on = pain_input(*_PAIN, settings=RuleSettings(shadow=frozenset({"P1"})))
    findings = judge(on)
    assert values_of(findings, "rule", "suppressed", "fresh") == [("P1", "shadow", False)]
    assert of_alerts(on, findings) == ()
    assert settle((), (), of_alerts(on, findings), PAIN_NOW) == ()
    assert of_alerts(pain_input(*_PAIN), findings) == findings


def test_each_rule_says_whether_it_waits_for_a_pause() -> None:
    waiting = {rule.id for rule in RULES if rule.about_missed}
    assert waiting == {"A1", "A2", "A3", "A4", "A5", "D1"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
@pytest.mark.parametrize(
    ("since_ms", "is_loading"),
    [
        (0, True),
        (2 * MINUTE_MS - 1, True),
        (2 * MINUTE_MS, False),
        # received a moment later, by another clock, and far in the future, by a wrong one
        (-2 * MINUTE_MS, True),
        (-2 * MINUTE_MS - 1, False),
    ],
)
def test_nothing_was_missed_while_a_history_is_loaded(
    rule: Rule, since_ms: int, *, is_loading: bool
) -> None:
    occasion = Occasion(key="k", at_ms=PAIN_NOW, from_ms=PAIN_NOW, fresh_until_ms=PAIN_NOW)

    def predicate(on: RuleInput, own: Rule) -> list[Finding]:
        return [finding_of(on, own, occasion, {})]

    made = replace(
        rule, predicate=predicate, sentence=lambda _evidence: "", next_due=lambda _on, _rule: ()
    )
    marks = (
        Watermark(vendor="garmin", time_ms=PAIN_NOW),
        Watermark(vendor="files", time_ms=PAIN_NOW - DAY_MS, history_ms=PAIN_NOW - since_ms),
    )
    on = pain_input(watermarks=marks)
    waits = is_loading and rule.about_missed
    assert values_of(judge(on, (made,)), "fresh", "fresh_until_ms") == [(not waits, PAIN_NOW)]
    assert next_due(on, (made,)) == (PAIN_NOW - since_ms + 2 * MINUTE_MS if waits else None)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
@pytest.mark.parametrize(("why", "count"), [("pause", 1), ("", 0)])
def test_what_is_held_back_is_known_of_every_rule(rule: Rule, why: str, count: int) -> None:
    occasion = Occasion(key="k", at_ms=PAIN_NOW, from_ms=PAIN_NOW, fresh_until_ms=PAIN_NOW)
    finding = replace(finding_of(pain_input(), rule, occasion, {}), suppressed=why)
    assert len(held_back(pain_input(), [finding])) == count


def test_what_is_too_old_to_raise_an_alert_was_held_back_by_nothing() -> None:
    for days, count in ((14, 1), (14.1, 0)):
        at_ms = PAIN_NOW - int(days * DAY_MS)
        occasion = Occasion(key="k", at_ms=at_ms, from_ms=at_ms, fresh_until_ms=at_ms)
        finding = replace(finding_of(pain_input(), HIGH_PAIN, occasion, {}), suppressed="pause")
        assert len(held_back(pain_input(), [finding])) == count
