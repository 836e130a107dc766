"""Cases of support: how long they are kept, and who may look at whose data because of them. Pure.

A case is kept for six months from the day it arrived, open or not. Support staff see a patient's
data only with a case that is open, for a reason, and for some hours. Nothing here looks at data.
"""

from dataclasses import dataclass
from datetime import timedelta

from model.calendar import HOUR_MS, local_date, midnight
from model.privacy.closing import months_later

SUPPORT_MONTHS = 6
MOST_ACCESS_HOURS = 8  # [P] a working day: who needs longer says so again, with a reason
MOST_SUPPORT_WORDS = 500


class SupportRefusedError(ValueError):
    """A step of a case is not allowed; the text says why, for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportCase:
    """A case about a patient (a pseudonym); instants are epoch ms, and an open one has no end.

    `access_until_ms` is when the last access because of it ends, None without any.
    """

    number: int
    patient: str
    zone: str
    about: str
    arrived_ms: int
    opened_by: str
    closed_ms: int | None = None
    answer: str = ""
    access_until_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportAccess:
    """That a person of the support staff (a subject) may look at a patient's data, and why."""

    case: int
    patient: int
    staff: str
    reason: str
    until_ms: int


def support_removed_ms(arrived_ms: int, zone: str) -> int:
    """Return from when a case is removed: at the midnight after its last day."""
    # by dates, as accounts are: the last day counts in full
    last = months_later(local_date(arrived_ms, zone), SUPPORT_MONTHS)
    return midnight(last + timedelta(days=1), zone)


def check_arrival(arrived_ms: int, zone: str, now_ms: int) -> None:
    """Raise `SupportRefusedError` for a case that is to come, or that would be removed at once."""
    if arrived_ms > now_ms:
        raise SupportRefusedError("a case cannot arrive in the future")
    if support_removed_ms(arrived_ms, zone) <= now_ms:
        raise SupportRefusedError("the case arrived more than six months ago, and would be removed")


def access_until(case: SupportCase, hours: int, now_ms: int) -> int:
    """Return until when an access lasts that begins now (epoch ms).

    Raises `SupportRefusedError` for a case that is closed or over, and for too many hours.
    """
    # closed comes first: whoever asks should open another case, not ask for fewer hours
    if case.closed_ms is not None:
        raise SupportRefusedError("the case is closed: open another")
    if not 1 <= hours <= MOST_ACCESS_HOURS:
        raise SupportRefusedError(f"an access lasts 1 to {MOST_ACCESS_HOURS} hours")
    # no access outlives the case that it is for
    removed_ms = support_removed_ms(case.arrived_ms, case.zone)
    if removed_ms <= now_ms:
        raise SupportRefusedError("the case is over: it is removed within the hour")
    return min(now_ms + hours * HOUR_MS, removed_ms)
