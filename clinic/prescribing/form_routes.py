"""The page on which a prescription is written: a new one, a change, a renewal or a draft.

It is complete without scripts. A form that is refused is shown again as it was filled in, with
a sentence beside each field that is wrong.
"""

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from clinic import reads
from clinic.api.api_routes import Pseudonym
from clinic.pages.templating import render
from clinic.prescribing import forms, known, writing
from clinic.prescribing.confirming import UnconfirmedError
from clinic.prescribing.forms import NO_ERRORS, FormErrors
from clinic.prescribing.page_context import UNUSABLE, back_to_list, prescribing_context
from clinic.request_scope import RequestScope, open_scope
from clinic.sign_in import csrf_guard
from model.calendar import local_date
from model.prescribing.changes import next_version, renewed
from model.prescribing.notes import PrescriptionNote
from model.prescription import WEEKDAYS, Prescription
from model.schemas.prescription_bounds import INTENSITY_BOUNDS, RPE_SCALES
from model.words.activities import TYPES
from model.words.language import N_, translated
from storage.reads.shown_values import PatientBrief
from web.problems import RequestRefused

prescribing_pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_USUAL_LENGTH = timedelta(days=83)  # twelve weeks, with the first day
_METHOD_NAMES: dict[str, str] = {
    "rpe_cr10": N_("Exertion, Borg CR10 (0 to 10)"),
    "rpe_6_20": N_("Exertion, Borg 6 to 20"),
    "bpm": N_("Heart rate, beats a minute"),
    "hrr": N_("Heart rate reserve, %"),
    "hrmax": N_("Maximal heart rate, %"),
    "watts": N_("Power, watts"),
    "cadence": N_("Steps or turns a minute"),
}


@prescribing_pages.get("/patients/{pseudonym}/prescriptions/write")
async def show_form(
    request: Request, pseudonym: Pseudonym, change: str = "", renew: str = "", draft: str = ""
) -> HTMLResponse:
    """Show the form: of a new prescription, a change or renewal of one (id), or a draft (id)."""
    async with open_scope(request) as scope:
        who = await reads.read_brief(scope, pseudonym)
        await scope.read("prescriptions", pseudonym)
        base = await _base(scope, who, change=change, renew=renew, draft=draft)
        context = await prescribing_context(scope, who)
    fields = forms.typed_fields(base["prescription"])
    return _form(request, context, base, fields)


@prescribing_pages.post("/patients/{pseudonym}/prescriptions/write")
async def take_form(request: Request, pseudonym: Pseudonym) -> Response:
    """Take the form as a draft, or submit it, then show the prescriptions of the patient."""
    fields = await _fields_sent(request)
    csrf_guard.check_form_token(request, _only(fields, "token"))
    try:
        async with open_scope(request) as scope:
            who = await reads.read_brief(scope, pseudonym)
            # a form with mistakes is shown again, with what is prescribed
            await scope.read("prescriptions", pseudonym)
            names = {name: _only(fields, name) for name in ("change", "renew", "draft")}
            base = await _base(scope, who, **names)
            context = await prescribing_context(scope, who)
            errors = await _take_fields(scope, pseudonym, fields, base["prescription"])
    # no prescription was written: the scope rolls back when its block fails
    except UnconfirmedError as refused:
        sent = _as_sent(base, fields)
        return _form(request, context, sent, fields, notes=refused.notes, status=UNUSABLE)
    except RequestRefused as refused:
        if refused.status_code == HTTPStatus.CONFLICT:
            # with what is the newest now: who has read that it changed may go on
            changed = FormErrors(by_field={}, general=(translated(str(refused.detail)),))
            return _form(request, context, base, fields, changed, status=refused.status_code)
        # any other refusal is about who asks or what is gone, and no field could be mended
        if refused.status_code != UNUSABLE:
            raise
        errors = forms.violations_by_field(refused.errors)
    # `known` is a number in every form of ours
    except ValueError as error:
        raise RequestRefused(422, "The form is not as this page made it.") from error
    if errors:
        return _form(request, context, _as_sent(base, fields), fields, errors, status=UNUSABLE)
    action = "submit" if _submits(fields) else "draft"
    csrf_guard.count_action(request, action)
    return back_to_list(pseudonym, action)


