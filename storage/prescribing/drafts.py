"""Rows of drafts: prescriptions that are being written, and that hold for nobody yet."""

from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from model import codec
from model.calendar import utc
from model.prescription import Prescription
from storage.pg import rows
from storage.pg.pool import Connection

_COLUMNS = """
p.pseudonym, d.draft::text as id, d.revision, d.based_on, d.body, d.written_by, \
d.written_at as written_ms"""
_READ = f"""
select {_COLUMNS} from prescription_draft d join patient p on p.id = d.patient
where p.pseudonym = %(patient)s and (%(draft)s::uuid is null or d.draft = %(draft)s)
order by d.written_at, d.draft"""  # noqa: S608 - a constant of this module
_ADD = """
insert into prescription_draft
  (patient, draft, revision, prescription, based_on, body, written_by, written_at)
select id, %(draft)s, %(revision)s, %(prescription)s, %(based_on)s, %(body)s, %(by)s, %(now)s
from patient where pseudonym = %(patient)s
on conflict (patient, draft) do update
set revision = excluded.revision, prescription = excluded.prescription,
  based_on = excluded.based_on, body = excluded.body, written_by = excluded.written_by,
  written_at = excluded.written_at"""
_DROP = """
delete from prescription_draft d using patient p
where p.id = d.patient and p.pseudonym = %s and d.draft = %s"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriptionDraft:
    """A draft (`id` is a UUID) with the version that it would become, and who last wrote it when.

    `based_on` is the newest version of its prescription when the draft was begun, 0 for a new one.
    """

    pseudonym: str
    id: str
    revision: int
    based_on: int
    prescription: Prescription
    written_by: str
    written_ms: int


async def drafts_of(
    conn: Connection, patient: str, draft: str | None = None
) -> tuple[PrescriptionDraft, ...]:
    """Return the drafts of a patient (pseudonym), oldest first, or only the one with an id."""
    # A text that is no UUID names no draft.
    if draft is not None and rows.uuid(draft) is None:
        return ()
    return tuple(await rows.fetch(conn, _READ, {"patient": patient, "draft": draft}, _draft))


async def put_draft(conn: Connection, draft: PrescriptionDraft) -> None:
    """Store a draft, in place of what was stored of it before."""
    row = {
        "patient": draft.pseudonym,
        "draft": draft.id,
        "revision": draft.revision,
        "prescription": draft.prescription.id,
        "based_on": draft.based_on,
        "body": Jsonb(codec.plain(draft.prescription), dumps=codec.dumps),
        "by": draft.written_by,
        "now": utc(draft.written_ms),
    }
    await conn.execute(_ADD, row)


async def drop_draft(conn: Connection, patient: str, draft: str) -> None:
    """Remove a draft."""
    await conn.execute(_DROP, [patient, draft])


def _draft(row: dict[str, Any]) -> PrescriptionDraft:
    body = row.pop("body")
    return PrescriptionDraft(**row, prescription=rows.prescription(body))
