"""The table of moves of an alert, and the check of an action against it. Pure.

Nothing is stored or sent here. An action that is not in the table is refused, whoever asks for it.
Nobody asks for RESTORE, so it is not in the table: `restoring.py` and `returning.py` decide it.
"""

from model.alert import Action, Alert, AlertState
from model.words.language import N_

RESOLUTIONS: tuple[str, ...] = ("contacted", "plan changed", "not relevant", "data error", "other")

# An alert that a person has taken up does not expire, and is not promoted. Of closed alerts only
# one that a person has resolved can be opened again by a person. What data or time have closed is
# opened by nobody; `restoring.py` gives it back where its evidence counts again.
# What is handed over must be acknowledged by the person who gets it.
TRANSITIONS: dict[tuple[AlertState, Action], AlertState] = {
    (AlertState.OPEN, Action.ACKNOWLEDGE): AlertState.ACKNOWLEDGED,
    (AlertState.OPEN, Action.CLAIM): AlertState.ACKNOWLEDGED,
    (AlertState.OPEN, Action.HAND_OVER): AlertState.OPEN,
    (AlertState.OPEN, Action.START): AlertState.IN_PROGRESS,
    (AlertState.OPEN, Action.SNOOZE): AlertState.SNOOZED,
    (AlertState.OPEN, Action.RESOLVE): AlertState.RESOLVED,
    (AlertState.OPEN, Action.WORSEN): AlertState.OPEN,
    (AlertState.OPEN, Action.ESCALATE): AlertState.OPEN,
    (AlertState.OPEN, Action.DEMOTE): AlertState.OPEN,
    (AlertState.OPEN, Action.PROMOTE): AlertState.OPEN,
    (AlertState.OPEN, Action.RETRACT): AlertState.RETRACTED,
    (AlertState.OPEN, Action.EXPIRE): AlertState.EXPIRED,
    (AlertState.ACKNOWLEDGED, Action.CLAIM): AlertState.ACKNOWLEDGED,
    (AlertState.ACKNOWLEDGED, Action.HAND_OVER): AlertState.OPEN,
    (AlertState.ACKNOWLEDGED, Action.START): AlertState.IN_PROGRESS,
    (AlertState.ACKNOWLEDGED, Action.SNOOZE): AlertState.SNOOZED,
    (AlertState.ACKNOWLEDGED, Action.RESOLVE): AlertState.RESOLVED,
    (AlertState.ACKNOWLEDGED, Action.WORSEN): AlertState.OPEN,
    (AlertState.ACKNOWLEDGED, Action.RETRACT): AlertState.RETRACTED,
    (AlertState.IN_PROGRESS, Action.CLAIM): AlertState.IN_PROGRESS,
    (AlertState.IN_PROGRESS, Action.HAND_OVER): AlertState.OPEN,
    (AlertState.IN_PROGRESS, Action.SNOOZE): AlertState.SNOOZED,
    (AlertState.IN_PROGRESS, Action.RESOLVE): AlertState.RESOLVED,
    (AlertState.IN_PROGRESS, Action.WORSEN): AlertState.OPEN,
    (AlertState.IN_PROGRESS, Action.RETRACT): AlertState.RETRACTED,
    (AlertState.SNOOZED, Action.WAKE): AlertState.OPEN,
    (AlertState.SNOOZED, Action.ACKNOWLEDGE): AlertState.ACKNOWLEDGED,
    (AlertState.SNOOZED, Action.CLAIM): AlertState.ACKNOWLEDGED,
    (AlertState.SNOOZED, Action.HAND_OVER): AlertState.SNOOZED,
    (AlertState.SNOOZED, Action.START): AlertState.IN_PROGRESS,
    (AlertState.SNOOZED, Action.RESOLVE): AlertState.RESOLVED,
    (AlertState.SNOOZED, Action.WORSEN): AlertState.OPEN,
    (AlertState.SNOOZED, Action.RETRACT): AlertState.RETRACTED,
    (AlertState.RESOLVED, Action.REOPEN): AlertState.OPEN,
}

NEEDS_REASON = frozenset({Action.SNOOZE, Action.RETRACT, Action.RESOLVE})


class MoveRefusedError(ValueError):
    """The table has no such move; nothing was changed."""

    def __init__(self, state: AlertState, action: Action) -> None:
        super().__init__(f"an alert that is {state.value} cannot take the action {action.value}")
        self.state = state
        self.action = action


class ReasonMissingError(ValueError):
    """The move needs a reason, and for resolving one of `RESOLUTIONS`; nothing was changed."""


def move(alert: Alert, action: Action, reason: str = "") -> AlertState:
    """Return the state of an alert after an action.

    For RESOLVE, `reason` begins with an item of `RESOLUTIONS`; ": text" may follow. Raises
    `MoveRefusedError` when the table has no such move and `ReasonMissingError` when the reason is
    missing or unknown.
    """
    if (alert.state, action) not in TRANSITIONS:
        raise MoveRefusedError(alert.state, action)
    if action in NEEDS_REASON and not reason.strip():
        raise ReasonMissingError(N_("This action needs a reason."))
    if action is Action.RESOLVE and reason.partition(":")[0].strip() not in RESOLUTIONS:
        raise ReasonMissingError(N_("This is no reason for which an alert is resolved."))
    return TRANSITIONS[alert.state, action]


def actions(state: AlertState) -> tuple[Action, ...]:
    """Return the actions that the table allows in a state, in the order of the table."""
    return tuple(action for (from_state, action) in TRANSITIONS if from_state is state)
