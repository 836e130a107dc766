"""The finding of a run of missed days, with its evidence. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from alerts.missed.runs import MissedRun
from alerts.occasions import Occasion, finding_of, fresh_until
from alerts.waiting_for_data import complete_by_ms
from model.alert import Finding, Rule, RuleInput
from model.calendar import local_date, midnight
from model.prescription import all_paused, just_begun
from model.words.language import _

_DAY = timedelta(days=1)


def _alive_until_ms(
    on: RuleInput, run: MissedRun, thresholds: Mapping[str, float], fresh_until_ms: int
) -> int:
    """Return until when a run may have raised an alert: at the latest until its end is known.

    After that it raises nothing, and so must not keep an alert alive that something else raised.
    """
    if run.ended_on is None:
        return fresh_until_ms
    waits = thresholds["lag_hours"] + thresholds["answer_hours"]
    return min(fresh_until_ms, complete_by_ms(midnight(run.ended_on + _DAY, on.zone), waits))


def run_finding(
    on: RuleInput, rule: Rule, run: MissedRun, thresholds: Mapping[str, float]
) -> Finding:
    """Return the finding of a run; its prescription and first day are its key.

    The days after those that were enough are left out, so that the finding stays as it was. The
    rule has the threshold `fresh_days`.
    """
    first, last = run.days[0], run.days[-1]
    from_ms, at_ms = midnight(first, on.zone), midnight(last + _DAY, on.zone)
    # from the end of the run and not from now, so that judging again gives the same finding
    fresh_until_ms = fresh_until(rule, at_ms)
    today = local_date(on.now_ms, on.zone)
    muted = all_paused(on.prescriptions, today) or just_begun(on.prescriptions, last)
    finding = finding_of(
        on,
        rule,
        Occasion(
            key=f"{run.prescription.id}/{first.isoformat()}",
            at_ms=at_ms,
            from_ms=from_ms,
            fresh_until_ms=fresh_until_ms,
            # who exercises again has not stopped
            is_fresh=run.ended_on is None and not muted and on.now_ms <= fresh_until_ms,
        ),
        {**_evidence(run), **_contact(run, on.zone), "thresholds": dict(thresholds)},
    )
    return replace(finding, fresh_until_ms=_alive_until_ms(on, run, thresholds, fresh_until_ms))


def left_out_words(evidence: Mapping[str, Any]) -> list[str]:
    """Return the sentence that says which sessions a run leaves out, none where it takes all."""
    # Without it "no session" would be untrue of who did something else on these days.
    if "types" not in evidence:
        return []
    name = evidence["prescription"]["id"]
    return [_("Sessions that prescription %(id)s does not ask for are left out.", id=name)]


def _evidence(run: MissedRun) -> dict[str, Any]:
    types = {"types": list(run.prescription.types)} if run.prescription.types else {}
    return {
        **types,
        "prescription": {
            "id": run.prescription.id,
            "version": run.prescription.version,
            "sha256": run.prescription.sha256,
        },
        "first": run.days[0].isoformat(),
        "last": run.days[-1].isoformat(),
        "days": len(run.days),
        "missed": run.due,
    }


def _contact(run: MissedRun, zone: str) -> dict[str, str]:
    """Return the evidence of the contact after which a run began: nothing where there was none."""
    if run.contacted_ms is None:
        return {}
    return {"contacted": local_date(run.contacted_ms, zone).isoformat()}
