"""The API of the rules: how well they do, what is set, and what a change would do."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from alerts.ruling.profiles import PROFILES, RULE_FILE
from alerts.ruling.settings import settable
from alerts.ruling.what_if import WhatIfEvent
from clinic.answers.json_types import JsonNumber
from clinic.api.strict_json import StrictJsonRoute
from clinic.request_scope import open_scope
from clinic.ruling import reading, writing
from clinic.sign_in import csrf_guard
from model.prescribing.rule_settings import RuleSetting
from web.problems import documented

rule_router = APIRouter(route_class=StrictJsonRoute, prefix="/api/v1/rules", tags=["rules"])
_LONGEST = 500
_WORD = r"^[A-Za-z0-9._-]{0,64}$"


class RuleChange(BaseModel):
    """A change of a setting: without a patient a default of the care unit.

    Without a value the setting is taken back. For a patient's profile `rule` is "", `name` is
    "profile" and `word` the profile.
    """

    model_config = ConfigDict(extra="forbid")

    rule: str = Field(default="", max_length=8)
    name: str = Field(max_length=64)
    value: JsonNumber | None = None
    word: str = Field(default="", pattern=_WORD)
    patient: str = Field(default="", pattern=_WORD)
    why: str = Field(max_length=_LONGEST)

    def change(self) -> RuleSetting:
        """Return it as the model's value."""
        return RuleSetting(**self.model_dump())


class RuleShape(BaseModel):
    """A rule with its figures at the care unit.

    Shares without a denominator are null. `settable` has the bounds of what may be set, `set` what
    the unit sets.
    """

    id: str
    version: int
    title: str
    tier: str
    thresholds: dict[str, float]
    settable: dict[str, tuple[float, float]]
    set: dict[str, float]
    in_shadow: bool
    raised: int
    predictive_value: float | None
    override_rate: float | None
    acknowledge_ms: int | None
    held: dict[str, int]


class LoadShape(BaseModel):
    """New alerts of tier A and B of a clinician, and for each day."""

    clinician: str
    alerts: int
    patients: int
    per_day: float


class ProfileShape(BaseModel):
    """A profile of thresholds."""

    title: str
    why: str
    values: dict[str, dict[str, float]]


class RulesShape(BaseModel):
    """The rules of the care unit, its profiles and its latest changes."""

    rule_file: int
    days: int
    rules: list[RuleShape]
    profiles: dict[str, ProfileShape]
    load: list[LoadShape]
    changes: list[RuleSetting]


class PreviewShape(BaseModel):
    """What a change would do: whom it affects first, then what it adds and removes."""

    affected: list[str]
    added: list[WhatIfEvent]
    removed: list[WhatIfEvent]
    kept: list[WhatIfEvent]
    judged: int
    patients: int


@rule_router.get("", name="rules", responses=documented(401))
async def answer_rules(request: Request) -> RulesShape:
    """Return how well each rule does, and what is set of it."""
    async with open_scope(request) as scope:
        view = await reading.read_rules(scope)
    profiles: dict[str, ProfileShape] = {}
    for name, item in PROFILES.items():
        values = {rule: dict(own) for rule, own in item.values.items()}
        profiles[name] = ProfileShape(title=item.title, why=item.why, values=values)
    return RulesShape(
        rule_file=RULE_FILE,
        days=reading.QUALITY_DAYS,
        rules=list(map(_rule, view.rules)),
        profiles=profiles,
        load=[
            LoadShape(
                clinician=row.clinician,
                alerts=row.alerts,
                patients=row.patients,
                per_day=row.per_day(reading.QUALITY_DAYS),
            )
            for row in view.load
        ],
        changes=list(view.changes),
    )


def _rule(row: reading.RuleView) -> RuleShape:
    return RuleShape(
        id=row.rule.id,
        version=row.rule.version,
        title=row.rule.title,
        tier=row.rule.tier.value,
        thresholds=dict(row.rule.thresholds),
        settable=dict(settable(row.rule)),
        set=dict(row.unit),
        in_shadow=row.in_shadow,
        raised=row.figures.raised,
        predictive_value=row.figures.predictive_value,
        override_rate=row.figures.override_rate,
        acknowledge_ms=row.figures.acknowledge_ms,
        held=dict(row.held),
    )


@rule_router.get("/what-if", name="what_if", responses=documented(401, 422))
async def answer_what_if(
    request: Request,
    rule: Annotated[str, Query(max_length=8)],
    name: Annotated[str, Query(max_length=64)],
    value: float | None = None,
) -> PreviewShape:
    """Return what a default of the care unit would change, over the history of its patients."""
    change = RuleSetting(patient="", rule=rule, name=name, value=value, why="what if")
    async with open_scope(request) as scope:
        result = await reading.preview(scope, change)
    return PreviewShape(
        affected=list(result.affected),
        added=list(result.added),
        removed=list(result.removed),
        kept=list(result.kept),
        judged=result.judged,
        patients=result.patients,
    )


@rule_router.post("/settings", name="set_rule", responses=documented(400, 401, 403, 404, 422))
async def answer_setting(request: Request, wish: RuleChange) -> RuleSetting:
    """Change a default of the care unit or a figure of a patient, with who, when and why."""
    async with open_scope(request) as scope:
        made = await writing.change_setting(scope, wish.change())
    csrf_guard.count_action(request, "rule")
    return made
