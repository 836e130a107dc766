"""What an operator confirms before a prescription is written, by the same keys as at the door."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import typer

from kadens.output.terminal import fail
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
        help="A note that is meant, by its key; without it nothing is written.",
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


def exit_unless_confirmed(notes: Iterable[PrescriptionNote], confirmed: Collection[str]) -> None:
    """Leave with code 2, and each note with the option that confirms it, unless all are named."""
    open_notes = {note.key: note.text for note in notes if note.key not in confirmed}
    if open_notes:
        lines = [f"{text} --confirm {key}" for key, text in open_notes.items()]
        fail("\n  ".join(["nothing is written until this is confirmed:", *lines]), code=2)
