"""Hands a clinician's mark of a session to the worker, with its audit row. It never commits.

The mark waits in the outbox until the worker puts it on the log of facts, on which it is ordered
with everything else that is said of the patient. So nothing is derived here.
"""

from model.codec import encode_attributed, loads
from model.facts import AttributedFact, Report
from storage import audit
from storage.alerts import outbox
from storage.audit_actions import AuditAction
from storage.pg.pool import Connection

FACTS_CHANNEL = "facts"  # of the outbox: facts that are stated through the database


async def put_mark(
    conn: Connection, mark: AttributedFact, actor: audit.Actor, session: str, more: str = ""
) -> None:
    """Store that `actor` marked a session (id), in the caller's transaction.

    `more` says by which command; the same mark again changes nothing but adds an audit row. Raises
    TypeError for a fact that is no report.
    """
    fact = mark.fact
    if not isinstance(fact, Report):
        raise TypeError(f"a mark is a report, not {type(fact).__name__}")
    detail = {"statement": fact.instrument.value, "reason": fact.reason}
    entry = audit.AuditEntry(
        at_ms=mark.received_ms,
        actor=actor,
        action=AuditAction.SESSION_MARK,
        patient=mark.patient,
        object=f"session:{session}",
        detail={**detail, "command": more} if more else detail,
    )
    await audit.write_entry(conn, entry)
    body = loads(encode_attributed(mark))
    key = f"mark/{mark.patient}/{mark.body}"
    await outbox.put_message(conn, FACTS_CHANNEL, key, mark.patient, body, mark.received_ms)
