"""The audit log: who did what to whose data, and when. Rows are only ever added.

`at` is the application's time; the database adds its own time in another column. Actions are those
of `audit_actions`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Error
from psycopg.types.json import Jsonb

from model.audit_log.categories import categories_of
from model.audit_log.origins import access_origin
from storage.audit_actions import AuditAction
from storage.pg import rows
from storage.pg.pool import Connection, Pool

# Ids are looked up by name in the same statement. A refused request may name a unit or a patient
# that does not exist; its line has null there.
_WRITE = """
insert into audit (at, actor, role, care_unit, action, patient, object, detail)
values (to_timestamp(%(at)s / 1000.0), %(actor)s, %(role)s, \
(select id from care_unit where name = %(unit)s),
        %(action)s, (select id from patient where pseudonym = %(patient)s), %(object)s, %(detail)s)
"""

# A list that is open on a screen loads again and again: `not exists` keeps it from filling the log.
_LISTED = """
insert into audit (at, actor, role, care_unit, action, patient, object, detail)
select to_timestamp(%(at)s / 1000.0), %(actor)s, %(role)s, \
(select id from care_unit where name = %(unit)s),
       %(action)s, p.id, %(object)s, %(detail)s
  from patient p where p.pseudonym = any(%(patients)s) and not exists (
    select from audit a where a.patient = p.id and a.actor = %(actor)s and a.action = %(action)s
       and a.object = %(object)s and a.at > to_timestamp(%(since)s / 1000.0))
 order by p.id
"""

# an attempt to see another unit's patient must be in the log, though the door sees no such row
_REFUSED = _WRITE.replace(
    "(select id from patient where pseudonym = %(patient)s)",
    "refused_patient(%(patient)s, %(alert)s)",
)

_RECENT = """
select exists (select from audit a join patient p on p.id = a.patient
                where p.pseudonym = %(patient)s and a.actor = %(actor)s and a.action = %(action)s
                  and a.object = %(object)s and a.at > to_timestamp(%(since)s / 1000.0))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: the identity provider's subject, the role, and the care unit's name or ""."""

    subject: str
    role: str
    care_unit: str = ""


# The line's own patient tells who it is. An erasure takes that out of a line, and never the actor.
PATIENT_ACTOR = Actor(subject="patient", role="patient")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A line of the log: `action` on `object`, in the data of `patient` (a pseudonym).

    `patient` is None when the action concerns no particular patient.
    """

    at_ms: int
    actor: Actor
    action: AuditAction
    patient: str | None = None
    object: str = ""
    detail: dict[str, Any] | None = None


async def write_entry(conn: Connection, entry: AuditEntry) -> None:
    """Add a line in the caller's transaction."""
    await conn.execute(_WRITE, _row(entry) | {"patient": entry.patient})


async def write_where_possible(pool: Pool, entry: AuditEntry) -> str:
    """Add a line in a transaction of its own; return "" or the kind of the database's error.

    Only for what must also work while the log takes no line: finding out why.
    """
    try:
        async with pool.connection() as conn:
            await write_entry(conn, entry)
    except Error as error:
        return type(error).__name__
    return ""


async def write_list_entries(
    conn: Connection, entry: AuditEntry, patients: Sequence[str], since_ms: int
) -> None:
    """Add a line for each patient, except where the actor has the same line since `since_ms`.

    A line is the same when patient, actor, action and object are equal. The patient of `entry` is
    not used.
    """
    await conn.execute(_LISTED, _row(entry) | {"patients": list(patients), "since": since_ms})


async def write_refused_entry(conn: Connection, entry: AuditEntry, alert: str = "") -> None:
    """Add a line about a request that was refused.

    `alert` is the id of an alert in the request. When it exists, the line gets its patient.
    """
    named = {"patient": entry.patient, "alert": rows.uuid(alert)}
    await conn.execute(_REFUSED, _row(entry) | named)


async def written_since(conn: Connection, entry: AuditEntry, since_ms: int) -> bool:
    """Return whether the log has a line like `entry` that is later than `since_ms`.

    Compared are patient, actor, action and object.
    """
    params = {
        "patient": entry.patient,
        "actor": entry.actor.subject,
        "action": AuditAction(entry.action).value,
    }
    cursor = await conn.execute(_RECENT, {**params, "object": entry.object, "since": since_ms})
    row = await cursor.fetchone()
    return bool(row and row[0])


def _row(entry: AuditEntry) -> dict[str, Any]:
    # `AuditAction(...)` refuses any other text before the database does
    return {
        "at": entry.at_ms,
        "actor": entry.actor.subject,
        "role": entry.actor.role,
        "unit": entry.actor.care_unit,
        "action": AuditAction(entry.action).value,
        "object": entry.object,
        "detail": Jsonb({**(entry.detail or {}), **_trail(entry)}),
    }


def _trail(entry: AuditEntry) -> dict[str, Any]:
    """Return the categories of a row and where it came from.

    They stand in the detail: it is in the hash of the row's link already, so that older links hold,
    and nobody can change what they say.
    """
    origin = access_origin().plain()
    categories = categories_of(entry.action, entry.object)
    known = {"categories": list(categories), "origin": dict(origin)}
    return {name: content for name, content in known.items() if content}
