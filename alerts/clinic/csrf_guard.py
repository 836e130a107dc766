"""Refuses actions that another site started. Forms carry a token as well; a JSON body cannot cross sites unasked."""

from starlette.requests import Request

from . import csrf
from .doors import door
from .problems import Refused
from .visit import known

OWN = frozenset({"same-origin", "none"})


def same_site(request: Request) -> None:
    """Refuse (403) what a browser says another site started; clients that are no browsers say nothing."""
    if request.headers.get("sec-fetch-site", "none") not in OWN:
        raise Refused(403, "This action was started by another site.")


def signed(request: Request, said: str) -> None:
    """Refuse (403) a form that this door did not serve to this clinician, or whose token has run out."""
    same_site(request)
    clinic = door(request).clinic
    subject, now = known(request).subject, clinic.clock()
    if not any(csrf.holds(key, subject, said, now) for key in clinic.form_keys()):
        raise Refused(403, "This form has run out. Reload the page and try again.")


def counted(request: Request, action: str) -> None:
    """Count an action that was done."""
    door(request).numbers.actions.labels(action).inc()
