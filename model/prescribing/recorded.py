"""What was prescribed as far as it had been recorded: nothing is asked for in hindsight. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from model.calendar import local_date
from model.prescribing.versions_in_force import versions_in_force
from model.prescription import Pause, Prescription, WrittenTimes


def known_at(
    prescriptions: Iterable[Prescription], recorded: WrittenTimes, at_ms: int
) -> tuple[Prescription, ...]:
    """Return the versions that had been recorded by an instant (epoch ms)."""
    return tuple(
        row for row in prescriptions if recorded.get((row.id, row.version), at_ms) <= at_ms
    )


def from_recording(
    prescriptions: Iterable[Prescription], recorded: WrittenTimes, zone: str
) -> tuple[Prescription, ...]:
    """Return the versions, each valid at the earliest from the local date of its recording.

    A prescription that is dated back asks for nothing on dates that had passed before. A pause
    that is dated back takes off what was due: the pauses of a newer version hold in the older ones
    too, those of the newest on all of their days, others as long as their version is not replaced.
    Weeks of a progression count from the date that was written.
    """
    written = tuple(prescriptions)
    rows: list[Prescription] = []
    for row in written:
        at_ms = recorded.get((row.id, row.version))
        begins = row.valid_from if at_ms is None else max(row.valid_from, local_date(at_ms, zone))
        counted_from = row.progression_from or (row.valid_from if row.progression else None)
        pauses = dict.fromkeys((*row.pauses, *_newer_pauses(row, written)))
        rows.append(
            replace(row, valid_from=begins, pauses=tuple(pauses), progression_from=counted_from)
        )
    return tuple(rows)


def _newer_pauses(older: Prescription, versions: Iterable[Prescription]) -> Iterator[Pause]:
    """Yield the pauses of what is newer than a version of the same prescription."""
    newer = [row for row in versions if row.id == older.id and row.version > older.version]
    if not any(row.pauses for row in newer):  # nearly always
        return
    newest = max(row.version for row in newer)
    for in_force in versions_in_force(newer):
        for pause in in_force.row.pauses:
            if in_force.row.version == newest:
                yield pause
            elif pause.first <= in_force.last and in_force.first <= pause.last:
                first, last = max(pause.first, in_force.first), min(pause.last, in_force.last)
                yield replace(pause, first=first, last=last)
