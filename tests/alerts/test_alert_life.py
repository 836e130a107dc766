"""The life of a patient's alerts, walked at random.

Data come, change and go, people act, time passes. Whatever the order, there is at most one live
alert of a family, it rests on evidence, nothing is raised or moved twice, and only its own end or
graver evidence opens a snoozed alert.
"""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from alerts.lifecycle import (
    ClinicianAction,
    MoveRefusedError,
    TakenAlertError,
    acted,
    actions,
    after_steps,
    budgeted,
    course_at,
)
from alerts.working_hours import DEFAULT_HOURS
from model.alert import LIVE_STATES, Action, Alert, AlertState, Finding, Tier
from model.alerting.steps import Step, StepKind
from model.messages.alert_move import DutyRoster
from tests.alerts.alert_values import ALERT_NOW, DAY, HOUR, finding_of

_ROSTER = DutyRoster(clinician="anna", line=("bo",), on_call="cia")
_PEOPLE = ("anna", "bo")
_CLINICIANS_OWN = (
    Action.ACKNOWLEDGE,
    Action.CLAIM,
    Action.HAND_OVER,
    Action.START,
    Action.SNOOZE,
    Action.RESOLVE,
    Action.REOPEN,
)
_KEYS, _TIERS = ("a", "b", "c"), (Tier.A, Tier.B)
# What may open an alert that somebody has snoozed.
_OPENING = frozenset({Action.WAKE, Action.WORSEN, Action.HAND_OVER})


