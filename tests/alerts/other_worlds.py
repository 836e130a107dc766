"""Histories of a patient, and the alerts of a world that is judged again and again. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from hypothesis import strategies as st

from alerts import registry
from alerts.lifecycle import ClinicianAction, acted, course_at, returning_findings
from kadens.derivation.conclusions import conclude, rule_input
from kadens.derivation.held_facts import hold_facts
from kadens.derivation.manifest import Manifest
from model.alert import (
    LIVE_STATES,
    Action,
    Alert,
    AlertState,
    Finding,
    LostFinding,
    RuleInput,
    Tier,
)
from model.alerting.steps import Step, StepKind
from model.calendar import HOUR_MS, MINUTE_MS
from model.facts import AttributedFact, Fact, Instrument, Phase, Report, SampleBlock
from model.messages.alert_move import DutyRoster
from model.prescribing.blocked_dates import RESTRICTED, paused_while_blocked, restricted_dates
from model.privacy.rectification import RightValues
from model.spans import Span
from model.words.red_flags import YES_NO_SCALE
from storage.alerts.report_answers import sign_answers
from storage.facts.retractions import RestrictedInterval
from tests.derivation.lives import LIVES_PROFILE, THREE_A_WEEK, Diary
from tests.storage.tellers import attributed_fact, head

# all that a history holds is judged by then: of a run of days whose end is still awaited, nobody
# can say afterwards whether it could have raised an alert
DIARY_NOW = Diary().at(20, 14 * 60)
# few, so that what is drawn meets: a session that a restriction cuts, an answer near a session
_DAYS = st.sampled_from([0, 2, 3, 7, 9, 15])
_LAST_MS = Diary().at(16, 0)
_PERSON = Diary().by_hand(0, 0, 1, 1).facts[0].head.source


class RestrictedSpan(NamedTuple):
    """A restriction: the vendor ("" for all), and the interval [from, until) in epoch ms."""

    vendor: str
    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """What is right about a record."""

    record: str
    values: RightValues


def _answer(
    record: str,
    at_ms: int,
    instrument: Instrument,
    value: float,
    **more: Any,  # noqa: ANN401
) -> Report:
    own = replace(head(record, at_ms, at_ms, source=_PERSON), offset_min=60)
    return Report(head=own, instrument=instrument, value=value, **more)


def pain_rating(record: str, at_ms: int, phase: Phase, value: float, session: str = "") -> Report:
    """Return a rating of pain on the NRS from 0 to 10."""
    more = {"phase": phase, "scale": "nrs-0-10", "session": session}
    return _answer(record, at_ms, Instrument.PAIN, value, **more)


@st.composite
def histories(draw: st.DrawFn) -> list[AttributedFact]:
    """Return two weeks and a half of a worn watch, workouts, and answers of all kinds."""
    diary = Diary().worn(draw(st.sampled_from([range(20), range(9), range(0)])), every=10)
    for number in range(draw(st.integers(1, 7))):
        day, first = draw(_DAYS), draw(st.sampled_from([430, 640]))
        diary.workout(day, first, first + draw(st.sampled_from([20, 40, 120])), record=f"w{number}")
        if draw(st.booleans()):
            diary.pulse(day, first, first + 20, draw(st.sampled_from([90.0, 120.0, 170.0])))
        if draw(st.booleans()):
            diary.by_hand(day, first + 200, first + 230, draw(st.sampled_from([2.0, 5.0])))
    for number in range(draw(st.integers(0, 8))):
        at_ms = diary.at(draw(_DAYS), draw(st.sampled_from([400, 470, 650, 1_130])))
        phase, value = draw(st.sampled_from(Phase)), draw(st.sampled_from([0, 3, 5, 6, 7, 8, 10]))
        session = draw(st.sampled_from(["", "w0"]))
        diary.facts.append(pain_rating(f"p{number}", at_ms, phase, float(value), session))
    for number in range(draw(st.integers(0, 2))):
        at_ms = diary.at(draw(_DAYS), 900)
        sign: dict[str, Any] = {"scale": YES_NO_SCALE, "reason": draw(_SIGNS)}
        diary.facts.append(_answer(f"s{number}", at_ms, Instrument.RED_FLAG, 1.0, **sign))
    if draw(st.booleans()):
        diary.answers_week(draw(_DAYS), draw(st.integers(0, 3)))
    return [attributed_fact(fact) for fact in diary.facts]


_SIGNS = st.sampled_from(["chest_pain", "fainting"])


@st.composite
def restrictions_of_any(draw: st.DrawFn, facts: Sequence[AttributedFact]) -> list[RestrictedSpan]:
    """Return restrictions of vendors or of all, which may overlap, many of them of an answer."""
    answered = [row.fact.head.start_ms for row in facts if isinstance(row.fact, Report)]
    held: list[RestrictedSpan] = []
    vendors = st.sampled_from(["", "reports", "files", "hub"])
    for vendor in draw(st.lists(vendors, min_size=1, max_size=3)):
        from_ms = Diary().at(draw(_DAYS), draw(st.sampled_from([0, 440, 660])))
        of_answer = draw(st.booleans())
        if answered and of_answer:
            from_ms = draw(st.sampled_from(answered))
        length = draw(st.sampled_from([1, 6 * HOUR_MS, 30 * HOUR_MS, 6 * 24 * HOUR_MS]))
        held.append(RestrictedSpan(vendor, from_ms, min(from_ms + length, _LAST_MS)))
    return held


def right_values(facts: Sequence[AttributedFact]) -> st.SearchStrategy[list[Right]]:
    """Return corrections of some of the answers and sessions among facts."""
    made = [_rights_of(item.fact) for item in facts if not isinstance(item.fact, SampleBlock)]
    return (
        st.lists(st.one_of(made), min_size=1, max_size=4, unique_by=_record)
        if made
        else st.just([])
    )


def _record(right: Right) -> str:
    return right.record


def _rights_of(fact: Fact) -> st.SearchStrategy[Right]:
    values = [RightValues(void=True)]
    if isinstance(fact, Report) and fact.instrument is not Instrument.SESSION:
        top = {Instrument.PAIN: [0, 4, 7, 9], Instrument.RED_FLAG: [0]}.get(fact.instrument, [0, 3])
        values += [RightValues(value=float(number)) for number in top]
    else:
        start_ms = fact.head.start_ms
        earlier = start_ms - 26 * HOUR_MS
        values += [
            RightValues(type="cycling"),
            RightValues(end_ms=start_ms + 5 * MINUTE_MS),
            RightValues(start_ms=earlier, end_ms=earlier + HOUR_MS),
        ]
    return st.builds(Right, record=st.just(fact.head.record), values=st.sampled_from(values))


def judged_input(
    facts: Sequence[AttributedFact],
    hidden: Sequence[RestrictedSpan] = (),
    muted: Sequence[RestrictedSpan] = (),
) -> RuleInput:
    """Return what the rules look at, with `hidden` facts that are held and not used.

    In the times of `muted`, if they are of all vendors, nothing may be raised, and on the dates
    that they touch nothing is due.
    """
    spans = [
        RestrictedInterval(vendor=row.vendor, span=Span(start_ms=row.from_ms, end_ms=row.until_ms))
        for row in hidden
    ]
    held = hold_facts(facts, "p1", "Europe/Stockholm", spans)
    manifest = Manifest(
        zone=held.zone, now=DIARY_NOW, profiles=(LIVES_PROFILE,), prescriptions=(THREE_A_WEEK,)
    )
    known = conclude(manifest, held)
    on = rule_input(manifest, held, known.derived, known.days, known.weeks)
    times = tuple((row.from_ms, row.until_ms) for row in muted if not row.vendor)
    blocked = restricted_dates(((*span, RESTRICTED) for span in times), held.zone)
    return replace(
        on,
        signs=sign_answers(held.current_of_kind(Report), held.zone),
        restricted=times,
        prescriptions=tuple(paused_while_blocked(row, blocked) for row in on.prescriptions),
    )


Shown = tuple[str, Tier, str, str, tuple[tuple[str, str, Tier, str], ...]]


@dataclass(slots=True)
class JudgedWorld:
    """The alerts of a patient as storage keeps them, in a world judged minute by minute."""

    alerts: dict[str, Alert] = field(default_factory=dict)
    minute: int = 0
    steps: tuple[Step, ...] = ()  # of the last time

    def judge(self, on: RuleInput) -> list[Shown]:
        """Judge once more, a minute after the last time, and return the live alerts."""
        self.minute += 1
        now_ms = on.now_ms + self.minute * MINUTE_MS
        findings = registry.judge(replace(on, now_ms=now_ms))
        live = [row for row in self.alerts.values() if row.state in LIVE_STATES]
        recent = [row for row in self.alerts.values() if row.state not in LIVE_STATES]

        def judged_at(at_ms: int) -> tuple[Finding, ...]:
            return registry.judge(replace(on, now_ms=at_ms))

        returning = returning_findings(live, recent, judged_at, now_ms)
        result = course_at(live, recent, findings, DutyRoster(), now_ms, returning)
        self.steps = result.steps
        for step in result.steps:
            self._apply(on.patient, step, now_ms)
        return self.shown()

    def act(self, alert: str, wish: ClinicianAction) -> None:
        """Let a clinician act on an alert, a minute after it was judged."""
        now_ms = self.alerts[alert].changed_ms + MINUTE_MS
        self.alerts[alert] = acted(self.alerts[alert], wish, now_ms)

    def _apply(self, patient: str, step: Step, now_ms: int) -> None:
        name = step.alert or f"{step.family} of minute {self.minute}"
        before = self.alerts.get(name)
        had = before.findings if before else {}
        changed = {f"{row.rule}:{row.key}": row for row in step.findings}
        left = {key: row for key, row in had.items() if key not in changed}
        made = before or Alert(
            id=name,
            patient=patient,
            family=step.family,
            rule=step.rule,
            tier=step.tier,
            state=step.state,
            raised_ms=now_ms,
            changed_ms=now_ms,
            sentence=step.sentence,
            unseen_since_ms=now_ms,
        )
        # of a retracted alert all evidence is kept, as storage does
        lost = dict(before.lost) if before else {}
        kept = had if step.kind is StepKind.RETRACT else had | changed
        if step.kind is StepKind.RETRACT:
            kept = {key: row.finding for key, row in lost.items()} | had
        elif step.kind is StepKind.RESTORE:
            lost |= {key: LostFinding(finding=had[key], lost_ms=now_ms) for key in left}
            kept = changed
        _lose(lost, had, changed, now_ms, is_gone=step.kind is StepKind.DROP)
        was = made.state if step.kind is StepKind.RETRACT else None
        is_back = Action.RESTORE in step.moves and step.state is AlertState.OPEN
        # time alone changes nothing in what an alert says
        is_tick = step.kind in {StepKind.WAKE, StepKind.ESCALATE, StepKind.EXPIRE}
        self.alerts[name] = replace(
            made,
            rule=step.rule,
            tier=step.tier,
            state=step.state,
            changed_ms=now_ms,
            sentence=made.sentence if is_tick else step.sentence,
            findings=left if step.kind is StepKind.DROP else kept,
            lost=lost,
            retracted_from=was,
            unseen_since_ms=now_ms if is_back else made.unseen_since_ms,
            snoozed_until_ms=step.snoozed_until_ms or made.snoozed_until_ms,
            is_demoted=step.is_demoted,
        )

    def shown(self) -> list[Shown]:
        """Return the live alerts as a clinician sees them, with all on which each rests."""
        live = [row for row in self.alerts.values() if row.state in LIVE_STATES]
        return sorted(map(_shown, live))


def _lose(
    lost: dict[str, LostFinding],
    had: Mapping[str, Finding],
    changed: Mapping[str, Finding],
    now_ms: int,
    *,
    is_gone: bool,
) -> None:
    """Note what an alert loses by a step, wholly or in its grave form, and what it gets back."""
    for key, now in changed.items():
        grave = min((row.tier for row in _forms(key, lost, had)), default=now.tier)
        if is_gone or grave.value < now.tier.value:
            is_milder = key in had and had[key].tier.value < now.tier.value
            at_ms = now_ms if is_gone or is_milder or key not in lost else lost[key].lost_ms
            lost[key] = LostFinding(finding=replace(now, tier=grave), lost_ms=at_ms)
        else:
            lost.pop(key, None)


def _forms(
    key: str, lost: Mapping[str, LostFinding], had: Mapping[str, Finding]
) -> Iterator[Finding]:
    if key in lost:
        yield lost[key].finding
    if key in had:
        yield had[key]


def _shown(alert: Alert) -> Shown:
    rests = tuple(sorted(map(_rests, alert.findings.values())))
    return alert.family, alert.tier, alert.rule, alert.sentence, rests


def _rests(finding: Finding) -> tuple[str, str, Tier, str]:
    return finding.rule, finding.key, finding.tier, repr(sorted(finding.evidence.items()))