def _as_sent(base: dict[str, Any], fields: dict[str, list[str]]) -> dict[str, Any]:
    """Return what a form began with, still an answer to the version that its author has seen.

    With the newest one, a mistake that is mended would write over what a colleague wrote meanwhile.
    """
    return {**base, "named": {**base["named"], "known": _only(fields, "known")}}


async def _fields_sent(request: Request) -> dict[str, list[str]]:
    """Return the values of a form by the names of its fields."""
    # a field may come several times: each ticked box of a group sends its own value
    async with request.form() as sent:
        return {name: list(map(str, sent.getlist(name))) for name in sent}


def _submits(fields: dict[str, list[str]]) -> bool:
    return _only(fields, "action") == "submit"


async def _take_fields(
    scope: RequestScope, pseudonym: str, fields: dict[str, list[str]], before: Prescription
) -> FormErrors:
    """Write what the fields say of a prescription, unless they have mistakes, which it returns."""
    content, errors = forms.content_typed(fields, before)
    if content is not None:
        await writing.take_written(
            scope,
            pseudonym,
            content,
            _only(fields, "draft"),
            int(_only(fields, "known") or "0"),
            submits=_submits(fields),
            confirmed=fields.get("confirm", ()),
        )
    return errors


async def _base(
    scope: RequestScope, who: PatientBrief, *, change: str, renew: str, draft: str
) -> dict[str, Any]:
    """Return what a form begins with, and how it says so when it is sent."""
    today = local_date(scope.now_ms, who.zone)
    if draft:
        kept = await known.draft_of(scope, who.pseudonym, draft)
        # the revision shows when somebody else has written in the draft meanwhile
        named = {"draft": draft, "known": kept.revision}
        return {"prescription": kept.prescription, "title": "draft", "named": named}
    if not (change or renew):
        blank = forms.blank_prescription(today, today + _USUAL_LENGTH)
        return {"prescription": blank, "title": "new", "named": {"known": 0}}
    newest = await known.newest_of(scope, who.pseudonym, change or renew)
    if change:
        following = next_version(newest, today)
        named = {"change": change, "known": newest.version}
        return {"prescription": following, "title": "change", "named": named}
    # a renewal begins behind what it renews, as long as that still lies ahead
    first = max(today, newest.valid_to + timedelta(days=1))
    following = renewed(newest, first, first + (newest.valid_to - newest.valid_from))
    named = {"renew": renew, "known": newest.version}
    return {"prescription": following, "title": "renew", "named": named}


def _form(
    request: Request,
    context: dict[str, Any],
    base: dict[str, Any],
    fields: dict[str, list[str]],
    errors: FormErrors = NO_ERRORS,
    notes: Sequence[PrescriptionNote] = (),
    status: int = 200,
) -> HTMLResponse:
    # the fields show what was typed, and `before` what the form began with
    before: Prescription = base["prescription"]
    shown = {
        "base": base,
        "before": before,
        "fields": fields,
        "errors": errors,
        "notes": notes,
        "labels": forms.FIELD_LABELS,
        "label_of_field": forms.label_of_field,
        "methods": {
            name: _METHOD_NAMES[name] for name in _METHOD_NAMES if name in INTENSITY_BOUNDS
        },
        "scales": tuple(RPE_SCALES),
        "weekdays": WEEKDAYS,
        "types": tuple(TYPES),
        # rows to spare, so that steps can be added without scripts
        "steps": range(len(before.progression) + forms.FREE_STEPS),
    }
    return render(request, "prescribe.html", {**context, **shown}, status=status)


def _only(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]