class AlertLife(RuleBasedStateMachine):
    """A patient with findings of one family, two clinicians and a clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = ALERT_NOW
        self.findings: dict[str, Finding] = {}
        self.alerts: dict[str, Alert] = {}
        self.moves: list[tuple[str, Action, AlertState, AlertState]] = []
        self.others = 0  # the new alerts that other patients have today

    def _live(self) -> list[Alert]:
        return [item for item in self.alerts.values() if item.state in LIVE_STATES]

    def _judge(self) -> tuple[Step, ...]:
        closed = [item for item in self.alerts.values() if item.state not in LIVE_STATES]
        result = course_at(self._live(), closed, self.findings.values(), _ROSTER, self.now)
        done: list[Step] = []
        for wish in (*result.steps, *result.promotions):
            step = budgeted(wish, {"P1": self.others}, 100)
            if step is not None:
                self._apply(step)
                done.append(step)
        return tuple(done)

    def _apply(self, step: Step) -> None:
        """Do with a step what storage does."""
        id_ = step.alert or f"alert {len(self.alerts)}"
        before = self.alerts.get(id_)
        if step.kind is StepKind.RAISE:
            (after,) = after_steps([], [step], self.now)
        elif before is not None:
            if step.kind is StepKind.PROMOTE:
                assert (before.state, before.is_demoted) == (AlertState.OPEN, True)
                assert before.raised_ms < DEFAULT_HOURS.last_closing(self.now)
            (after,) = after_steps([before], [replace(step, state=AlertState.OPEN)], self.now)
        self.alerts[id_] = replace(after, id=id_, state=step.state, changed_ms=self.now)
        for kind in step.moves:
            was = before.state if before else step.state
            self.moves.append((id_, kind, was, step.state))

    @rule(key=st.sampled_from(_KEYS), tier=st.sampled_from(_TIERS))
    def report(self, key: str, tier: Tier) -> None:
        """Take in new or corrected evidence, and judge the patient."""
        self.findings[key] = finding_of(key, tier, self.now)
        self._judge()

    @rule(key=st.sampled_from(_KEYS))
    def correct(self, key: str) -> None:
        """Take evidence back: an alert without any other is retracted, and no other one."""
        self.findings.pop(key, None)
        before = {item.id: item for item in self._live()}
        self._judge()
        for id_, item in before.items():
            # what has slid out of the look-back has aged; it was not corrected
            sight = self.now - 28 * DAY
            left = [
                finding
                for finding in item.findings.values()
                if finding.key in self.findings or finding.at_ms < sight
            ]
            after = self.alerts[id_]
            assert (after.state is AlertState.RETRACTED) == (not left)

    @rule(hours=st.integers(1, 24 * 12))
    def pass_time(self, hours: int) -> None:
        """Let time pass without any data."""
        self.now += hours * HOUR
        self._judge()

    @rule(others=st.sampled_from([0, 5]))
    def fill_the_budget(self, others: int) -> None:
        """Let the clinician's other patients leave room in the day's budget, or none."""
        self.others = others
        self._judge()

    @rule(
        action=st.sampled_from(_CLINICIANS_OWN), actor=st.sampled_from(_PEOPLE), n=st.integers(0, 9)
    )
    @precondition(lambda self: self.alerts)
    def act(self, action: Action, actor: str, n: int) -> None:
        """Let a clinician act on some alert; what is refused changes nothing."""
        alert = list(self.alerts.values())[n % len(self.alerts)]
        wish = ClinicianAction(
            action=action,
            actor=actor,
            reason={Action.RESOLVE: "other", Action.SNOOZE: "other"}.get(action, ""),
            to="bo" if action is Action.HAND_OVER else "",
            until_ms=self.now + (n + 1) * DAY if action is Action.SNOOZE else None,
        )
        others = [item for item in self._live() if item.id != alert.id]
        try:
            after = acted(alert, wish, self.now)
        except MoveRefusedError:
            assert action not in actions(alert.state)
            return
        except TakenAlertError:
            assert alert.assignee
            return
        if others and after.state in LIVE_STATES and alert.state not in LIVE_STATES:
            return  # the door refuses to open a second one
        self.alerts[alert.id] = after
        self.moves.append((alert.id, action, alert.state, after.state))
        self._judge()

    @invariant()
    def at_most_a_single_alert_is_live_and_it_rests_on_evidence(self) -> None:
        live = self._live()
        assert len(live) <= 1
        for alert in live:
            assert alert.findings
            held = {f"P1:{key}" for key in self.findings}
            in_sight = [
                name for name, item in alert.findings.items()
                if item.at_ms >= self.now - 28 * DAY
            ]  # fmt: skip
            assert held.issuperset(in_sight)

    @invariant()
    def judging_again_moves_nothing(self) -> None:
        count = len(self.moves)
        assert self._judge() == ()
        assert len(self.moves) == count

    @invariant()
    def the_timer_runs_while_nobody_has_acknowledged(self) -> None:
        for alert in self._live():
            assert alert.state is not AlertState.OPEN or alert.unseen_since_ms is not None

    @invariant()
    def only_its_end_or_graver_evidence_or_a_person_opens_a_snoozed_alert(self) -> None:
        for _, kind, before, after in self.moves:
            if before is AlertState.SNOOZED and after is AlertState.OPEN:
                assert kind in _OPENING

    @invariant()
    def the_budget_leaves_an_alert_to_the_digest_once_and_gives_it_back_once(self) -> None:
        for alert in self.alerts.values():
            kinds = [kind for id_, kind, _, _ in self.moves if id_ == alert.id]
            assert kinds.count(Action.PROMOTE) <= kinds.count(Action.DEMOTE) <= 1
            assert not alert.is_demoted or alert.tier is Tier.C
            if Action.PROMOTE in kinds:
                assert not alert.is_demoted
                assert kinds.index(Action.DEMOTE) < kinds.index(Action.PROMOTE)

    @invariant()
    def what_is_snoozed_has_an_end_in_the_future(self) -> None:
        for alert in self._live():
            if alert.state is AlertState.SNOOZED:
                assert alert.snoozed_until_ms is not None
                assert self.now < alert.snoozed_until_ms
                assert len(alert.mutes) <= len(Tier)


AlertLife.TestCase.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
TestAlertLife = AlertLife.TestCase
