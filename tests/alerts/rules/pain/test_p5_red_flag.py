"""Rules P5 and H6: one answer of yes is enough at once, and nothing else is a yes."""

from dataclasses import replace
from datetime import date

import pytest

from alerts.registry import judge
from alerts.rules.heart.h6_symptom import SYMPTOM
from alerts.rules.pain.p5_red_flag import RED_FLAG
from model.alert import RuleInput, Tier
from model.alerting.rule_rows import SignAnswer
from model.calendar import DAY_MS, MINUTE_MS, local_date
from model.facts import Instrument, Report
from model.prescription import Pause
from model.words.red_flags import RED_FLAGS
from storage.alerts.report_answers import sign_answers
from tests.alerts.rules.ratings import PAIN_NOW, PAIN_PRESCRIPTION, pain_input
from tests.rows import values_of
from tests.storage.tellers import PERSON, attributed_fact, head

_HEART = ("chest_pain", "fainting", "breathless_at_rest", "breathless_more")


def _yes(sign: str, at_ms: int = PAIN_NOW - MINUTE_MS) -> SignAnswer:
    day = local_date(at_ms, "UTC")
    return SignAnswer(record=f"r {sign}", at_ms=at_ms, local_date=day, sign=sign)


def _on(sign: str, *, heart: float = 0) -> RuleInput:
    asks = replace(PAIN_PRESCRIPTION, rules={"H6": {"on": heart}})
    return pain_input(signs=(_yes(sign),), prescriptions=(asks,))


@pytest.mark.parametrize("sign", [*RED_FLAGS, ""])
def test_a_yes_is_an_alert_of_tier_a_at_once(sign: str) -> None:
    findings = judge(_on(sign), (RED_FLAG,))
    expected = [] if sign == "breathless_more" else [(f"r {sign}", Tier.A, True)]
    assert values_of(findings, "key", "tier", "fresh") == expected


@pytest.mark.parametrize("sign", RED_FLAGS)
def test_a_symptom_of_the_heart_is_one_where_a_prescription_asks(sign: str) -> None:
    assert bool(judge(_on(sign, heart=1), (SYMPTOM,))) is (sign in _HEART)
    assert judge(_on(sign), (SYMPTOM,)) == ()


def test_no_pause_and_no_first_week_holds_it_back() -> None:
    today = local_date(PAIN_NOW, "UTC")
    paused = replace(PAIN_PRESCRIPTION, pauses=(Pause(first=today, last=today, why="holiday"),))
    begun = replace(PAIN_PRESCRIPTION, valid_from=today)
    for prescriptions in ((paused,), (begun,), ()):
        on = replace(_on("chest_pain"), prescriptions=prescriptions)
        assert values_of(judge(on, (RED_FLAG,)), "fresh") == [True]


def test_it_is_fresh_for_two_weeks() -> None:
    on = pain_input(signs=(_yes("fainting", PAIN_NOW - 14 * DAY_MS),))
    assert values_of(judge(on, (RED_FLAG,)), "fresh") == [True]
    late = replace(on, now_ms=PAIN_NOW + 1)
    assert values_of(judge(late, (RED_FLAG,)), "fresh") == [False]


def test_the_sentence() -> None:
    (finding,) = judge(_on("chest_pain"), (RED_FLAG,))
    assert finding.sentence == (
        "Answered yes to chest pain on 2026-11-23 (rule P5). "
        "The patient was told at once to call 112 or 1177."
    )


def test_a_no_and_an_open_question_are_no_yes() -> None:
    facts = [
        Report(
            head=head(f"q{number}", PAIN_NOW + number, PAIN_NOW + number, source=PERSON),
            instrument=Instrument.RED_FLAG,
            value=value,
            scale="yes-no",
            reason="chest_pain",
        )
        for number, value in enumerate((0, None, 1))
    ]
    answers = sign_answers(map(attributed_fact, facts), "UTC")
    assert values_of(answers, "record", "sign", "local_date") == [
        ("q2", "chest_pain", date(2026, 11, 23))
    ]
