"""A row of the audit log as it is exported, for tests of its form as AuditEvent."""

from model.audit_log.exported import ExportedRow

EXPORTED_ROW = ExportedRow(
    number=7,
    at_ms=1_700_000_000_000,
    actor="c-1",
    name="Anna Exempel",
    role="clinician",
    care_unit="Ward",
    action="data.read",
    patient="a-1",
    object="session:0190",
    reason="case 12",
    categories=["sessions", "measurements"],
    door="clinic",
    address="own network",
)
