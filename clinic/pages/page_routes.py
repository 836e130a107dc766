"""The pages of a patient, a session and an alert, and the forms on them.

Pages are complete without scripts. Scripts find what they add in data of the page.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from clinic import reads
from clinic.actions import RESOLVING, SNOOZE_DAYS, SNOOZING, ActionName, AlertRequest, act
from clinic.api.api_routes import Pseudonym
from clinic.api.data_routes import SessionKey
from clinic.language.vocabulary import MOVES, WITHDRAWN_WHY
from clinic.marking import MarkRequest, StatementName, mark_session
from clinic.page_views import AlertView
from clinic.pages import charts
from clinic.pages.acting import acting_people, away_now
from clinic.pages.drawings.patient_charts import patient_charts, session_chart
from clinic.pages.evidence.labels import SECTIONS_OF_FAMILY
from clinic.pages.evidence.readable import grids
from clinic.pages.range_words import range_gaps
from clinic.pages.session_sentences import session_sentences
from clinic.pages.templating import render
from clinic.request_scope import RequestScope, open_scope
from clinic.rights.correcting import corrections_that_hold
from clinic.rights.correction_words import correction_line, correction_lines
from clinic.sign_in import csrf_guard
from clinic.worklist.reviewing import latest_review
from model.calendar import local_date
from model.marks import CLINIC_VENDOR, REASONS
from model.metrics import METRIC_BY_ID
from model.notes.annotation import AnnotationKind
from model.storable import MOST_JSON_INT
from model.words.language import N_, translated
from model.words.not_counted import is_marked
from storage.alerts import duty
from storage.reads.shown_values import FindingRow
from web import csrf

page_router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_DONE: dict[str, str] = {
    "acknowledge": N_("Acknowledged."),
    "note": N_("The note is saved."),
    "claim": N_("You have taken this alert."),
    "hand_over": N_("Handed over."),
    "start": N_("Marked as in progress."),
    "snooze": N_("Snoozed."),
    "resolve": N_("Resolved."),
    "reopen": N_("Opened again."),
}

_MARKED: dict[str, str] = {
    "not_exercise": N_("Marked as not exercise. The figures follow in a moment."),
    "exercise": N_("Marked as exercise after all. The figures follow in a moment."),
}

_WRITTEN: dict[str, str] = {
    "annotate": N_("The annotation is written."),
    "take_back": N_("The annotation was taken back."),
    "pin_note": N_("The note is saved."),
    # of the strip on the patient's page; the worklist has its own
    "review": N_("Marked as reviewed."),
}


@page_router.get("/patients/{pseudonym}")
async def show_patient_page(request: Request, pseudonym: Pseudonym, done: str = "") -> HTMLResponse:
    """Show the page of a patient; `done` is the form that led here."""
    async with open_scope(request) as scope:
        view = await reads.read_patient_view(scope, pseudonym)
        today = local_date(view.now_ms, view.patient.zone)
        profile = await reads.read_profile(scope, pseudonym, today)
        held = await corrections_that_hold(scope, pseudonym)
        review = await latest_review(scope, pseudonym)
        context = common_context(scope)
    # Drawn after the scope has closed, so that it holds no connection meanwhile.
    drawn = {
        **patient_charts(view),
        "week_notes": charts.week_notes(view.weeks),
        "annotation_kinds": tuple(AnnotationKind),
        "corrected": correction_lines(held.values(), view.patient.zone),
        "today": today,
        "range_gaps": range_gaps(view.in_force, profile, today),
        "review": review,
        "done": translated(_WRITTEN.get(done, "")),
    }
    return render(
        request, "patient.html", {**context, **drawn, "view": view, "zone": view.patient.zone}
    )


@page_router.get("/patients/{pseudonym}/sessions/{session}")
async def show_session_page(
    request: Request, pseudonym: Pseudonym, session: SessionKey, done: str = ""
) -> HTMLResponse:
    """Show the sheet of a session; `done` is the statement that led here."""
    async with open_scope(request) as scope:
        view = await reads.read_session_view(scope, pseudonym, session)
        held = await corrections_that_hold(scope, pseudonym)
        context = common_context(scope)
    item = view.session
    shown = {
        "view": view,
        "zone": view.patient.zone,
        "zone_rows": charts.zone_rows(item.zones, item.thresholds),
        "heart_chart": session_chart(view),
        "sentences": session_sentences(view),
        "metrics": {number: metric.name for number, metric in METRIC_BY_ID.items()},
        "marked": is_marked(item.why),
        "mark_reasons": REASONS,
        "clinic_vendor": CLINIC_VENDOR,
        "corrected": {key: correction_line(row, view.patient.zone) for key, row in held.items()},
        "done": translated(_MARKED.get(done, "")),
    }
    return render(request, "session.html", {**context, **shown})


@page_router.post("/patients/{pseudonym}/sessions/{session}/marks")
async def take_mark(
    request: Request,
    pseudonym: Pseudonym,
    session: SessionKey,
    statement: Annotated[StatementName, Form()],
    token: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Take the mark of a form, then show the session again."""
    csrf_guard.check_form_token(request, token)
    async with open_scope(request) as scope:
        wish = MarkRequest(
            unit=scope.unit,
            pseudonym=pseudonym,
            session=session,
            statement=statement,
            reason=reason,
        )
        await mark_session(scope.conn, wish, scope.actor, scope.now_ms)
    csrf_guard.count_action(request, statement)
    return RedirectResponse(f"/patients/{pseudonym}/sessions/{session}?done={statement}", 303)


