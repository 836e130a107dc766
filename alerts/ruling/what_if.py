"""What another threshold would have found in a patient's history, beside what was found. Pure.

The rules judge the history once as it is set and once with the change. Every finding is an event of
its time. An event that raises no alert is shown with its reason, and who would be told, and when,
follows from working hours: outside of them only tier A is told at once. Nothing is stored or sent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from alerts.lifecycle.closed import cooldown_ms
from alerts.registry import RULE, judge
from alerts.working_hours import WorkingHours
from model.alert import Finding, RuleInput, Tier
from model.prescribing.rule_settings import RuleSettings


class EventOutcome(StrEnum):
    """What becomes of an event: a new alert, evidence of a recent one, or nothing."""

    RAISED = "raised"
    JOINED = "joined"  # an alert of its family was raised within the cooldown
    HELD = "held back"  # `why` says by what


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfEvent:
    """A finding of the history: what becomes of it, why, and when somebody would be told.

    `notified_ms` is None where nobody is told: the event is held back, or waits for the digest.
    """

    patient: str
    rule: str
    key: str
    at_ms: int
    tier: Tier
    outcome: EventOutcome
    why: str
    notified_ms: int | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The events of a history as the rule is set, and with the change."""

    before: tuple[WhatIfEvent, ...]
    after: tuple[WhatIfEvent, ...]

    @property
    def added(self) -> tuple[WhatIfEvent, ...]:
        """Return the events that only the change finds."""
        return _without(self.after, self.before)

    @property
    def removed(self) -> tuple[WhatIfEvent, ...]:
        """Return the events that the change does not find."""
        return _without(self.before, self.after)


def what_if(on: RuleInput, rule: str, values: Mapping[str, float], hours: WorkingHours) -> WhatIf:
    """Return what `values`, thresholds of a rule by name, would have changed for a patient.

    They stand before every figure but those of prescriptions, as the patient's own would.
    """
    own = {**on.settings.own, rule: {**on.settings.own.get(rule, {}), **values}}
    changed = replace(on, settings=replace(on.settings, own=own))
    return WhatIf(before=_events(on, rule, hours), after=_events(changed, rule, hours))


def what_if_shadow(on: RuleInput, rule: str, hours: WorkingHours, *, in_shadow: bool) -> WhatIf:
    """Return what a rule would have raised for a patient if it were judged without alerts, or not.

    In shadow its findings raise nothing, so all of them are added or removed at once.
    """
    events = _events(on, rule, hours)
    return WhatIf(
        before=() if rule in on.settings.shadow else events, after=() if in_shadow else events
    )


def _events(on: RuleInput, rule: str, hours: WorkingHours) -> tuple[WhatIfEvent, ...]:
    # a rule in shadow is asked about as if it were not: that is what the page is for
    awake = replace(on, settings=_awake(on.settings, rule))
    events: list[WhatIfEvent] = []
    raised: Finding | None = None
    for finding in judge(awake, (RULE[rule],)):
        outcome, why = _outcome(finding, raised)
        raised = finding if outcome is EventOutcome.RAISED else raised
        events.append(_event(on.patient, finding, outcome, why, hours))
    return tuple(events)


def _awake(settings: RuleSettings, rule: str) -> RuleSettings:
    return replace(settings, shadow=settings.shadow - {rule})


def _outcome(finding: Finding, raised: Finding | None) -> tuple[EventOutcome, str]:
    if finding.suppressed:
        return EventOutcome.HELD, finding.suppressed
    if raised is None or finding.tier.value < raised.tier.value:
        return EventOutcome.RAISED, ""
    if finding.at_ms < raised.at_ms + cooldown_ms(finding.rule, finding.tier):
        return EventOutcome.JOINED, "cooldown"
    return EventOutcome.RAISED, ""


def _event(
    patient: str, finding: Finding, outcome: EventOutcome, why: str, hours: WorkingHours
) -> WhatIfEvent:
    notified_ms: int | None = None
    if outcome is EventOutcome.RAISED and finding.tier is not Tier.C:
        at_once = finding.tier is Tier.A or hours.is_working(finding.at_ms)
        notified_ms = finding.at_ms if at_once else hours.add_working_ms(finding.at_ms, 0)
    return WhatIfEvent(
        patient=patient,
        rule=finding.rule,
        key=finding.key,
        at_ms=finding.at_ms,
        tier=finding.tier,
        outcome=outcome,
        why=why,
        notified_ms=notified_ms,
        sentence=finding.sentence,
    )


def _without(
    events: Iterable[WhatIfEvent], others: Iterable[WhatIfEvent]
) -> tuple[WhatIfEvent, ...]:
    names = {(event.patient, event.key, event.tier) for event in others}
    return tuple(event for event in events if (event.patient, event.key, event.tier) not in names)
