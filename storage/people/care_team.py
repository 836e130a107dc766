"""Rows of care units and of the clinicians who work in them."""

from dataclasses import dataclass

from psycopg.errors import UniqueViolation

from storage.people.errors import TakenError, UnknownNameError
from storage.pg.pool import Connection

# by subject, which the identity provider never gives to two people; names and addresses change
_PUT = """
insert into clinician (subject, name, email, care_unit)
select %s, %s, %s, id from care_unit where name = %s
on conflict (subject) do update
set name = excluded.name, email = excluded.email, care_unit = excluded.care_unit
returning id"""

_NO_UNIT = "there is no such care unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinician:
    """A clinician: `subject` is from the identity provider, `unit` is the name of the care unit."""

    subject: str
    name: str
    email: str
    unit: str


async def add_unit(conn: Connection, name: str) -> None:
    """Add a care unit unless it exists."""
    await conn.execute("insert into care_unit (name) values (%s) on conflict do nothing", [name])


async def need_unit(conn: Connection, name: str) -> None:
    """Raise `UnknownNameError` where there is no care unit of a name; "" names none and passes."""
    if not name:
        return
    result = await conn.execute("select from care_unit where name = %s", [name])
    if await result.fetchone() is None:
        raise UnknownNameError(_NO_UNIT)


async def add_clinician(conn: Connection, clinician: Clinician) -> None:
    """Add a clinician, or update name, address and unit of the clinician with this subject.

    Raises `UnknownNameError` for an unknown unit. Raises `TakenError` for a subject that differs
    from that of another clinician only by case.
    """
    row = [clinician.subject, clinician.name, clinician.email, clinician.unit]
    try:
        # a savepoint: the caller's transaction survives the error
        async with conn.transaction():
            added = await (await conn.execute(_PUT, row)).fetchone()
    except UniqueViolation as error:
        message = "another clinician's subject differs from this one only by case"
        raise TakenError(message) from error
    if added is None:
        raise UnknownNameError(_NO_UNIT)
