"""Patients' identities, each sealed with the patient's data key.

The caller must check that the reader may know them, write the row of the audit log, and never log
what these functions return.
"""

from collections.abc import Mapping, Sequence

from model import codec
from model.keyring import KeyRing
from storage.people.data_keys import data_key, data_key_owner
from storage.pg import crypto
from storage.pg.pool import Connection

_ADD = "insert into identity.person (patient, sealed) values (%s, %s)"
_SINGLE = """
select i.sealed from identity.person i join patient p on p.id = i.patient where p.pseudonym = %s"""
# the key with the identity, so that a list of patients is one query
_SEALED = """
select p.pseudonym, k.wrapped, i.sealed
from patient p
join identity.data_key k on k.patient = p.id
join identity.person i on i.patient = p.id
where p.pseudonym = any(%s)"""


async def add_identity(
    conn: Connection, number: int, patient: str, key: bytes, identity: Mapping[str, str]
) -> None:
    """Seal the identity of a patient (id and pseudonym) with the patient's data key; store it."""
    sealed = crypto.seal(key, codec.dumps(dict(identity)), _label(patient))
    await conn.execute(_ADD, [number, sealed])


async def identity_of(conn: Connection, wrapping_key: KeyRing, patient: str) -> dict[str, str]:
    """Return a patient's identity, {} when none is stored."""
    row = await (await conn.execute(_SINGLE, [patient])).fetchone()
    if row is None:
        return {}
    return _opened(await data_key(conn, wrapping_key, patient), row[0], patient)


async def names_of(
    conn: Connection, wrapping_key: KeyRing, patients: Sequence[str]
) -> dict[str, str]:
    """Return the names of patients, by pseudonym; patients without a stored name are left out."""
    rows = await (await conn.execute(_SEALED, [list(patients)])).fetchall()
    names: dict[str, str] = {}
    for patient, wrapped, sealed in rows:
        key = crypto.unwrap_value(wrapping_key, wrapped, data_key_owner(patient))
        name = _opened(key, sealed, patient).get("name", "")
        if name:
            names[patient] = name
    return names


def _opened(key: bytes, sealed: bytes, patient: str) -> dict[str, str]:
    identity: dict[str, str] = codec.loads(crypto.open_sealed(key, sealed, _label(patient)))
    return identity


def _label(patient: str) -> str:
    # another purpose than that of payloads: neither opens as the other
    return f"identity:{patient}"
