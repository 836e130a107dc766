"""Which patient a personal number belongs to. Only keyed digests are stored, never a number.

The caller makes the digests, writes the row of the audit log, and never logs what is passed.
"""

from collections.abc import Mapping

from model.calendar import utc
from storage.people.errors import TakenError, UnknownNameError
from storage.people.patients import patient_id
from storage.pg import rows
from storage.pg.pool import Connection

# Two patients with the same number at once, under two keys, would be seen by no constraint.
_ALONE = "lock table identity.number_digest in share row exclusive mode"
_OF_ANOTHER = """
select exists (select from identity.number_digest where digest = any(%s) and patient <> %s)"""
_HELD = "select digest from identity.number_digest where patient = %s"
_PUT = """
insert into identity.number_digest (patient, digest, key_id, recorded_at)
values (%(patient)s, %(digest)s, %(key)s, %(now)s)
on conflict (patient) do update
set digest = excluded.digest, key_id = excluded.key_id, recorded_at = excluded.recorded_at"""
_REMOVE = "delete from identity.number_digest where patient = %s"
_OWNER = """
select p.pseudonym, n.digest from identity.number_digest n join patient p on p.id = n.patient
where n.digest = any(%s)"""
_RENEW = "update identity.number_digest set digest = %s, key_id = %s where digest = %s"
_END = """
update patient_session set ended_at = %s where patient = %s and ended_at is null"""
_BY_KEY = "select count(*) from identity.number_digest where key_id = %s"


async def put_number(
    conn: Connection, patient: str, digests: Mapping[str, str], now_ms: int
) -> None:
    """Store a patient's number as digests by key id, the active key's first.

    A number that replaces another ends the patient's sessions: who is signed in may be somebody
    else. Raises `TakenError` where the number is another patient's, and `UnknownNameError`.
    """
    number = await patient_id(conn, patient)
    await conn.execute(_ALONE)
    row = await (await conn.execute(_OF_ANOTHER, [list(digests.values()), number])).fetchone()
    if row is not None and row[0]:
        raise TakenError("this personal number is another patient's")
    key, digest = next(iter(digests.items()))
    held = await rows.fetch_column(conn, _HELD, [number])
    if held and held[0] not in digests.values():
        await conn.execute(_END, [utc(now_ms), number])
    values = {"patient": number, "digest": digest, "key": key, "now": utc(now_ms)}
    await conn.execute(_PUT, values)


async def remove_number(conn: Connection, patient: str, now_ms: int) -> None:
    """Remove a patient's number, and end the sessions; raises `UnknownNameError` without one."""
    number = await patient_id(conn, patient)
    if (await conn.execute(_REMOVE, [number])).rowcount == 0:
        raise UnknownNameError("no personal number of this patient is recorded")
    await conn.execute(_END, [utc(now_ms), number])


async def owner_of_number(conn: Connection, digests: Mapping[str, str]) -> str | None:
    """Return the patient whose number has one of the digests by key id, None for nobody.

    A digest of an older key is replaced by the active key's, so that a key that was rotated is
    needed less and less.
    """
    key, digest = next(iter(digests.items()))
    row = await (await conn.execute(_OWNER, [list(digests.values())])).fetchone()
    if row is None:
        return None
    if row[1] != digest:
        await conn.execute(_RENEW, [digest, key, row[1]])
    return str(row[0])


async def numbers_by_key(conn: Connection, key: str) -> int:
    """Return how many numbers are stored with the key of an id."""
    return int((await rows.fetch_column(conn, _BY_KEY, [key]))[0])
