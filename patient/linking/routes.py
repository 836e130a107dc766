"""The routes of a link: its page, the patient's answer, and the way back from a vendor's page.

Thin: what a step does is in `linking`, what a page says in `pages`.
"""

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from patient.config import BACK_PATH, LINK_PATH, OpenPatientDoor, patient_door_of
from patient.linking.binding import COOKIE_S, Binding, authorize_address, new_binding
from patient.linking.pages import STATUS, PageView, page_of
from patient.linking.steps import (
    LinkOutcome,
    LinkStep,
    begin_linking,
    connect,
    look_at,
    take_answer,
    withdraw,
)
from patient.own_pages import YEAR_S
from patient.shown_text import shown_text
from patient.visit import is_foreign, page_language, set_door_cookie
from storage.people.invitations import Invitation
from storage.rights.consent_texts import ConsentText
from web.languages import LANGUAGE_COOKIE

_LONGEST_CODE = 4096
# What a way through a vendor's page may come to.
_ENDS = frozenset(LinkOutcome) - {LinkOutcome.INVITED, LinkOutcome.ONWARD, LinkOutcome.UNKNOWN}


async def show_link(request: Request, link: str) -> Response:
    """Show what stands behind a link: what is asked of the patient, or why it holds no more."""
    return link_page(request, await look_at(patient_door_of(request), link), link)


async def answer_link(request: Request, link: str) -> Response:
    """Take the patient's answer: note the consent and lead to the vendor's page, or do nothing."""
    door = patient_door_of(request)
    if is_foreign(request):
        return link_page(request, LinkStep(outcome=LinkOutcome.FOREIGN), link)
    async with request.form() as form:
        agrees = form.get("answer") == "agree"
    if not agrees:
        step = await look_at(door, link)
        declined = step.outcome is LinkOutcome.INVITED
        outcome = LinkOutcome.DECLINED if declined else step.outcome
        return link_page(request, LinkStep(outcome=outcome, invitation=step.invitation), link)
    binding = new_binding()
    step = await begin_linking(door, link, page_language(request), binding)
    if step.outcome is not LinkOutcome.ONWARD or step.invitation is None:
        return link_page(request, step, link)
    connector = step.invitation.connector
    ours = door.config.vendors[connector].client
    if ours is None:
        return link_page(request, LinkStep(outcome=LinkOutcome.CLOSED), link)
    onward = authorize_address(ours, door.config.callback(connector), binding)
    response = link_page(request, step, link, onward)
    # Not a redirect: the content policy lets a form lead to this door only.
    response.headers["refresh"] = f"0; url={onward}"
    _set_cookie(door, response, binding.cookie, COOKIE_S)
    return response


async def answer_callback(request: Request, connector: str) -> Response:
    """Take a browser that comes back from a vendor's page, with a code or without."""
    door, query = patient_door_of(request), request.query_params
    cookie = request.cookies.get(_cookie_name(door), "")
    binding = Binding(state=query.get("state", ""), cookie=cookie)
    step = await take_answer(door, connector, binding)
    if step.outcome is LinkOutcome.INVITED and step.invitation is not None:
        code = query.get("code", "")
        if query.get("error") or not 0 < len(code) <= _LONGEST_CODE:
            outcome = LinkOutcome.DENIED
        else:
            shown = _shown(door, step.invitation)
            outcome = await connect(door, step.invitation, code, binding, shown)
        step = LinkStep(outcome=outcome, invitation=step.invitation)
    response = _ended(request, step, connector)
    if step.outcome is not LinkOutcome.BROWSER:
        _set_cookie(door, response, "", 0)
    return response


def _ended(request: Request, step: LinkStep, connector: str) -> Response:
    """Lead to the page of an outcome: it can be loaded again, and in another language."""
    door, invitation = patient_door_of(request), step.invitation
    if invitation is None:
        return link_page(request, step)  # nothing was taken, so the address still answers the same
    language = page_language(request, invitation.language)
    _count(door, connector, step.outcome)
    # an address of its own, as the answer of the vendor works once
    path = f"{BACK_PATH}/{connector}/{step.outcome.value}?lang={language}"
    response = RedirectResponse(path, 303)
    set_door_cookie(door, response, LANGUAGE_COOKIE, language, YEAR_S)
    return response


async def show_outcome(request: Request, connector: str, outcome: str) -> Response:
    """Show what a way through a vendor's page came to; it holds words of ours and changes nothing.

    Only an outcome without a form has a page here, so that an address can make nobody send one.
    """
    titles = patient_door_of(request).config.titles
    if outcome not in _ENDS or connector not in titles:
        raise HTTPException(404)
    return _outcome_page(request, LinkOutcome(outcome), titles[connector], page_language(request))


async def withdraw_link(request: Request, link: str) -> Response:
    """End the consent and the connection that a link gave."""
    if is_foreign(request):
        return link_page(request, LinkStep(outcome=LinkOutcome.FOREIGN), link)
    return link_page(request, await withdraw(patient_door_of(request), link), link)


def link_page(request: Request, step: LinkStep, link: str = "", onward: str = "") -> Response:
    """Return the page of a step, and count its outcome."""
    door, invitation = patient_door_of(request), step.invitation
    connector = invitation.connector if invitation is not None else ""
    _count(door, connector, step.outcome)
    return _outcome_page(
        request,
        step.outcome,
        door.config.titles.get(connector, connector),
        page_language(request, invitation.language if invitation is not None else ""),
        link=f"{LINK_PATH}/{link}" if link and invitation is not None else "",
        onward=onward,
    )


def _outcome_page(
    request: Request,
    outcome: LinkOutcome,
    source: str,
    language: str,
    *,
    link: str = "",
    onward: str = "",
) -> Response:
    view = PageView(
        outcome=outcome,
        language=language,
        clinic=patient_door_of(request).config.clinic,
        source=source,
        link=link,
        onward=onward,
        # the answer to a form is no address: another language begins at the link
        here=link,
    )
    status = STATUS.get(outcome, 200)
    return HTMLResponse(page_of(view), status, headers={"vary": "accept-language, cookie"})


def _count(door: OpenPatientDoor, connector: str, outcome: LinkOutcome) -> None:
    door.metrics.outcomes.labels(connector, outcome.value).inc()


def _shown(door: OpenPatientDoor, invitation: Invitation) -> ConsentText:
    title = door.config.titles.get(invitation.connector, invitation.connector)
    return shown_text(invitation.connector, title, invitation.language, door.now())


def _cookie_name(door: OpenPatientDoor) -> str:
    # `__Host-` keeps the domain's other hosts from setting it
    return "__Host-kadens-link" if door.config.is_secure else "kadens-link"


def _set_cookie(door: OpenPatientDoor, response: Response, value: str, seconds: int) -> None:
    set_door_cookie(door, response, _cookie_name(door), value, seconds)
