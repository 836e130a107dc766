"""The scope of a clinician's request: a transaction, the current time and the audit of reads.

The audit row is committed before anything is shown. When a page refreshes itself, its reads count
as the same read for ten minutes.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from clinic.config import ClinicConfig, open_door
from clinic.visiting.guests import enter_as_guest
from model.words.roles import CareRole, care_role
from storage import audit
from storage.audit_actions import AuditAction
from storage.people import clinic_sessions
from storage.pg.health import NUL_IN_TEXT, is_nul_in_text
from storage.pg.pool import Connection
from storage.pg.row_security import set_granted, set_unit
from storage.rights.support_cases import support_accesses
from web.csrf import SAFE_METHODS
from web.problems import RequestRefused
from web.request_metrics import route_of
from web.sign_in.identity import Identity

REFRESH = "x-kadens-refresh"
SAME_READ_MS = 600_000
NEVER_MS = 1 << 50  # later than every row of the audit log
# 401 is not among them: there is nobody to name in an audit row. 409 and 422 are: they say what a
# patient has, or that somebody tried to write there.
AUDITED_REFUSALS = frozenset({403, 404, 409, 422})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestScope:
    """The clinician, time and connection of a request; `refresh` when a page refreshes itself.

    `home` is the patient's own unit where a person of another unit reads as its guest, else "".
    """

    conn: Connection
    clinic: ClinicConfig
    clinician: Identity
    now_ms: int
    refresh: bool
    home: str = ""

    @property
    def unit(self) -> str:
        """Return the care unit to which every read is limited: a guest's is that of the patient."""
        return self.home or self.clinician.care_unit

    @property
    def role(self) -> CareRole:
        """Return what the clinician may do with a prescription."""
        clinic = self.clinic
        return care_role(self.clinician.role, clinic.prescriber_roles, clinic.support_roles)

    @property
    def may_write(self) -> bool:
        """Return whether this person may write at all: support and guests only read."""
        return self.role is not CareRole.SUPPORT and not self.home

    @property
    def may_review(self) -> bool:
        """Return whether this person may look over who looked at the data of the unit's patients.

        Where roles of reviewers are set, only they may.
        """
        reviewers = self.clinic.reviewer_roles
        return self.may_write and (not reviewers or self.clinician.role in reviewers)

    @property
    def actor(self) -> audit.Actor:
        """Return the clinician as the audit log names them."""
        return actor_of(self.clinician)

    async def read(self, what: str, patient: str) -> None:
        """Write an audit row: this clinician read `what` of a patient.

        `what` is such as "patient", "session:ID" or "alert:ID".
        """
        entry = audit.AuditEntry(
            at_ms=self.now_ms,
            actor=self.actor,
            action=AuditAction.DATA_READ,
            patient=patient,
            object=what,
        )
        since = self.now_ms - SAME_READ_MS
        # A page that refreshes itself every few seconds would otherwise bury the log in equal rows.
        if not (self.refresh and await audit.written_since(self.conn, entry, since)):
            await audit.write_entry(self.conn, entry)

    async def wrote(
        self, action: AuditAction, patient: str, what: str, detail: dict[str, Any] | None = None
    ) -> None:
        """Write an audit row: this clinician did `action` to `what` of a patient."""
        entry = audit.AuditEntry(
            at_ms=self.now_ms,
            actor=self.actor,
            action=action,
            patient=patient,
            object=what,
            detail=detail,
        )
        await audit.write_entry(self.conn, entry)

    async def listed(self, what: str, patients: Sequence[str]) -> None:
        """Write an audit row for each patient on the list `what` that this clinician read."""
        entry = audit.AuditEntry(
            at_ms=self.now_ms, actor=self.actor, action=AuditAction.LIST_READ, object=what
        )
        since = self.now_ms - SAME_READ_MS if self.refresh else NEVER_MS
        await audit.write_list_entries(self.conn, entry, patients, since)

    async def names(self, pseudonyms: Sequence[str]) -> Mapping[str, str]:
        """Return the names that may be shown, by pseudonym."""
        return await self.clinic.names(self.conn, pseudonyms)


