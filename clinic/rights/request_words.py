"""The words of requests about rights on the clinic's pages, and what is wrong with a step. Pure."""

from collections.abc import Mapping

from model.privacy.requests import (
    LONGEST_ANSWER,
    LONGEST_IDENTIFIED,
    RIGHTS_MOVES,
    RightKind,
    RightsMoveError,
    RightsRequest,
    RightsState,
    extended_due,
)
from model.schemas.plain_text import text_problem
from model.words.language import N_

# Of each right its name, and how what was decided is carried out.
KIND_WORDS: Mapping[RightKind, tuple[str, str]] = {
    RightKind.ACCESS: (
        N_("Access to all data"),
        N_("Whoever runs the system makes the file: kadens rights access, kadens rights answer."),
    ),
    RightKind.PORTABILITY: (
        N_("Data to take along"),
        N_("Whoever runs the system makes the file: kadens rights portability, rights answer."),
    ),
    RightKind.RECTIFICATION: (
        N_("Correction"),
        N_("A correction is made on its own page, and can be taken back."),
    ),
    RightKind.RESTRICTION: (
        N_("Restriction of use"),
        N_("A restriction is set with kadens restrict, and lifted after notice to the patient."),
    ),
    RightKind.OBJECTION: (
        N_("Objection"),
        N_("Processing pauses until kadens objection answer records a ground that overrides it."),
    ),
    RightKind.ERASURE: (N_("Erasure"), N_("The patient is erased with kadens erase, for good.")),
    RightKind.CLOSING: (
        N_("Closing of the account"),
        N_("The account is closed on the page of accounts, and its data erased later."),
    ),
}
STATE_NAMES: Mapping[RightsState, str] = {
    RightsState.RECEIVED: N_("Received"),
    RightsState.TAKEN: N_("Taken"),
    RightsState.ANSWERED: N_("Answered"),
    RightsState.REFUSED: N_("Refused"),
}
# What the page says after each step.
STEP_DONE: Mapping[str, str] = {
    "take": N_("The request is yours now."),
    "answer": N_("The answer is written down, and the patient sees it."),
    "refuse": N_("The refusal is written down, and the patient sees its ground."),
    "extend": N_("The time is longer now, and the patient sees why."),
}
_TEXT_WRONG = N_("Write plain text of at most 2,000 characters.")
_HOW_WRONG = N_("Write plain text of at most 200 characters.")
_NO_TEXT: Mapping[str, str] = {
    "answer": N_("Write what is answered: the patient reads it."),
    "refuse": N_("Write the ground of the refusal: the patient reads it."),
    "extend": N_("Write why it takes longer: the patient reads it."),
}
_NOT_IDENTIFIED = N_("Note how the requester was identified before you answer.")
_EXTENDED = N_("The time was made longer already, which is possible once.")
_TOO_LATE = N_("The time is over, and cannot be made longer any more.")


def step_mistakes(
    before: RightsRequest, step: str, text: str, identified: str, now_ms: int, zone: str
) -> dict[str, str]:
    """Return what is wrong with the form of a step, by its field; empty when it may be taken.

    `before` is open: that somebody else closed it is no mistake in a field.
    """
    wrong: dict[str, str] = {}
    if text_problem(text, LONGEST_ANSWER, allowed="\n"):
        wrong["text"] = _TEXT_WRONG
    elif step in _NO_TEXT and not text:
        wrong["text"] = _NO_TEXT[step]
    elif step == "extend" and (why := _not_longer(before, now_ms, zone, text)):
        wrong["text"] = why
    if text_problem(identified, LONGEST_IDENTIFIED, allowed=""):
        wrong["identified"] = _HOW_WRONG
    elif step == "answer" and not (identified or before.identified):
        wrong["identified"] = _NOT_IDENTIFIED
    return wrong


def _not_longer(before: RightsRequest, now_ms: int, zone: str, why: str) -> str:
    try:
        extended_due(before, now_ms, zone, why)
    except RightsMoveError:
        return _TOO_LATE if before.extended_ms is None else _EXTENDED
    return ""


def may_extend(request: RightsRequest, now_ms: int, zone: str) -> bool:
    """Return whether the time of a request may still be made longer, with a reason."""
    return bool(RIGHTS_MOVES[request.state]) and not _not_longer(request, now_ms, zone, "why")
