"""Who is on duty in a care unit: working hours, line, on-call, absences; and the day's new alerts.

Settings are never changed: the last row of a unit counts. It stores and reads, and decides nothing.
"""

from collections import defaultdict
from collections.abc import Collection

from psycopg.types.json import Jsonb

from model import codec
from model.alert import Tier
from model.messages.alert_move import Absence, CoveredAlerts, DutyRoster
from storage.pg import rows
from storage.pg.pool import Connection

_ROSTERS = """
select p.id as patient, p.care_unit, coalesce(c.subject, '') as clinician, d.hours,
  coalesce(d.line, '{}') as line, coalesce(d.on_call, '') as on_call
from patient p left join clinician c on c.id = p.clinician
left join lateral (select hours, line, on_call from unit_duty u
  where u.care_unit = p.care_unit order by u.id desc limit 1) d on true
where p.id = any(%(patients)s)"""
# What is over is not read: the cost does not grow with the years.
_ABSENCES = """
select care_unit, subject, from_at as from_ms, until_at as until_ms, cover from absence
where care_unit = any(%(units)s) and until_at > to_timestamp(%(now)s / 1000.0) \
and ended_at is null order by from_at, id"""
_SAME = """
p.care_unit = (select care_unit from patient where id = %(patient)s) and p.clinician \
is not distinct from (select clinician from patient where id = %(patient)s)"""
_RAISED = f"""
select a.rule, count(*)::int from alert a join patient p on p.id = a.patient
where (a.raised_at >= to_timestamp(%(since)s / 1000.0)
    or a.promoted_at >= to_timestamp(%(since)s / 1000.0)) and a.tier in ('A', 'B') and {_SAME}
group by a.rule"""  # noqa: S608 - a constant of this file
_PANEL = f"select count(*)::int from patient p where {_SAME}"  # noqa: S608 - as above
# By care unit, the lowest first: two judgements that lock several never wait for each other.
_LOCK = """
select pg_advisory_xact_lock(%(key)s, unit) from (select distinct care_unit as unit
  from patient where id = any(%(patients)s) order by 1) as units"""
_LOCK_KEY = 0x62756467  # "budg"
_NOTICE = """
insert into budget_notice (care_unit, clinician, rule, day_from, at)
select p.care_unit, coalesce(c.subject, ''), %(rule)s, to_timestamp(%(since)s / 1000.0),
  to_timestamp(%(now)s / 1000.0)
from patient p left join clinician c on c.id = p.clinician where p.id = %(patient)s
on conflict do nothing"""
_SET = """
insert into unit_duty (care_unit, hours, line, on_call, recorded_at, recorded_by)
select id, %(hours)s, %(line)s::text[], %(on_call)s, to_timestamp(%(now)s / 1000.0), %(actor)s
from care_unit where name = %(unit)s"""
_UNIT = """
select d.hours, d.line, d.on_call from unit_duty d join care_unit u on u.id = d.care_unit
where u.name = %(unit)s order by d.id desc limit 1"""
_AWAY = """
insert into absence (care_unit, subject, from_at, until_at, cover, recorded_at, recorded_by)
select id, %(subject)s, to_timestamp(%(from_ms)s / 1000.0), to_timestamp(%(until_ms)s / 1000.0), \
%(cover)s, to_timestamp(%(now)s / 1000.0), %(actor)s from care_unit where name = %(unit)s"""
_UNIT_ABSENCES = """
select a.subject, a.from_at as from_ms, a.until_at as until_ms, a.cover
from absence a join care_unit u on u.id = a.care_unit
where u.name = %(unit)s and a.until_at > to_timestamp(%(now)s / 1000.0) and a.ended_at is null
order by a.from_at, a.id"""
_END = """
update absence a set ended_at = to_timestamp(%(now)s / 1000.0) from care_unit u
where u.id = a.care_unit and u.name = %(unit)s and a.subject = %(subject)s \
and a.ended_at is null and a.until_at > to_timestamp(%(now)s / 1000.0)"""
# Of an alert that moved since, who acts was decided with the absence known. An absence that begins
# while another holds is one more.
_COVERED = """
select distinct on (ab.id) ab.subject, ab.from_at as from_ms, a.tier, a.patient
from absence ab join patient p on p.care_unit = ab.care_unit
join alert a on a.patient = p.id join alert_move m on m.id = a.last_move
where ab.from_at <= to_timestamp(%(now)s / 1000.0)
  and ab.until_at > to_timestamp(%(now)s / 1000.0) and ab.ended_at is null
  and a.state in ('open', 'acknowledged', 'in_progress') and a.tier in ('A', 'B')
  and ab.subject = any(m.responsible)
order by ab.id, a.tier, a.patient"""
_PEOPLE = """
select c.subject, c.name from clinician c join care_unit u on u.id = c.care_unit
where u.name = %(unit)s order by c.name, c.subject"""


