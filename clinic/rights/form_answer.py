"""How each form about rights is answered: by what is wrong with it, or by the next page."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from clinic.pages.templating import render
from clinic.sign_in import csrf_guard


def answer_form(
    request: Request, template: str, refused: Mapping[str, Any] | None, *, action: str, to: str
) -> Response:
    """Return the page that says what is wrong with a form, or lead on to an address of the door.

    `refused` is what that page shows; None for a form that was taken, whose action is counted.
    """
    if refused is not None:
        return render(request, template, dict(refused), status=422)
    csrf_guard.count_action(request, action)
    return RedirectResponse(to, 303)
