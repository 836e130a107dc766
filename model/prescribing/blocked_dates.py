"""The local dates of which nothing may be known, and prescriptions that ask for nothing on them.

Nothing is due on a date without consent, nor on one that a restriction or an objection touches
(clinical definition section 5.2). Dates before the first consent are not among them: nothing was
withdrawn then, and the patient may have no watch at all. Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeAlias

from model.calendar import local_date
from model.prescription import Pause, Prescription

# The reasons of the pauses that such dates are for a prescription.
NO_CONSENT, RESTRICTED, OBJECTED = "no consent", "restriction", "objection"
BLOCKED_WHY = frozenset({NO_CONSENT, RESTRICTED, OBJECTED})
_DAY = timedelta(days=1)

# [given, withdrawn) in epoch ms; withdrawn is None while a consent holds.
ConsentSpan: TypeAlias = tuple[int, int | None]
# [from, until) in epoch ms, until None without an end, and why: `RESTRICTED` or `OBJECTED`.
UnusedSpan: TypeAlias = tuple[int, int | None, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedDates:
    """The local dates from `first` to `last` (inclusive) on which nothing is due.

    `last` of None means that there is no end yet. `why` is one of `BLOCKED_WHY`.
    """

    first: date
    last: date | None
    why: str


def blocked_dates(
    consents: Iterable[ConsentSpan], unused: Iterable[UnusedSpan], zone: str
) -> tuple[BlockedDates, ...]:
    """Return the dates without consent, and those that restrictions and objections touch."""
    return (*consent_gaps(consents, zone), *restricted_dates(unused, zone))


def consent_gaps(consents: Iterable[ConsentSpan], zone: str) -> tuple[BlockedDates, ...]:
    """Return the gaps between consents, and after the last, by local date in an IANA zone.

    The consents may be to several sources: a consent that holds for any part of a date, to any
    source, keeps all of the date.
    """
    return tuple(_gaps(sorted(consents, key=_given), zone))


def _gaps(consents: Sequence[ConsentSpan], zone: str) -> Iterator[BlockedDates]:
    held_until: int | None = None
    for given_ms, withdrawn_ms in consents:
        if held_until is not None and held_until < given_ms:
            yield from _gap(held_until, given_ms, zone)
        if withdrawn_ms is None:
            return
        held_until = withdrawn_ms if held_until is None else max(held_until, withdrawn_ms)
    if held_until is not None:
        yield from _gap(held_until, None, zone)


def _gap(from_ms: int, until_ms: int | None, zone: str) -> Iterator[BlockedDates]:
    # the date of the last instant with consent keeps it, and so does that of the next consent
    first = local_date(from_ms - 1, zone) + _DAY
    last = None if until_ms is None else local_date(until_ms, zone) - _DAY
    if last is None or first <= last:
        yield BlockedDates(first=first, last=last, why=NO_CONSENT)


def _given(consent: ConsentSpan) -> int:
    return consent[0]


def restricted_dates(spans: Iterable[UnusedSpan], zone: str) -> tuple[BlockedDates, ...]:
    """Return the dates that restrictions and objections touch, by local date in an IANA zone.

    A part of a date takes all of it: a session that is not used may have lain in that part, and
    the rest of the date looks like one that was worn without a session.
    """
    return tuple(_touched(span, zone) for span in spans)


def _touched(span: UnusedSpan, zone: str) -> BlockedDates:
    from_ms, until_ms, why = span
    last = None if until_ms is None else local_date(until_ms - 1, zone)
    return BlockedDates(first=local_date(from_ms, zone), last=last, why=why)


def blocked_among(dates: Iterable[date], blocked: Iterable[BlockedDates]) -> frozenset[date]:
    """Return those of the local dates on which nothing is due."""
    rows = tuple(blocked)
    return frozenset(day for day in dates if _is_within_any(day, rows))


def _is_within_any(day: date, rows: Sequence[BlockedDates]) -> bool:
    return any(row.first <= day and (row.last is None or day <= row.last) for row in rows)


def paused_while_blocked(
    prescription: Prescription, blocked: Iterable[BlockedDates]
) -> Prescription:
    """Return a version that is paused on the blocked dates, itself when there are none."""
    pauses: list[Pause] = []
    for row in blocked:
        last = prescription.valid_to if row.last is None else row.last
        if row.first <= last:
            pauses.append(Pause(first=row.first, last=last, why=row.why))
    if not pauses:
        return prescription
    return replace(prescription, pauses=(*prescription.pauses, *pauses))


def with_own_pauses(prescriptions: Iterable[Prescription]) -> tuple[Prescription, ...]:
    """Return versions without the pauses that are blocked dates.

    What a patient answers on a date that is blocked in part counts as on any other date.
    """
    return tuple(map(_with_own_pauses, prescriptions))


def _with_own_pauses(prescription: Prescription) -> Prescription:
    own = tuple(pause for pause in prescription.pauses if pause.why not in BLOCKED_WHY)
    return prescription if own == prescription.pauses else replace(prescription, pauses=own)
