"""Changes of alerts, which the database writes to the outbox at each commit that changes one.

Here they are read again: what an earlier event said shows what a later one takes back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.messages.outgoing import ALERTS
from storage.pg import rows
from storage.pg.pool import Connection

_FORMER = """
select body from outbox
where channel = %(channel)s and patient = %(patient)s and id < %(before)s
  and body -> 'alert' ->> 'alert' = %(alert)s
order by id desc limit 1"""

_OWNER = """
select a.assignee as subject, coalesce(c.name, '') as name
from alert a left join clinician c on c.subject = a.assignee where a.id = %(alert)s"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertOwner:
    """The clinician who took an alert: subject and name, each "" for nobody."""

    subject: str = ""
    name: str = ""


async def owner_of(conn: Connection, alert: str) -> AlertOwner:
    """Return who has taken an alert (id) by now."""
    owners = await rows.fetch_as(conn, _OWNER, {"alert": rows.uuid(alert)}, AlertOwner)
    return owners[0] if owners else AlertOwner()


async def former_event(
    conn: Connection, patient: int, alert: str, before: int
) -> Mapping[str, Any] | None:
    """Return the event of an alert before the message with the id `before`, None without one."""
    arguments = {"channel": ALERTS, "patient": patient, "alert": alert, "before": before}
    events = await rows.fetch(conn, _FORMER, arguments, lambda row: row["body"])
    return events[0] if events else None
