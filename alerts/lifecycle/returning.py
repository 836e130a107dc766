"""Tells what an alert had lost and gets back from news: nobody is told of it again. Pure.

A restriction that is lifted, or a correction that is taken back, makes evidence count again. People
were told of it when it came first. The alert is as grave as it was, and nobody is told again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from model.alert import TAKEN_UP_STATES, Action, Alert, AlertState, Finding, Tier
from model.alerting.steps import Step

HOLDS_AGAIN = "what it rests on counts again"


def graver(tier: Tier, other: Tier) -> bool:
    """Return whether a tier is graver than another."""
    return _gravity(tier) < _gravity(other)


def is_return(lost: Finding | None, now: Finding) -> bool:
    """Return whether a finding is one that its alert had and lost, and is no graver than it was."""
    return lost is not None and not graver(now.tier, lost.tier)


def is_no_news(step: Step, alert: Alert, back: Iterable[Finding]) -> bool:
    """Return whether a step makes an alert no graver than evidence that it gets back makes it.

    `back` is the evidence that it had before, and has again. Other evidence may come with it, and
    only what is graver than `back` makes the alert worse than it was.
    """
    if not graver(step.tier, alert.tier) or step.state is AlertState.SNOOZED:
        return False
    return any(not graver(step.tier, row.tier) for row in back)


def given_back(step: Step, alert: Alert) -> Step:
    """Return a step that gives an alert the tier back that it had, and does not call it worse.

    A snooze of the milder tier, which began or went on while the evidence was away, does not cover
    it.
    """
    is_muted = alert.state is AlertState.SNOOZED
    state = AlertState.OPEN if is_muted else state_given_back(alert, alert.state, step.tier)
    return replace(step, state=state, reason=HOLDS_AGAIN, moves=(Action.RESTORE,))


def state_given_back(alert: Alert, had: AlertState, tier: Tier) -> AlertState:
    """Return the state of an alert that had a state, and gets evidence of a tier back.

    Who had taken it up at that tier had seen such evidence. Who took it up at a milder tier, while
    the evidence was away, had not: it is open, and waits for somebody to acknowledge it.
    """
    taken = alert.taken_up_tier
    is_unseen = taken is not None and graver(tier, taken)
    return AlertState.OPEN if had in TAKEN_UP_STATES and is_unseen else had


def regained_findings(
    live: Iterable[Alert], returning: Iterable[Finding], now_ms: int
) -> Iterator[Finding]:
    """Yield what live alerts have lost and get back although it is too old to be looked for.

    `returning` is of `returning_findings`: found by judging the past, when all of it was fresh.
    """
    lost = set(chain.from_iterable(alert.lost for alert in live))
    for row in returning:
        if row.name in lost:
            yield replace(row, fresh=row.fresh_until_ms >= now_ms)


def _gravity(tier: Tier) -> str:
    return tier.value
