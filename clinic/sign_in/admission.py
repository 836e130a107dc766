"""What signing in and out leaves in the database: the clinician's row, the session, and lines of the audit log.

It decides nothing about who is let in (`tokens` does). A failed sign-in is refused only after its line is written.
"""

import logging
from dataclasses import dataclass

from starlette.requests import Request

from clinic.doors import door
from clinic.problems import Refused
from clinic.sign_in import csrf_guard
from clinic.sign_in.identity import Clinician
from storage import audit
from storage.audit_actions import Action
from storage.people import clinic_sessions, people

ELSEWHERE = "Ask whoever looks after accounts; to use another account, sign out at the identity provider first."
NOBODY = audit.Actor(subject="nobody", role="unknown")
MINUTE_MS = 60_000
LINES_A_MINUTE = 60

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A clinician with a new session, the address that notices go to, and when the session begins and ends."""

    clinician: Clinician
    email: str
    now_ms: int
    until_ms: int


class SignInRefused(Refused):
    """A sign-in that failed (403). `why` is for the log and the audit and names nobody; `actor` is who was proved."""

    def __init__(self, why: str, told: str, actor: audit.Actor) -> None:
        super().__init__(403, told)
        self.why, self.actor = why, actor


class Attempts:
    """How many failed sign-ins are written down one by one: anybody can fail as often as they like."""

    def __init__(self, most: int = LINES_A_MINUTE) -> None:
        self._most, self._minute, self._taken, self._unwritten = most, 0, 0, 0

    def take(self, now_ms: int) -> int | None:
        """Return how many attempts before this one were not written down, or None when this one is not either."""
        minute = now_ms // MINUTE_MS
        if minute != self._minute:
            self._minute, self._taken = minute, 0
        if self._taken >= self._most:
            self._unwritten += 1
            return None
        self._taken += 1
        unwritten, self._unwritten = self._unwritten, 0
        return unwritten


def refused_for(why: str, text: str, actor: audit.Actor = NOBODY) -> SignInRefused:
    """Return the refusal of a sign-in, and log why."""
    log.warning("sign-in refused: %s", why)
    return SignInRefused(why, text, actor)


async def welcome(request: Request, admitted: Admitted) -> None:
    """Keep the clinician's row as the provider says it and begin the session; 403 for a unit that is not set up."""
    who = admitted.clinician
    row = people.Clinician(
        subject=who.subject, name=who.name, email=admitted.email, unit=who.care_unit
    )
    session = clinic_sessions.Begun(
        id=who.session, subject=who.subject, care_unit=who.care_unit, until_ms=admitted.until_ms
    )
    try:
        async with door(request).pool.connection() as conn:
            await people.add_clinician(conn, row)
            await clinic_sessions.begin(conn, session, admitted.now_ms)
            await audit.write(
                conn, audit.Entry(at_ms=admitted.now_ms, actor=who.actor, action=Action.SIGN_IN)
            )
    except people.UnknownNameError as error:
        reported = f"Your care unit is not set up here. {ELSEWHERE}"
        raise refused_for("the care unit is not set up", reported, who.actor) from error
    except people.TakenError as error:
        reported = f"Your account cannot be told from another. {ELSEWHERE}"
        raise refused_for("another subject differs only by case", reported, who.actor) from error
    csrf_guard.counted(request, "sign_in")


async def end(request: Request, clinician: Clinician, now_ms: int) -> None:
    """End a session on the server; one that had ended leaves no second line."""
    async with door(request).pool.connection() as conn:
        if await clinic_sessions.end(conn, clinician.session, now_ms):
            await audit.write(
                conn, audit.Entry(at_ms=now_ms, actor=clinician.actor, action=Action.SIGN_OUT)
            )


async def write_refusal(request: Request, refused: SignInRefused, now_ms: int) -> None:
    """Write down a sign-in that failed, or count it for the next line when there were many this minute."""
    attempts: Attempts = request.app.state.attempts
    unwritten = attempts.take(now_ms)
    if unwritten is None:
        return
    detail = {"reason": refused.why, **({"unwritten": unwritten} if unwritten else {})}
    entry = audit.Entry(
        at_ms=now_ms, actor=refused.actor, action=Action.SIGN_IN_REFUSED, detail=detail
    )
    async with door(request).pool.connection() as conn:
        await audit.write(conn, entry)
