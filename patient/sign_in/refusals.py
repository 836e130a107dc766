"""Why a sign-in by the identity provider ends without a session, and what the page then says.

Pure. No text repeats a number: a page may be read over a shoulder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from model.words.language import N_
from patient.sign_in.personal_number import NumberKind


class DoorRefusal(StrEnum):
    """A reason, as it is in the audit log."""

    INTERIM = "an interim number"
    FOREIGN = "no Swedish personal number"
    WRONG = "a number that cannot be"
    ABSENT = "no number, or several"
    UNKNOWN = "the number is of no patient here"
    COORDINATION = "the coordination number is of no patient here"
    CLOSED = "the account is closed"
    WEAK = "the sign-in is too weak"
    LATE = "the answer belongs to no sign-in of this browser"
    DECLINED = "the provider sent an error instead of a code"
    NOT_ACCEPTED = "the provider's answer is not accepted"
    AWAY = "the provider does not answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalPage:
    """What a page says: a heading, what happened, what the patient can do, and the status."""

    heading: str
    why: str
    next_step: str
    status: HTTPStatus = HTTPStatus.FORBIDDEN


class PatientRefusedError(Exception):
    """A sign-in that ends without a session; `detail` is for the log and names nobody."""

    def __init__(self, refusal: DoorRefusal, detail: str = "") -> None:
        super().__init__(refusal.value)
        self.refusal, self.detail = refusal, detail


OF_KIND: Mapping[NumberKind, DoorRefusal] = {
    NumberKind.INTERIM: DoorRefusal.INTERIM,
    NumberKind.FOREIGN: DoorRefusal.FOREIGN,
    NumberKind.WRONG: DoorRefusal.WRONG,
}

_NO_WAY_IN = N_("We could not sign you in")
_UNFINISHED = N_("The sign-in was not finished")
_ASK_FOR_LINK = N_("Ask your clinic for a link: with it you sign in without a personal number.")
_BEGIN_AGAIN = N_("Nothing is wrong with your data. Begin again.")

# The words are worded by the template.
REFUSAL_PAGES: Mapping[DoorRefusal, RefusalPage] = {
    DoorRefusal.INTERIM: RefusalPage(
        heading=_NO_WAY_IN,
        why=N_("Your sign-in gave an interim number, which health care uses for a time."),
        next_step=_ASK_FOR_LINK,
    ),
    DoorRefusal.FOREIGN: RefusalPage(
        heading=_NO_WAY_IN,
        why=N_("Your sign-in gave a number that is no Swedish personal number."),
        next_step=_ASK_FOR_LINK,
    ),
    DoorRefusal.WRONG: RefusalPage(
        heading=_NO_WAY_IN,
        why=N_("Your sign-in gave a personal number that cannot be right."),
        next_step=_ASK_FOR_LINK,
    ),
    DoorRefusal.ABSENT: RefusalPage(
        heading=_NO_WAY_IN,
        why=N_("Your sign-in did not say who you are."),
        next_step=_ASK_FOR_LINK,
    ),
    DoorRefusal.UNKNOWN: RefusalPage(
        heading=N_("You are not in this service"),
        why=N_("No patient here has your personal number. You may have been added without it."),
        next_step=N_("Ask your clinic: they can add your number, or give you a link."),
    ),
    DoorRefusal.COORDINATION: RefusalPage(
        heading=N_("You are not in this service"),
        why=N_("No patient here has your coordination number. You may be known by another."),
        next_step=N_("Ask your clinic: they can add your number, or give you a link."),
    ),
    DoorRefusal.CLOSED: RefusalPage(
        heading=N_("Your account is closed"),
        why=N_("It was closed at your wish, or because it was not used for a long time."),
        next_step=N_("Ask your clinic if you want to use this service again."),
    ),
    DoorRefusal.WEAK: RefusalPage(
        heading=_NO_WAY_IN,
        why=N_("This service needs a stronger way to sign in than the one you used."),
        next_step=N_("Begin again, and choose another way, such as BankID."),
    ),
    DoorRefusal.LATE: RefusalPage(
        heading=_UNFINISHED,
        why=N_("It was begun too long ago, or in another browser."),
        next_step=_BEGIN_AGAIN,
    ),
    DoorRefusal.DECLINED: RefusalPage(
        heading=_UNFINISHED,
        why=N_("You did not finish, or the sign-in service stopped it."),
        next_step=_BEGIN_AGAIN,
    ),
    DoorRefusal.NOT_ACCEPTED: RefusalPage(
        heading=_UNFINISHED,
        why=N_("The answer of the sign-in service could not be accepted."),
        next_step=_BEGIN_AGAIN,
    ),
    DoorRefusal.AWAY: RefusalPage(
        heading=_UNFINISHED,
        why=N_("The sign-in service does not answer at the moment."),
        next_step=N_("Wait a little and begin again. Your data are safe."),
        status=HTTPStatus.SERVICE_UNAVAILABLE,
    ),
}
