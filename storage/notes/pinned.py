"""Rows of the pinned note of a patient: every version of it, and who wrote it when."""

from model.notes.annotation import PinnedNote
from storage.pg import rows
from storage.pg.pool import Connection

_READ = """
select n.version, n.text, n.author, n.written_at as written_ms
  from pinned_note n join patient p on p.id = n.patient join care_unit u on u.id = p.care_unit
 where u.name = %(unit)s and p.pseudonym = %(patient)s
 order by n.version desc limit %(most)s"""
# A version that another clinician wrote meanwhile has this number already: nothing is inserted.
_WRITE = """
insert into pinned_note (patient, version, text, author, written_at)
select p.id, %(version)s, %(text)s, %(author)s, to_timestamp(%(written)s / 1000.0)
  from patient p join care_unit u on u.id = p.care_unit
 where u.name = %(unit)s and p.pseudonym = %(patient)s
   and %(version)s = 1 + (select coalesce(max(o.version), 0) from pinned_note o
                           where o.patient = p.id)
on conflict do nothing returning version"""


async def note_versions(
    conn: Connection, unit: str, pseudonym: str, most: int = 20
) -> tuple[PinnedNote, ...]:
    """Return the latest versions of a patient's note, newest first."""
    arguments = {"unit": unit, "patient": pseudonym, "most": most}
    return tuple(await rows.fetch_as(conn, _READ, arguments, PinnedNote))


async def write_note(conn: Connection, unit: str, pseudonym: str, note: PinnedNote) -> bool:
    """Store a version of a note; return False unless it follows the newest that is stored."""
    arguments = {
        "unit": unit,
        "patient": pseudonym,
        "version": note.version,
        "text": note.text,
        "author": note.author,
        "written": note.written_ms,
    }
    return bool(await rows.fetch_column(conn, _WRITE, arguments))
