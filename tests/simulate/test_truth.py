"""The pure half of Kadens over the cohort's own payloads.

Parsers, compute and rules detect what was planted and no more.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from alerts import registry
from model.alert import Finding, RuleInput
from model.alerting.rule_rows import PainRating, SessionBrief, Watermark
from model.calendar import DAY_MS, local_date, monday
from model.columns.window import SampleColumn, Window
from model.derived.changes import Derived
from model.facts import AttributedFact, Fact, Instrument, Report, SampleBlock, Workout
from parsers import formats
from simulate.cast import Role
from simulate.cohort import Cohort, Person, demo_cohort, first_monday
from simulate.deliveries import history, live
from simulate.delivery import Delivery
from simulate.truth import truth
from stream.compute.derive import derive
from stream.compute.weeks import week_of_days
from tests.rows import matching, values_of, with_fact

_MONDAY_MORNING = 1_795_426_200_000  # 2026-11-23T09:30:00Z
FRIDAY_EVENING = _MONDAY_MORNING + 4 * DAY_MS + 10 * 3_600_000


def _facts_of(person: Person, deliveries: Iterable[Delivery]) -> list[AttributedFact]:
    facts = []
    for delivery in deliveries:
        parsed = formats.parse(delivery.connector, delivery.make(), delivery.content_type)
        assert parsed.rejects == ()
        facts += [
            AttributedFact(
                patient=person.pseudonym,
                connector=delivery.connector,
                received_ms=0,
                body="",
                fact=fact,
            )
            for fact in parsed.facts
        ]
    return facts


def _window(person: Person, cohort: Cohort, facts: list[AttributedFact]) -> Window:
    days = (local_date(cohort.now_ms, person.zone) - first_monday(person, cohort)).days
    return Window(
        patient=person.pseudonym,
        zone=person.zone,
        profiles=(person.profile,),
        dates=tuple(first_monday(person, cohort) + timedelta(days=n) for n in range(days + 1)),
        workouts=with_fact(Workout, facts),
        columns=tuple(
            SampleColumn(
                metric="heart_rate",
                source=fact.head.source,
                record=fact.head.record,
                t=fact.t,
                v=fact.v,
            )
            for item in facts
            if isinstance(fact := item.fact, SampleBlock) and fact.metric == "heart_rate"
        ),
        reports=with_fact(Report, facts),
    )


def judgeable(
    person: Person, cohort: Cohort, facts: list[AttributedFact], derived: Derived
) -> RuleInput:
    mondays = sorted(set(map(monday, values_of(derived.days, "local_date"))))
    return RuleInput(
        patient=person.pseudonym,
        zone=person.zone,
        now_ms=cohort.now_ms,
        prescriptions=(person.prescription,),
        weeks=tuple(week_of_days(first, derived.days) for first in mondays),
        days=derived.days,
        sessions=tuple(
            SessionBrief(
                id=s.id, start_ms=s.start_ms, end_ms=s.end_ms, local_date=s.local_date, type=s.type
            )
            for s in derived.sessions
        ),
        pain=tuple(_rating(fact.fact, person) for fact in facts if _is_pain(fact.fact)),
        watermarks=_watermarks(facts),
    )


def _is_pain(fact: Fact) -> bool:
    return isinstance(fact, Report) and fact.instrument is Instrument.PAIN


def _rating(fact: Fact, person: Person) -> PainRating:
    assert isinstance(fact, Report)
    assert fact.value is not None
    return PainRating(
        record=fact.head.record,
        at_ms=fact.head.start_ms,
        local_date=local_date(fact.head.start_ms, person.zone),
        phase=fact.phase,
        value=fact.value,
        scale=fact.scale,
        session=None,
    )


def _watermarks(facts: list[AttributedFact]) -> tuple[Watermark, ...]:
    latest: dict[str, int] = {}
    for fact in facts:
        latest[fact.connector] = max(latest.get(fact.connector, 0), fact.fact.head.end_ms)
    return tuple(Watermark(vendor=vendor, time_ms=ms) for vendor, ms in latest.items())


def _fresh(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(finding.rule, finding.tier.value) for finding in findings if finding.fresh]


@pytest.mark.parametrize("now", [_MONDAY_MORNING, FRIDAY_EVENING], ids=["monday", "friday"])
@pytest.mark.parametrize("number", range(8))
def test_rules_find_what_was_planted_and_nothing_else(now: int, number: int) -> None:
    total = demo_cohort(now_ms=now, weeks=6)
    person = total.people[number]
    mine = matching(history(total), patient=person.pseudonym)
    facts = _facts_of(person, mine)
    derived = derive(_window(person, total, facts))
    expected = matching(truth(total).expected, patient=person.pseudonym)

    known = truth(total).patients[person.pseudonym]
    # a week of silence is for the digest: nothing that was planted
    silence = [("D1", "C")] if known.role is Role.STALE else []
    assert Counter(map(monday, values_of(derived.sessions, "local_date"))) == known.sessions
    before = registry.judge(judgeable(person, total, facts, derived))
    assert _fresh(before) == [(e.rule, e.tier.value) for e in expected if not e.live] + silence

    facts += _facts_of(person, matching(live(total), patient=person.pseudonym))
    derived = derive(_window(person, total, facts))
    after = registry.judge(judgeable(person, total, facts, derived))
    assert _fresh(after) == values_of(expected, "rule", "tier.value") + silence


def test_without_the_pause_there_would_be_an_alert() -> None:
    total = demo_cohort(now_ms=FRIDAY_EVENING, weeks=6)
    person = matching(total.people, role=Role.PAUSED)[0]
    facts = _facts_of(person, matching(history(total), patient=person.pseudonym))
    on = judgeable(person, total, facts, derive(_window(person, total, facts)))
    assert _fresh(registry.judge(on)) == []
    assert _fresh(registry.judge(_without_pauses(on))) == [("A1", "B")]


def test_sessions_with_a_valid_method_have_their_zones_known() -> None:
    total = demo_cohort(now_ms=FRIDAY_EVENING, weeks=3)
    for person in total.people:
        facts = _facts_of(person, matching(history(total), patient=person.pseudonym))
        derived = derive(_window(person, total, facts))
        usable = person.role is not Role.MANUAL and not (
            person.profile.beta_blocker and not person.hub
        )
        assert values_of(derived.sessions, "partial") == [not usable] * len(derived.sessions)
        moderate = [s.zones.moderate / s.zones.total for s in derived.sessions]
        assert np.all(np.array(moderate) > 0.7) == usable


def _without_pauses(on: RuleInput) -> RuleInput:
    return replace(on, prescriptions=tuple(replace(p, pauses=()) for p in on.prescriptions))
