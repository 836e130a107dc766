"""The local dates on which no consent holds, and prescriptions that ask for nothing on them. Pure.

A date without consent is a date of which nothing may be known, so nothing is due on it (clinical
definition section 5.2). Dates before the first consent are not among them: nothing was withdrawn
then, and the patient may have no watch at all.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeAlias

from model.calendar import local_date
from model.prescription import Pause, Prescription

NO_CONSENT = "no consent"  # the reason of the pause that a gap is for a prescription
_DAY = timedelta(days=1)

# [given, withdrawn) in epoch ms; withdrawn is None while a consent holds.
ConsentSpan: TypeAlias = tuple[int, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGap:
    """The local dates from `first` to `last` (inclusive) on all of which no consent holds.

    `last` of None means that no consent has been given again.
    """

    first: date
    last: date | None


def consent_gaps(consents: Iterable[ConsentSpan], zone: str) -> tuple[ConsentGap, ...]:
    """Return the gaps between consents, and after the last, by local date in an IANA zone.

    The consents may be to several sources: a consent that holds for any part of a date, to any
    source, keeps all of the date.
    """
    return tuple(_gaps(sorted(consents, key=_given), zone))


def _gaps(consents: Sequence[ConsentSpan], zone: str) -> Iterator[ConsentGap]:
    held_until: int | None = None
    for given_ms, withdrawn_ms in consents:
        if held_until is not None and held_until < given_ms:
            yield from _gap(held_until, given_ms, zone)
        if withdrawn_ms is None:
            return
        held_until = withdrawn_ms if held_until is None else max(held_until, withdrawn_ms)
    if held_until is not None:
        yield from _gap(held_until, None, zone)


def _gap(from_ms: int, until_ms: int | None, zone: str) -> Iterator[ConsentGap]:
    # the date of the last instant with consent keeps it, and so does that of the next consent
    first = local_date(from_ms - 1, zone) + _DAY
    last = None if until_ms is None else local_date(until_ms, zone) - _DAY
    if last is None or first <= last:
        yield ConsentGap(first=first, last=last)


def _given(consent: ConsentSpan) -> int:
    return consent[0]


def without_consent(dates: Iterable[date], gaps: Iterable[ConsentGap]) -> frozenset[date]:
    """Return those of the local dates that lie in gaps."""
    rows = tuple(gaps)
    return frozenset(day for day in dates if any(_is_within(day, gap) for gap in rows))


def _is_within(day: date, gap: ConsentGap) -> bool:
    return gap.first <= day and (gap.last is None or day <= gap.last)


def paused_in_gaps(prescription: Prescription, gaps: Iterable[ConsentGap]) -> Prescription:
    """Return a version that is paused on the dates without consent, the version itself if none."""
    pauses: list[Pause] = []
    for gap in gaps:
        last = prescription.valid_to if gap.last is None else gap.last
        if gap.first <= last:
            pauses.append(Pause(first=gap.first, last=last, why=NO_CONSENT))
    if not pauses:
        return prescription
    return replace(prescription, pauses=(*prescription.pauses, *pauses))
