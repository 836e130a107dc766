"""An alert as FHIR: what was found, what shows on the chart, and the work that follows from it.

The sentence of an alert says what was recorded and which rule is met. It makes no medical claim.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from fhir_r4.elements import (
    PERSON_SYSTEM,
    TERMINOLOGY,
    FhirResource,
    concept,
    identified,
    known_patient,
    link_to,
    period,
    rule_concept,
)
from fhir_r4.finding_evidence import answers_behind, evidence_components
from fhir_r4.observations import session_panel
from fhir_r4.request_checks import PRESCRIPTION_SYSTEM
from model.alert import AlertState, Tier
from model.calendar import rfc3339
from model.messages.alert_event import AlertSnapshot, FindingState
from model.messages.withdrawal import WithdrawalReason

_WITHDRAWN = "entered-in-error"
_SEVERITY: Mapping[Tier, str] = {Tier.A: "high", Tier.B: "moderate", Tier.C: "low"}
_PRIORITY: Mapping[Tier, str] = {Tier.A: "urgent", Tier.B: "routine", Tier.C: "routine"}
_CHART: Mapping[Tier, str] = {Tier.A: "safety", Tier.B: "clinical", Tier.C: "clinical"}
_TASK: Mapping[AlertState, str] = {
    AlertState.OPEN: "requested",
    AlertState.ACKNOWLEDGED: "accepted",
    AlertState.IN_PROGRESS: "in-progress",
    AlertState.SNOOZED: "on-hold",
    AlertState.RESOLVED: "completed",
    AlertState.RETRACTED: "cancelled",
    AlertState.EXPIRED: "cancelled",
}
# FHIR wants a reason where work is held or given up.
_REASONS: Mapping[AlertState, str] = {
    AlertState.SNOOZED: "put off by a clinician",
    AlertState.EXPIRED: "nobody took it up in its time",
}
_WITHDRAWN_WHY: Mapping[str, str] = {
    WithdrawalReason.CORRECTED: "the data was corrected or completed",
    WithdrawalReason.RESTRICTED: "use of the data was restricted",
    WithdrawalReason.SETTINGS: "a threshold, a profile or the prescription was changed",
    WithdrawalReason.SEVERAL: "the data or the settings were changed",
}


def alert_resources(snapshot: AlertSnapshot) -> list[FhirResource]:
    """Return an alert's patient, observations, finding, flag and task, in an order to be read.

    An observation that was corrected is there as entered in error beside the one that replaces it.
    """
    subject = known_patient(snapshot.patient)
    current: list[FhirResource] = []
    former: list[FhirResource] = []
    for finding in snapshot.findings:
        made = _observation(snapshot, finding, subject, is_current=finding.current)
        (current if finding.current else former).append(made)
    for withdrawn in snapshot.withdrawn:
        made = _observation(snapshot, withdrawn, subject, is_current=False)
        former.append(made)
    issue = _issue(snapshot, subject, current or former)
    return [
        subject,
        *current,
        *_unlike(former, current),
        issue,
        _flag(snapshot, subject),
        _task(snapshot, subject, issue),
    ]


def _unlike(former: Iterable[FhirResource], current: Iterable[FhirResource]) -> list[FhirResource]:
    """Return former observations that no current one equals, each once: a finding may come back."""
    seen = {made["id"] for made in current}
    kept: list[FhirResource] = []
    for made in former:
        if made["id"] not in seen:
            kept.append(made)
        seen.add(made["id"])
    return kept


def _observation(
    snapshot: AlertSnapshot, finding: FindingState, subject: FhirResource, *, is_current: bool
) -> FhirResource:
    """Return what an alert rests on; other evidence makes another observation."""
    digest = hashlib.sha256(json.dumps(dict(finding.evidence), sort_keys=True).encode()).hexdigest()
    key = f"{snapshot.alert}/{finding.rule}/{finding.key}/{digest[:16]}"
    made = identified("Observation", key, "finding") | {
        "status": "final" if is_current else _WITHDRAWN,
        "code": rule_concept(finding.rule, finding.rule_version),
        "subject": link_to(subject),
        "effectiveDateTime": rfc3339(finding.at_ms),
        "performer": [{"display": "Kadens"}],
        "method": {"text": f"rule {finding.rule}, version {finding.rule_version}"},
    }
    if finding.sentence:
        made["valueString"] = finding.sentence
    return made | _behind(finding, subject)


def _behind(finding: FindingState, subject: FhirResource) -> dict[str, Any]:
    """Return the answers and the session behind a finding, and its figures."""
    behind = answers_behind(finding.evidence, subject)
    if finding.session:
        behind.append(session_panel(finding.session))
    lists = {
        "derivedFrom": list(map(_known_by_name, behind)),
        "component": list(evidence_components(finding.evidence)),
    }
    return {name: items for name, items in lists.items() if items}


def _known_by_name(resource: FhirResource) -> dict[str, Any]:
    """Return a reference to what need not be in the same bundle: by its identifier."""
    return {"type": resource["resourceType"], "identifier": resource["identifier"][0]}


def _issue(
    snapshot: AlertSnapshot, subject: FhirResource, evidence: Iterable[FhirResource]
) -> FhirResource:
    is_withdrawn = snapshot.state == AlertState.RETRACTED
    made = identified("DetectedIssue", snapshot.alert) | {
        "status": _WITHDRAWN if is_withdrawn else "final",
        "code": rule_concept(snapshot.rule, snapshot.rule_version),
        "severity": _SEVERITY[Tier(snapshot.tier)],
        "patient": link_to(subject),
        "identifiedDateTime": rfc3339(snapshot.raised_ms),
        "detail": snapshot.sentence,
    }
    detail = [link_to(observation) for observation in evidence]
    if detail:
        made["evidence"] = [{"detail": detail}]
    if snapshot.prescriptions:
        made["implicated"] = list(map(_request_named, snapshot.prescriptions))
    if snapshot.resolution:
        action = {"action": {"text": snapshot.resolution}, "date": rfc3339(snapshot.changed_ms)}
        made["mitigation"] = [action]
    return made


def _request_named(name: str) -> dict[str, Any]:
    return {
        "type": "ServiceRequest",
        "identifier": {"system": PRESCRIPTION_SYSTEM, "value": name},
    }


def _flag(snapshot: AlertSnapshot, subject: FhirResource) -> FhirResource:
    status = "active" if snapshot.is_live else "inactive"
    is_withdrawn = snapshot.state == AlertState.RETRACTED
    end_ms = None if snapshot.is_live else snapshot.changed_ms
    return identified("Flag", snapshot.alert) | {
        "status": _WITHDRAWN if is_withdrawn else status,
        "category": [concept(f"{TERMINOLOGY}/flag-category", _CHART[Tier(snapshot.tier)])],
        "code": rule_concept(snapshot.rule, snapshot.rule_version) | {"text": snapshot.sentence},
        "subject": link_to(subject),
        "period": period(snapshot.raised_ms, end_ms),
    }


def _status_reason(snapshot: AlertSnapshot, state: AlertState) -> str:
    if state is not AlertState.RETRACTED:
        return _REASONS.get(state, "")
    # events of before this was told have none
    return _WITHDRAWN_WHY.get(snapshot.retraction, _WITHDRAWN_WHY[WithdrawalReason.SEVERAL])


def _task(snapshot: AlertSnapshot, subject: FhirResource, issue: FhirResource) -> FhirResource:
    state = AlertState(snapshot.state)
    made = identified("Task", snapshot.alert) | {
        "status": _TASK[state],
        "intent": "order",
        "priority": _PRIORITY[Tier(snapshot.tier)],
        "code": {"text": "Review"},
        "focus": link_to(issue),
        "for": link_to(subject),
        "authoredOn": rfc3339(snapshot.raised_ms),
        "lastModified": rfc3339(snapshot.changed_ms),
    }
    made |= _owner(snapshot)
    if reason := _status_reason(snapshot, state):
        made["statusReason"] = {"text": reason}
    if snapshot.snoozed_until_ms is not None and state is AlertState.SNOOZED:
        # the work begins when the snooze ends
        made["restriction"] = {"period": period(snapshot.snoozed_until_ms)}
    return made


def _owner(snapshot: AlertSnapshot) -> dict[str, Any]:
    """Return who took an alert, as an element of its task; nothing while nobody has."""
    if not snapshot.owner:
        return {}
    named = {"system": PERSON_SYSTEM, "value": snapshot.owner}
    person: dict[str, Any] = {"type": "Practitioner", "identifier": named}
    return {"owner": {**person, "display": snapshot.owner_name} if snapshot.owner_name else person}
