"""Rows of the marks "reviewed" of patients, and what else the worklist counts days from."""

from dataclasses import dataclass

from storage.pg import rows
from storage.pg.pool import Connection

_LATEST = """
select distinct on (r.patient) r.id, p.pseudonym, r.reviewer,
       coalesce(nullif(c.name, ''), r.reviewer) as name, r.reviewed_at as reviewed_ms
  from review r join patient p on p.id = r.patient join care_unit u on u.id = p.care_unit
  left join clinician c on c.subject = r.reviewer
 where u.name = %(unit)s and (%(patient)s = '' or p.pseudonym = %(patient)s)
   and r.undone_at is null
 order by r.patient, r.reviewed_at desc, r.id desc"""
_ADD = """
insert into review (patient, reviewer, reviewed_at)
select p.id, %(reviewer)s, to_timestamp(%(at)s / 1000.0)
  from patient p join care_unit u on u.id = p.care_unit
 where u.name = %(unit)s and p.pseudonym = %(patient)s"""
_UNDO = """
update review set undone_at = to_timestamp(%(at)s / 1000.0)
 where id = %(id)s and undone_at is null returning id"""
_CONTACTS = """
select p.pseudonym, max(m.at) as contacted_ms
  from alert_move m join alert a on a.id = m.alert join patient p on p.id = a.patient
  join care_unit u on u.id = p.care_unit
 where u.name = %(unit)s and m.reason = 'contacted'
 group by p.pseudonym"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """A mark: who looked through a patient, by subject and by name, and when (epoch ms)."""

    id: int
    pseudonym: str
    reviewer: str
    name: str
    reviewed_ms: int


async def latest_reviews(conn: Connection, unit: str, pseudonym: str = "") -> list[ReviewRow]:
    """Return the latest mark of each patient of a care unit, or of one of them."""
    return await rows.fetch_as(conn, _LATEST, {"unit": unit, "patient": pseudonym}, ReviewRow)


async def add_review(
    conn: Connection, unit: str, pseudonym: str, reviewer: str, at_ms: int
) -> None:
    """Add a mark on a patient of a care unit."""
    row = {"unit": unit, "patient": pseudonym, "reviewer": reviewer, "at": at_ms}
    await conn.execute(_ADD, row)


async def undo_review(conn: Connection, number: int, at_ms: int) -> bool:
    """Take a mark back; return False when it was taken back before."""
    return bool(await rows.fetch_column(conn, _UNDO, {"id": number, "at": at_ms}))


async def last_contacts(conn: Connection, unit: str) -> dict[str, int]:
    """Return when each patient of a care unit was contacted last about an alert, in epoch ms."""
    return dict(await rows.fetch(conn, _CONTACTS, {"unit": unit}, _contact))


def _contact(row: rows.Row) -> tuple[str, int]:
    return row["pseudonym"], row["contacted_ms"]
