"""The page of the rules: how well they do, what another threshold would change, and setting it."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from alerts.registry import RULE
from alerts.ruling.profiles import PROFILES, RULE_FILE
from alerts.ruling.settings import settable
from clinic.pages import rule_words
from clinic.pages.page_routes import common_context
from clinic.pages.templating import render
from clinic.request_scope import open_scope
from clinic.ruling import reading, writing
from clinic.sign_in import csrf_guard
from model.prescribing.rule_settings import RuleSetting
from model.words.roles import CareRole
from web.problems import RequestRefused

rule_pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_ZONE = "Europe/Stockholm"  # a care unit has no zone of its own; the page is about many patients
_EXAMPLES = 20  # events that the page lists of each kind; the count says how many there are


@rule_pages.get("/rules")
async def show_rules_page(
    request: Request,
    change: Annotated[str, Query(max_length=80)] = "",
    value: Annotated[str, Query(max_length=20)] = "",
    done: str = "",
) -> HTMLResponse:
    """Show how well the rules do, and with `change` what another threshold would have found."""
    wanted = _change_of(change, value)
    async with open_scope(request) as scope:
        view = await reading.read_rules(scope)
        preview = None if wanted is None else await reading.preview(scope, wanted)
        names = {} if preview is None else await scope.names(preview.affected)
        context = common_context(scope)
        may_set = scope.role is CareRole.PRESCRIBER
    shown = {
        "view": view,
        "preview": preview,
        "names": names,
        "may_set": may_set,
        "days": reading.QUALITY_DAYS,
        "rule_file": RULE_FILE,
        "profiles": PROFILES,
        "thresholds": rule_words.settable_words(),
        "change": change,
        "value": value,
        "examples": _EXAMPLES,
        "rule_words": rule_words,
        "zone": _ZONE,
        "done": done == "set",
    }
    return render(request, "rules.html", {**context, **shown})


@rule_pages.post("/rules/settings")
async def take_setting(
    request: Request,
    change: Annotated[str, Form(max_length=80)],
    value: Annotated[str, Form(max_length=20)] = "",
    why: Annotated[str, Form()] = "",
    token: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Take a default of the care unit from a form, then show the rules again."""
    csrf_guard.check_form_token(request, token)
    wanted = _change_of(change, value)
    if wanted is None:
        raise RequestRefused(422, "No threshold is named.")
    made = RuleSetting(patient="", rule=wanted.rule, name=wanted.name, value=wanted.value, why=why)
    async with open_scope(request) as scope:
        await writing.change_setting(scope, made)
    csrf_guard.count_action(request, "rule")
    return RedirectResponse("/rules?done=set#changes", 303)


def _change_of(change: str, value: str) -> RuleSetting | None:
    """Return the change that a form names as "RULE NAME", None without one."""
    if not change:
        return None
    rule, _, name = change.partition(" ")
    if rule not in RULE or name not in (*settable(RULE[rule]), "shadow"):
        raise RequestRefused(422, "There is no such threshold.")
    return RuleSetting(patient="", rule=rule, name=name, value=_number(value), why="what if")


def _number(text: str) -> float | None:
    """Return a number as a person writes it, None for an empty field."""
    try:
        return float(text.strip().replace(",", ".")) if text.strip() else None
    except ValueError:
        raise RequestRefused(422, "The value must be a number.") from None
