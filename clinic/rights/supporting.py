"""Cases of support of a care unit's patients: open, let somebody look, end that, close.

What support staff may see, and until when, is decided in `model.privacy.support`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from clinic import reads
from clinic.request_scope import RequestScope
from model.calendar import local_date
from model.privacy.support import (
    MOST_ACCESS_HOURS,
    MOST_SUPPORT_WORDS,
    SupportCase,
    SupportRefusedError,
    access_until,
    check_arrival,
    support_removed_ms,
)
from model.schemas.plain_text import text_problem
from model.words.language import N_
from storage.alerts import duty
from storage.audit_actions import AuditAction
from storage.people.errors import UnknownNameError
from storage.rights import support_cases, unit_support
from storage.rights.unit_support import GivenAccess, ReadBySupport
from web.problems import RequestRefused

ACCESS_HOURS = tuple(str(hours) for hours in (1, 2, 4, MOST_ACCESS_HOURS))
_MOST_NUMBER = 2**62  # beyond it the database has no number
_NO_ABOUT = N_("Write what the patient needs, in at most 500 characters.")
_NO_REASON = N_("Write why, in at most 500 characters. The patient reads it.")
_NO_ANSWER = N_("Write what became of it, in at most 500 characters.")
_NO_STAFF = N_("Choose who may look, from the list.")
_NO_HOURS = N_("Choose from the list for how long.")
_TWICE = N_("This person has access because of this case already.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAccess:
    """An access on the page, whether it lasts, and what was looked at because of it."""

    row: GivenAccess
    is_live: bool
    seen: Sequence[ReadBySupport]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCase:
    """A case on the page: the patient's name, when it is removed, and its accesses."""

    row: SupportCase
    name: str
    removed_on: date
    accesses: Sequence[ShownAccess]

    @property
    def is_live(self) -> bool:
        """Return whether somebody may look because of it now."""
        return any(access.is_live for access in self.accesses)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessWish:
    """Who (a subject) shall look, why, and for how many hours, as a form sends it."""

    staff: str
    reason: str
    hours: str


async def cases_of_unit(scope: RequestScope, patient: str = "") -> list[ShownCase]:
    """Return the cases of the unit's patients, or of one, and note whose they are."""
    rows = await unit_support.unit_support_cases(scope.conn, scope.unit, patient=patient)
    people = sorted({row.patient for row in rows})
    # that somebody asked the support for help is about the patient, so it is a read
    await scope.listed("support", people)
    names = await scope.names(people)
    numbers = [row.number for row in rows]
    given = await unit_support.given_accesses(scope.conn, numbers)
    seen = await unit_support.read_by_support(scope.conn, numbers)
    accesses = [_shown_access(row, seen, scope.now_ms) for row in given]
    return [_shown(row, names, accesses) for row in rows]


async def support_people(scope: RequestScope) -> Mapping[str, str]:
    """Return the names of those who may be let look: people of the unit, but not who asks."""
    people = await duty.colleagues(scope.conn, scope.unit)
    # whoever gives an access treats the patient and sees the data already
    return {who: name for who, name in people.items() if who != scope.actor.subject}


