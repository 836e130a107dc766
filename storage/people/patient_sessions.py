"""Patients' sessions at the patient door, by the digest of their cookie.

A session is alive until the patient ends it, until it expires, or until it was not used for some
time. Times are those of the door, not of the database. None is alive once the account is closed.
"""

from dataclasses import dataclass

from model.calendar import utc
from storage.people.patients import hold_open_patient
from storage.pg.pool import Connection

_BEGIN = """
insert into patient_session (digest, patient, begun_at, seen_at, expires_at)
values (%s, %s, %s, %s, %s)"""
_PRUNE = "delete from patient_session where patient = %s and expires_at < %s"
_SIGNED_IN = """
insert into account_life (patient, signed_in_at) values (%(patient)s, %(now)s)
on conflict (patient) do update set signed_in_at = excluded.signed_in_at"""
# read and touched in one statement: every request needs it
_USE = """
update patient_session s set seen_at = %(now)s from patient p
where s.digest = %(digest)s and s.ended_at is null and s.expires_at > %(now)s
  and s.seen_at > %(idle)s and p.id = s.patient
  and not exists (select from account_life l where l.patient = p.id and l.closed_at is not null)
returning p.id, p.pseudonym"""
_END = """
update patient_session s set ended_at = %(now)s from patient p
where s.digest = %(digest)s and s.ended_at is null and p.id = s.patient returning p.pseudonym"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOwner:
    """Whose session it is: the patient's row and pseudonym."""

    number: int
    pseudonym: str


async def begin_patient_session(
    conn: Connection, patient: str, digest: str, now_ms: int, until_ms: int
) -> None:
    """Store a new session [now_ms, until_ms); remove those of the patient that expired.

    It counts as a sign-in for the life of the account. Raises `AccountClosedError` once the account
    is closed, and `UnknownNameError`.
    """
    number = await hold_open_patient(conn, patient)
    await conn.execute(_SIGNED_IN, {"patient": number, "now": utc(now_ms)})
    await conn.execute(_PRUNE, [number, utc(now_ms)])
    await conn.execute(_BEGIN, [digest, number, utc(now_ms), utc(now_ms), utc(until_ms)])


async def use_patient_session(
    conn: Connection, digest: str, now_ms: int, idle_ms: int
) -> SessionOwner | None:
    """Return whose session it is, and keep it for another `idle_ms`; None unless it is alive."""
    # a session that is used stays alive; one that was left behind ends by itself
    values = {"digest": digest, "now": utc(now_ms), "idle": utc(now_ms - idle_ms)}
    row = await (await conn.execute(_USE, values)).fetchone()
    return SessionOwner(number=row[0], pseudonym=row[1]) if row else None


async def end_patient_session(conn: Connection, digest: str, now_ms: int) -> str | None:
    """End a session; return its patient, None where it had ended before."""
    row = await (await conn.execute(_END, {"digest": digest, "now": utc(now_ms)})).fetchone()
    return str(row[0]) if row else None
