"""The pages on which prescriptions are written, changed, renewed, paused and ended.

They are complete without scripts. A form that is refused is shown again as it was filled in, with
a sentence beside each field that is wrong.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from clinic import reads
from clinic.answers.weeks import versions as grouped
from clinic.api.api_routes import Pseudonym
from clinic.api.data_routes import PrescriptionKey
from clinic.pages.templating import render
from clinic.prescribing import forms, known, writing
from clinic.prescribing.bodies import EndBody, PauseBody
from clinic.prescribing.confirming import UnconfirmedError
from clinic.prescribing.forms import NO_ERRORS, FormErrors
from clinic.request_scope import RequestScope, open_scope
from clinic.sign_in import csrf_guard
from model.calendar import local_date
from model.prescribing.changes import PAUSE_REASONS, next_version, renewed
from model.prescribing.notes import PrescriptionNote
from model.prescription import WEEKDAYS, Prescription, in_force
from model.schemas.prescription_bounds import INTENSITY_BOUNDS, RPE_SCALES
from model.words.activities import TYPES
from model.words.language import N_, translated
from model.words.roles import CareRole
from storage.prescribing import drafts, versions
from storage.reads.views import PatientBrief
from web import csrf
from web.problems import RequestRefused

prescription_pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

UNUSABLE = 422
_USUAL_LENGTH = timedelta(days=83)  # twelve weeks, with the first day
_DONE: dict[str, str] = {
    "draft": N_("The draft is saved. It holds for nobody until it is submitted."),
    "submit": N_("The prescription is submitted. The figures follow in a moment."),
    "discard": N_("The draft was discarded."),
    "pause": N_("The prescription is paused on these days."),
    "end": N_("The prescription ends on this day."),
}
_METHOD_NAMES: dict[str, str] = {
    "rpe_cr10": N_("Exertion, Borg CR10 (0 to 10)"),
    "rpe_6_20": N_("Exertion, Borg 6 to 20"),
    "bpm": N_("Heart rate, beats a minute"),
    "hrr": N_("Heart rate reserve, %"),
    "hrmax": N_("Maximal heart rate, %"),
    "watts": N_("Power, watts"),
    "cadence": N_("Steps or turns a minute"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShortRefusal:
    """A refused form of a pause or an end: which, what is wrong or to be confirmed, and the fields.

    `about` is the prescription and the kind of form, "" for no refusal.
    """

    about: str = ""
    errors: FormErrors = NO_ERRORS
    notes: tuple[PrescriptionNote, ...] = ()
    sent: Mapping[str, str] = field(default_factory=dict)


@prescription_pages.get("/patients/{pseudonym}/prescriptions")
async def show_prescriptions(
    request: Request, pseudonym: Pseudonym, done: str = ""
) -> HTMLResponse:
    """Show all prescriptions of a patient, in force or not, with their versions and drafts."""
    return await _list(request, pseudonym, done=_DONE.get(done, ""))


async def _list(
    request: Request,
    pseudonym: str,
    *,
    done: str = "",
    refusal: _ShortRefusal | None = None,
) -> HTMLResponse:
    async with open_scope(request) as scope:
        who = await reads.read_brief(scope, pseudonym)
        await scope.read("prescriptions", pseudonym)
        stored = (await versions.prescriptions_of(scope.conn, [pseudonym])).get(pseudonym, ())
        waiting = await drafts.drafts_of(scope.conn, pseudonym)
        context = await _context(scope, who)
    today = local_date(scope.now_ms, who.zone)
    current = {row.id: row for row in in_force(stored, today)}
    shown = {
        "groups": sorted(grouped(stored).items(), key=lambda item: item[0] not in current),
        "current": current,
        "drafts": waiting,
        "today": today,
        "pause_reasons": PAUSE_REASONS,
        "refusal": refusal or _ShortRefusal(),
        "done": translated(done),
    }
    status = 200 if refusal is None else UNUSABLE
    return render(request, "prescriptions.html", {**context, **shown}, status=status)


@prescription_pages.get("/patients/{pseudonym}/prescriptions/write")
async def show_form(
    request: Request, pseudonym: Pseudonym, change: str = "", renew: str = "", draft: str = ""
) -> HTMLResponse:
    """Show the form: of a new prescription, a change or renewal of one (id), or a draft (id)."""
    async with open_scope(request) as scope:
        who = await reads.read_brief(scope, pseudonym)
        await scope.read("prescriptions", pseudonym)
        base = await _base(scope, who, change=change, renew=renew, draft=draft)
        context = await _context(scope, who)
    fields = forms.typed_fields(base["prescription"])
    return _form(request, context, base, fields)


@prescription_pages.post("/patients/{pseudonym}/prescriptions/write")
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
            context = await _context(scope, who)
            errors = await _take_fields(scope, pseudonym, fields, base["prescription"])
    # no prescription was written: the scope rolls back when its block fails
    except UnconfirmedError as refused:
        return _form(request, context, base, fields, notes=refused.notes, status=UNUSABLE)
    except RequestRefused as refused:
        # any other refusal is about who asks or what is gone, and no field could be mended
        if refused.status_code != UNUSABLE:
            raise
        errors = forms.violations_by_field(refused.errors)
    # `known` is a number in every form of ours
    except ValueError as error:
        raise RequestRefused(422, "The form is not as this page made it.") from error
    if errors:
        return _form(request, context, base, fields, errors, status=422)
    action = "submit" if _submits(fields) else "draft"
    csrf_guard.count_action(request, action)
    return _back(pseudonym, action)


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


@prescription_pages.post("/patients/{pseudonym}/prescriptions/{prescription}/pauses")
async def take_pause(  # noqa: PLR0913, PLR0917 - a parameter for each field of the form
    request: Request,
    pseudonym: Pseudonym,
    prescription: PrescriptionKey,
    version: Annotated[str, Form()],
    first: Annotated[str, Form()] = "",
    last: Annotated[str, Form()] = "",
    why: Annotated[str, Form()] = "",
    confirm: Annotated[list[str] | None, Form()] = None,
    token: Annotated[str, Form()] = "",
) -> Response:
    """Pause a prescription, then show the prescriptions again."""
    csrf_guard.check_form_token(request, token)
    body = {"version": version, "first": first, "last": last, "why": why}
    try:
        wish = PauseBody.model_validate({**body, "version": _version(version)})
        async with open_scope(request) as scope:
            await writing.pause(scope, pseudonym, prescription, wish, confirm or ())
    except (ValidationError, RequestRefused) as error:
        return await _list_refused(request, pseudonym, f"{prescription}-pause", error, body)
    csrf_guard.count_action(request, "pause")
    return _back(pseudonym, "pause")


@prescription_pages.post("/patients/{pseudonym}/prescriptions/{prescription}/end")
async def take_end(
    request: Request,
    pseudonym: Pseudonym,
    prescription: PrescriptionKey,
    version: Annotated[str, Form()],
    last: Annotated[str, Form()] = "",
    token: Annotated[str, Form()] = "",
) -> Response:
    """End a prescription, then show the prescriptions again."""
    csrf_guard.check_form_token(request, token)
    try:
        wish = EndBody.model_validate({"version": _version(version), "last": last})
        async with open_scope(request) as scope:
            await writing.end(scope, pseudonym, prescription, wish)
    except (ValidationError, RequestRefused) as error:
        sent = {"last": last}
        return await _list_refused(request, pseudonym, f"{prescription}-end", error, sent)
    csrf_guard.count_action(request, "end")
    return _back(pseudonym, "end")


@prescription_pages.post("/patients/{pseudonym}/prescription-drafts/{draft}/discard")
async def take_discard(
    request: Request,
    pseudonym: Pseudonym,
    draft: str,
    revision: Annotated[int, Form()],
    token: Annotated[str, Form()] = "",
) -> Response:
    """Throw a draft away, then show the prescriptions again."""
    csrf_guard.check_form_token(request, token)
    async with open_scope(request) as scope:
        await writing.discard_draft(scope, pseudonym, draft, revision)
    csrf_guard.count_action(request, "discard")
    return _back(pseudonym, "discard")


def _version(text: str) -> int | str:
    """Return a version that a form sends as a number; any other text is refused as it is."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else text


