"""Findings and alerts of the family of pain, for tests of the life of alerts."""

from dataclasses import replace

from alerts.wording import headline
from model.alert import Alert, AlertState, Finding, Tier

ALERT_NOW = 1_795_424_400_000  # Monday 2026-11-23, 10:00 in Stockholm
DAY, HOUR = 86_400_000, 3_600_000


def finding_of(key: str, tier: Tier = Tier.B, at_ms: int = ALERT_NOW - DAY) -> Finding:
    """Return a finding of P1 that may raise an alert."""
    value = {Tier.A: 8, Tier.B: 6}.get(tier, 4)
    rating = {"value": value, "phase": "after", "local_date": "2026-11-22"}
    return Finding(
        rule="P1",
        rule_version=1,
        family="pain",
        key=key,
        tier=tier,
        at_ms=at_ms,
        from_ms=at_ms,
        fresh_until_ms=at_ms + 14 * DAY,
        evidence={"ratings": [rating] * (1 if tier is Tier.A else 2)},
        sentence=f"pain {value} at {key}",
    )


def alert_of(*findings: Finding, **fields: object) -> Alert:
    """Return a live alert on some findings, open and unseen since ALERT_NOW."""
    alert = Alert(
        id="a",
        patient="p",
        family="pain",
        rule="P1",
        tier=min((item.tier for item in findings), default=Tier.B),
        state=AlertState.OPEN,
        raised_ms=ALERT_NOW,
        changed_ms=ALERT_NOW,
        sentence=headline(findings) if findings else "",
        findings={f"{item.rule}:{item.key}": item for item in findings},
        unseen_since_ms=ALERT_NOW,
    )
    return replace(alert, **fields)  # type: ignore[arg-type]  # by name
