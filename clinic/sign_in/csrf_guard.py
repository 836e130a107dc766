"""Refuses writes that another site started, at every route of the clinician door.

Forms also carry a token, because an old browser sends neither of the headers that are checked.
"""

from starlette.requests import Request

from clinic.config import open_door
from clinic.request_scope import signed_in
from web import csrf
from web.problems import RequestRefused


def refuse_cross_site(request: Request) -> None:
    """Refuse (403) a write that another site started; every route depends on this."""
    if is_from_another_site(request):
        raise RequestRefused(403, "This action was started by another site.")


def is_from_another_site(request: Request) -> bool:
    """Return whether a request is a write that another site started.

    The Origin header is compared with the address by which browsers reach the door. Behind a proxy,
    the request itself names another address, so the configured origin comes first.
    """
    named = f"{request.url.scheme}://{request.headers.get('host', '')}"
    own = open_door(request).clinic.origin or csrf.origin_of(named)
    origins = request.headers.getlist("origin")
    fetch_site = request.headers.get("sec-fetch-site", "none")
    return csrf.is_cross_site(request.method, origins, fetch_site, own)


def check_form_token(request: Request, token: str) -> None:
    """Refuse (403) a form that has expired or that this door did not serve to this clinician."""
    clinic = open_door(request).clinic
    subject, now = signed_in(request).subject, clinic.clock()
    # Older keys are accepted as well, so that a rotation does not break the forms of open pages.
    for key in clinic.form_keys():
        if csrf.is_valid_form_token(key, subject, token, now):
            return
    raise RequestRefused(403, "This form has expired. Reload the page and try again.")


def count_action(request: Request, action: str) -> None:
    """Count an action that was carried out."""
    open_door(request).metrics.actions.labels(action).inc()
