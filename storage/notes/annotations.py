"""Rows of annotations. An annotation that was taken back stays, and is no longer read."""

from model.notes.annotation import Annotation, AnnotationKind
from storage.pg import rows
from storage.pg.pool import Connection

_OF_PATIENT = """
 (select p.id from patient p join care_unit u on u.id = p.care_unit
   where u.name = %(unit)s and p.pseudonym = %(patient)s)"""
_COLUMNS = (
    "a.id, a.kind, a.first_date as first, a.last_date as last, a.text, a.pauses, a.author, "
    "a.written_at as written_ms"
)
_ADD = f"""
insert into annotation as a (patient, kind, first_date, last_date, text, pauses, author, written_at)
values ({_OF_PATIENT}, %(kind)s, %(first)s, %(last)s, %(text)s, %(pauses)s, %(author)s,
        to_timestamp(%(written)s / 1000.0))
returning {_COLUMNS}"""  # noqa: S608 - constants of this module
_READ = f"""
select {_COLUMNS} from annotation a
 where a.patient = {_OF_PATIENT} and a.removed_at is null
 order by a.first_date, a.id limit %(most)s"""  # noqa: S608 - same
# The condition makes two who take it back at once one: the second finds nothing.
_REMOVE = f"""
update annotation a set removed_at = to_timestamp(%(now)s / 1000.0), removed_by = %(actor)s
 where a.id = %(id)s and a.patient = {_OF_PATIENT} and a.removed_at is null
returning {_COLUMNS}"""  # noqa: S608 - same


async def add_annotation(
    conn: Connection, unit: str, pseudonym: str, annotation: Annotation
) -> Annotation:
    """Store an annotation of a patient of a care unit, and return it with its id."""
    arguments = {
        "unit": unit,
        "patient": pseudonym,
        "kind": annotation.kind.value,
        "first": annotation.first,
        "last": annotation.last,
        "text": annotation.text,
        "pauses": annotation.pauses,
        "author": annotation.author,
        "written": annotation.written_ms,
    }
    return (await rows.fetch(conn, _ADD, arguments, _annotation))[0]


async def annotations_of(
    conn: Connection, unit: str, pseudonym: str, most: int = 200
) -> tuple[Annotation, ...]:
    """Return the annotations of a patient by their first date, without those taken back."""
    arguments = {"unit": unit, "patient": pseudonym, "most": most}
    return tuple(await rows.fetch(conn, _READ, arguments, _annotation))


async def remove_annotation(
    conn: Connection, unit: str, pseudonym: str, number: int, actor: str, now_ms: int
) -> Annotation | None:
    """Take an annotation back and return it; None when the patient has no such annotation."""
    arguments = {
        "unit": unit,
        "patient": pseudonym,
        "id": number,
        "actor": actor,
        "now": now_ms,
    }
    removed = await rows.fetch(conn, _REMOVE, arguments, _annotation)
    return removed[0] if removed else None


def _annotation(row: rows.Row) -> Annotation:
    return Annotation(**{**row, "kind": AnnotationKind(row["kind"])})
