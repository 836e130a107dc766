"""Patients' data keys: each patient has a single key, wrapped with the wrapping key.

Erasing a data key erases everything that is sealed with it. A key must never be logged.
"""

from collections.abc import Collection

from model.keyring import KeyRing
from storage.people.errors import UnknownNameError
from storage.pg import crypto
from storage.pg.pool import Connection

_ADD = "insert into identity.data_key (patient, wrapped, key_id) values (%s, %s, %s)"
_WRAPPED = """
select p.pseudonym, k.wrapped from identity.data_key k join patient p on p.id = k.patient
where p.pseudonym = any(%s)"""


def data_key_owner(patient: str) -> str:
    """Return the owner that a patient's data key is wrapped for; it opens for no other owner."""
    return f"data_key:{patient}"


async def add_key(conn: Connection, wrapping_key: KeyRing, number: int, patient: str) -> bytes:
    """Make and store the data key of a patient (id and pseudonym), and return it."""
    key = crypto.new_key()
    wrapped = crypto.wrap_value(wrapping_key, key, data_key_owner(patient))
    await conn.execute(_ADD, [number, wrapped, wrapping_key.active.id])
    return key


async def data_key(conn: Connection, wrapping_key: KeyRing, patient: str) -> bytes:
    """Return a patient's data key; raises `UnknownNameError` if it is missing or erased."""
    return (await data_keys(conn, wrapping_key, [patient]))[patient]


async def data_keys(
    conn: Connection, wrapping_key: KeyRing, patients: Collection[str]
) -> dict[str, bytes]:
    """Return the data key of each patient, by pseudonym.

    Raises `UnknownNameError` when the key of a patient is missing or erased.
    """
    keys = await data_keys_of(conn, wrapping_key, patients)
    # all or nothing: a caller that seals for several patients must not leave one out
    if not keys.keys() >= set(patients):
        raise UnknownNameError("there is no data key of this patient")
    return keys


async def data_keys_of(
    conn: Connection, wrapping_key: KeyRing, patients: Collection[str]
) -> dict[str, bytes]:
    """Return the data keys of those patients who have one, by pseudonym."""
    rows = await (await conn.execute(_WRAPPED, [list(patients)])).fetchall()
    wrapped: dict[str, bytes] = dict(rows)
    return {
        name: crypto.unwrap_value(wrapping_key, key, data_key_owner(name))
        for name, key in wrapped.items()
    }
