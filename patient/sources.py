"""The page of a patient's sources: what is connected, what came last, connecting and withdrawing.

A source that is silent is told as silence of the source: a watch that sends nothing says nothing
about who wears it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from model.calendar import local_date
from model.connection_state import SILENT_SOURCE_MS
from model.words.source_names import app_name, device_name
from patient.config import LINK_PATH, OpenPatientDoor, patient_door_of
from patient.linking.binding import random_text, secret_digest
from patient.own_pages import door_page
from patient.visit import Visit, open_visit
from patient.words import sender_words
from storage.audit_actions import AuditAction
from storage.people.invitations import put_invitation
from storage.people.patients import hold_patient_alone
from storage.reads.own_sources import OwnSourceRow, own_sources
from storage.rights.stopping import stop_source
from web.problems import RequestRefused

SOURCES_PATH = "/sources"
# Nobody expects these every week: a person sends them, when there is something to send.
_NEVER_SILENT = frozenset({"reports", "files"})


class SourceState(StrEnum):
    """The state of a source, as the page words it."""

    CONNECTED = "connected"
    SILENT = "silent"
    RECONNECT = "reconnect"  # the vendor does not take our tokens any more
    CUT_OFF = "cut_off"  # the account ended at the vendor, and the consent here holds
    INVITED = "invited"  # a link waits for the patient
    WITHDRAWN = "withdrawn"
    ENDED = "ended"  # neither agreed to nor withdrawn: a link that was not used in time


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSource:
    """A source on the page; `name` is a word for the catalogue, dates are local, None without one.

    `device` is what recorded, "" where nothing says it. `since` is when a silent source was heard
    last, or when the patient withdrew or the account ended.
    """

    connector: str
    name: str
    device: str
    state: SourceState
    latest: date | None
    since: date | None
    can_withdraw: bool


async def show_sources(request: Request) -> Response:
    """Show the sources, and which others the patient may connect."""
    door = patient_door_of(request)
    async with open_visit(request) as visit:
        rows = await own_sources(visit.conn, visit.patient, visit.now_ms)
    sources = [_source(row, door, visit.now_ms) for row in rows]
    return door_page(request, "sources.html", visit, sources=sources, others=_others(door, sources))


async def connect_source(request: Request) -> Response:
    """Make a link for a vendor and lead to it; what is agreed to is on the page of the link."""
    door = patient_door_of(request)
    connector = await _named(request)
    if connector not in _linkable(door):
        raise RequestRefused(404, "There is no such source.")
    # as the clinic's own links: one way of agreeing, with one text
    link = random_text()
    async with open_visit(request) as visit:
        digest = secret_digest(link)
        await put_invitation(
            visit.conn, visit.pseudonym, connector, digest, visit.pseudonym, visit.now_ms
        )
        await visit.note(AuditAction.ACCOUNT_INVITE, connector)
    return RedirectResponse(f"{LINK_PATH}/{link}?lang={visit.language}", 303)


async def withdraw_source(request: Request) -> Response:
    """Withdraw the consent to a source from now on; a second time changes nothing."""
    connector = await _named(request)
    door = patient_door_of(request)
    async with open_visit(request) as visit:
        await hold_patient_alone(visit.conn, visit.pseudonym)
        # after the lock: whatever is stored by then was received before the withdrawal
        await _stop(visit, connector, door.now())
    return RedirectResponse(SOURCES_PATH, 303)


async def _stop(visit: Visit, connector: str, now_ms: int) -> None:
    rows = await own_sources(visit.conn, visit.patient, now_ms)
    # what a form names beside the patient's own sources is nothing that could be stopped
    if connector not in {row.connector for row in rows}:
        raise RequestRefused(404, "There is no such source.")
    # a second press of the button finds nothing to stop, and leaves no second row
    if await stop_source(visit.conn, visit.pseudonym, connector, from_ms=now_ms, now_ms=now_ms):
        await visit.note(AuditAction.CONSENT_WITHDRAW, connector, language=visit.language)


def source_state(row: OwnSourceRow, now_ms: int) -> SourceState:
    """Return the state of a source at an instant."""
    if row.consented_ms is None:
        return _without_consent(row, now_ms)
    # before silence: a source that may not be read is silent for a reason we know
    if row.connection == "needs_reconnecting":
        return SourceState.RECONNECT
    if _is_cut_off(row, row.consented_ms):
        return SourceState.CUT_OFF
    silent_ms = now_ms - last_data_ms(row)
    is_silent = silent_ms > SILENT_SOURCE_MS and row.connector not in _NEVER_SILENT
    return SourceState.SILENT if is_silent else SourceState.CONNECTED


def _is_cut_off(row: OwnSourceRow, consented_ms: int) -> bool:
    """Return whether the account that the patient agreed to has ended, and no other is there."""
    return not row.connection and row.cut_off_ms is not None and row.cut_off_ms >= consented_ms


def last_data_ms(row: OwnSourceRow) -> int:
    """Return when a source was heard last: its latest data, else the beginning of the consent."""
    # a source that was connected today has not been silent since before
    return max(row.received_ms or 0, row.connected_ms or 0, row.consented_ms or 0)


def _without_consent(row: OwnSourceRow, now_ms: int) -> SourceState:
    is_open = row.link_used_ms is None and (row.link_expires_ms or 0) > now_ms
    if is_open:
        return SourceState.INVITED
    return SourceState.ENDED if row.withdrawn_ms is None else SourceState.WITHDRAWN


def _source(row: OwnSourceRow, door: OpenPatientDoor, now_ms: int) -> OwnSource:
    state = source_state(row, now_ms)
    since = {
        SourceState.SILENT: last_data_ms(row),
        SourceState.WITHDRAWN: row.withdrawn_ms,
        SourceState.CUT_OFF: row.cut_off_ms,
    }.get(state)
    return OwnSource(
        connector=row.connector,
        name=sender_words(row.connector, door.config.titles),
        device=app_name(device_name(row.device)),  # the app where no device is known
        state=state,
        latest=_day(row.received_ms, row.zone),
        since=_day(since, row.zone),
        can_withdraw=row.consented_ms is not None,
    )


def _day(ms: int | None, zone: str) -> date | None:
    return None if ms is None else local_date(ms, zone)


def _others(door: OpenPatientDoor, sources: Iterable[OwnSource]) -> Sequence[tuple[str, str]]:
    """Return the vendors that can be connected here and are not, with their names."""
    # a source that needs connecting again is offered too
    going = {SourceState.CONNECTED, SourceState.SILENT}
    held = {source.connector for source in sources if source.state in going}
    titles = door.config.titles
    return [(name, titles.get(name, name)) for name in _linkable(door) if name not in held]


def _linkable(door: OpenPatientDoor) -> Sequence[str]:
    # without an application of ours at the vendor there is nowhere to send a patient
    return [name for name, vendor in door.config.vendors.items() if vendor.client is not None]


async def _named(request: Request) -> str:
    async with request.form() as form:
        named = form.get("source", "")
    return named if isinstance(named, str) else ""
