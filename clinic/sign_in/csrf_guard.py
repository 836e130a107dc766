"""Refuses writes that another site started, at every route. Forms carry a token as well."""

from starlette.requests import Request

from clinic.doors import door
from clinic.problems import Refused
from clinic.request_scope import known
from clinic.sign_in import csrf

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OWN = frozenset({"same-origin", "none"})


def own_site(request: Request) -> None:
    """Refuse (403) a write that another site started; clients that are no browsers say nothing about it.

    A dependency of the whole application. The origin is compared with the address that browsers reach the door by,
    which behind a proxy is not the one that the request names.
    """
    if request.method in SAFE:
        return
    own = door(request).clinic.origin or csrf.origin(
        f"{request.url.scheme}://{request.headers.get('host', '')}"
    )
    foreign = [result for result in request.headers.getlist("origin") if result != own]
    if foreign or request.headers.get("sec-fetch-site", "none") not in OWN:
        raise Refused(403, "This action was started by another site.")


def signed(request: Request, text: str) -> None:
    """Refuse (403) a form that this door did not serve to this clinician, or whose token has run out."""
    clinic = door(request).clinic
    subject, now = known(request).subject, clinic.clock()
    if not any(csrf.holds(key, subject, text, now) for key in clinic.form_keys()):
        raise Refused(403, "This form has run out. Reload the page and try again.")


def counted(request: Request, action: str) -> None:
    """Count an action that was done."""
    door(request).numbers.actions.labels(action).inc()
