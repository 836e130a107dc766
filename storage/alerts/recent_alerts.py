"""Loads the alerts of patients with their findings: live ones, and recent ones.

It locks nothing, and changes nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypedDict

from model.alert import Alert, AlertState, Finding, LostFinding, Tier
from model.calendar import DAY_MS
from storage.pg import rows
from storage.pg.pool import Connection

# what was resolved within this time may keep a rule from raising the same again
RECENT_MS = 60 * DAY_MS
_LIVE = "('open', 'acknowledged', 'in_progress', 'snoozed')"
_ALERTS = f"""
select patient, id, family, rule, tier, state, raised_at as raised_ms, changed_at as changed_ms, \
sentence, resolution, assignee, unseen_since as unseen_since_ms, escalations,
  snoozed_until as snoozed_until_ms, mutes, is_demoted, retracted_from, \
taken_up_tier
from alert
where patient = any(%(patients)s) \
and (state in {_LIVE} or changed_at >= to_timestamp(%(recent)s / 1000.0))
order by patient, family, raised_at, id"""  # noqa: S608 - a constant of this file
_FINDINGS = """
select f.alert, a.family, f.key, f.rule, f.rule_version, f.tier, f.at as at_ms, f.session, \
f.evidence,
  f.from_at as from_ms, f.fresh_until as fresh_until_ms, f.sentence,
  f.current or a.state = 'retracted' as is_own, coalesce(f.had_tier, f.tier) as had_tier,
  coalesce(f.dropped_at, f.added_at) as lost_ms
from alert_finding f join alert a on a.id = f.alert \
where f.alert = any(%(alerts)s::uuid[]) and (f.current or a.state <> 'resolved')"""


class _Evidence(TypedDict):
    """What an alert rests on, and what it has lost, by rule and key."""

    findings: dict[str, Finding]
    lost: dict[str, LostFinding]


async def recent_alerts(
    conn: Connection, names: Mapping[int, str], now_ms: int
) -> dict[int, list[Alert]]:
    """Return the alerts of each patient by id, by family and time; `names` are pseudonyms by id.

    They are those that are live, and those that changed within `RECENT_MS`, 60 days.
    """
    params: rows.Row = {"patients": list(names), "recent": now_ms - RECENT_MS}
    alert_rows = await rows.fetch(conn, _ALERTS, params, lambda row: row)
    findings = await _findings(conn, [row["id"] for row in alert_rows])
    alerts: dict[int, list[Alert]] = defaultdict(list)
    for row in alert_rows:
        number = row.pop("patient")
        before = AlertState(row["retracted_from"]) if row["retracted_from"] else None
        typed = {**typed_columns(row), "retracted_from": before}
        alerts[number].append(Alert(patient=names[number], **findings[row["id"]], **typed))
    return alerts


def typed_columns(row: rows.Row) -> rows.Row:
    """Return a row of `alert` with its tiers and its state as the model has them."""
    return {
        **row,
        "tier": Tier(row["tier"]),
        "state": AlertState(row["state"]),
        "mutes": {Tier(tier): until_ms for tier, until_ms in row["mutes"].items()},
        "taken_up_tier": Tier(row["taken_up_tier"]) if row["taken_up_tier"] else None,
    }


async def _findings(conn: Connection, alerts: Sequence[str]) -> dict[str, _Evidence]:
    """Return the current findings of each alert (id) and the lost ones, by rule and key.

    All of a retracted alert count as its own.
    """
    evidence: dict[str, _Evidence] = defaultdict(lambda: _Evidence(findings={}, lost={}))
    if not alerts:  # most patients have none, and a query costs a round trip
        return evidence
    for row in await rows.fetch(conn, _FINDINGS, {"alerts": list(alerts)}, dict):
        is_own, lost_ms, had = row.pop("is_own"), row.pop("lost_ms"), Tier(row.pop("had_tier"))
        id_, finding = _finding(row)
        name = finding.name
        if is_own:
            evidence[id_]["findings"][name] = finding
        # of what is milder than it was, the grave form is lost
        if not is_own or had is not finding.tier:
            grave = replace(finding, tier=had)
            evidence[id_]["lost"][name] = LostFinding(finding=grave, lost_ms=lost_ms)
    return evidence


def _finding(row: rows.Row) -> tuple[str, Finding]:
    return row.pop("alert"), Finding(**{**row, "tier": Tier(row["tier"])})
