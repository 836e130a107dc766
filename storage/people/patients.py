"""Rows of patients: pseudonym, time zone, care unit and responsible clinician.

Everywhere else a patient is known by the pseudonym. The identity is sealed in the schema
`identity`, which `identities` reads.
"""

import secrets
from collections.abc import Collection, Mapping

from psycopg.errors import UniqueViolation

from model.calendar import known_zone, utc
from model.keyring import KeyRing
from storage.people import data_keys, identities
from storage.people.errors import AccountClosedError, TakenError, UnknownNameError
from storage.pg import rows
from storage.pg.pool import Connection

_ADD = """
insert into patient (pseudonym, zone, care_unit, clinician, created_at)
select %(pseudonym)s, %(zone)s, u.id,
       (select c.id from clinician c where c.subject = %(clinician)s), %(now)s
from care_unit u where u.name = %(unit)s
returning id"""
# "for key share" conflicts with "for update" only, so many transactions may hold a patient at once.
_HOLD = """
select pseudonym, zone from patient where pseudonym = any(%s) order by id for key share"""
_HOLD_ALONE = "select id from patient where pseudonym = %s for update"
_CLOSED = "select patient from account_life where patient = %s and closed_at is not null"
_ZONES = "select pseudonym, zone from patient where pseudonym = any(%s)"
_SET_ZONE = "update patient set zone = %s where pseudonym = %s"


async def add_patient(  # noqa: PLR0913 - each names one thing
    conn: Connection,
    *,
    wrapping_key: KeyRing,
    unit: str,
    zone: str,
    now_ms: int,
    pseudonym: str = "",
    identity: Mapping[str, str] | None = None,
    clinician: str = "",
) -> str:
    """Add a patient with a data key; return the pseudonym, which is random unless given.

    `zone` is an IANA zone; another raises ValueError. `identity` (name, number,
    address and so on) is sealed. Raises `UnknownNameError` for an unknown unit and `TakenError` for
    a pseudonym in use.
    """
    # random: a number in order would tell when a patient was added
    name = pseudonym or secrets.token_hex(8)
    # the zone is looked up before anything is written: an unknown one must leave no row
    row = {"pseudonym": name, "zone": known_zone(zone), "now": utc(now_ms)}
    try:
        async with conn.transaction():
            cursor = await conn.execute(_ADD, {**row, "unit": unit, "clinician": clinician})
            added = await cursor.fetchone()
    except UniqueViolation as error:
        raise TakenError("the pseudonym is taken") from error
    if added is None:
        raise UnknownNameError("there is no such care unit")
    # without a key nothing of the patient could be stored
    key = await data_keys.add_key(conn, wrapping_key, added[0], name)
    if identity:
        await identities.add_identity(conn, added[0], name, key, identity)
    return name


async def zone_of(conn: Connection, patient: str) -> str:
    """Return a patient's IANA zone; raises `UnknownNameError` for an unknown patient."""
    zones = await zones_of(conn, [patient])
    if patient not in zones:
        raise UnknownNameError("there is no such patient")
    return zones[patient]


async def zones_of(conn: Connection, patients: Collection[str]) -> dict[str, str]:
    """Return the IANA zone of each patient that exists, by pseudonym."""
    return dict(await (await conn.execute(_ZONES, [list(patients)])).fetchall())


async def set_zone(conn: Connection, patient: str, zone: str) -> None:
    """Store another IANA zone for a patient; the caller has to derive rows anew.

    Raises `UnknownNameError` for an unknown patient, and ValueError for a zone that does not
    exist.
    """
    if not (await conn.execute(_SET_ZONE, [known_zone(zone), patient])).rowcount:
        raise UnknownNameError("there is no such patient")


async def hold_patients(conn: Connection, patients: Collection[str]) -> dict[str, str]:
    """Prevent the erasure of patients until the transaction ends; return their zones by pseudonym.

    Patients that do not exist are left out. Look up consent after this call. Otherwise a patient
    could be erased between the two.
    """
    if not patients:
        return {}
    return dict(await (await conn.execute(_HOLD, [list(patients)])).fetchall())


async def hold_patient_alone(conn: Connection, patient: str) -> None:
    """Wait for all transactions that hold a patient, and let no other begin before this one ends.

    An instant that is read after it is later than whatever those transactions have looked at.
    """
    await conn.execute(_HOLD_ALONE, [patient])


async def hold_open_patient(conn: Connection, patient: str) -> int:
    """Keep the account of a patient from being closed until the transaction ends; return its row.

    Raises `UnknownNameError`, and `AccountClosedError` for an account that is closed.
    """
    if not await hold_patients(conn, [patient]):
        raise UnknownNameError("there is no such patient")
    # a statement of its own, after the lock: it sees a closing that was waited for
    number = await patient_id(conn, patient)
    if await rows.fetch_column(conn, _CLOSED, [number]):
        raise AccountClosedError("the account is closed")
    return number


async def pseudonyms(conn: Connection) -> list[str]:
    """Return the pseudonym of every patient, in order."""
    return await rows.fetch_column(conn, "select pseudonym from patient order by 1")


async def patient_id(conn: Connection, patient: str) -> int:
    """Return the id of a patient's row; raises `UnknownNameError` for an unknown patient."""
    cursor = await conn.execute("select id from patient where pseudonym = %s", [patient])
    row = await cursor.fetchone()
    if row is None:
        raise UnknownNameError("there is no such patient")
    return int(row[0])
