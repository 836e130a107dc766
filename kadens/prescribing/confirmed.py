"""What an operator is told before a prescription is written, by the same keys as at the door."""

import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import typer

from kadens.output.question import answered_yes
from kadens.output.terminal import fail, print_note
from model.calendar import local_date
from model.prescribing.notes import PrescriptionNote
from model.prescription import Prescription
from storage.people.patients import zone_of
from storage.pg.pool import Connection
from storage.prescribing.versions import prescriptions_of

ConfirmedKeys = Annotated[
    list[str] | None,
    typer.Option(
        "--confirm",
        metavar="KEY",
        help="Key of a note that you have considered: it is not asked about again.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """All stored versions of a patient's prescriptions, and the patient's local date."""

    stored: tuple[Prescription, ...]
    today: date

    @property
    def known(self) -> frozenset[tuple[str, int]]:
        """Return the id and version of each."""
        return frozenset((row.id, row.version) for row in self.stored)


async def others_of(conn: Connection, patient: str, now_ms: int) -> Others:
    """Return what a patient has been prescribed, and the date on which that is asked."""
    stored = (await prescriptions_of(conn, [patient])).get(patient, ())
    return Others(stored=stored, today=local_date(now_ms, await zone_of(conn, patient)))


def say_notes(notes: Iterable[PrescriptionNote], confirmed: Collection[str]) -> None:
    """Say each note before anything is written; leave with code 2 where one is not confirmed.

    `confirmed` are the keys of notes that need not be said. A person at a terminal is asked. A
    program cannot answer: it is refused, with the options to add.
    """
    # each with its own key: who confirms one overlap has not confirmed another
    open_notes = {note.key: note.text for note in notes if note.key not in confirmed}
    for key, text in open_notes.items():
        print_note(f"note: {text} (--confirm {key})")
    if not open_notes:
        return
    if not sys.stdin.isatty():
        options = " ".join(f"--confirm {key}" for key in open_notes)
        fail(f"nothing is written; to write it all the same, add {options}", code=2)
    if not answered_yes("Write it?"):
        fail("nothing is written", code=2)
