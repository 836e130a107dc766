"""Links that sign a patient in at the patient door, each once. Only their digests are stored."""

from model.calendar import utc
from storage.people.patients import patient_id
from storage.pg.pool import Connection

_END = "delete from door_link where patient = %s"
_PUT = """
insert into door_link (link, patient, created_by, created_at, expires_at)
values (%s, %s, %s, %s, %s)"""
# a link of an account that was closed meanwhile opens nothing
_NOT_CLOSED = """
not exists (select from account_life a where a.patient = l.patient and a.closed_at is not null)"""
_OPEN = f"""
select exists (select from door_link l where l.link = %s and l.used_at is null
and l.expires_at > %s and {_NOT_CLOSED})"""  # noqa: S608 - constants of this module
# the update decides between two browsers that send the same link
_USE = f"""
update door_link l set used_at = %(now)s from patient p
where l.link = %(link)s and l.used_at is null and l.expires_at > %(now)s and p.id = l.patient
and {_NOT_CLOSED} returning p.pseudonym"""  # noqa: S608 - constants of this module


async def put_door_link(
    conn: Connection, patient: str, link: str, *, by: str, now_ms: int, until_ms: int
) -> None:
    """Store a new link by its digest; the patient's earlier links end.

    Raises `UnknownNameError` for an unknown patient.
    """
    number = await patient_id(conn, patient)
    await conn.execute(_END, [number])
    await conn.execute(_PUT, [link, number, by, utc(now_ms), utc(until_ms)])


async def door_link_opens(conn: Connection, link: str, now_ms: int) -> bool:
    """Return whether the link with this digest would sign somebody in; nothing is changed."""
    row = await (await conn.execute(_OPEN, [link, utc(now_ms)])).fetchone()
    return bool(row and row[0])


async def use_door_link(conn: Connection, link: str, now_ms: int) -> str | None:
    """Use the link with this digest; return its patient, None for one that opens nothing."""
    row = await (await conn.execute(_USE, {"link": link, "now": utc(now_ms)})).fetchone()
    return str(row[0]) if row else None
