"""One request of one clinician: a transaction, the present, and an audit row for every read.

The row is committed before anything is shown. A page that refreshes itself counts as the same read
for ten minutes.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.requests import Request

from clinic.config import ClinicConfig, open_door
from storage import audit
from storage.audit_actions import Action
from storage.people import clinic_sessions
from storage.pg.pool import Connection
from web.problems import Refused
from web.request_metrics import route_of
from web.sign_in.identity import Identity

REFRESH = "x-kadens-refresh"
SAME_READ_MS = 600_000
NEVER_MS = 1 << 50  # an instant that no row of the audit log is later than
AUDITED_REFUSALS = frozenset({403, 404})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestScope:
    """Who asks, when, and on which connection. `refresh`: an open page asked by itself."""

    conn: Connection
    clinic: ClinicConfig
    clinician: Identity
    now_ms: int
    refresh: bool

    @property
    def unit(self) -> str:
        """Return the care unit that bounds every read."""
        return self.clinician.care_unit

    @property
    def actor(self) -> audit.Actor:
        """Return who is written into the audit log."""
        return actor_of(self.clinician)

    async def read(self, what: str, patient: str) -> None:
        """Audit that this clinician read `what` ("patient", "session:ID", "alert:ID") of a patient."""
        entry = audit.Entry(
            at_ms=self.now_ms,
            actor=self.actor,
            action=Action.DATA_READ,
            patient=patient,
            object=what,
        )
        since = self.now_ms - SAME_READ_MS
        if not (self.refresh and await audit.written_since(self.conn, entry, since)):
            await audit.write(self.conn, entry)

    async def listed(self, what: str, patients: Sequence[str]) -> None:
        """Audit who was on the list `what` that this clinician read, one row a patient."""
        entry = audit.Entry(
            at_ms=self.now_ms, actor=self.actor, action=Action.LIST_READ, object=what
        )
        since = self.now_ms - SAME_READ_MS if self.refresh else NEVER_MS
        await audit.write_list(self.conn, entry, patients, since)

    async def names(self, pseudonyms: Sequence[str]) -> Mapping[str, str]:
        """Return the names that may be shown, by pseudonym."""
        return await self.clinic.names(self.conn, pseudonyms)


@asynccontextmanager
async def open_scope(request: Request, *, used: bool = True) -> AsyncIterator[RequestScope]:
    """Open the scope of a request; 401 for nobody and for a session that has ended.

    It commits when the block ends and rolls back when the block fails. A refusal (403, 404) is then
    audited in a transaction of its own. `used` is False for a request that no person made: it does
    not keep the session alive.
    """
    door, clinician = open_door(request), signed_in(request)
    now_ms, refresh = door.clinic.clock(), REFRESH in request.headers
    try:
        async with door.pool.connection() as conn:
            is_used = used and not refresh
            await _require_alive(conn, clinician, now_ms, door.clinic.idle_ms, used=is_used)
            yield RequestScope(
                conn=conn, clinic=door.clinic, clinician=clinician, now_ms=now_ms, refresh=refresh
            )
    except Refused as refused:
        if refused.status_code in AUDITED_REFUSALS:
            await _audit_refusal(request, clinician, refused.status_code)
        raise


def signed_in(request: Request) -> Identity:
    """Return who the request's cookie names; 401 for nobody.

    Only `open_scope` knows whether the session is still alive.
    """
    clinician = open_door(request).clinic.identify(request)
    if clinician is None:
        raise Refused(401, "No clinician is signed in.")
    return clinician


def actor_of(identity: Identity) -> audit.Actor:
    """Return a signed-in person as the audit log names them."""
    return audit.Actor(subject=identity.subject, role=identity.role, care_unit=identity.care_unit)


async def _require_alive(
    conn: Connection, clinician: Identity, now_ms: int, idle_ms: int, *, used: bool
) -> None:
    session = clinician.session
    if session and not await clinic_sessions.use(conn, session, now_ms, idle_ms, used=used):
        raise Refused(401, "This session has ended.")


async def _audit_refusal(request: Request, clinician: Identity, status: int) -> None:
    # the route's template, not the path: what a person typed there may be anybody's name
    door, params = open_door(request), request.path_params
    entry = audit.Entry(
        at_ms=door.clinic.clock(),
        actor=actor_of(clinician),
        action=Action.DATA_REFUSED,
        patient=params.get("pseudonym"),
        object=f"{request.method} {route_of(request.scope)}",
        detail={"status": status},
    )
    async with door.pool.connection() as conn:
        await audit.write_refusal(conn, entry, str(params.get("alert", "")))
