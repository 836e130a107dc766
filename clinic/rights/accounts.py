"""Accounts of a care unit's patients: how long each is open and why, closing, and opening again.

What a closing ends is in `storage.rights.account_life`. It erases nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from alerts.working_hours import DEFAULT_HOURS
from clinic import reads
from clinic.request_scope import RequestScope
from model.calendar import local_date
from model.privacy.closing import (
    AccountState,
    ClosingTerms,
    account_state,
    erases_from_ms,
    last_day,
)
from model.schemas.plain_text import text_problem
from model.words.language import N_
from storage.audit_actions import AuditAction
from storage.people.errors import AccountClosedError, RefusedError
from storage.rights import account_life, rights_requests
from storage.rights.account_life import AccountRow
from storage.rights.rights_requests import ClosingWish
from web.problems import RequestRefused

LONGEST_ACCOUNT_WHY, LONGEST_HOW = 500, 200  # characters, as the database keeps them
ACCOUNT_WORDS: Mapping[AccountState, str] = {
    AccountState.TO_ERASE: N_("Closed, to be erased"),
    AccountState.CLOSED: N_("Closed"),
    AccountState.IN_CARE: N_("In care"),
    AccountState.WARNED: N_("Warned: it closes soon"),
    AccountState.OPEN: N_("Open, nothing prescribed"),
}
_NO_WHY = N_("Write why, in at most 500 characters.")
_NO_HOW = N_("Note how the patient was identified, in at most 200 characters.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """An account on the page: its state, its last day, and what its patient asked for.

    `open_until` is the last day if nobody signs in, None for one that stays open. `erased_on` is
    the date from which a closed one is erased. `way` is how the warning went out, "" for none.
    """

    row: AccountRow
    name: str
    zone: str
    state: AccountState
    open_until: date | None
    erased_on: date | None
    way: str
    wish: ClosingWish | None


async def accounts_of(scope: RequestScope) -> list[AccountLine]:
    """Return the accounts of the unit's patients: what needs a person first, then by last day."""
    kept = await account_life.accounts_of_unit(scope.conn, scope.unit)
    await scope.listed("accounts", sorted(row.pseudonym for row in kept))
    names = await scope.names([row.pseudonym for row in kept])
    warned = await account_life.account_warnings(scope.conn, scope.unit)
    ways = {row.pseudonym: row.way for row in warned}
    open_wishes = await rights_requests.closing_wishes(scope.conn, unit=scope.unit)
    wishes = {row.patient: row for row in open_wishes}
    terms, now_ms = scope.clinic.closing, scope.now_ms
    lines = [_line(row, names, ways, wishes, terms, now_ms) for row in kept]
    return sorted(lines, key=_urgency)


def fits(line: AccountLine, text: str) -> bool:
    """Return whether a text is part of the name or the pseudonym of an account."""
    # an empty text is part of every name
    part = text.casefold().strip()
    return part in line.name.casefold() or part in line.row.pseudonym.casefold()


def closing_mistakes(why: str, identified: str) -> dict[str, str]:
    """Return what is wrong with the form of a closing, by field."""
    wrong: dict[str, str] = {}
    if not why or text_problem(why, LONGEST_ACCOUNT_WHY, allowed=""):
        wrong["why"] = _NO_WHY
    if not identified or text_problem(identified, LONGEST_HOW, allowed=""):
        wrong["identified"] = _NO_HOW
    return wrong


async def end_account(scope: RequestScope, pseudonym: str, why: str, identified: str) -> None:
    """Close an account because its patient wants it, and answer the request where there is one.

    404 for another unit's patient, 409 for an account that is closed.
    """
    await reads.read_brief(scope, pseudonym)
    by, now_ms = scope.actor.subject, scope.now_ms
    account = await account_life.held_account(scope.conn, pseudonym)
    try:
        await account_life.close_account(scope.conn, account, by=by, why=why, now_ms=now_ms)
    except AccountClosedError:
        raise RequestRefused(409, "This account is closed already.") from None
    for wish in await rights_requests.closing_wishes(scope.conn, patient=pseudonym):
        await rights_requests.answer_closing(
            scope.conn, wish.number, by=by, identified=identified, answer=why, now_ms=now_ms
        )
        await scope.wrote(AuditAction.RIGHTS_ANSWER, pseudonym, f"rights_request:{wish.number}")
    await scope.wrote(AuditAction.ACCOUNT_CLOSE, pseudonym, "account")


async def open_again(scope: RequestScope, pseudonym: str, why: str) -> None:
    """Open a closed account again; 404 for another unit's patient, 409 for one that is open."""
    await reads.read_brief(scope, pseudonym)
    account = await account_life.held_account(scope.conn, pseudonym)
    by, now_ms = scope.actor.subject, scope.now_ms
    try:
        await account_life.reopen_account(scope.conn, account, by=by, why=why, now_ms=now_ms)
    except RefusedError:
        raise RequestRefused(409, "This account is not closed.") from None
    await scope.wrote(AuditAction.ACCOUNT_REOPEN, pseudonym, "account")


def _line(
    row: AccountRow,
    names: Mapping[str, str],
    ways: Mapping[str, str],
    wishes: Mapping[str, ClosingWish],
    terms: ClosingTerms,
    now_ms: int,
) -> AccountLine:
    zone, life = row.zone or DEFAULT_HOURS.zone, row.life
    erased_on = None
    if life.closed_ms is not None:
        erases_ms = erases_from_ms(life.closed_ms, terms, zone)
        erased_on = None if erases_ms is None else local_date(erases_ms, zone)
    return AccountLine(
        row=row,
        name=names.get(row.pseudonym, row.pseudonym),
        zone=zone,
        state=account_state(life, terms, zone, now_ms),
        # no date for a closed account: it would look as if the closing were still to come
        open_until=last_day(life, terms, zone) if life.closed_ms is None else None,
        erased_on=erased_on,
        way=ways.get(row.pseudonym, ""),
        wish=wishes.get(row.pseudonym),
    )


def _urgency(line: AccountLine) -> tuple[bool, bool, date, str]:
    is_warned = line.state is AccountState.WARNED
    return line.wish is None, not is_warned, line.open_until or date.max, line.name
