"""An alert as plain values for JSON, the answer of `--until-alert`."""

from collections.abc import Mapping
from typing import Any

from model.calendar import rfc3339
from storage.reads import clinic_queries, evidence

_ZONES = ("very_light", "light", "moderate", "vigorous", "near_max", "unknown")


async def shown_alert(
    conn: Any,  # noqa: ANN401 - storage's own connection
    unit: str,
    alert: str,
) -> dict[str, Any]:
    """Return rule, evidence, session and times (RFC 3339) of an alert.

    Raises LookupError for an unknown alert.
    """
    page = await evidence.alert_page(conn, unit, alert)
    if page is None:
        raise LookupError(f"no alert {alert}")
    patient = page.patient.pseudonym
    named = next((finding.session for finding in page.findings if finding.session), None)
    sessions: Any = ()
    if named:
        sessions = await clinic_queries.sessions_of(conn, unit, patient, limit=1, session=named)
    return {
        "alert": page.alert.id,
        "patient": patient,
        "rule": page.alert.rule,
        "rule_version": page.alert.rule_version,
        "tier": page.alert.tier,
        "state": page.alert.state,
        "sentence": page.alert.sentence,
        "raised": rfc3339(page.alert.raised_ms),
        "findings": [_finding(finding) for finding in page.findings],
        "session": _session(sessions[0]) if sessions else None,
    }


def _finding(value: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of evidence, read field by field
    return {
        "rule": value.rule,
        "key": value.key,
        "at": rfc3339(value.at_ms),
        "session": value.session,
        "evidence": value.evidence,
    }


def _session(value: Any) -> dict[str, Any]:  # noqa: ANN401 - a derived Session
    return {
        "id": value.id,
        "start": rfc3339(value.start_ms),
        "end": rfc3339(value.end_ms),
        "type": value.type,
        "zones_ms": dict(zip(_ZONES, value.zones.as_tuple(), strict=True)),
        "heart_source": value.heart_source.device if value.heart_source else None,
        "partial": value.partial,
    }


def alert_hints(alert: Mapping[str, Any], addresses: Mapping[str, str]) -> tuple[str, ...]:
    """Return lines that say where the alert of a demo is, and how one goes on from there."""
    return (
        f"  {'alert':<12} {addresses['clinic']}/alerts/{alert['alert']}",
        "why it arose, and how to act on it, is on that page and in docs/alerts.md. As a command:",
        f"  .venv/bin/kadens alerts show {alert['alert']} --data {addresses['data']}",
    )
