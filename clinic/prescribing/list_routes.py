"""The page with all prescriptions of a patient, and its forms: pause, end, discard a draft.

It is complete without scripts. A form that is refused is shown again as it was filled in, with
a sentence beside each field that is wrong.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import ValidationError

from clinic import reads
from clinic.answers.weeks import versions as grouped
from clinic.api.api_routes import Pseudonym
from clinic.api.data_routes import PrescriptionKey
from clinic.pages.templating import render
from clinic.prescribing import forms, writing
from clinic.prescribing.bodies import EndBody, PauseBody
from clinic.prescribing.confirming import UnconfirmedError
from clinic.prescribing.forms import NO_ERRORS, FormErrors
from clinic.prescribing.page_context import UNUSABLE, back_to_list, prescribing_context
from clinic.request_scope import open_scope
from clinic.sign_in import csrf_guard
from model.calendar import local_date
from model.prescribing.changes import PAUSE_REASONS
from model.prescribing.notes import PrescriptionNote
from model.prescription import in_force
from model.words.language import N_, translated
from storage.prescribing import drafts, versions
from web.problems import RequestRefused

prescription_pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_DONE: dict[str, str] = {
    "draft": N_("The draft is saved. It holds for nobody until it is submitted."),
    "submit": N_("The prescription is submitted. The figures follow in a moment."),
    "discard": N_("The draft was discarded."),
    "pause": N_("The prescription is paused on these days."),
    "end": N_("The prescription ends on this day."),
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
        recorded = await versions.recorded_of(scope.conn, pseudonym)
        waiting = await drafts.drafts_of(scope.conn, pseudonym)
        context = await prescribing_context(scope, who)
    today = local_date(scope.now_ms, who.zone)
    current = {row.id: row for row in in_force(stored, today)}
    shown = {
        "groups": sorted(grouped(stored).items(), key=lambda item: item[0] not in current),
        "current": current,
        "recorded": recorded,
        "drafts": waiting,
        "today": today,
        "pause_reasons": PAUSE_REASONS,
        "refusal": refusal or _ShortRefusal(),
        "done": translated(done),
    }
    status = 200 if refusal is None else UNUSABLE
    return render(request, "prescriptions.html", {**context, **shown}, status=status)


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
    # a date that is pasted comes with blanks around it
    body = {"version": version, "first": first.strip(), "last": last.strip(), "why": why}
    try:
        wish = PauseBody.model_validate({**body, "version": _version(version)})
        async with open_scope(request) as scope:
            await writing.pause(scope, pseudonym, prescription, wish, confirm or ())
    except (ValidationError, RequestRefused) as error:
        return await _list_refused(request, pseudonym, f"{prescription}-pause", error, body)
    csrf_guard.count_action(request, "pause")
    return back_to_list(pseudonym, "pause")


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
        wish = EndBody.model_validate({"version": _version(version), "last": last.strip()})
        async with open_scope(request) as scope:
            await writing.end(scope, pseudonym, prescription, wish)
    except (ValidationError, RequestRefused) as error:
        sent = {"last": last}
        return await _list_refused(request, pseudonym, f"{prescription}-end", error, sent)
    csrf_guard.count_action(request, "end")
    return back_to_list(pseudonym, "end")


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
    return back_to_list(pseudonym, "discard")


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
