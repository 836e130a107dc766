"""The pure half of Kadens over the cohort's own bodies: parsers, compute and rules find what was planted, no more."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from kadens.alerts import rules
from kadens.model.alert import Finding, Judgeable, PainRating, SessionBrief, Watermark
from kadens.model.calendar import DAY_MS, local_date, monday
from kadens.model.derived import Derived
from kadens.model.facts import Fact, Instrument, Report, SampleBlock, Told, Workout
from kadens.parsers import table
from kadens.simulate.cohort import Cohort, Person, Role, demo_cohort, first_monday
from kadens.simulate.deliveries import history, live
from kadens.simulate.delivery import Delivery
from kadens.simulate.truth import truth
from kadens.stream.compute.derive import Column, Window, derive
from kadens.stream.compute.weeks import week

MONDAY_MORNING = 1_795_426_200_000  # 2026-11-23T09:30:00Z
FRIDAY_EVENING = MONDAY_MORNING + 4 * DAY_MS + 10 * 3_600_000


def told(person: Person, deliveries: Iterable[Delivery]) -> list[Told]:
    found = []
    for one in deliveries:
        parsed = table.parse(one.connector, one.make(), one.content_type)
        assert parsed.rejects == ()
        found += [
            Told(patient=person.pseudonym, connector=one.connector, received_ms=0, body="", fact=fact)
            for fact in parsed.facts
        ]
    return found


def window(person: Person, whole: Cohort, facts: list[Told]) -> Window:
    days = (local_date(whole.now_ms, person.zone) - first_monday(person, whole)).days
    return Window(
        patient=person.pseudonym,
        zone=person.zone,
        profiles=(person.profile,),
        dates=tuple(first_monday(person, whole) + timedelta(days=n) for n in range(days + 1)),
        workouts=tuple(one for one in facts if isinstance(one.fact, Workout)),
        columns=tuple(
            Column(metric="heart_rate", source=fact.head.source, record=fact.head.record, t=fact.t, v=fact.v)
            for one in facts
            if isinstance(fact := one.fact, SampleBlock) and fact.metric == "heart_rate"
        ),
        reports=tuple(one for one in facts if isinstance(one.fact, Report)),
    )


def judgeable(person: Person, whole: Cohort, facts: list[Told], found: Derived) -> Judgeable:
    mondays = sorted({monday(day.local_date) for day in found.days})
    return Judgeable(
        patient=person.pseudonym,
        zone=person.zone,
        now_ms=whole.now_ms,
        prescriptions=(person.prescription,),
        weeks=tuple(week(first, found.days) for first in mondays),
        days=found.days,
        sessions=tuple(
            SessionBrief(id=s.id, start_ms=s.start_ms, end_ms=s.end_ms, local_date=s.local_date, type=s.type)
            for s in found.sessions
        ),
        pain=tuple(_rating(one.fact, person) for one in facts if _is_pain(one.fact)),
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


def _watermarks(facts: list[Told]) -> tuple[Watermark, ...]:
    latest: dict[str, int] = {}
    for one in facts:
        latest[one.connector] = max(latest.get(one.connector, 0), one.fact.head.end_ms)
    return tuple(Watermark(vendor=vendor, time_ms=ms) for vendor, ms in latest.items())


def fresh(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(one.rule, one.tier.value) for one in findings if one.fresh]


@pytest.mark.parametrize("now", [MONDAY_MORNING, FRIDAY_EVENING], ids=["monday", "friday"])
@pytest.mark.parametrize("number", range(8))
def test_rules_find_what_was_planted_and_nothing_else(now: int, number: int) -> None:
    whole = demo_cohort(now_ms=now, weeks=6)
    person = whole.people[number]
    mine = [one for one in history(whole) if one.patient == person.pseudonym]
    facts = told(person, mine)
    found = derive(window(person, whole, facts))
    expected = [e for e in truth(whole).expected if e.patient == person.pseudonym]

    known = truth(whole).patients[person.pseudonym]
    assert Counter(monday(s.local_date) for s in found.sessions) == known.sessions
    before = rules.judge(judgeable(person, whole, facts, found))
    assert fresh(before) == [(e.rule, e.tier.value) for e in expected if not e.live]

    facts += told(person, [one for one in live(whole) if one.patient == person.pseudonym])
    found = derive(window(person, whole, facts))
    after = rules.judge(judgeable(person, whole, facts, found))
    assert fresh(after) == [(e.rule, e.tier.value) for e in expected]


def test_without_the_pause_there_would_be_an_alert() -> None:
    whole = demo_cohort(now_ms=FRIDAY_EVENING, weeks=6)
    person = next(p for p in whole.people if p.role is Role.PAUSED)
    facts = told(person, [one for one in history(whole) if one.patient == person.pseudonym])
    on = judgeable(person, whole, facts, derive(window(person, whole, facts)))
    assert fresh(rules.judge(on)) == []
    assert fresh(rules.judge(_without_pauses(on))) == [("A1", "B")]


def test_sessions_with_a_valid_method_have_their_zones_known() -> None:
    whole = demo_cohort(now_ms=FRIDAY_EVENING, weeks=3)
    for person in whole.people:
        facts = told(person, [one for one in history(whole) if one.patient == person.pseudonym])
        found = derive(window(person, whole, facts))
        usable = person.role is not Role.MANUAL and not (person.profile.beta_blocker and not person.hub)
        assert [s.partial for s in found.sessions] == [not usable] * len(found.sessions)
        moderate = [s.zones.moderate / s.zones.total for s in found.sessions]
        assert np.all(np.array(moderate) > 0.7) == usable


def _without_pauses(on: Judgeable) -> Judgeable:
    return replace(on, prescriptions=tuple(replace(p, pauses=()) for p in on.prescriptions))
