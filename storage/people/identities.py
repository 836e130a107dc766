"""Who several patients are, in one question. Opens what is sealed; the caller audits and must never log it."""

from collections.abc import Sequence

from model import codec
from model.keyring import KeyRing
from storage.pg import crypto
from storage.pg.pool import Connection

_SEALED = """
select p.pseudonym, k.wrapped, i.sealed from patient p
join identity.data_key k on k.patient = p.id join identity.person i on i.patient = p.id
where p.pseudonym = any(%s)"""


async def names_of(
    conn: Connection, wrapping_key: KeyRing, patients: Sequence[str]
) -> dict[str, str]:
    """Return the name of each patient that has one kept, by pseudonym; an erased key leaves its patient out."""
    rows = await (await conn.execute(_SEALED, [list(patients)])).fetchall()
    names = {
        patient: _name(wrapping_key, patient, wrapped, sealed) for patient, wrapped, sealed in rows
    }
    return {patient: name for patient, name in names.items() if name}


def _name(wrapping_key: KeyRing, patient: str, wrapped: bytes, sealed: bytes) -> str:
    key = crypto.unwrap(wrapping_key, wrapped, f"data_key:{patient}")
    name: str = codec.loads(crypto.open_sealed(key, sealed, f"identity:{patient}")).get("name", "")
    return name
