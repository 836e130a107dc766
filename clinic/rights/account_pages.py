"""The page of accounts: how long each is open, why, closing one, and opening it again.

Complete without scripts. What is wrong with a form is said beside its field.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from clinic import reads
from clinic.api.api_routes import Pseudonym
from clinic.pages.page_routes import common_context
from clinic.pages.templating import render
from clinic.request_scope import RequestScope, open_scope
from clinic.rights import accounts
from clinic.rights.form_answer import answer_form
from clinic.sign_in import csrf_guard
from model.words.language import N_, translated

account_pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_PAGE = 100  # accounts shown at first, and added by each step
_DONE: dict[str, str] = {
    "closed": N_("The account is closed."),
    "opened": N_("The account is open again. Consents and links are made anew."),
}


@account_pages.get("/accounts")
async def show_accounts_page(
    request: Request,
    done: str = "",
    q: Annotated[str, Query(max_length=100)] = "",
    most: Annotated[int, Query(ge=1, le=10_000)] = _PAGE,
) -> HTMLResponse:
    """Show the accounts of the unit's patients."""
    async with open_scope(request) as scope:
        shown = await _page(scope, text=q, most=most)
    shown["done"] = translated(_DONE.get(done, ""))
    return render(request, "accounts.html", shown)


@account_pages.post("/accounts/{pseudonym}/close")
async def take_closing_form(
    request: Request,
    pseudonym: Pseudonym,
    token: Annotated[str, Form()] = "",
    why: Annotated[str, Form()] = "",
    identified: Annotated[str, Form()] = "",
) -> Response:
    """Close an account because its patient wants it."""
    csrf_guard.check_form_token(request, token)
    plain, how = why.strip(), identified.strip()
    wrong = accounts.closing_mistakes(plain, how)
    async with open_scope(request) as scope:
        if wrong:
            await reads.read_brief(scope, pseudonym)
            shown = await _page(scope, pseudonym, wrong, {"why": plain, "identified": how})
        else:
            await accounts.end_account(scope, pseudonym, plain, how)
    refused = shown if wrong else None
    return answer_form(
        request, "accounts.html", refused, action="close_account", to="/accounts?done=closed"
    )


@account_pages.post("/accounts/{pseudonym}/reopen")
async def take_reopening_form(
    request: Request,
    pseudonym: Pseudonym,
    token: Annotated[str, Form()] = "",
    why: Annotated[str, Form()] = "",
) -> Response:
    """Open a closed account again."""
    csrf_guard.check_form_token(request, token)
    plain = why.strip()
    # nobody is let in by this, so nobody has to be identified for it
    wrong = accounts.closing_mistakes(plain, "-")
    async with open_scope(request) as scope:
        if wrong:
            await reads.read_brief(scope, pseudonym)
            shown = await _page(scope, pseudonym, wrong, {"why": plain, "identified": ""})
        else:
            await accounts.open_again(scope, pseudonym, plain)
    refused = shown if wrong else None
    return answer_form(
        request, "accounts.html", refused, action="open_account", to="/accounts?done=opened"
    )


async def _page(
    scope: RequestScope,
    pseudonym: str = "",
    wrong: dict[str, str] | None = None,
    given: dict[str, str] | None = None,
    *,
    text: str = "",
    most: int = _PAGE,
) -> dict[str, Any]:
    """Return what the page shows; the form about `pseudonym` was not taken."""
    lines = await accounts.accounts_of(scope)
    # a form that was not taken is shown again, wherever its account is in the list
    fitting = [row for row in lines if accounts.fits(row, pseudonym or text)]
    return {
        **common_context(scope),
        "lines": fitting[:most],
        "fitting": len(fitting),
        "text": text,
        "most": most,
        "page_size": _PAGE,
        "states": accounts.ACCOUNT_WORDS,
        "longest": accounts.LONGEST_ACCOUNT_WHY,
        "longest_how": accounts.LONGEST_HOW,
        "erase_days": scope.clinic.closing.erase_days,
        "about": pseudonym,
        "wrong": {"why": "", "identified": "", **(wrong or {})},
        "given": {"why": "", "identified": "", **(given or {})},
        "done": "",
    }
