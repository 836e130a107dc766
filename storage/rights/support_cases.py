"""Rows of support cases, and of who may look because of them. `model.privacy.support` decides."""

from collections.abc import Sequence

from model.calendar import utc
from model.privacy.support import SupportAccess, SupportCase, SupportRefusedError
from storage.people.errors import UnknownNameError
from storage.people.patients import patient_id
from storage.pg import rows
from storage.pg.pool import Connection

_SELECT = """
select c.id as number, p.pseudonym as patient, coalesce(d.zone, p.zone) as zone, c.about,
  c.arrived_at as arrived_ms, c.opened_by, c.closed_at as closed_ms, c.answer,
  (select max(a.until_at) from support_access a where a.case_id = c.id) as access_until_ms
from support_case c join patient p on p.id = c.patient
left join lateral (select v.hours->>'zone' as zone from unit_duty v
  where v.care_unit = p.care_unit order by v.id desc limit 1) d on true
where {}"""
_OF_NUMBER = _SELECT.format("c.id = %s for update of c")
_LIST = _SELECT.format("(c.closed_at is null or %s) order by c.arrived_at, c.id")
# a case that somebody is closing now is removed in the next round
_OLD = _SELECT.format("c.arrived_at < %s order by c.id for update of c skip locked")
_OPEN = """
insert into support_case (patient, about, arrived_at, opened_by)
values (%s, %s, %s, %s) returning id"""
_CLOSE = """
update support_case set closed_at = %s, answer = %s where id = %s and closed_at is null"""
# with the case its accesses end, also those of people who are looking now
_END = """
update support_access set until_at = greatest(from_at, %(now)s)
where case_id = %(case)s and until_at > %(now)s and (%(staff)s = '' or staff = %(staff)s)
returning staff"""
_EVER = "select distinct staff from support_access where case_id = %s order by staff"
_LIVE = """
select exists (select from support_access
  where case_id = %(case)s and staff = %(staff)s and until_at > %(now)s)"""
_GIVE = """
insert into support_access (case_id, patient, staff, reason, given_by, from_at, until_at)
select c.id, c.patient, %(staff)s, %(reason)s, %(by)s, %(now)s, %(until)s
from support_case c where c.id = %(case)s"""
_NOW = """
select case_id as "case", patient, staff, reason, until_at as until_ms from support_access
where staff = %(staff)s and from_at <= %(now)s and %(now)s < until_at order by id"""


async def open_support_case(
    conn: Connection, patient: str, *, about: str, by: str, arrived_ms: int
) -> int:
    """Store a case and return its number; raises `UnknownNameError` for an unknown patient."""
    row = [await patient_id(conn, patient), about, utc(arrived_ms), by]
    (number,) = await rows.fetch_column(conn, _OPEN, row)
    return int(number)


async def support_case(conn: Connection, number: int) -> SupportCase:
    """Return a case, and lock its row. Raises `UnknownNameError`."""
    read = await rows.fetch_as(conn, _OF_NUMBER, [number], SupportCase)
    if not read:
        raise UnknownNameError("there is no such case")
    return read[0]


async def support_cases(conn: Connection, *, closed: bool) -> list[SupportCase]:
    """Return the cases that are open, and with `closed` all, in the order of their arrival."""
    return await rows.fetch_as(conn, _LIST, [closed], SupportCase)


async def close_support_case(conn: Connection, number: int, answer: str, now_ms: int) -> None:
    """Close a case, and end every access because of it.

    Raises `SupportRefusedError` for one that is closed.
    """
    if not (await conn.execute(_CLOSE, [utc(now_ms), answer, number])).rowcount:
        raise SupportRefusedError("the case is closed already")
    await end_support_accesses(conn, number, now_ms)


async def end_support_accesses(
    conn: Connection, number: int, now_ms: int, *, staff: str = ""
) -> list[str]:
    """End every access because of a case, or that of one person; return whose ended, in order."""
    row = {"case": number, "now": utc(now_ms), "staff": staff}
    return sorted(map(str, await rows.fetch_column(conn, _END, row)))


async def support_staff(conn: Connection, number: int) -> list[str]:
    """Return who was ever let look because of a case, in order."""
    return [str(staff) for staff in await rows.fetch_column(conn, _EVER, [number])]


async def give_support_access(
    conn: Connection, case: SupportCase, *, staff: str, reason: str, by: str, span: tuple[int, int]
) -> None:
    """Let a person of the support staff look in [from, until) of `span`; the case is locked.

    Raises `SupportRefusedError` while the person has an access because of this case already.
    """
    now, until = map(utc, span)
    # two accesses at once of one person would hide the end of the first
    row = {"case": case.number, "staff": staff, "reason": reason, "by": by}
    # two accesses of the same person would not end together
    if (await rows.fetch_column(conn, _LIVE, {**row, "now": now}))[0]:
        raise SupportRefusedError("that person has access because of this case already")
    await conn.execute(_GIVE, {**row, "now": now, "until": until})


async def support_accesses(conn: Connection, staff: str, now_ms: int) -> list[SupportAccess]:
    """Return whose data a person of the support staff may see at an instant, and why."""
    # asked anew for each request: an access that ends while someone looks ends there
    params = {"staff": staff, "now": utc(now_ms)}
    return await rows.fetch_as(conn, _NOW, params, SupportAccess)


async def old_support_cases(conn: Connection, arrived_before_ms: int) -> list[SupportCase]:
    """Return and lock the cases that arrived before an instant; what others lock is left out."""
    return await rows.fetch_as(conn, _OLD, [utc(arrived_before_ms)], SupportCase)


async def remove_support_cases(conn: Connection, numbers: Sequence[int]) -> None:
    """Remove cases with everything that belongs to them."""
    # accesses refer to their case, so they go first
    await conn.execute("delete from support_access where case_id = any(%s)", [list(numbers)])
    await conn.execute("delete from support_case where id = any(%s)", [list(numbers)])
