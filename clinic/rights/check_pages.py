"""The pages of spot checks: samples of the log, drawing one, and the verdict on each access.

Complete without scripts. What is wrong with a form is said beside its field, and nothing is written
then.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from clinic.duty.rosters import unit_zone
from clinic.pages.page_routes import common_context
from clinic.pages.templating import render
from clinic.request_scope import RequestScope, open_scope
from clinic.rights import checking
from clinic.rights.form_answer import answer_form
from clinic.sign_in import csrf_guard
from model.words.language import N_, translated
from storage.alerts import duty

check_pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_CHECKS = "/checks"
_DONE: dict[str, str] = {
    "drawn": N_("The sample is drawn."),
    "judged": N_("The verdict is written."),
}


@check_pages.get(_CHECKS)
async def show_checks_page(request: Request) -> HTMLResponse:
    """Show the unit's samples: those that are open first."""
    async with open_scope(request) as scope:
        # before anything is read: who may not review does not learn that somebody was checked
        checking.require_reviewer(scope)
        shown = await _list(scope)
    return render(request, "checks.html", shown)


@check_pages.post(_CHECKS)
async def take_draw_form(
    request: Request,
    token: Annotated[str, Form()] = "",
    size: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "",
) -> Response:
    """Draw a sample, and show it."""
    csrf_guard.check_form_token(request, token)
    # as they were typed: a form that is not taken shows again what was in it
    given = {"size": size.strip(), "days": days.strip()}
    async with open_scope(request) as scope:
        checking.require_reviewer(scope)
        wrong, number = checking.draw_mistakes(**given), None
        if not wrong:
            number = await checking.draw_unit_sample(scope, int(given["size"]), int(given["days"]))
            # an empty sample would be done at once, and look like a check
            wrong = {} if number else checking.draw_refusal()
        if wrong:
            shown = await _list(scope, wrong, given)
    refused = shown if wrong else None
    return answer_form(
        request, "checks.html", refused, action="draw_sample", to=f"{_CHECKS}/{number}?done=drawn"
    )


@check_pages.get(f"{_CHECKS}/{{number}}")
async def show_sample_page(request: Request, number: int, done: str = "") -> HTMLResponse:
    """Show the accesses of a sample: those that nobody has judged first."""
    async with open_scope(request) as scope:
        checking.require_reviewer(scope)
        shown = await _sample(scope, number)
    shown["done"] = translated(_DONE.get(done, ""))
    return render(request, "sample.html", shown)


@check_pages.post(f"{_CHECKS}/{{number}}/verdict")
async def take_verdict_form(
    request: Request,
    number: int,
    token: Annotated[str, Form()] = "",
    row: Annotated[int, Form()] = 0,
    verdict: Annotated[str, Form()] = "",
    comment: Annotated[str, Form()] = "",
) -> Response:
    """Write what a reviewer finds of an access."""
    csrf_guard.check_form_token(request, token)
    plain = comment.strip()
    async with open_scope(request) as scope:
        checking.require_reviewer(scope)
        wrong = await checking.judge_in_sample(scope, number, row, verdict, plain)
        # read within the same transaction, so that the page agrees with what refused the form
        if wrong:
            given = {"verdict": verdict, "comment": plain}
            shown = await _sample(scope, number, row, wrong, given)
    refused = shown if wrong else None
    return answer_form(
        request, "sample.html", refused, action="judge_access", to=f"{_CHECKS}/{number}?done=judged"
    )


async def _list(
    scope: RequestScope,
    wrong: dict[str, str] | None = None,
    given: dict[str, str] | None = None,
) -> dict[str, Any]:
    return {
        **common_context(scope),
        "samples": await checking.samples_of_unit(scope),
        "states": checking.SAMPLE_STATES,
        "most": checking.MOST_ON_A_PAGE,
        "most_days": checking.MOST_DRAWN_DAYS,
        "due_days": checking.SAMPLE_DUE_DAYS,
        "zone": await unit_zone(scope),
        "staff": await duty.colleagues(scope.conn, scope.unit),
        "wrong": {"size": "", "days": "", **(wrong or {})},
        "given": {"size": "10", "days": "30", **(given or {})},
    }


async def _sample(
    scope: RequestScope,
    number: int,
    row: int = 0,
    wrong: dict[str, str] | None = None,
    given: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return what the page of a sample shows; the form about `row` was not taken."""
    sample, sampled = await checking.sample_of_unit(scope, number)
    return {
        **common_context(scope),
        "sample": sample,
        "sampled": sampled,
        "states": checking.SAMPLE_STATES,
        "verdicts": checking.VERDICT_WORDS,
        "longest": checking.LONGEST_COMMENT,
        "zone": await unit_zone(scope),
        "staff": await duty.colleagues(scope.conn, scope.unit),
        "about": row,
        "wrong": {"verdict": "", "comment": "", **(wrong or {})},
        "given": {"verdict": "", "comment": "", **(given or {})},
        "done": "",
    }
