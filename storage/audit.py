"""The audit log: who did what to whose data, when. Rows are only ever added."""

from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from .pool import Connection

_WRITE = """
insert into audit (at, actor, role, care_unit, action, patient, object, detail)
values (to_timestamp(%(at)s / 1000.0), %(actor)s, %(role)s, (select id from care_unit where name = %(unit)s),
        %(action)s, (select id from patient where pseudonym = %(patient)s), %(object)s, %(detail)s)
"""

_RECENT = """
select exists (select from audit a join patient p on p.id = a.patient
                where p.pseudonym = %(patient)s and a.actor = %(actor)s and a.action = %(action)s
                  and a.object = %(object)s and a.at > to_timestamp(%(since)s / 1000.0))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: the subject of the identity provider, the role, and the name of the care unit ("" for none)."""

    subject: str
    role: str
    care_unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line: `action` on `object`, of one patient's data (None: of nobody's in particular)."""

    at_ms: int
    actor: Actor
    action: str
    patient: str | None = None
    object: str = ""
    detail: dict[str, Any] | None = None


async def write(conn: Connection, entry: Entry) -> None:
    """Add one line in the caller's transaction."""
    await conn.execute(
        _WRITE,
        {
            "at": entry.at_ms,
            "actor": entry.actor.subject,
            "role": entry.actor.role,
            "unit": entry.actor.care_unit,
            "action": entry.action,
            "patient": entry.patient,
            "object": entry.object,
            "detail": Jsonb(entry.detail or {}),
        },
    )


async def written_since(conn: Connection, entry: Entry, since_ms: int) -> bool:
    """Tell whether this actor has a line with the same action on the same object later than `since_ms`."""
    asked = {"patient": entry.patient, "actor": entry.actor.subject, "action": entry.action}
    cursor = await conn.execute(_RECENT, {**asked, "object": entry.object, "since": since_ms})
    row = await cursor.fetchone()
    return bool(row and row[0])
