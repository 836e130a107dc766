"""Rows of sharing between care units, of blocks, and of their openings.

What they mean is decided in `model.privacy.blocks`, and a second time by the policies of the
database (`storage.pg.row_security`). Rows are never removed while the patient is there.
"""

from dataclasses import dataclass

from psycopg.errors import UniqueViolation

from model.calendar import utc
from model.privacy.blocks import Ground, GuestFacts
from storage.people.errors import RefusedError, UnknownNameError
from storage.people.patients import patient_id
from storage.pg import rows
from storage.pg.pool import Connection

# The own unit needs no share: a row for it would let its people in as guests, who write nothing.
_SHARE = """
insert into unit_sharing (patient, care_unit, shared_by, shared_at, until_at)
select p.id, u.id, %(by)s, %(now)s, %(until)s from patient p, care_unit u
where p.pseudonym = %(patient)s and u.name = %(unit)s and p.care_unit <> u.id returning id"""
_UNSHARE = """
update unit_sharing s set ended_at = %(now)s from patient p, care_unit u
where p.id = s.patient and u.id = s.care_unit and p.pseudonym = %(patient)s
and u.name = %(unit)s and s.ended_at is null"""
# Two forms at once are the same block: the unique index lets the second add no row.
_BLOCK = """
insert into unit_block (patient, set_by, set_at) values (%(patient)s, %(by)s, %(now)s)
on conflict (patient) where lifted_at is null do nothing"""
# A clock that was set back must not end a block before it began.
_LIFT = """
update unit_block set lifted_at = greatest(%(now)s, set_at), lifted_by = %(by)s,
  consent = %(consent)s
where patient = %(patient)s and lifted_at is null"""
# The clinician door sees no row of these tables for a patient of another unit, so a function says.
_FACTS = """
select pseudonym, home, is_shared, is_blocked, open_until as open_ms
from guest_facts(%(patient)s, %(unit)s, %(who)s, %(now)s) order by 1"""
_OPEN = "select open_block(%(patient)s, %(unit)s, %(who)s, %(ground)s, %(why)s, %(now)s, %(until)s)"
_BLOCKS = """
select p.pseudonym, b.set_by, b.set_at as set_ms, coalesce(b.lifted_by, '') as lifted_by,
  b.lifted_at as lifted_ms, b.consent
from unit_block b join patient p on p.id = b.patient {} order by b.id desc"""
_OPENINGS = """
select o.id, p.pseudonym, u.name as care_unit, coalesce(nullif(c.name, ''), o.subject) as who,
  o.ground, o.reason, o.opened_at as opened_ms, o.until_at as until_ms,
  o.reviewed_at as reviewed_ms, coalesce(o.reviewed_by, '') as reviewed_by, o.verdict
from block_opening o join patient p on p.id = o.patient join care_unit u on u.id = o.care_unit
left join clinician c on c.subject = o.subject {} order by o.id desc"""
_SHARED_UNITS = """
select u.name from unit_sharing s join care_unit u on u.id = s.care_unit
where s.patient = %(patient)s and s.shared_at <= %(now)s and s.ended_at is null
and (s.until_at is null or %(now)s < s.until_at) order by 1"""
# The first verdict stands: who followed up, and when, is part of what is followed up.
_REVIEW = """
update block_opening o set reviewed_at = %(now)s, reviewed_by = %(by)s, verdict = %(verdict)s
from patient p where o.id = %(id)s and o.reviewed_at is null and p.id = o.patient
returning p.pseudonym"""


