"""Reads how well the rules do at a care unit, and what another threshold would have found."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

from alerts.lifecycle import hours_of
from alerts.registry import RULE, RULES
from alerts.ruling.quality import ClinicianLoad, RuleFigures
from alerts.ruling.settings import is_affected, setting_problems
from alerts.ruling.what_if import WhatIf, WhatIfEvent, what_if, what_if_shadow
from alerts.working_hours import WorkingHours
from clinic.request_scope import RequestScope
from model.alert import Rule, RuleInput
from model.calendar import DAY_MS
from model.prescribing.rule_settings import SHADOW, RuleSetting, RuleSettings
from model.words.language import N_
from storage.alerts import duty, rule_inputs
from storage.facts.ids import PatientRow
from storage.reads import clinic_queries
from storage.ruling import quality
from storage.ruling import settings as stored
from web.problems import RequestRefused, Violation

CANNOT_BE_SET = N_("This cannot be set.")
QUALITY_DAYS = 90
MOST_JUDGED = 500  # of whom a history is judged for one answer
_MOST_CHANGES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """A rule, its figures, why its findings were held back, and what the care unit sets of it."""

    rule: Rule
    figures: RuleFigures
    held: tuple[tuple[str, int], ...]
    unit: Mapping[str, float]
    in_shadow: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesView:
    """What the page of the rules shows."""

    rules: tuple[RuleView, ...]
    load: tuple[ClinicianLoad, ...]
    changes: tuple[RuleSetting, ...]
    outages: tuple[Mapping[str, object], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a change would do: whom it affects (pseudonyms), and what it adds and removes.

    `judged` patients were looked at, of `patients`.
    """

    change: RuleSetting
    affected: tuple[str, ...]
    added: tuple[WhatIfEvent, ...]
    removed: tuple[WhatIfEvent, ...]
    kept: tuple[WhatIfEvent, ...]
    judged: int
    patients: int


async def read_rules(scope: RequestScope) -> RulesView:
    """Return how well each rule does at the clinician's care unit, over `QUALITY_DAYS` days.

    A patient for whom a threshold was changed is on the page, and leaves an audit row.
    """
    since_ms = scope.now_ms - QUALITY_DAYS * DAY_MS
    counted = await quality.figures_of(scope.conn, scope.unit, since_ms)
    by_rule = {row["rule"]: row for row in counted}
    held: dict[str, list[tuple[str, int]]] = {}
    for rule, why, count in await quality.held_of(scope.conn, scope.unit, since_ms):
        held.setdefault(rule, []).append((why, count))
    unit = await stored.unit_settings(scope.conn, scope.unit)
    load = await quality.load_of(scope.conn, scope.unit, since_ms)
    changes = await stored.changes_of(scope.conn, scope.unit, _MOST_CHANGES)
    await scope.listed("rules", sorted({row.patient for row in changes if row.patient}))
    return RulesView(
        rules=tuple(
            _view(rule, by_rule.get(rule.id), held.get(rule.id, ()), unit) for rule in RULES
        ),
        load=tuple(ClinicianLoad(**row) for row in load),
        changes=tuple(changes),
        outages=tuple(await quality.open_outages(scope.conn, scope.now_ms)),
    )


def _view(
    rule: Rule,
    counted: Mapping[str, int] | None,
    held: Sequence[tuple[str, int]],
    unit: RuleSettings,
) -> RuleView:
    counts: dict[str, Any] = {} if counted is None else dict(counted)
    total = sum(count for _, count in held)
    return RuleView(
        rule=rule,
        figures=RuleFigures(**{**counts, "rule": rule.id, "held": total}),
        held=tuple(held),
        unit=unit.unit.get(rule.id, {}),
        in_shadow=rule.id in unit.shadow,
    )


async def preview(scope: RequestScope, change: RuleSetting) -> Preview:
    """Return what a change of a default of the care unit would do; 422 where it cannot be made.

    Each patient whose history is judged leaves an audit row.
    """
    refuse_unusable(change, where="query")
    panel = await stored.panel_of(scope.conn, scope.unit)
    settings = await stored.rule_settings_of(scope.conn, list(panel))
    inputs = await _inputs(scope, panel)
    affected: list[str] = []
    for number, (pseudonym, _) in panel.items():
        own = settings.get(number, RuleSettings())
        rows = inputs[number].prescriptions if number in inputs else ()
        if is_affected(own, rows, change, RULE):
            affected.append(pseudonym)
    await scope.listed("rules", [inputs[number].patient for number in inputs])
    working = hours_of(await duty.unit_roster(scope.conn, scope.unit, scope.now_ms))
    judged = [on for on in inputs.values() if on.patient in affected]
    # It takes seconds for a thousand patients. The door must answer others meanwhile.
    tried = await asyncio.to_thread(_all_tried, judged, change, working)
    return Preview(
        change=change,
        affected=tuple(affected),
        added=tuple(chain.from_iterable(result.added for result in tried)),
        removed=tuple(chain.from_iterable(result.removed for result in tried)),
        kept=tuple(chain.from_iterable(map(_kept_events, tried))),
        judged=len(inputs),
        patients=len(panel),
    )


def _kept_events(result: WhatIf) -> list[WhatIfEvent]:
    return [event for event in result.after if event not in result.added]


async def name_of_patient(scope: RequestScope, pseudonym: str) -> str:
    """Return what a patient of the care unit is called, "" for anybody else; it is a read."""
    brief = await clinic_queries.patient_brief(scope.conn, scope.unit, pseudonym)
    if brief is None:
        return ""
    await scope.listed("rules", [pseudonym])
    return (await scope.names([pseudonym])).get(pseudonym, pseudonym)


def _all_tried(
    judged: Sequence[RuleInput], change: RuleSetting, hours: WorkingHours
) -> list[WhatIf]:
    return [_tried(on, change, hours) for on in judged]


def _tried(on: RuleInput, change: RuleSetting, hours: WorkingHours) -> WhatIf:
    if change.name == SHADOW:
        return what_if_shadow(on, change.rule, hours, in_shadow=bool(change.value))
    own = RULE[change.rule].thresholds[change.name]
    value = own if change.value is None else change.value
    return what_if(on, change.rule, {change.name: value}, hours)


async def _inputs(
    scope: RequestScope, panel: Mapping[int, tuple[str, str]]
) -> dict[int, RuleInput]:
    few = list(panel.items())[:MOST_JUDGED]
    patients_by_id = {
        number: (name, PatientRow(id=number, zone=zone)) for number, (name, zone) in few
    }
    return await rule_inputs.read_inputs(scope.conn, patients_by_id, scope.now_ms)


def refuse_unusable(change: RuleSetting, where: Literal["body", "query"] = "body") -> None:
    """Raise `RequestRefused` (422) with each reason for which a change cannot be made."""
    problems = setting_problems(change, RULE)
    if problems:
        errors = [Violation(where=where, name=_field(row), detail=row) for row in problems]
        raise RequestRefused(422, CANNOT_BE_SET, errors)


def _field(problem: str) -> str:
    """Return the field with which a sentence begins."""
    return problem.partition("`")[2].partition("`")[0]