async def _list_refused(
    request: Request,
    pseudonym: str,
    about: str,
    error: ValidationError | RequestRefused,
    sent: Mapping[str, str],
) -> HTMLResponse:
    """Show the form filled as it was sent, with what is wrong; other refusals are raised."""
    notes: tuple[PrescriptionNote, ...] = ()
    if isinstance(error, UnconfirmedError):
        errors, notes = NO_ERRORS, error.notes
    elif isinstance(error, ValidationError):
        errors = forms.invalid_fields(error)
    elif error.status_code == UNUSABLE:
        errors = forms.violations_by_field(error.errors, forms.SHORT_FORMS)
    else:
        raise error
    refusal = _ShortRefusal(about=about, errors=errors, notes=notes, sent=sent)
    return await _list(request, pseudonym, refusal=refusal)


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


async def _context(scope: RequestScope, who: PatientBrief) -> dict[str, Any]:
    clinician = scope.clinician
    return {
        "patient": who,
        "name": (await scope.names([who.pseudonym])).get(who.pseudonym, who.pseudonym),
        "zone": who.zone,
        "may_submit": scope.role is CareRole.PRESCRIBER,
        "may_write": scope.may_write,
        "clinician": clinician,
        "demo": scope.clinic.demo,
        "now_ms": scope.now_ms,
        "form_token": csrf.form_token(scope.clinic.form_keys()[0], clinician.subject, scope.now_ms),
    }


def _back(pseudonym: str, done: str) -> RedirectResponse:
    return RedirectResponse(f"/patients/{quote(pseudonym)}/prescriptions?done={done}", 303)


def _only(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]
