"""Sets thresholds of rules and puts rules into shadow, with who, when and why.

It writes in the scope's transaction. It raises `RequestRefused`: 403 for a role that may not do it,
404 for a patient whom the care unit does not have, and 422 for what cannot be set. Then nothing is
changed. A default never changes a figure of a patient: rows are only added.
"""

from dataclasses import replace

from clinic.request_scope import RequestScope
from clinic.ruling.reading import refuse_unusable
from model.prescribing.rule_settings import RuleSetting
from model.words.language import N_
from model.words.roles import CareRole
from storage import audit
from storage.alerts import to_judge
from storage.audit_actions import AuditAction
from storage.ruling import settings as stored
from web.problems import RequestRefused

_PRESCRIBERS_ONLY = N_("Only a licensed prescriber may do this.")
_NO_PATIENT = N_("There is no such patient in this care unit.")


async def change_setting(scope: RequestScope, change: RuleSetting) -> RuleSetting:
    """Store a change of a default of the unit, or of a patient's own figure; return it as stored.

    Everybody whom it may concern is judged again.
    """
    if scope.role is not CareRole.PRESCRIBER:
        raise RequestRefused(403, _PRESCRIBERS_ONLY)
    refuse_unusable(change)
    made = replace(change, set_ms=scope.now_ms, set_by=scope.clinician.subject)
    if not await stored.put_setting(scope.conn, scope.unit, made):
        raise RequestRefused(404, _NO_PATIENT)
    entry = audit.AuditEntry(
        at_ms=scope.now_ms,
        actor=scope.actor,
        action=AuditAction.RULE_SET,
        patient=made.patient or None,
        object=f"rule:{made.rule or made.name}",
        detail={"name": made.name, "value": made.value, "word": made.word, "why": made.why},
    )
    await audit.write_entry(scope.conn, entry)
    panel = await stored.panel_of(scope.conn, scope.unit)
    named = [made.patient] if made.patient else [name for name, _ in panel.values()]
    await to_judge.mark_all(scope.conn, named, scope.now_ms, "rule setting")
    return made