@asynccontextmanager
async def open_scope(request: Request, *, used: bool = True) -> AsyncIterator[RequestScope]:
    """Open the scope of a request; 401 when nobody is signed in or the session has ended.

    The transaction commits when the block ends and rolls back when the block fails. After a refusal
    (`AUDITED_REFUSALS`) an audit row is written in a transaction of its own. `used` is False for a
    request that no person made, so that it does not keep the session alive.
    """
    # Before the pool: a request without sign-in must not take a connection.
    door, clinician = open_door(request), signed_in(request)
    now_ms, refresh = door.clinic.clock(), REFRESH in request.headers
    try:
        _refuse_support(request, clinician)
        async with door.pool.connection() as conn:
            # An open page refreshes itself: that must not keep a session alive for ever.
            is_used = used and not refresh
            await _require_alive(conn, clinician, now_ms, door.clinic.idle_ms, used=is_used)
            await set_unit(conn, clinician.care_unit)
            home = await enter_as_guest(request, conn, clinician, now_ms)
            await _limit_support(conn, door.clinic, clinician, now_ms)
            yield RequestScope(
                conn=conn,
                clinic=door.clinic,
                clinician=clinician,
                now_ms=now_ms,
                refresh=refresh,
                home=home,
            )
    except RequestRefused as refused:
        # The connection is back in the pool by now, and what the block wrote is rolled back.
        if refused.status_code in AUDITED_REFUSALS:
            await _audit_refusal(request, clinician, refused.status_code)
        raise
    except NUL_IN_TEXT as error:
        if not is_nul_in_text(error):
            raise
        # whichever field it is in, of a form, a query or JSON, the database has taken nothing
        await _audit_refusal(request, clinician, 422)
        raise RequestRefused(422, "A field has a control character.") from None


def signed_in(request: Request) -> Identity:
    """Return the clinician whom the request's cookie names; 401 when it names nobody.

    Only `open_scope` knows whether the session is still alive.
    """
    clinician = open_door(request).clinic.identify(request)
    if clinician is None:
        raise RequestRefused(401, "No clinician is signed in.")
    return clinician


def actor_of(identity: Identity) -> audit.Actor:
    """Return a signed-in clinician as the audit log names them."""
    return audit.Actor(subject=identity.subject, role=identity.role, care_unit=identity.care_unit)


# Before anything is looked up, so that the answer is the same for patients that do not exist.
def _refuse_support(request: Request, clinician: Identity) -> None:
    clinic = open_door(request).clinic
    role = care_role(clinician.role, clinic.prescriber_roles, clinic.support_roles)
    if role is CareRole.SUPPORT and request.method not in SAFE_METHODS:
        raise RequestRefused(403, "Support staff read, and write nothing.")


async def _limit_support(
    conn: Connection, clinic: ClinicConfig, clinician: Identity, now_ms: int
) -> None:
    """Let support staff see nobody but the patients whom an open case is about, with a reason."""
    role = care_role(clinician.role, clinic.prescriber_roles, clinic.support_roles)
    if role is CareRole.SUPPORT:
        accesses = await support_accesses(conn, clinician.subject, now_ms)
        # from here on row-level security hides everybody else, from lists too
        await set_granted(conn, [access.patient for access in accesses])


async def _require_alive(
    conn: Connection, clinician: Identity, now_ms: int, idle_ms: int, *, used: bool
) -> None:
    session = clinician.session
    if session and not await clinic_sessions.use_session(conn, session, now_ms, idle_ms, used=used):
        raise RequestRefused(401, "This session has ended.")


async def _audit_refusal(request: Request, clinician: Identity, status: int) -> None:
    # The template of the route, not the path: a person may have typed a name into the path.
    door, params = open_door(request), request.path_params
    entry = audit.AuditEntry(
        at_ms=door.clinic.clock(),
        actor=actor_of(clinician),
        action=AuditAction.DATA_REFUSED,
        patient=params.get("pseudonym"),
        object=f"{request.method} {route_of(request.scope)}",
        detail={"status": status},
    )
    async with door.pool.connection() as conn:
        await audit.write_refused_entry(conn, entry, str(params.get("alert", "")))
