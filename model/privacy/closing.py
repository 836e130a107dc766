"""When a patient's account closes by itself, and what comes before and after. Pure.

The policy's clause: an account closes when nobody signed in for six months after the latest
prescription ended. It can be read in two ways, and a setting chooses. Months are counted by dates
in the care unit's time zone, and the last day belongs to the patient in full. An account without
any prescription never closes by itself. Nothing here closes an account or writes to a patient.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from model.calendar import local_date, midnight

CLOSING_MONTHS = 6
LEAST_WARN_DAYS, MOST_WARN_DAYS = 1, 150  # a warning must fit into the six months
_YEAR_MONTHS = 12


class ClosingReading(StrEnum):
    """How the clause is read.

    `latest`: six months after the later of both, the prescription's end and the last sign-in.
    `after_end`: six months after the end, unless the patient has signed in since the end.
    """

    LATEST = "latest"
    AFTER_END = "after_end"


class AccountStep(StrEnum):
    """What is to be done with an account now."""

    NOTHING = "nothing"
    WARN = "warn"
    CLOSE = "close"
    ERASE = "erase"


class AccountState(StrEnum):
    """How an account is called on lists, in the order in which one state rules out the next."""

    TO_ERASE = "to be erased"
    CLOSED = "closed"
    IN_CARE = "in care"
    WARNED = "warned"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingTerms:
    """The settings: how the clause is read, and the days of the warning and before the erasure.

    With `erase_days` 0 a closed account is kept until a person erases it.
    """

    reading: ClosingReading = ClosingReading.LATEST
    warn_days: int = 30
    erase_days: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLife:
    """What the life of an account depends on. Instants are epoch ms.

    `ends_on` is the last day of the latest prescription, None without any. `warned_for` is the last
    day that the newest warning named. `is_held` says that something forbids an erasure: a request
    that is open, or a restriction or an objection that holds.
    """

    ends_on: date | None = None
    signed_in_ms: int | None = None
    warned_for: date | None = None
    warned_ms: int | None = None
    closed_ms: int | None = None
    is_held: bool = False


def months_later(day: date, months: int) -> date:
    """Return the date some months later: of the same number, else the last of its month."""
    # months are numbered from 0 here, so that December does not become month 0 of a year
    years, month = divmod(day.month - 1 + months, _YEAR_MONTHS)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_day(life: AccountLife, terms: ClosingTerms, zone: str) -> date | None:
    """Return the last local date on which an account is open, None for one that stays open.

    It may have passed already. What the patient was warned of is not looked at.
    """
    # the clause counts from the end of a prescription: nothing else begins the six months
    if life.ends_on is None:
        return None
    seen = None if life.signed_in_ms is None else local_date(life.signed_in_ms, zone)
    since = life.ends_on
    if seen is not None and seen > since:
        # the stricter reading asks for six months without any sign-in right after the end
        if terms.reading is ClosingReading.AFTER_END:
            return None
        since = seen
    return months_later(since, CLOSING_MONTHS)


def warns_from_ms(last: date, terms: ClosingTerms, zone: str) -> int:
    """Return from when the patient is to be warned that an account closes after `last`."""
    return midnight(last + timedelta(days=1 - terms.warn_days), zone)


def closes_from_ms(life: AccountLife, last: date, terms: ClosingTerms, zone: str) -> int | None:
    """Return from when an account closes that is open until `last`, None before the warning.

    A warning that went out late moves the closing: the patient always has all of its days.
    """
    # a sign-in after the warning moves the last day, and that day needs a warning of its own
    if life.warned_for != last or life.warned_ms is None:
        return None
    warned = local_date(life.warned_ms, zone)
    return midnight(max(last + timedelta(days=1), warned + timedelta(days=terms.warn_days)), zone)


def erases_from_ms(closed_ms: int, terms: ClosingTerms, zone: str) -> int | None:
    """Return from when a closed account is to be erased, None when it is kept."""
    if not terms.erase_days:
        return None
    # the date of the closing itself does not count, so each of the days is a full one
    return midnight(local_date(closed_ms, zone) + timedelta(days=terms.erase_days + 1), zone)


def next_step(life: AccountLife, terms: ClosingTerms, zone: str, now_ms: int) -> AccountStep:
    """Return what is to be done with an account at an instant."""
    # a closed account is looked at for its erasure only: it is never warned or closed again
    if life.closed_ms is not None:
        return _after_closing(life, life.closed_ms, terms, zone, now_ms)
    last = last_day(life, terms, zone)
    if last is None:
        return AccountStep.NOTHING
    # no account closes without a warning, however long ago its last day was
    closes_ms = closes_from_ms(life, last, terms, zone)
    if closes_ms is None:
        is_near = now_ms >= warns_from_ms(last, terms, zone)
        return AccountStep.WARN if is_near else AccountStep.NOTHING
    return AccountStep.CLOSE if now_ms >= closes_ms else AccountStep.NOTHING


def _after_closing(
    life: AccountLife, closed_ms: int, terms: ClosingTerms, zone: str, now_ms: int
) -> AccountStep:
    erases_ms = erases_from_ms(closed_ms, terms, zone)
    # who was prescribed something anew is in care again, whatever became of the account
    is_in_care = life.ends_on is not None and life.ends_on >= local_date(now_ms, zone)
    if erases_ms is None or life.is_held or is_in_care or now_ms < erases_ms:
        return AccountStep.NOTHING
    return AccountStep.ERASE


def account_state(life: AccountLife, terms: ClosingTerms, zone: str, now_ms: int) -> AccountState:
    """Return how an account is called at an instant."""
    if life.closed_ms is not None:
        is_due = next_step(life, terms, zone, now_ms) is AccountStep.ERASE
        return AccountState.TO_ERASE if is_due else AccountState.CLOSED
    if life.ends_on is not None and life.ends_on >= local_date(now_ms, zone):
        return AccountState.IN_CARE
    last = last_day(life, terms, zone)
    is_warned = last is not None and life.warned_for == last
    return AccountState.WARNED if is_warned else AccountState.OPEN


def is_closing_due(due: date, identified: str, zone: str, now_ms: int) -> bool:
    """Return whether an account is closed without a person, because its patient asked for it.

    It is on the last day for the answer, and only when it was noted how the patient was identified.
    """
    return bool(identified) and local_date(now_ms, zone) >= due
