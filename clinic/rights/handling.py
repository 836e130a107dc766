"""Steps of a patient's request at the clinic, and the file that is handed over: with audit rows.

Closing a request changes no data: what was decided is carried out by its own page or command.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from clinic.request_scope import RequestScope
from clinic.rights.request_words import may_extend, step_mistakes
from model.calendar import local_date
from model.privacy.requests import (
    RIGHTS_MOVES,
    DueCounts,
    RightsRequest,
    RightsState,
    due_counts,
    extended_due,
    is_overdue,
    is_soon,
    last_looked_at,
)
from model.words.roles import CareRole
from storage.audit_actions import AuditAction
from storage.people import patients
from storage.people.errors import UnknownNameError
from storage.rights import rights_requests
from storage.rights.rights_files import HeldFile, hand_over, held_files
from web.problems import RequestRefused

_MOST_LISTED = 500
_MOST_NUMBER = 2**62  # beyond it the database has no number
_ACTIONS: Mapping[str, AuditAction] = {
    "take": AuditAction.RIGHTS_TAKE,
    "answer": AuditAction.RIGHTS_ANSWER,
    "refuse": AuditAction.RIGHTS_REFUSE,
    "extend": AuditAction.RIGHTS_EXTEND,
}
_TO: Mapping[str, RightsState] = {
    "take": RightsState.TAKEN,
    "answer": RightsState.ANSWERED,
    "refuse": RightsState.REFUSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRequest:
    """A request on the page: the patient's name and zone, and how near its last date is."""

    row: RightsRequest
    name: str
    zone: str
    is_open: bool
    is_overdue: bool
    is_soon: bool
    may_extend: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFile:
    """A file that may be handed over, with the patient's name and zone."""

    row: HeldFile
    name: str
    zone: str


async def requests_of_unit(scope: RequestScope, *, closed: bool) -> list[ListedRequest]:
    """Return the requests of the unit's patients, and note who was on the list."""
    requests = await rights_requests.list_requests(
        scope.conn, unit=scope.unit, closed=closed, most=_MOST_LISTED
    )
    names, zones = await _known(scope, "requests", {row.patient for row in requests})
    return [_listed(row, names, zones, scope.now_ms) for row in requests]


async def files_of_unit(scope: RequestScope) -> list[ListedFile]:
    """Return the files that are kept for the unit's patients, and note whose they are."""
    files = await held_files(scope.conn, scope.unit, scope.now_ms)
    names, zones = await _known(scope, "rights files", {row.patient for row in files})
    return [
        ListedFile(row=row, name=names.get(row.patient, row.patient), zone=zones[row.patient])
        for row in files
    ]


async def due_of_unit(scope: RequestScope) -> DueCounts:
    """Return how many requests of the unit are late or nearly; none for who may not handle them."""
    # support staff and guests handle nobody's request
    if scope.role is CareRole.SUPPORT or scope.home:
        return DueCounts()
    near = await rights_requests.open_until(scope.conn, last_looked_at(scope.now_ms))
    return due_counts(near, scope.now_ms)


async def take_step(
    scope: RequestScope, number: int, step: str, text: str, identified: str
) -> dict[str, str]:
    """Carry out a step with its audit row; else return what is wrong, by field, and do nothing.

    404 for a request of another care unit, 409 for one that is closed.
    """
    before = await _locked(scope, number)
    zones = await patients.zones_of(scope.conn, [before.patient])
    zone, now_ms = zones[before.patient], scope.now_ms
    if wrong := step_mistakes(before, step, text, identified, now_ms, zone):
        return wrong
    if step == "extend":
        due = extended_due(before, now_ms, zone, text)
        await rights_requests.put_extension(scope.conn, before.number, due, why=text, now_ms=now_ms)
    else:
        await rights_requests.put_rights_move(
            scope.conn, _moved(scope, before, _TO[step], text, identified)
        )
    await scope.wrote(_ACTIONS[step], before.patient, f"rights_request:{number}")
    return {}


async def file_to_hand(scope: RequestScope, number: int) -> bytes:
    """Return the file that answers a request, once, with its audit row.

    404 when there is none for this unit any more, 409 when it was handed over before.
    """
    wrapping, wanted = scope.clinic.wrapping, min(number, _MOST_NUMBER)
    held = await held_files(scope.conn, scope.unit, scope.now_ms)
    if all(row.request != wanted for row in held):
        raise RequestRefused(404, "This care unit has no such file.")
    if wrapping is None:
        raise RequestRefused(409, "This door has no key, so it cannot open the file.")
    by, now_ms = scope.actor.subject, scope.now_ms
    given = await hand_over(scope.conn, wrapping(), wanted, unit=scope.unit, by=by, now_ms=now_ms)
    if given is None:
        raise RequestRefused(409, "This file was handed over before, which is possible once.")
    patient, content = given
    await scope.wrote(AuditAction.RIGHTS_HAND, patient, f"rights_request:{number}")
    return content


async def _locked(scope: RequestScope, number: int) -> RightsRequest:
    try:
        # the row is locked until the move is written, so two people cannot answer one request
        before = await rights_requests.rights_request(
            scope.conn, min(number, _MOST_NUMBER), scope.unit
        )
    except UnknownNameError:
        raise RequestRefused(404, "This care unit has no such request.") from None
    # a colleague was quicker: nothing in the form could be written otherwise
    if not RIGHTS_MOVES[before.state]:
        raise RequestRefused(409, "This request is closed already.")
    return before


def _moved(
    scope: RequestScope, before: RightsRequest, to: RightsState, text: str, identified: str
) -> RightsRequest:
    return replace(
        before,
        state=to,
        # whoever takes the last step answers for it
        handled_by=scope.actor.subject,
        answer=text,
        identified=identified or before.identified,
        closed_ms=None if to is RightsState.TAKEN else scope.now_ms,
    )


async def _known(
    scope: RequestScope, what: str, named: set[str]
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return names and zones of patients on a list; being on it is a read of their data."""
    pseudonyms = sorted(named)
    await scope.listed(what, pseudonyms)
    names = await scope.names(pseudonyms)
    return names, await patients.zones_of(scope.conn, pseudonyms)


def _listed(
    row: RightsRequest, names: Mapping[str, str], zones: Mapping[str, str], now_ms: int
) -> ListedRequest:
    # due dates are the patient's own, not those of the clinic
    zone = zones[row.patient]
    is_open = bool(RIGHTS_MOVES[row.state])
    return ListedRequest(
        row=row,
        name=names.get(row.patient, row.patient),
        zone=zone,
        is_open=is_open,
        is_overdue=is_overdue(row, now_ms, zone),
        is_soon=is_open and is_soon(row.due, local_date(now_ms, zone)),
        may_extend=may_extend(row, now_ms, zone),
    )
