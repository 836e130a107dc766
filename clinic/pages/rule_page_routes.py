"""The page of the rules: how well they do, what another threshold would change, and setting it."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from alerts.registry import RULE
from alerts.ruling.profiles import PROFILES, RULE_FILE
from alerts.ruling.settings import settable
from clinic.duty.rosters import unit_zone
from clinic.pages import rule_words
from clinic.pages.page_routes import common_context
from clinic.pages.templating import render
from clinic.prescribing.forms import NO_ERRORS, FormErrors, violations_by_field
from clinic.request_scope import open_scope
from clinic.ruling import reading, writing
from clinic.sign_in import csrf_guard
from model.prescribing.rule_settings import SHADOW, RuleSetting
from model.words.language import _
from model.words.roles import CareRole
from storage.alerts import duty
from web.problems import RequestRefused, Violation

rule_pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_FIELDS = frozenset({"change", "value", "why"})
_EXAMPLES = 20  # events that the page lists of each kind; the count says how many there are


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What the forms of the page were sent with, as text."""

    change: str = ""
    value: str = ""
    why: str = ""
    rule: str = ""
    patient: str = ""


@rule_pages.get("/rules")
async def show_rules_page(
    request: Request,
    change: Annotated[str, Query(max_length=80)] = "",
    value: Annotated[str, Query(max_length=20)] = "",
    rule: Annotated[str, Query(max_length=8)] = "",
    patient: Annotated[str, Query(max_length=64)] = "",
    done: str = "",
) -> HTMLResponse:
    """Show how well the rules do, and with `change` what another threshold would have found.

    With `rule` the form begins with its first threshold; with `patient` it may be set for them
    alone.

    A change that cannot be is said beside its field, and the form stays as it was sent.
    """
    wish = _Wish(change=change, value=value, rule=rule, patient=patient)
    try:
        return await _page(request, wish, _change_of(change, value), is_done=done == "set")
    except RequestRefused as refused:
        return await _again(request, wish, refused)


@rule_pages.post("/rules/settings")
async def take_setting(
    request: Request,
    change: Annotated[str, Form(max_length=80)],
    value: Annotated[str, Form(max_length=20)] = "",
    why: Annotated[str, Form()] = "",
    patient: Annotated[str, Form(max_length=64)] = "",
    whom: Annotated[str, Form(max_length=64)] = "",
    token: Annotated[str, Form()] = "",
) -> Response:
    """Take a default of the care unit, or of the patient `whom`, then show the rules again."""
    csrf_guard.check_form_token(request, token)
    wish = _Wish(change=change, value=value, why=why, patient=patient)
    try:
        wanted = _change_of(change, value)
        if wanted is None:
            raise _wrong("change", _("No threshold is named."))
        async with open_scope(request) as scope:
            await writing.change_setting(scope, replace(wanted, why=why, patient=whom))
    except RequestRefused as refused:
        return await _again(request, wish, refused)
    csrf_guard.count_action(request, "rule")
    return RedirectResponse("/rules?done=set#changes", 303)


async def _again(request: Request, wish: _Wish, refused: RequestRefused) -> HTMLResponse:
    """Show the page with what is wrong beside the fields; a refusal of no field is raised."""
    if not refused.errors:
        raise refused
    errors = violations_by_field(list(map(_plain, refused.errors)), _FIELDS)
    # only where the reason alone is missing is there a change that can be looked at
    wanted = _change_of(wish.change, wish.value) if set(errors.by_field) == {"why"} else None
    return await _page(request, wish, wanted, errors=errors, status=refused.status_code)


async def _page(
    request: Request,
    wish: _Wish,
    wanted: RuleSetting | None,
    *,
    is_done: bool = False,
    errors: FormErrors = NO_ERRORS,
    status: int = 200,
) -> HTMLResponse:
    async with open_scope(request) as scope:
        view = await reading.read_rules(scope)
        preview = None if wanted is None else await reading.preview(scope, wanted)
        patient_name = await reading.name_of_patient(scope, wish.patient)
        named = {*(preview.affected if preview else ()), *(row.patient for row in view.changes)}
        names = await scope.names(sorted(named - {""}))
        colleagues = await duty.colleagues(scope.conn, scope.unit)
        zone = await unit_zone(scope)
        context = common_context(scope)
        may_set = scope.role is CareRole.PRESCRIBER
    thresholds = rule_words.settable_words(view.rules)
    wish = replace(wish, change=wish.change or rule_words.first_of(thresholds, wish.rule))
    shown = {
        "view": view,
        "colleagues": colleagues,
        "preview": preview,
        "names": names,
        "patient_name": patient_name,
        "may_set": may_set,
        "days": reading.QUALITY_DAYS,
        "rule_file": RULE_FILE,
        "profiles": PROFILES,
        "thresholds": thresholds,
        "shadows": rule_words.shadow_choices(view.rules),
        "wish": wish,
        "errors": errors,
        "examples": _EXAMPLES,
        "rule_words": rule_words,
        "zone": zone,
        "done": is_done,
    }
    return render(request, "rules.html", {**context, **shown}, status=status)


def _plain(row: Violation) -> Violation:
    """Return what is wrong without the name of its field, beside which the page says it."""
    text = row.detail.removeprefix(f"`{row.name}` ")
    name = row.name if row.name in _FIELDS else "value"
    return Violation(where=row.where, name=name, detail=text)


def _wrong(field: str, detail: str) -> RequestRefused:
    return RequestRefused(422, detail, [Violation(where="body", name=field, detail=detail)])


def _change_of(change: str, value: str) -> RuleSetting | None:
    """Return the change that a form names as "RULE NAME", None without one."""
    if not change:
        return None
    rule, _blank, name = change.partition(" ")
    if rule not in RULE or name not in (*settable(RULE[rule]), SHADOW):
        raise _wrong("change", _("There is no such threshold."))
    return RuleSetting(patient="", rule=rule, name=name, value=_number(value), why="what if")


def _number(text: str) -> float | None:
    """Return a number as a person writes it, None for an empty field."""
    try:
        return float(text.strip().replace(",", ".")) if text.strip() else None
    except ValueError:
        raise _wrong("value", _("The value must be a number.")) from None
