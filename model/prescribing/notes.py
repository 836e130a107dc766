"""What a prescriber should know before a version is written, and confirms. Pure.

Nothing of it is wrong: what is wrong is in `model.schemas.prescription_check`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from model.prescription import Prescription, longest_minutes
from model.words.language import _

_LONG_AGO = timedelta(weeks=4)
_VIGOROUS = 2  # a vigorous minute counts twice in the dose
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriptionNote:
    """A note: its text, in the reader's language, and the key by which it is confirmed.

    The key names what the note is about, so that who confirms one has not confirmed another.
    """

    key: str
    text: str


def prescription_notes(
    prescription: Prescription, others: Iterable[Prescription], today: date
) -> tuple[PrescriptionNote, ...]:
    """Return what a prescriber should know before writing.

    `others` are all stored versions of the patient's prescriptions; `today` is the patient's local
    date.
    """
    return (
        *_past_notes(prescription, today),
        *_dose_notes(prescription),
        *_neighbour_notes(prescription, tuple(others)),
    )


def pause_notes(first: date, today: date) -> tuple[PrescriptionNote, ...]:
    """Return what a prescriber should know before a pause from a date on is written."""
    if first >= today:
        return ()
    # it takes alerts back, which whoever pauses a patient from last week on may not expect
    text = _(
        "The pause begins in the past: what was missed on its days is missed no more, and alerts "
        "about it are taken back."
    )
    return (PrescriptionNote(key=f"past-pause:{first}", text=text),)


def _past_notes(prescription: Prescription, today: date) -> Iterator[PrescriptionNote]:
    key = f"past:{prescription.valid_from}"
    if prescription.valid_from < today - _LONG_AGO:
        text = _("It begins more than four weeks ago: check the year and month of its first day.")
        yield PrescriptionNote(key=key, text=text)
    elif prescription.valid_from < today:
        text = _("It begins in the past: weeks that are over are shown against it, no more.")
        yield PrescriptionNote(key=key, text=text)


def _dose_notes(prescription: Prescription) -> Iterator[PrescriptionNote]:
    most = _VIGOROUS * prescription.sessions_per_week * longest_minutes(prescription)
    dose = prescription.dose_min_per_week
    # where no session is asked for, the dose alone says what is due
    if dose is not None and 0 < most < dose:
        text = _("Its weekly dose is more than its sessions can give, even if all were vigorous.")
        yield PrescriptionNote(key=f"dose:{dose:g}", text=text)


def _neighbour_notes(
    prescription: Prescription, stored: tuple[Prescription, ...]
) -> Iterator[PrescriptionNote]:
    """Yield the prescriptions beside which it holds, those for the same sessions first."""
    same, apart = set[str](), set[str]()
    for row in stored:
        if row.id != prescription.id and _meet(prescription, row, stored):
            (same if _share_sessions(prescription, row) else apart).add(row.id)
    for id_ in sorted(same):
        text = _(
            "It holds beside %(other)s for the same activities: a session counts for each, and "
            "what is due adds up. Renew or end the other unless both are meant.",
            other=_named(id_, stored),
        )
        yield PrescriptionNote(key=f"same:{id_}", text=text)
    for id_ in sorted(apart - same):
        text = _(
            "It holds beside %(other)s: each is judged by its own types.",
            other=_named(id_, stored),
        )
        yield PrescriptionNote(key=f"apart:{id_}", text=text)


def _meet(first: Prescription, row: Prescription, stored: Iterable[Prescription]) -> bool:
    """Return whether a stored version holds on a date of `first`.

    It holds until a newer version of its prescription begins: one that was ended holds no more.
    """
    last = row.valid_to
    for newer in stored:
        if newer.id == row.id and newer.version > row.version:
            last = min(last, newer.valid_from - _DAY)
    return max(first.valid_from, row.valid_from) <= min(first.valid_to, last)


def _share_sessions(first: Prescription, second: Prescription) -> bool:
    """Return whether a session can count for both; a prescription without types takes each."""
    return not (first.types and second.types) or not set(first.types).isdisjoint(second.types)


def _named(id_: str, stored: Iterable[Prescription]) -> str:
    """Return a prescription as a prescriber knows it: by its newest words, and its id."""
    words = [row.activity for row in stored if row.id == id_ and row.activity]
    return f"{words[-1]} ({id_})" if words else id_
