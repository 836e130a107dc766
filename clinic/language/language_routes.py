"""The choice of a language, which a cookie of the browser keeps.

The cookie holds the code of a language and nothing of a person. That another site cannot send the
form is checked at every route (`csrf_guard.refuse_cross_site`); a visitor who is not signed in may
choose too, so the form has no token.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse

from web.languages import LANGUAGE_COOKIE

language_router = APIRouter(include_in_schema=False)

_YEAR_S = 365 * 86_400
_LONGEST_PAGE = 2_000


@language_router.post("/language")
async def take_language(
    code: Annotated[Literal["en", "sv"], Form()],
    page: Annotated[str, Form(max_length=_LONGEST_PAGE)] = "/",
) -> RedirectResponse:
    """Keep the choice, and show the page again from which it was made."""
    answer = RedirectResponse(own_page(page), 303)
    answer.set_cookie(LANGUAGE_COOKIE, code, max_age=_YEAR_S, httponly=True, samesite="lax")
    return answer


def own_page(page: str) -> str:
    """Return an address within this door: anything else leads to the worklist."""
    # two slashes, or a slash and a backslash, begin the address of another site
    is_own = page.startswith("/") and page[1:2] not in {"/", "\\"} and page.isprintable()
    return page if is_own else "/"