def access_mistakes(wish: AccessWish, people: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with the form of an access, by field."""
    checks = {
        "staff": (wish.staff in people, _NO_STAFF),
        "reason": (_is_text(wish.reason), _NO_REASON),
        "hours": (wish.hours in ACCESS_HOURS, _NO_HOURS),
    }
    return {field: text for field, (right, text) in checks.items() if not right}


def case_mistakes(about: str) -> dict[str, str]:
    """Return what is wrong with what a case is about."""
    return {} if _is_text(about) else {"about": _NO_ABOUT}


def answer_mistakes(answer: str) -> dict[str, str]:
    """Return what is wrong with the answer that closes a case."""
    return {} if _is_text(answer) else {"answer": _NO_ANSWER}


async def open_unit_case(
    scope: RequestScope, pseudonym: str, about: str, wish: AccessWish | None
) -> None:
    """Open a case about a patient, and let somebody look because of it where there is a wish."""
    by, now_ms = scope.actor.subject, scope.now_ms
    # it arrived now: for a letter that came earlier there is the command
    number = await support_cases.open_support_case(
        scope.conn, pseudonym, about=about, by=by, arrived_ms=now_ms
    )
    await scope.wrote(AuditAction.SUPPORT_OPEN, pseudonym, f"support_case:{number}")
    case = await held_case(scope, number)
    check_arrival(case.arrived_ms, case.zone, now_ms)
    if wish:
        await let_look(scope, case, wish)


async def held_case(scope: RequestScope, number: int) -> SupportCase:
    """Return a case of the unit, locked; 404 for any other, 409 for one that is closed."""
    try:
        case = await unit_support.unit_support_case(
            scope.conn, scope.unit, min(number, _MOST_NUMBER)
        )
    except UnknownNameError:
        raise RequestRefused(404, "This care unit has no such case.") from None
    # a colleague was quicker, and with the case every access has ended
    if case.closed_ms is not None:
        raise RequestRefused(409, "This case is closed already.")
    return case


async def let_look(scope: RequestScope, case: SupportCase, wish: AccessWish) -> dict[str, str]:
    """Let somebody look because of a case; else return what is wrong, by field."""
    now_ms, by = scope.now_ms, scope.actor.subject
    # the case is locked, so nobody closes it between this check and the access
    try:
        until_ms = access_until(case, int(wish.hours), now_ms)
        await support_cases.give_support_access(
            scope.conn,
            case,
            staff=wish.staff,
            reason=wish.reason,
            by=by,
            span=(now_ms, until_ms),
        )
    except SupportRefusedError:
        return {"staff": _TWICE}
    # the reason goes into the row of the log, where the patient reads it
    detail = {"reason": wish.reason}
    about = f"support_case:{case.number}"
    await scope.wrote(AuditAction.SUPPORT_ACCESS, case.patient, about, detail)
    return {}


async def end_look(scope: RequestScope, case: SupportCase) -> None:
    """End every access because of a case before its time; 409 where there is none any more."""
    # it ran out by itself, or a colleague ended it: a row in the log would say otherwise
    if not await support_cases.end_support_accesses(scope.conn, case.number, scope.now_ms):
        raise RequestRefused(409, "Nobody has access because of this case any more.")
    await scope.wrote(AuditAction.SUPPORT_END, case.patient, f"support_case:{case.number}")


async def close_unit_case(scope: RequestScope, case: SupportCase, answer: str) -> None:
    """Close a case, and with it every access because of it."""
    await support_cases.close_support_case(scope.conn, case.number, answer, scope.now_ms)
    await scope.wrote(AuditAction.SUPPORT_CLOSE, case.patient, f"support_case:{case.number}")


async def case_patient(scope: RequestScope, pseudonym: str) -> str:
    """Return the name of a patient about whom a case may be opened; 404 for any other patient.

    The name is shown, so that is a read.
    """
    await reads.read_brief(scope, pseudonym)
    await scope.read("support", pseudonym)
    return (await scope.names([pseudonym])).get(pseudonym, pseudonym)


def _is_text(text: str) -> bool:
    return bool(text) and not text_problem(text, MOST_SUPPORT_WORDS)


def _shown_access(row: GivenAccess, seen: Sequence[ReadBySupport], now_ms: int) -> ShownAccess:
    return ShownAccess(
        row=row,
        is_live=row.from_ms <= now_ms < row.until_ms,
        seen=[read for read in seen if read.access == row.number],
    )


def _shown(
    row: SupportCase, names: Mapping[str, str], accesses: Sequence[ShownAccess]
) -> ShownCase:
    return ShownCase(
        row=row,
        name=names.get(row.patient, row.patient),
        removed_on=local_date(support_removed_ms(row.arrived_ms, row.zone), row.zone),
        accesses=[access for access in accesses if access.row.case == row.number],
    )
