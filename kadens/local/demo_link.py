"""The link to the patient door for whoever tries the demo, made as an operator makes one."""

from kadens.fetching.door_links import new_door_address
from model.calendar import DAY_MS
from storage import audit
from storage.audit_actions import AuditAction
from storage.pg.pool import open_pool

HOLDS_MS = DAY_MS  # whoever tries the demo comes back to it
_DEMO = audit.Actor(subject="demo", role="operator")


async def demo_door_link(dsn: str, patient: str, door: str, now_ms: int) -> str:
    """Return the address of a new link at `door`, which signs in once; its row is written too."""
    entry = audit.AuditEntry(
        at_ms=now_ms, actor=_DEMO, action=AuditAction.PATIENT_DOOR, patient=patient
    )
    async with await open_pool(dsn, max_size=1) as pool, pool.connection() as conn:
        address, _ = await new_door_address(
            conn, patient, door, by=_DEMO.subject, now_ms=now_ms, until_ms=now_ms + HOLDS_MS
        )
        await audit.write_entry(conn, entry)
    return address
