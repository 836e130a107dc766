"""The budget of new alerts: how many a clinician can look at in a working day. Pure.

A rule that exceeds its share of a spent budget is demoted for the rest of the day: its new alerts
are of tier C, for the digest. Tier A is never demoted.
"""

from collections.abc import Mapping
from dataclasses import replace

from model.alert import Action, Step, StepKind, Tier

# [P] New alerts of tier A and B for a clinician and working day, for each hundred patients; fewer
# patients have the budget of a hundred.
PER_HUNDRED = 5


def allowance(patients: int) -> float:
    """Return how many new alerts of tier A and B a clinician of `patients` has in a working day."""
    return PER_HUNDRED * max(patients, 100) / 100


def demoted(step: Step, raised: Mapping[str, int], patients: int) -> Step:
    """Return a step, of tier C when its rule has exceeded its share of the budget.

    `raised` counts the new alerts of tier A and B of that clinician and working day by rule, before
    this step. The share of a rule is the budget divided by the rules that raised alerts that day.
    """
    if step.kind is not StepKind.RAISE or step.tier is not Tier.B:
        return step
    budget = allowance(patients)
    share = budget / len(raised.keys() | {step.rule})
    if sum(raised.values()) < budget or raised.get(step.rule, 0) < share:
        return step
    reason = f"rule {step.rule} exceeded its share of the day's budget"
    moves = (*step.moves, Action.DEMOTE)
    return replace(step, tier=Tier.C, is_demoted=True, reason=reason, moves=moves)