class UnitBlockError(RefusedError):
    """Units cannot share, or a block cannot be set, lifted or reviewed. The text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitBlock:
    """A block of a patient; `lifted_ms` is None while it holds."""

    pseudonym: str
    set_by: str
    set_ms: int
    lifted_by: str
    lifted_ms: int | None
    consent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockOpening:
    """A person of another unit reads for a time what is blocked; `who` is their name."""

    id: int
    pseudonym: str
    care_unit: str
    who: str
    ground: str
    reason: str
    opened_ms: int
    until_ms: int
    reviewed_ms: int | None
    reviewed_by: str
    verdict: str


async def share_patient(
    conn: Connection, patient: str, unit: str, *, by: str, now_ms: int, until_ms: int | None = None
) -> None:
    """Let another unit take part in a patient's care.

    Raises `UnknownNameError` for an unknown patient, and `UnitBlockError` for an unknown unit, the
    patient's own, and a unit that shares the patient already.
    """
    # an unknown patient is another mistake than an unknown unit, and has another answer
    await patient_id(conn, patient)
    until = None if until_ms is None else utc(until_ms)
    row = {"patient": patient, "unit": unit, "by": by, "now": utc(now_ms), "until": until}
    try:
        # a part of the caller's transaction, so that the violation ends only this part
        async with conn.transaction():
            added = await (await conn.execute(_SHARE, row)).fetchone()
    except UniqueViolation as error:
        raise UnitBlockError("this unit shares the patient already") from error
    if added is None:
        raise UnitBlockError("name another care unit that exists than the patient's own")


async def end_sharing(conn: Connection, patient: str, unit: str, now_ms: int) -> None:
    """End what `share_patient` began. Raises `UnitBlockError` for a unit that does not share."""
    row = {"patient": patient, "unit": unit, "now": utc(now_ms)}
    if not (await conn.execute(_UNSHARE, row)).rowcount:
        raise UnitBlockError("this unit does not share the patient")


async def set_block(conn: Connection, patient: int, by: str, now_ms: int) -> bool:
    """Block a patient (id of the row) for other units; False where a block holds already."""
    # the index allows one block that holds: two who set it at once set it once
    row = {"patient": patient, "by": by, "now": utc(now_ms)}
    return (await conn.execute(_BLOCK, row)).rowcount == 1


async def lift_block(conn: Connection, patient: int, by: str, consent: str, now_ms: int) -> bool:
    """Lift a block; `consent` says how the patient agreed. False where none holds."""
    row = {"patient": patient, "by": by, "now": utc(now_ms), "consent": consent}
    return (await conn.execute(_LIFT, row)).rowcount == 1


async def facts_of_guest(
    conn: Connection, patient: str, unit: str, who: str, now_ms: int
) -> GuestFacts | None:
    """Return what holds between a patient of another unit and a person (subject) of `unit`."""
    facts = await _facts(conn, patient, unit, who, now_ms)
    return facts[0] if facts else None


async def shared_with(conn: Connection, unit: str, who: str, now_ms: int) -> tuple[GuestFacts, ...]:
    """Return the patients of other units whom a unit shares, as they are for a person of it."""
    return tuple(await _facts(conn, None, unit, who, now_ms))


async def open_blocked(  # noqa: PLR0913 - each names one thing
    conn: Connection,
    patient: str,
    *,
    unit: str,
    who: str,
    ground: Ground,
    reason: str,
    now_ms: int,
    until_ms: int,
) -> bool:
    """Open a block for a person of another unit; False where there is nothing to open."""
    row = {
        "patient": patient,
        "unit": unit,
        "who": who,
        "ground": ground.value,
        "why": reason,
        "now": utc(now_ms),
        "until": utc(until_ms),
    }
    # a function of the database: the role of the door may not write openings by itself
    opened = await (await conn.execute(_OPEN, row)).fetchone()
    return bool(opened and opened[0])


async def blocks(conn: Connection, patient: int | None = None) -> list[UnitBlock]:
    """Return the blocks of a patient, or of everybody, newest first."""
    query = _BLOCKS.format("" if patient is None else "where b.patient = %(patient)s")
    return list(await rows.fetch_as(conn, query, {"patient": patient}, UnitBlock))


async def openings(conn: Connection, patient: int | None = None) -> list[BlockOpening]:
    """Return the openings of a patient's blocks, or of everybody's, newest first."""
    query = _OPENINGS.format("" if patient is None else "where o.patient = %(patient)s")
    return list(await rows.fetch_as(conn, query, {"patient": patient}, BlockOpening))


async def sharing_units(conn: Connection, patient: int, now_ms: int) -> list[str]:
    """Return the names of the units that share a patient now."""
    return await rows.fetch_column(conn, _SHARED_UNITS, {"patient": patient, "now": utc(now_ms)})


async def review_opening(
    conn: Connection, number: int, *, by: str, verdict: str, now_ms: int
) -> str:
    """Note what the follow-up of an opening came to; return its patient.

    Raises `UnknownNameError` for an opening that is not there or was followed up before.
    """
    row = {"id": number, "by": by, "verdict": verdict, "now": utc(now_ms)}
    stored = await (await conn.execute(_REVIEW, row)).fetchone()
    # a second verdict would hide the first
    if stored is None:
        raise UnknownNameError("there is no such opening that waits for its follow-up")
    return str(stored[0])


async def _facts(
    conn: Connection, patient: str | None, unit: str, who: str, now_ms: int
) -> list[GuestFacts]:
    row = {"patient": patient, "unit": unit, "who": who, "now": utc(now_ms)}
    return list(await rows.fetch_as(conn, _FACTS, row, GuestFacts))
