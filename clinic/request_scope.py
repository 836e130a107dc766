"""One request of one clinician: a transaction, the present, and an audit row for every read of a patient's data.

The row is committed before anything is shown. A page that refreshes itself is the same read for ten minutes.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.requests import Request

from clinic.doors import Clinic, door
from clinic.guard import route_of
from clinic.problems import Refused
from clinic.sign_in.identity import Clinician
from storage import audit
from storage.audit_actions import Action
from storage.people import clinic_sessions
from storage.pg.pool import Connection

REFRESH = "x-kadens-refresh"
SAME_READ_MS = 600_000
NEVER_MS = 1 << 50  # an instant that no line is later than
WRITTEN_DOWN = frozenset({403, 404})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestScope:
    """Who asks, when, and on which connection. `refresh` is True when an open page asked by itself."""

    conn: Connection
    clinic: Clinic
    clinician: Clinician
    now_ms: int
    refresh: bool

    @property
    def unit(self) -> str:
        """Return the care unit that bounds every read."""
        return self.clinician.care_unit

    async def read(self, what: str, patient: str) -> None:
        """Write down that this clinician read `what` of a patient ("patient", "session:ID", "alert:ID")."""
        entry = audit.Entry(
            at_ms=self.now_ms,
            actor=self.clinician.actor,
            action=Action.DATA_READ,
            patient=patient,
            object=what,
        )
        if not (
            self.refresh and await audit.written_since(self.conn, entry, self.now_ms - SAME_READ_MS)
        ):
            await audit.write(self.conn, entry)

    async def listed(self, what: str, patients: Sequence[str]) -> None:
        """Write down who was on the list `what` that this clinician read, one line a patient."""
        entry = audit.Entry(
            at_ms=self.now_ms, actor=self.clinician.actor, action=Action.LIST_READ, object=what
        )
        since = self.now_ms - SAME_READ_MS if self.refresh else NEVER_MS
        await audit.write_list(self.conn, entry, patients, since)

    async def names(self, pseudonyms: Sequence[str]) -> Mapping[str, str]:
        """Return the names that may be shown, by pseudonym."""
        return await self.clinic.names(self.conn, pseudonyms)


@asynccontextmanager
async def visiting(request: Request, *, used: bool = True) -> AsyncIterator[RequestScope]:
    """Open a visit; 401 for nobody and for a session that has ended. It commits when the block ends.

    It rolls back when the block fails; what is refused then (403, 404) is written down by itself. `used` is False
    for what no person asked for: it does not keep the session alive.
    """
    held, clinician = door(request), known(request)
    now_ms, refresh = held.clinic.clock(), REFRESH in request.headers
    try:
        async with held.pool.connection() as conn:
            await _alive(conn, clinician, now_ms, held.clinic.idle_ms, used=used and not refresh)
            yield RequestScope(
                conn=conn, clinic=held.clinic, clinician=clinician, now_ms=now_ms, refresh=refresh
            )
    except Refused as refused:
        if refused.status_code in WRITTEN_DOWN:
            await _write_refusal(request, clinician, refused.status_code)
        raise


def known(request: Request) -> Clinician:
    """Return who the request says is at the door; 401 for nobody. Only `visiting` knows if the session is alive."""
    clinician = door(request).clinic.identify(request)
    if clinician is None:
        raise Refused(401, "No clinician is signed in.")
    return clinician


async def _alive(
    conn: Connection, clinician: Clinician, now_ms: int, idle_ms: int, *, used: bool
) -> None:
    session = clinician.session
    if session and not await clinic_sessions.use(conn, session, now_ms, idle_ms, used=used):
        raise Refused(401, "This session has ended.")


async def _write_refusal(request: Request, clinician: Clinician, status: int) -> None:
    """Write down what was refused, by its route: what a person typed may be anybody's name."""
    held, requested = door(request), request.path_params
    entry = audit.Entry(
        at_ms=held.clinic.clock(),
        actor=clinician.actor,
        action=Action.DATA_REFUSED,
        patient=requested.get("pseudonym"),
        object=f"{request.method} {route_of(request.scope)}",
        detail={"status": status},
    )
    async with held.pool.connection() as conn:
        await audit.write_refusal(conn, entry, str(requested.get("alert", "")))
