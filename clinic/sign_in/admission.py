"""Stores what signing in and out leaves: the clinician's row, the session and audit rows.

`web.sign_in.id_tokens` decides who is admitted, not this module. A failed sign-in is refused only
after its audit row is written.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request

from clinic.config import open_door
from clinic.request_scope import actor_of
from clinic.sign_in import csrf_guard
from runtime.log_lines import get_logger
from storage import audit
from storage.audit_actions import AuditAction
from storage.people import care_team, clinic_sessions
from storage.people.errors import TakenError, UnknownNameError
from web.problems import RequestRefused
from web.sign_in.identity import Identity

if TYPE_CHECKING:
    from web.sign_in.attempts import Attempts

OTHER_ACCOUNT = (
    "Ask whoever looks after accounts; to use another account, sign out at the identity provider "
    "first."
)
# Whoever fails to sign in has proved no name.
NOBODY = audit.Actor(subject="nobody", role="unknown")

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A clinician with a new session [now_ms, until_ms) in epoch ms, and their e-mail address."""

    clinician: Identity
    email: str
    now_ms: int
    until_ms: int


class SignInRefused(RequestRefused):
    """A sign-in that failed (403).

    `why` is for log and audit and names nobody. `actor` is as far as the provider has proved it.
    """

    def __init__(self, why: str, text: str, actor: audit.Actor) -> None:
        super().__init__(403, text)
        self.why, self.actor = why, actor


def refused_for(why: str, text: str, actor: audit.Actor = NOBODY) -> SignInRefused:
    """Return the refusal of a sign-in, and log the reason."""
    _log.warning("sign-in refused", reason=why)
    return SignInRefused(why, text, actor)


async def welcome(request: Request, admitted: Admitted) -> None:
    """Store the clinician as the provider describes them, and begin the session.

    Raises `SignInRefused` for a care unit that is not set up, and for a subject that differs from
    another subject only by case.
    """
    actor = actor_of(admitted.clinician)
    try:
        async with open_door(request).pool.connection() as conn:
            # One transaction: no session without its clinician and its audit row.
            await care_team.add_clinician(conn, _clinician_row(admitted))
            await clinic_sessions.begin_session(conn, _session_row(admitted), admitted.now_ms)
            entry = audit.AuditEntry(at_ms=admitted.now_ms, actor=actor, action=AuditAction.SIGN_IN)
            await audit.write_entry(conn, entry)
    # A provider may serve other houses too: its care units are not made here.
    except UnknownNameError as error:
        text = f"Your care unit is not set up here. {OTHER_ACCOUNT}"
        raise refused_for("the care unit is not set up", text, actor) from error
    except TakenError as error:
        text = f"Your account cannot be told from another. {OTHER_ACCOUNT}"
        raise refused_for("another subject differs only by case", text, actor) from error
    # After the transaction: a sign-in that is rolled back is not counted.
    csrf_guard.count_action(request, "sign_in")


async def end_clinic_session(request: Request, clinician: Identity, now_ms: int) -> None:
    """End a session on the server. Ending it again writes no second audit row."""
    async with open_door(request).pool.connection() as conn:
        # False where the session had ended already.
        if await clinic_sessions.end_session(conn, clinician.session, now_ms):
            entry = audit.AuditEntry(
                at_ms=now_ms, actor=actor_of(clinician), action=AuditAction.SIGN_OUT
            )
            await audit.write_entry(conn, entry)


async def write_sign_in_refusal(request: Request, refused: SignInRefused, now_ms: int) -> None:
    """Write an audit row of a failed sign-in.

    Above the limit of a minute the sign-in is only counted, and the next row states the count.
    """
    attempts: Attempts = request.app.state.attempts
    unwritten = attempts.take(now_ms)
    if unwritten is None:
        return
    detail = {"reason": refused.why, **({"unwritten": unwritten} if unwritten else {})}
    entry = audit.AuditEntry(
        at_ms=now_ms, actor=refused.actor, action=AuditAction.SIGN_IN_REFUSED, detail=detail
    )
    async with open_door(request).pool.connection() as conn:
        await audit.write_entry(conn, entry)


def _clinician_row(admitted: Admitted) -> care_team.Clinician:
    who = admitted.clinician
    return care_team.Clinician(
        subject=who.subject, name=who.name, email=admitted.email, unit=who.care_unit
    )


def _session_row(admitted: Admitted) -> clinic_sessions.Begun:
    who = admitted.clinician
    return clinic_sessions.Begun(
        id=who.session,
        subject=who.subject,
        care_unit=who.care_unit,
        until_ms=admitted.until_ms,
    )
