"""A visit of a patient who is signed in: the only way by which a page reaches a patient's data.

Nothing that a request sends names the patient: the session does. A page never takes a pseudonym.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from patient.config import OpenPatientDoor, patient_door_of
from patient.linking.binding import random_text, secret_digest
from patient.linking.pages import link_languages
from storage import audit
from storage.audit_actions import AuditAction
from storage.people.patient_sessions import use_patient_session
from storage.pg.pool import Connection
from storage.pg.row_security import set_owner_of
from web.csrf import SAFE_METHODS, form_token, is_cross_site, is_valid_form_token, origin_of
from web.languages import LANGUAGE_COOKIE, language_for
from web.problems import RequestRefused
from web.sign_in.cookies import derived_key

IDLE_MS = 30 * 60_000
LIFE_MS = 12 * 3_600_000
TOKEN_FIELD = "token"  # noqa: S105 - no password, the name of a field


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A patient's request within its transaction; `patient` is the row, and names nobody.

    `form_token` belongs into each form of the page as the field `token`.
    """

    conn: Connection
    patient: int
    pseudonym: str
    now_ms: int
    language: str
    form_token: str = field(repr=False)

    async def note(self, action: AuditAction, about: str, **detail: object) -> None:
        """Write a line of the audit log: the patient did this in their own data."""
        entry = audit.AuditEntry(
            at_ms=self.now_ms,
            actor=audit.PATIENT_ACTOR,
            action=action,
            patient=self.pseudonym,
            object=about,
            detail=detail,
        )
        await audit.write_entry(self.conn, entry)


class NotSignedInError(Exception):
    """Nobody is signed in with this browser, or the session is over."""


@asynccontextmanager
async def open_visit(request: Request) -> AsyncIterator[Visit]:
    """Open the visit of the patient who is signed in, in a transaction of its own.

    Every read leaves its line in the audit log before the page is made; a write notes its own.
    Raises `NotSignedInError`, and `RequestRefused` for a form that this door did not serve.
    """
    door, secret = patient_door_of(request), session_secret(request)
    if not secret:
        raise NotSignedInError
    # before the connection is taken: a body that drips in must hold none
    if request.method not in SAFE_METHODS:
        await _check_form(request, secret)
    async with door.pool.connection() as conn:
        now_ms = door.now()
        # only the digest is stored: whoever reads the database can open no session
        await set_owner_of(conn, secret_digest(secret))
        owner = await use_patient_session(conn, secret_digest(secret), now_ms, IDLE_MS)
        if owner is None:
            raise NotSignedInError
        visit = Visit(
            conn=conn,
            patient=owner.number,
            pseudonym=owner.pseudonym,
            now_ms=now_ms,
            language=page_language(request),
            form_token=form_token(_form_key(secret), "patient", now_ms),
        )
        if request.method in SAFE_METHODS:
            await visit.note(AuditAction.DATA_READ, request.scope["route"].path)
        yield visit


def session_cookie(door: OpenPatientDoor) -> str:
    """Return the cookie's name; `__Host-` keeps the domain's other hosts from setting it."""
    return "__Host-kadens-patient" if door.config.is_secure else "kadens-patient"


def set_door_cookie(
    door: OpenPatientDoor, response: Response, name: str, value: str, seconds: int
) -> None:
    """Set a cookie of this door, which no script reads and no other site's form sends along."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        secure=door.config.is_secure,
        httponly=True,
        # not "strict": a redirect back to us comes from another site and needs it
        samesite="lax",
    )


def session_secret(request: Request) -> str:
    """Return the secret of the session that a browser has, "" for none."""
    return request.cookies.get(session_cookie(patient_door_of(request)), "")


def new_session_secret() -> str:
    """Return a new secret: nobody can choose one beforehand."""
    return random_text()


def page_language(request: Request, agreed: str = "") -> str:
    """Return the language of an answer: asked for in the address, else chosen, else accepted."""
    chosen = agreed or request.cookies.get(LANGUAGE_COOKIE, "")
    wanted = request.query_params.get("lang", "") or chosen
    return language_for(link_languages(), wanted, request.headers.get("accept-language", ""))


def is_foreign(request: Request) -> bool:
    """Return whether another site sent a form."""
    own = origin_of(patient_door_of(request).config.url)
    origins = request.headers.getlist("origin")
    fetch_site = request.headers.get("sec-fetch-site", "none")
    return is_cross_site(request.method, origins, fetch_site, own)


async def _check_form(request: Request, secret: str) -> None:
    if is_foreign(request):
        raise RequestRefused(403, "This action was started by another site.")
    async with request.form() as form:
        token = form.get(TOKEN_FIELD, "")
    now_ms = patient_door_of(request).now()
    is_ours = isinstance(token, str) and is_valid_form_token(
        _form_key(secret), "patient", token, now_ms
    )
    if not is_ours:
        raise RequestRefused(403, "This form has expired. Reload the page and try again.")


def _form_key(secret: str) -> bytes:
    # made of the session's own secret: a token holds in that session only, and ends with it
    return derived_key(secret.encode(), "patient-form")
