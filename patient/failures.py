"""What the patient door answers when it cannot: no such page, nobody signed in, no database.

A page here shows nothing of a patient, and a log line only the class of an error.
"""

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from patient.config import LINK_PATH
from patient.linking.pages import STATUS
from patient.linking.routes import link_page
from patient.linking.steps import LinkOutcome, LinkStep
from patient.own_pages import door_page
from runtime.log_lines import get_logger

_RETRY_S = 5

_log = get_logger(__name__)


async def plain_problem(request: Request, error: Exception) -> Response:
    """Answer what no route takes with a page as plain as the others."""
    if isinstance(error, HTTPException) and error.status_code != STATUS[LinkOutcome.UNKNOWN]:
        return PlainTextResponse(f"{error.detail}\n", error.status_code, headers=error.headers)
    # what was meant as a link is told as a link, and anything else as a page
    if request.url.path.startswith(f"{LINK_PATH}/"):
        return link_page(request, LinkStep(outcome=LinkOutcome.UNKNOWN))
    # a language of the same page, whatever its path is: that of a stranger becomes no link of ours
    return door_page(request, "nothing.html", status=404, here="")


async def nobody_page(request: Request, error: Exception) -> Response:
    """Answer a request for own pages without a session."""
    del error  # it says no more than its kind
    return door_page(request, "nobody.html", status=401)


async def away_page(request: Request, error: Exception) -> Response:
    """Answer when the database is away or the audit log takes no row: then nothing is shown."""
    # Only the type is logged: the database quotes values in its error texts.
    _log.warning("the database is away", error=type(error).__name__)
    answer = door_page(request, "away.html", status=503)
    answer.headers["retry-after"] = str(_RETRY_S)
    return answer
