"""One request of one clinician: a transaction, the present, and an audit row for every read of a patient's data.

The row is committed before anything is shown. A page that refreshes itself is the same read for ten minutes.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.requests import Request

from ...storage import audit
from ...storage.pool import Connection
from .doors import Clinic, door
from .identity import Clinician
from .problems import Refused

REFRESH = "x-kadens-refresh"
SAME_READ_MS = 600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
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

    async def read(self, what: str, patient: str | None = None) -> None:
        """Write down that this clinician read `what` ("patient", "session:ID", "alert:ID", "worklist")."""
        entry = audit.Entry(at_ms=self.now_ms, actor=self.clinician.actor, action="read", patient=patient, object=what)
        since = self.now_ms - SAME_READ_MS
        if not (self.refresh and await audit.written_since(self.conn, entry, since)):
            await audit.write(self.conn, entry)

    async def names(self, pseudonyms: Sequence[str]) -> Mapping[str, str]:
        """Return the names that may be shown, by pseudonym."""
        return await self.clinic.names(self.conn, pseudonyms)


@asynccontextmanager
async def visiting(request: Request) -> AsyncIterator[Visit]:
    """Open a visit; 401 for nobody. It commits when the block ends, and rolls back when it fails."""
    held = door(request)
    clinician = known(request)
    async with held.pool.connection() as conn:
        yield Visit(
            conn=conn,
            clinic=held.clinic,
            clinician=clinician,
            now_ms=held.clinic.clock(),
            refresh=REFRESH in request.headers,
        )


def known(request: Request) -> Clinician:
    """Return who is at the door; 401 for nobody."""
    clinician = door(request).clinic.identify(request)
    if clinician is None:
        raise Refused(401, "No clinician is signed in.")
    return clinician
