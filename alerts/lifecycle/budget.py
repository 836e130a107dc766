"""The budget of new alerts: how many a clinician can look at in a working day. Pure.

A rule that exceeds its share of a spent budget is demoted for the rest of the day: its new alerts
are of tier C, for the digest. On a later working day they are promoted where that day's budget has
room (`promoting`). Tier A is never demoted.
"""

from collections.abc import Mapping
from dataclasses import replace

from model.alert import Action, Tier
from model.alerting.steps import Step, StepKind

# [P] New alerts of tier A and B for a clinician and working day, for each hundred patients; fewer
# patients have the budget of a hundred.
PER_HUNDRED = 5


def allowance(patients: int) -> float:
    """Return how many new alerts of tier A and B a clinician of `patients` has in a working day."""
    return PER_HUNDRED * max(patients, 100) / 100


def needs_room(step: Step) -> bool:
    """Return whether the budget decides about a step: a new alert of tier B, or a promotion."""
    return step.kind is StepKind.PROMOTE or (step.kind is StepKind.RAISE and step.tier is Tier.B)


def has_room(rule: str, raised: Mapping[str, int], patients: int) -> bool:
    """Return whether a rule may have another alert of tier B on the day.

    `raised` counts the alerts that became new ones of tier A and B of that clinician and working
    day by rule, raised or promoted. The share of a rule is the budget divided by the rules that
    have such alerts that day, this rule included.
    """
    budget = allowance(patients)
    share = budget / len(raised.keys() | {rule})
    return sum(raised.values()) < budget or raised.get(rule, 0) < share


def budgeted(step: Step, raised: Mapping[str, int], patients: int) -> Step | None:
    """Return a step as the budget leaves it, None for a promotion that finds no room.

    `raised` and `patients` are as for `has_room`, before this step.
    """
    if not needs_room(step) or has_room(step.rule, raised, patients):
        return step
    return None if step.kind is StepKind.PROMOTE else _demoted(step)


def _demoted(step: Step) -> Step:
    reason = f"rule {step.rule} exceeded its share of the day's budget"
    moves = (*step.moves, Action.DEMOTE)
    return replace(step, tier=Tier.C, is_demoted=True, reason=reason, moves=moves)
