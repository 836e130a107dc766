"""Warns patients whose accounts are about to close, closes unused ones, removes old support cases.

`model.privacy.closing` decides. Each account is a transaction of its own, in which its life is read
again under a lock: a sign-in in the last moment keeps it open, and a second worker or a restart
does nothing twice. It never erases anything.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from alerts.announcing import closing_nudge
from alerts.working_hours import DEFAULT_HOURS
from model.calendar import DAY_MS, utc
from model.messages.outgoing import ReceiverKind
from model.privacy.closing import (
    AccountStep,
    ClosingTerms,
    is_closing_due,
    last_day,
    next_step,
)
from model.privacy.support import support_removed_ms
from storage.alerts import outbox
from storage.people.consents import may_contact
from storage.pg.pool import Connection, Pool
from storage.rights import account_life, rights_requests, support_cases
from storage.rights.account_life import AT_WISH, BY_WORKER, INACTIVE, AccountRow
from storage.rights.rights_requests import ClosingWish

_LEAST_KEPT_MS = 180 * DAY_MS
# the patient reads it at the clinic or in their file: their door is closed then
CLOSED_AT_WISH = "The account was closed, as you asked. Kontot stängdes, som du bad om."
_PAGE = 200  # accounts that are read at once


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTender:
    """What tending accounts needs: `ways` are the channels on which messages leave."""

    pool: Pool
    terms: ClosingTerms
    ways: Collection[str]
    now: Callable[[], int]

    def step(self, account: AccountRow) -> AccountStep:
        """Return what is to be done with an account now."""
        return next_step(account.life, self.terms, zone_of_account(account), self.now())


def zone_of_account(account: AccountRow) -> str:
    """Return the time zone of an account's care unit: its own, or that of the default hours."""
    return account.zone or DEFAULT_HOURS.zone


async def tend_lives(tender: AccountTender) -> int:
    """Warn and close whatever is due; return how many accounts were warned or closed."""
    done, after = 0, 0
    ended = utc(tender.now()).date()
    while True:
        # the connection goes back before the next is taken: a timer never holds two
        async with tender.pool.connection() as conn:
            page = await account_life.open_accounts(conn, ended, after, _PAGE)
        for account in page:
            if tender.step(account) is not AccountStep.NOTHING:
                done += await _tend(tender, account.pseudonym)
        if len(page) < _PAGE:
            return done
        after = page[-1].patient


async def close_wished(tender: AccountTender) -> int:
    """Close the accounts whose patients asked for it when the answer is due; return how many."""
    async with tender.pool.connection() as conn:
        wishes = await rights_requests.closing_wishes(conn)
    done = 0
    for wish in wishes:
        if is_closing_due(wish.due, wish.identified, wish.zone, tender.now()):
            done += await _close_wished(tender, wish)
    return done


async def _close_wished(tender: AccountTender, wish: ClosingWish) -> int:
    async with tender.pool.connection() as conn:
        account = await account_life.free_account(conn, wish.patient)
        if account is None:
            return 0  # others write of the patient: the next round looks again
        now_ms = tender.now()
        # a person who answered or refused meanwhile has decided
        if not await rights_requests.answer_closing(
            conn, wish.number, by=BY_WORKER, identified="", answer=CLOSED_AT_WISH, now_ms=now_ms
        ):
            return 0
        if account.life.closed_ms is None:
            await account_life.close_account(
                conn, account, by=BY_WORKER, why=AT_WISH, now_ms=now_ms
            )
    return 1


async def _tend(tender: AccountTender, patient: str) -> int:
    async with tender.pool.connection() as conn:
        account = await account_life.free_account(conn, patient)
        if account is None:
            return 0  # others write of the patient: the next round looks again
        step = tender.step(account)  # again, from what was read under the lock
        # what the list said may be over by now: a sign-in came, or a new prescription
        if step is AccountStep.WARN:
            await _warn(conn, account, tender)
        elif step is AccountStep.CLOSE:
            await account_life.close_account(
                conn, account, by=BY_WORKER, why=INACTIVE, now_ms=tender.now()
            )
    return int(step in {AccountStep.WARN, AccountStep.CLOSE})


async def _warn(conn: Connection, account: AccountRow, tender: AccountTender) -> None:
    last = last_day(account.life, tender.terms, zone_of_account(account))
    if last is None:
        return
    now_ms, nudge = tender.now(), ReceiverKind.NUDGE.value
    # without a way to the patient, or leave to use it, the clinic writes to whom
    # `kadens account warnings` lists: a message that is muted would be no warning
    may = nudge in tender.ways and await may_contact(conn, account.pseudonym, nudge, now_ms)
    way = nudge if may else ""
    if way:
        message = closing_nudge(account.patient, account.pseudonym, last)
        await outbox.put_all(conn, [message], now_ms)
    await account_life.put_warning(
        conn, account.patient, last, way=way, by=BY_WORKER, now_ms=now_ms
    )


async def remove_old_support(pool: Pool, now: Callable[[], int]) -> int:
    """Remove the support cases whose six months are over; return how many."""
    now_ms = now()
    async with pool.connection() as conn:
        # no six months are shorter than this, in any zone
        cases = await support_cases.old_support_cases(conn, now_ms - _LEAST_KEPT_MS)
        over = [
            case.number
            for case in cases
            if support_removed_ms(case.arrived_ms, case.zone) <= now_ms
        ]
        # accesses go with their case, also one that would last a little longer
        if over:
            await support_cases.remove_support_cases(conn, over)
    return len(over)