@page_router.get("/alerts/{alert}")
async def show_alert_page(request: Request, alert: str, done: str = "") -> HTMLResponse:
    """Show the page of an alert; `done` is the action that led here."""
    async with open_scope(request) as scope:
        view = await reads.read_alert_view(scope, alert)
        context = common_context(scope)
        colleagues = await duty.colleagues(scope.conn, scope.unit)
        roster = await duty.unit_roster(scope.conn, scope.unit, scope.now_ms)
    theirs = view.page.patient.zone
    shown = {
        "view": view,
        "page": view.page,
        "zone": view.unit_zone,
        "patient_zone": theirs,
        "findings": [(row, grids(row.evidence, theirs)) for row in _leading_first(view)],
        "sections": SECTIONS_OF_FAMILY.get(view.page.alert.family, ()),
        "resolving": RESOLVING,
        "snoozing": SNOOZING,
        "snooze_days": SNOOZE_DAYS,
        "move_words": MOVES,
        "withdrawn_words": WITHDRAWN_WHY,
        "acting": acting_people(view, roster, colleagues, scope.now_ms),
        "away": away_now(roster, colleagues, scope.now_ms),
        # Whoever has the alert cannot get it; everybody else can, the reader included.
        "others": {
            subject: name
            for subject, name in colleagues.items()
            if subject != view.page.alert.assignee
        },
        # `done` comes from the address: only a known word is shown, and never its own text.
        "done": translated(_DONE.get(done, "")),
    }
    return render(request, "alert.html", {**context, **shown})


def _leading_first(view: AlertView) -> list[FindingRow]:
    """Return the findings of an alert: the one of its headline, others that hold, then the rest."""
    headline = view.page.alert.sentence
    return sorted(
        view.page.findings,
        key=lambda row: (not row.current, not headline.startswith(row.sentence or " ")),
    )


class ActionForm(BaseModel):
    """The fields of the forms of an alert; each form has those of its action."""

    token: str = ""
    reason: str = ""
    days: int = 0
    to: str = Field(default="", max_length=255)
    useful: bool | None = None
    seen: int | None = Field(default=None, ge=0, le=MOST_JSON_INT)


@page_router.post("/alerts/{alert}/{action}")
async def take_action(
    request: Request, alert: str, action: ActionName, form: Annotated[ActionForm, Form()]
) -> RedirectResponse:
    """Carry out the action of a form, then show the alert again."""
    csrf_guard.check_form_token(request, form.token)
    wish = AlertRequest(action=action, **form.model_dump(exclude={"token"}))
    async with open_scope(request) as scope:
        await act(scope, alert, wish)
    csrf_guard.count_action(request, action)
    # 303 turns the POST into a GET: reloading the page does not send the form again.
    return RedirectResponse(f"/alerts/{alert}?done={action}", 303)


def common_context(scope: RequestScope) -> dict[str, Any]:
    """Return what every page shows: who is signed in, the time, and the token of its forms."""
    clinician = scope.clinician
    return {
        "clinician": clinician,
        "demo": scope.clinic.demo,
        "guest_of": scope.home,
        # who may only read is shown no form that would be refused
        "may_write": scope.may_write,
        "may_review": scope.may_review,
        "may_link": scope.may_write and scope.clinic.new_link is not None,
        "now_ms": scope.now_ms,
        # The first key signs; older keys only verify the forms of open pages.
        "form_token": csrf.form_token(scope.clinic.form_keys()[0], clinician.subject, scope.now_ms),
    }
