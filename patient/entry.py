"""Signing in and out at the patient door: the one-time link, and the end of a session.

A link is used by a button, never by opening it: scanners of mail open every link.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from patient.config import OpenPatientDoor, patient_door_of
from patient.linking.binding import secret_digest
from patient.own_pages import door_page
from patient.visit import (
    LIFE_MS,
    Visit,
    is_foreign,
    new_session_secret,
    open_visit,
    session_cookie,
    session_secret,
    set_door_cookie,
)
from storage import audit
from storage.audit_actions import AuditAction
from storage.people.door_links import door_link_opens, use_door_link
from storage.people.errors import AccountClosedError
from storage.people.patient_sessions import begin_patient_session, end_patient_session
from storage.pg.pool import Connection
from storage.pg.row_security import owner_seen, set_owner_of
from web.sign_in.round_trip import sign_out_address

ENTER_PATH = "/enter"


async def show_door_link(request: Request, link: str) -> Response:
    """Show the button that signs in, or that the link opens nothing; nothing is used up."""
    door = patient_door_of(request)
    async with door.pool.connection() as conn:
        await set_owner_of(conn, secret_digest(link))
        opens = await door_link_opens(conn, secret_digest(link), door.now())
    if not opens:
        return door_page(request, "closed.html", status=404)
    return door_page(request, "enter.html", address=f"{ENTER_PATH}/{link}")


async def take_door_link(request: Request, link: str) -> Response:
    """Use a link: begin a session of its patient, with a secret that is new."""
    door = patient_door_of(request)
    if is_foreign(request):
        return door_page(request, "closed.html", status=403)
    secret = new_session_secret()
    try:
        async with door.pool.connection() as conn:
            await set_owner_of(conn, secret_digest(link))
            patient = await use_door_link(conn, secret_digest(link), door.now())
            if patient is not None:
                await begin_visit(door, conn, patient, secret, old=session_secret(request))
    except AccountClosedError:
        patient = None  # it was closed while the link was being used
    if patient is None:
        return door_page(request, "closed.html", status=404)
    response = RedirectResponse("/", 303)
    set_door_cookie(door, response, session_cookie(door), secret, LIFE_MS // 1000)
    return response


async def begin_visit(
    door: OpenPatientDoor, conn: Connection, patient: str, secret: str, *, old: str
) -> None:
    """Begin a patient's session with its line in the audit log, and end the browser's `old` one."""
    now_ms = door.now()
    # a browser that is handed on must not keep the session of whoever used it before
    if old:
        async with owner_seen(conn, secret_digest(old)):
            await end_patient_session(conn, secret_digest(old), now_ms)
    digest = secret_digest(secret)
    await begin_patient_session(conn, patient, digest, now_ms, now_ms + LIFE_MS)
    entry = audit.AuditEntry(
        at_ms=now_ms, actor=audit.PATIENT_ACTOR, action=AuditAction.SIGN_IN, patient=patient
    )
    await audit.write_entry(conn, entry)


async def leave(request: Request) -> Response:
    """End the session on the server, for every copy of its cookie."""
    async with open_visit(request) as visit:
        await _end(visit, session_secret(request))
    door = patient_door_of(request)
    # The provider's own session lives on: without its sign-out the next sign-in may ask nothing.
    sign_in = door.config.sign_in
    elsewhere = await sign_out_address(sign_in) if sign_in else ""
    response = door_page(request, "left.html", elsewhere=elsewhere)
    set_door_cookie(door, response, session_cookie(door), "", 0)
    return response


async def _end(visit: Visit, secret: str) -> None:
    await end_patient_session(visit.conn, secret_digest(secret), visit.now_ms)
    await visit.note(AuditAction.SIGN_OUT, "")
