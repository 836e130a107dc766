"""Requests of patients about their rights: kinds, states, and by when they are due. Pure.

A request is due 30 calendar days after it was received, counted in the patient's local dates. It
must never be answered without a note of how the requester was identified.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from model.calendar import DAY_MS, local_date

DUE_DAYS = 30
LONGEST_WISH, LONGEST_ANSWER, LONGEST_IDENTIFIED = 2_000, 2_000, 200  # characters
# An answer as a file is handed over at the patient door for so long.
FILE_KEPT_MS = 30 * DAY_MS


class RightKind(StrEnum):
    """What a patient may ask for."""

    ACCESS = "access"
    PORTABILITY = "portability"
    RECTIFICATION = "rectification"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    ERASURE = "erasure"
    CLOSING = "closing"  # of the account


class RightsState(StrEnum):
    """How far a request has come."""

    RECEIVED = "received"
    TAKEN = "taken"
    ANSWERED = "answered"
    REFUSED = "refused"


# A request that is closed stays closed: a new answer needs a new request.
RIGHTS_MOVES: Mapping[RightsState, frozenset[RightsState]] = {
    RightsState.RECEIVED: frozenset({RightsState.TAKEN, RightsState.ANSWERED, RightsState.REFUSED}),
    # taken again: a colleague goes on where somebody else began
    RightsState.TAKEN: frozenset({RightsState.TAKEN, RightsState.ANSWERED, RightsState.REFUSED}),
    RightsState.ANSWERED: frozenset(),
    RightsState.REFUSED: frozenset(),
}


class RightsMoveError(ValueError):
    """A request may not go where it was sent, or lacks what the step needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsRequest:
    """A request of a patient (a pseudonym). `due` is the last local date for the answer.

    `identified` says how the requester was identified, "" as long as nobody has. `answer` is what
    was answered, or the ground of a refusal. `wish` is what the patient wrote with it.
    """

    number: int
    patient: str
    kind: RightKind
    received_ms: int
    identified: str
    due: date
    state: RightsState = RightsState.RECEIVED
    handled_by: str = ""
    answer: str = ""
    closed_ms: int | None = None
    wish: str = ""


def due_date(received_ms: int, zone: str) -> date:
    """Return the last local date on which a request can be answered in time."""
    # by dates, not by hours: the law counts days, and a day is the patient's own
    return local_date(received_ms, zone) + timedelta(days=DUE_DAYS)


def is_overdue(request: RightsRequest, now_ms: int, zone: str) -> bool:
    """Return whether a request is open after its last date. That date itself is in time."""
    return bool(RIGHTS_MOVES[request.state]) and local_date(now_ms, zone) > request.due


def check_rights_move(
    request: RightsRequest, to: RightsState, *, identified: str = "", answer: str = ""
) -> None:
    """Raise `RightsMoveError`, with a sentence for people, when a step is not allowed.

    An answer needs a note of how the requester was identified; it and a refusal need a text.
    """
    if to not in RIGHTS_MOVES[request.state]:
        raise RightsMoveError(f"the request is {request.state.value} already")
    if to is RightsState.ANSWERED and not (identified.strip() or request.identified):
        raise RightsMoveError("say how the requester was identified before answering")
    if to in {RightsState.ANSWERED, RightsState.REFUSED} and not answer.strip():
        raise RightsMoveError("an answer or a refusal needs a text")
