"""Cases of support of a care unit's patients, and what support staff looked at because of them.

`model.privacy.support` decides, and `support_cases` writes. Every query here is limited to a unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from model.privacy.support import SupportCase
from storage.people.errors import UnknownNameError
from storage.pg import rows
from storage.pg.pool import Connection
from storage.rights.support_cases import support_case

_NUMBERS = """
select c.id from support_case c join patient p on p.id = c.patient
join care_unit u on u.id = p.care_unit
where u.name = %(unit)s and (%(patient)s = '' or p.pseudonym = %(patient)s)
and (%(number)s = 0 or c.id = %(number)s)
order by c.closed_at is not null, c.arrived_at desc, c.id desc limit %(most)s"""
_CASES = """
select c.id as number, p.pseudonym as patient, coalesce(d.zone, p.zone) as zone, c.about,
  c.arrived_at as arrived_ms, c.opened_by, c.closed_at as closed_ms, c.answer,
  (select max(a.until_at) from support_access a where a.case_id = c.id) as access_until_ms
from unnest(%s::bigint[]) with ordinality n(id, place) join support_case c on c.id = n.id
join patient p on p.id = c.patient
left join lateral (select v.hours->>'zone' as zone from unit_duty v
  where v.care_unit = p.care_unit order by v.id desc limit 1) d on true
order by n.place"""
_GIVEN = """
select a.id as number, a.case_id as "case", a.staff, coalesce(c.name, a.staff) as name, a.reason,
  a.given_by, a.from_at as from_ms, a.until_at as until_ms
from support_access a left join clinician c on c.subject = a.staff
where a.case_id = any(%s::bigint[]) order by a.id"""
# What was refused is not here: nothing was shown.
_READ = """
select s.id as access, split_part(a.object, ':', 1) as kind, count(*)::int as times,
  min(a.at) as first_ms, max(a.at) as last_ms
from support_access s join audit a on a.patient = s.patient and a.actor = s.staff
  and a.at >= s.from_at and a.at < s.until_at
where s.case_id = any(%s::bigint[]) and a.action in ('data.read', 'list.read')
group by 1, 2 order by 1, 4, 2"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAccess:
    """That a person (subject, name) of the support staff may look in [from, until), and why."""

    number: int
    case: int
    staff: str
    name: str
    reason: str
    given_by: str
    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBySupport:
    """What was looked at under an access: the kind of the object, how often, and when."""

    access: int
    kind: str
    times: int
    first_ms: int
    last_ms: int


async def unit_support_cases(
    conn: Connection, unit: str, *, patient: str = "", most: int = 200
) -> list[SupportCase]:
    """Return the cases of a unit's patients, or of one: open ones first, then the newest."""
    numbers = await _case_numbers(conn, unit, patient=patient, most=most)
    return await rows.fetch_as(conn, _CASES, [numbers], SupportCase)


async def unit_support_case(conn: Connection, unit: str, number: int) -> SupportCase:
    """Return a case of the unit, and lock its row. Raises `UnknownNameError`."""
    if not await _case_numbers(conn, unit, number=number):
        raise UnknownNameError("there is no such case")
    return await support_case(conn, number)


async def given_accesses(conn: Connection, cases: Sequence[int]) -> list[GivenAccess]:
    """Return the accesses because of these cases, in the order in which they were given."""
    return await rows.fetch_as(conn, _GIVEN, [list(cases)], GivenAccess)


async def read_by_support(conn: Connection, cases: Sequence[int]) -> list[ReadBySupport]:
    """Return what was looked at under the accesses of these cases."""
    return await rows.fetch_as(conn, _READ, [list(cases)], ReadBySupport)


async def _case_numbers(
    conn: Connection, unit: str, *, patient: str = "", number: int = 0, most: int = 1
) -> list[int]:
    wanted = {"unit": unit, "patient": patient, "number": number, "most": most}
    return [int(case) for case in await rows.fetch_column(conn, _NUMBERS, wanted)]
