"""The page of the worklist, with its drawer, and the forms on it.

The choice of filters and the patient in the drawer are in the address, so that a page can be kept
as a bookmark. The page is complete without scripts.
"""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from clinic import reads
from clinic.api.api_routes import Pseudonym
from clinic.duty.rosters import unit_zone
from clinic.language.language_routes import own_page
from clinic.pages.page_routes import common_context
from clinic.pages.range_words import range_gaps
from clinic.pages.templating import render
from clinic.request_scope import RequestScope, open_scope
from clinic.rights.handling import due_of_unit
from clinic.sign_in import csrf_guard
from clinic.worklist import choosing, reviewing
from clinic.worklist.choosing import GroupView, SortName, WorkChoice
from clinic.worklist.groups import conditions
from clinic.worklist.lines import Line, with_weeks
from clinic.worklist.reviewing import LONGEST_LABEL
from model.calendar import local_date
from model.prescribing.rule_settings import RuleSettings
from model.prescription import in_force
from model.schemas.plain_text import text_problem
from model.words.language import N_, translated
from storage.notes import labels
from storage.notes.labels import SavedFilter
from storage.reads.shown_values import WorkRow
from storage.ruling import settings as rule_settings
from web.problems import RequestRefused

worklist_pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_LONGEST_SEARCH = 100
_Labels = Annotated[list[str], Query(max_length=20)]
_KEPT_KEYS = frozenset({"q", "tag", "site", "unreviewed", "sort"})
_MARKED: dict[str, str] = {
    "review": N_("Marked as reviewed."),
    "unreview": N_("The mark was taken back."),
    "labels": N_("Saved."),
    "filter": N_("The filter is kept."),
    "unfilter": N_("The filter was removed."),
}


def _choice_in_query(
    q: Annotated[str, Query(max_length=_LONGEST_SEARCH)] = "",
    tag: _Labels = [],  # noqa: B006 - FastAPI copies it
    site: _Labels = [],  # noqa: B006 - as above
    unreviewed: Annotated[int, Query(ge=0, le=365)] = 0,
    sort: SortName = "need",
    most: Annotated[int, Query(ge=1, le=10_000)] = choosing.PAGE,
    patient: Annotated[str, Query(max_length=64)] = "",
) -> WorkChoice:
    """Return the choice that an address names."""
    return WorkChoice(
        text=q,
        tags=tuple(filter(None, tag)),
        sites=tuple(filter(None, site)),
        unreviewed=unreviewed,
        sort=sort,
        most=most,
        patient=patient,
    )


@worklist_pages.get("/")
async def show_worklist_page(
    request: Request,
    choice: Annotated[WorkChoice, Depends(_choice_in_query)],
    done: str = "",
    taken: Annotated[str, Query(max_length=LONGEST_LABEL)] = "",
) -> HTMLResponse:
    """Show the worklist as chosen, and a patient of it in the drawer.

    `taken` is a name under which another filter is kept: whether to replace it is asked.
    """
    async with open_scope(request) as scope:
        rows, lines = await reads.read_work(scope)
        view = choosing.chosen_work(lines, choice, scope.now_ms)
        weeks = await reads.read_last_four(scope, view.rows_shown(rows))
        drawer = await _drawer(scope, rows, lines, choice)
        kept = await labels.saved_filters(scope.conn, scope.clinician.subject)
        due = await due_of_unit(scope)
        unit = await rule_settings.unit_settings(scope.conn, scope.unit)
        zone = await unit_zone(scope)
        context = common_context(scope)
    # The page is made after the scope has closed: a template must not hold a connection.
    tags, sites = choosing.all_labels(lines)
    shown = {
        "zone": zone,
        "view": view.with_weeks(weeks),
        "choice": choice,
        "closed": choosing.without_drawer(choice),
        "drawer": drawer,
        "next_patient": view.next_after(choice.patient) if drawer else "",
        "all_tags": tags,
        "all_sites": sites,
        "sorts": choosing.SORTS,
        "unreviewed_days": choosing.UNREVIEWED,
        "page_size": choosing.PAGE,
        "kept_filters": kept,
        "other_filter": _other_filter(kept, taken, choice),
        "conditions": partial(_conditions, unit),
        "due": due,
        "done": translated(_MARKED.get(done, "")),
    }
    return render(request, "worklist.html", {**context, **shown})


def _other_filter(kept: Sequence[SavedFilter], name: str, choice: WorkChoice) -> SavedFilter | None:
    """Return the filter that is kept under a name, None where it is the choice or there is none."""
    others = [row for row in kept if row.name == name and row.query != choice.query()]
    return others[0] if others and choice.query() else None


def _conditions(unit: RuleSettings, view: GroupView) -> tuple[list[str], list[str]]:
    # of the rows that are shown: the header explains what stands below it
    leading = {line.alert.rule for line in view.lines if line.alert}
    return conditions(view.group, unit, leading)


