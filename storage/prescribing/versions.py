"""Rows of prescriptions: every version, as a clinician wrote it."""

from collections.abc import Iterable

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from model import codec
from model.calendar import utc
from model.prescribing.canonical import with_hash
from model.prescription import Prescription, WrittenTimes
from storage.people.errors import TakenError
from storage.people.patients import patient_id
from storage.pg import rows
from storage.pg.pool import Connection

_PUT = """
insert into prescription
  (patient, prescription, version, valid_from, valid_to, body, recorded_at)
values (%(patient)s, %(id)s, %(version)s, %(valid_from)s, %(valid_to)s, %(body)s, %(now)s)"""
_BODY = """
select body from prescription
where patient = %(patient)s and prescription = %(id)s and version = %(version)s"""
_ALL = """
select p.pseudonym, r.body from prescription r join patient p on p.id = r.patient
where p.pseudonym = any(%s) order by r.patient, r.prescription, r.version"""
_RECORDED = """
select r.prescription as id, r.version, r.recorded_at as recorded_ms
from prescription r join patient p on p.id = r.patient
where p.pseudonym = %(patient)s"""


async def put_prescription(
    conn: Connection, patient: str, prescription: Prescription, now_ms: int
) -> bool:
    """Store a version of a prescription with its hash; return False if it is stored already.

    Raises `UnknownNameError` for an unknown patient, and `TakenError` when the stored version
    differs.
    """
    body = codec.plain(with_hash(prescription))
    row = {
        "patient": await patient_id(conn, patient),
        "id": prescription.id,
        "version": prescription.version,
        "valid_from": prescription.valid_from,
        "valid_to": prescription.valid_to,
        "body": Jsonb(body, dumps=codec.dumps),
        "now": utc(now_ms),
    }
    try:
        # a savepoint: the stored version is read after the error, in the same transaction
        async with conn.transaction():
            await conn.execute(_PUT, row)
    except UniqueViolation as error:
        stored = await (await conn.execute(_BODY, row)).fetchall()
        # compare as JSON: what was read back from the row has JSON's types
        if stored != [(codec.loads(codec.dumps(body)),)]:
            raise TakenError("this version of the prescription is stored and differs") from error
        return False
    return True


async def prescriptions_of(
    conn: Connection, patients: Iterable[str]
) -> dict[str, tuple[Prescription, ...]]:
    """Return every version of the patients' prescriptions, by pseudonym.

    The versions of a patient are in order of (id, version). Patients without any are left out.
    """
    versions: dict[str, tuple[Prescription, ...]] = {}
    for patient, body in await (await conn.execute(_ALL, [list(patients)])).fetchall():
        # a tuple that grows by copying: a patient has a few versions
        versions[patient] = (*versions.get(patient, ()), rows.prescription(body))
    return versions


async def recorded_of(conn: Connection, patient: str) -> WrittenTimes:
    """Return when each version of a patient's prescriptions was recorded."""
    versions = await rows.fetch(conn, _RECORDED, {"patient": patient}, lambda row: row)
    return {(row["id"], row["version"]): row["recorded_ms"] for row in versions}