async def load_rosters(
    conn: Connection, patients: Collection[int], now_ms: int
) -> dict[int, DutyRoster]:
    """Return who is on duty for each patient (by id), with absences that are not over by now."""
    on_duty = await rows.fetch(conn, _ROSTERS, {"patients": list(patients)}, lambda row: row)
    params: rows.Row = {"units": [row["care_unit"] for row in on_duty], "now": now_ms}
    absences: dict[int, list[Absence]] = defaultdict(list)
    for unit, absence in await rows.fetch(conn, _ABSENCES, params, _absence):
        absences[unit].append(absence)
    rosters: dict[int, DutyRoster] = {}
    for row in on_duty:
        away = tuple(absences[row.pop("care_unit")])
        number, line = row.pop("patient"), tuple(row.pop("line"))
        rosters[number] = DutyRoster(**row, line=line, absences=away)
    return rosters


async def lock_budgets(conn: Connection, patients: Collection[int]) -> None:
    """Lock the budgets of the care units of patients (by id) until the transaction ends.

    What two judgements raise at the same time then counts for both.
    """
    if patients:
        await conn.execute(_LOCK, {"key": _LOCK_KEY, "patients": list(patients)})


async def raised_since(conn: Connection, patient: int, since_ms: int) -> tuple[dict[str, int], int]:
    """Return the new alerts of tier A and B by rule, and the number of patients.

    Both are those of the clinician who is responsible for a patient (by id), or of all patients of
    the care unit without one. Alerts count that were raised or promoted at `since_ms` or later.
    """
    params = {"patient": patient, "since": since_ms}
    raised = await (await conn.execute(_RAISED, params)).fetchall()
    [panel] = await rows.fetch_column(conn, _PANEL, params)
    return dict(raised), panel


async def put_budget_notice(
    conn: Connection, patient: int, rule: str, since_ms: int, now_ms: int
) -> bool:
    """Note for operations that a rule exceeded its share; return False when it was noted before."""
    row = {"patient": patient, "rule": rule, "since": since_ms, "now": now_ms}
    return (await conn.execute(_NOTICE, row)).rowcount == 1


async def set_unit_duty(
    conn: Connection, unit: str, roster: DutyRoster, actor: str, now_ms: int
) -> None:
    """Store the working hours (JSON), the line and the on-call clinician of a care unit."""
    row = {
        "unit": unit,
        "hours": Jsonb(roster.hours, dumps=codec.dumps),
        "line": list(roster.line),
        "on_call": roster.on_call,
        "actor": actor,
        "now": now_ms,
    }
    await conn.execute(_SET, row)


async def unit_roster(conn: Connection, unit: str, now_ms: int) -> DutyRoster:
    """Return who is on duty in a care unit, without a patient's clinician."""
    params = {"unit": unit, "now": now_ms}
    absences = tuple(await rows.fetch_as(conn, _UNIT_ABSENCES, params, Absence))
    for row in await rows.fetch(conn, _UNIT, params, lambda row: row):
        line = tuple(row["line"])
        return DutyRoster(line=line, on_call=row["on_call"], hours=row["hours"], absences=absences)
    return DutyRoster(absences=absences)


async def put_absence(
    conn: Connection, unit: str, absence: Absence, actor: str, now_ms: int
) -> None:
    """Store that a clinician of a care unit is away."""
    row = {
        "unit": unit,
        "subject": absence.subject,
        "from_ms": absence.from_ms,
        "until_ms": absence.until_ms,
        "cover": absence.cover,
        "actor": actor,
        "now": now_ms,
    }
    await conn.execute(_AWAY, row)


async def end_absences(conn: Connection, unit: str, subject: str, now_ms: int) -> int:
    """End the absences of a clinician that are not over, and return how many."""
    row = {"unit": unit, "subject": subject, "now": now_ms}
    return (await conn.execute(_END, row)).rowcount


async def covered_alerts(conn: Connection, now_ms: int) -> list[CoveredAlerts]:
    """Return, for each absence that holds, the gravest alert that is with the absent clinician.

    Those of tier A and B count that are neither closed nor put off.
    """
    return await rows.fetch(conn, _COVERED, {"now": now_ms}, _covered)


async def colleagues(conn: Connection, unit: str) -> dict[str, str]:
    """Return the names of the clinicians of a care unit by subject, in order of name."""
    names = await (await conn.execute(_PEOPLE, {"unit": unit})).fetchall()
    return dict(names)


def _absence(row: rows.Row) -> tuple[int, Absence]:
    return row.pop("care_unit"), Absence(**row)


def _covered(row: rows.Row) -> CoveredAlerts:
    return CoveredAlerts(**{**row, "tier": Tier(row["tier"])})