async def _drawer(
    scope: RequestScope, rows: tuple[WorkRow, ...], lines: tuple[Line, ...], choice: WorkChoice
) -> dict[str, Any] | None:
    """Return what the drawer shows, None while it is closed; 404 for another unit's patient."""
    if not choice.patient:
        return None
    # the rows are those of the unit, so another unit's patient is as unknown as nobody
    row = next((row for row in rows if row.patient.pseudonym == choice.patient), None)
    if row is None:
        raise RequestRefused(404, "This care unit has no such patient.")
    await scope.read("preview", choice.patient)
    line = next(line for line in lines if line.pseudonym == choice.patient)
    (with_its_weeks,) = with_weeks([line], await reads.read_last_four(scope, [row]))
    # the day of a review ends with the patient's own, whose local dates the page shows
    today = local_date(scope.now_ms, row.patient.zone)
    is_today = line.reviewed_ms is not None and (
        local_date(line.reviewed_ms, row.patient.zone) == today
    )
    plans = in_force(row.prescriptions, today)
    profile = await reads.read_profile(scope, choice.patient, today)
    return {
        "line": with_its_weeks,
        "alerts": row.alerts,
        "plans": plans,
        "range_gaps": range_gaps(plans, profile, today),
        "is_own_of_today": is_today
        and row.review is not None
        and row.review.reviewer == scope.clinician.subject,
    }


@worklist_pages.post("/patients/{pseudonym}/review")
async def take_review(
    request: Request,
    pseudonym: Pseudonym,
    token: Annotated[str, Form()] = "",
    back: Annotated[str, Form(max_length=2_000)] = "/",
    what: Annotated[Literal["review", "unreview"], Form()] = "review",
) -> RedirectResponse:
    """Set the mark of a patient or take it back, then show the page again."""
    csrf_guard.check_form_token(request, token)
    async with open_scope(request) as scope:
        if what == "review":
            await reviewing.mark_reviewed(scope, pseudonym)
        else:
            await reviewing.take_review_back(scope, pseudonym)
    csrf_guard.count_action(request, what)
    return RedirectResponse(_with_done(back, what, pseudonym), 303)


@worklist_pages.post("/patients/{pseudonym}/labels")
async def take_labels(
    request: Request,
    pseudonym: Pseudonym,
    tags: Annotated[str, Form(max_length=1_000)] = "",
    sites: Annotated[str, Form(max_length=1_000)] = "",
    token: Annotated[str, Form()] = "",
    back: Annotated[str, Form(max_length=2_000)] = "/",
) -> RedirectResponse:
    """Take the tags and sites of a patient, with commas between them."""
    csrf_guard.check_form_token(request, token)
    async with open_scope(request) as scope:
        await reviewing.write_labels(scope, pseudonym, "tag", tags.split(","))
        await reviewing.write_labels(scope, pseudonym, "site", sites.split(","))
    csrf_guard.count_action(request, "labels")
    return RedirectResponse(_with_done(back, "labels", pseudonym), 303)


@worklist_pages.post("/filters")
async def take_filter(
    request: Request,
    name: Annotated[str, Form(max_length=LONGEST_LABEL)],
    query: Annotated[str, Form(max_length=1_000)] = "",
    replace: Annotated[Literal["", "yes"], Form()] = "",
    token: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Keep a choice under a name, or end the one of that name when the choice is empty.

    Another choice that is kept under the name is replaced only where that is confirmed.
    """
    csrf_guard.check_form_token(request, token)
    plain = name.strip()
    if not plain or text_problem(plain, LONGEST_LABEL):
        raise RequestRefused(422, "A filter needs a name of 40 characters of plain text at most.")
    pairs = [(key, value) for key, value in parse_qsl(query) if key in _KEPT_KEYS]
    kept = urlencode(pairs)
    async with open_scope(request) as scope:
        subject = scope.clinician.subject
        before = {row.name: row.query for row in await labels.saved_filters(scope.conn, subject)}
        if kept and not replace and before.get(plain, kept) != kept:
            return RedirectResponse(f"/?{urlencode([*pairs, ('taken', plain)])}", 303)
        await labels.save_filter(scope.conn, subject, plain, kept)
    csrf_guard.count_action(request, "filter")
    done = "filter" if kept else "unfilter"
    return RedirectResponse(f"/?{urlencode([*pairs, ('done', done)])}", 303)


def _with_done(back: str, done: str, pseudonym: str) -> str:
    """Return the page to show again: it says what was done, at the patient's row."""
    page = own_page(back).partition("#")[0]
    head, _mark, query = page.partition("?")
    pairs = [(key, value) for key, value in parse_qsl(query) if key != "done"]
    return f"{head}?{urlencode([*pairs, ('done', done)])}#row-{pseudonym}"
