"""Requests of patients about their rights: kinds, states, and by when they are due. Pure.

A request is due 30 calendar days after it was received, counted in the patient's local dates. It
must never be answered without a note of how the requester was identified.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from model.calendar import DAY_MS, local_date, utc
from model.privacy.closing import months_later

DUE_DAYS = 30
EXTENSION_MONTHS = 2  # once, and said to the patient before the first time is over
SOON_DAYS = 7  # an answer that is due within them is nearly late
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
    was answered, or the ground of a refusal. `wish` is what the patient wrote with it. A time that
    was made longer has `extended_ms`, and `extended_why` for the patient.
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
    extended_ms: int | None = None
    extended_why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDue:
    """An open request: its patient (the id of the row), the last date, and the patient's zone."""

    number: int
    patient: int
    due: date
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCounts:
    """How many open requests are late, and how many others are due within `SOON_DAYS`."""

    overdue: int = 0
    soon: int = 0


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


def extended_due(request: RightsRequest, now_ms: int, zone: str, why: str) -> date:
    """Return the last date of a request whose time is made longer.

    Raises `RightsMoveError` for one that is closed, late or longer already, and without a reason.
    """
    if not RIGHTS_MOVES[request.state]:
        raise RightsMoveError(f"the request is {request.state.value} already")
    if request.extended_ms is not None:
        raise RightsMoveError("the time was made longer already, and is so only once")
    # the law wants the patient to know within the first month
    if is_overdue(request, now_ms, zone):
        raise RightsMoveError("the request is overdue, and its time cannot be made longer")
    if not why.strip():
        raise RightsMoveError("a longer time needs a reason for the patient")
    return months_later(request.due, EXTENSION_MONTHS)


def is_soon(due: date, today: date) -> bool:
    """Return whether an answer is nearly late on a date: due on it, or within `SOON_DAYS`."""
    return today <= due <= today + timedelta(days=SOON_DAYS)


def lateness(request: OpenDue, now_ms: int) -> str:
    """Return how near the last date of an open request is: `overdue`, `soon`, or "" for neither."""
    today = local_date(now_ms, request.zone)
    if today > request.due:
        return "overdue"
    return "soon" if is_soon(request.due, today) else ""


def due_counts(open_ones: Iterable[OpenDue], now_ms: int) -> DueCounts:
    """Return how many of the open requests are late, and how many are due soon."""
    near = Counter(lateness(request, now_ms) for request in open_ones)
    return DueCounts(overdue=near["overdue"], soon=near["soon"])


def last_looked_at(now_ms: int) -> date:
    """Return a date by which every open request is due that is late or due soon in any zone."""
    # a day more than the week: the last dates are the patients' own
    return utc(now_ms + (SOON_DAYS + 1) * DAY_MS).date()
