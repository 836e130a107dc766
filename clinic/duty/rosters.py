"""Reads and changes who is on duty in a care unit: working hours, line, on-call, absences.

The unit is always that of the clinician. Each change has an audit row and names no patient.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from alerts.lifecycle import is_covered
from alerts.working_hours import DEFAULT_HOURS, WorkingHoursError, hours_json, parse_hours
from clinic.request_scope import RequestScope
from model.calendar import DAY_MS
from model.messages.alert_move import Absence, DutyRoster
from model.words.language import _
from storage import audit
from storage.alerts import duty
from storage.audit_actions import AuditAction
from web.problems import RequestRefused, Violation

MOST_IN_LINE = 20
LONGEST_ABSENCE_MS = 366 * DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDuty:
    """Who is on duty in a care unit.

    `hours` is the JSON form of the working hours. `line` are the subjects who get an unseen alert
    after the patient's clinician, in order, and `on_call` gets tier A out of hours, "" for nobody.
    `colleagues` are the names of the unit's clinicians by subject.
    """

    hours: dict[str, Any]
    line: tuple[str, ...]
    on_call: str
    absences: tuple[Absence, ...]
    colleagues: dict[str, str]


async def read_duty(scope: RequestScope) -> UnitDuty:
    """Return who is on duty in the clinician's care unit."""
    roster = await duty.unit_roster(scope.conn, scope.unit, scope.now_ms)
    return UnitDuty(
        hours=_hours_of(roster),
        line=roster.line,
        on_call=roster.on_call,
        absences=roster.absences,
        colleagues=await duty.colleagues(scope.conn, scope.unit),
    )


async def unit_zone(scope: RequestScope) -> str:
    """Return the zone of the unit's working hours: what people of the unit do is in its time."""
    roster = await duty.unit_roster(scope.conn, scope.unit, scope.now_ms)
    return str(_hours_of(roster)["zone"])


def _hours_of(roster: DutyRoster) -> dict[str, Any]:
    return hours_json(DEFAULT_HOURS) if roster.hours is None else dict(roster.hours)


async def set_duty(
    scope: RequestScope, hours: dict[str, Any], line: tuple[str, ...], on_call: str
) -> UnitDuty:
    """Store who is on duty and return it; 422 for hours or people that cannot be."""
    colleagues = await duty.colleagues(scope.conn, scope.unit)
    roster = checked_roster(hours, line, on_call, colleagues)
    await duty.set_unit_duty(
        scope.conn, scope.unit, roster=roster, actor=scope.actor.subject, now_ms=scope.now_ms
    )
    detail = {"hours": roster.hours, "line": list(line), "on_call": on_call}
    await _audit(scope, AuditAction.DUTY_SET, detail)
    return await read_duty(scope)


async def add_absence(scope: RequestScope, absence: Absence) -> UnitDuty:
    """Store that a clinician of the unit is away; 422 for people or times that cannot be."""
    colleagues = await duty.colleagues(scope.conn, scope.unit)
    others = (await duty.unit_roster(scope.conn, scope.unit, scope.now_ms)).absences
    check_absence(absence, colleagues, others, scope.now_ms)
    await duty.put_absence(scope.conn, scope.unit, absence, scope.actor.subject, scope.now_ms)
    await _audit(scope, AuditAction.ABSENCE_ADD, _detail(absence))
    return await read_duty(scope)


async def end_absence(scope: RequestScope, subject: str) -> UnitDuty:
    """End the absences of a clinician who is back; 404 when there is none."""
    # PostgreSQL takes no text with this character, so nobody's subject has it
    is_subject = "\x00" not in subject
    if not (is_subject and await duty.end_absences(scope.conn, scope.unit, subject, scope.now_ms)):
        raise RequestRefused(404, "This care unit has no such absence.")
    await _audit(scope, AuditAction.ABSENCE_END, {"subject": subject})
    return await read_duty(scope)


def checked_roster(
    hours: Mapping[str, Any], line: tuple[str, ...], on_call: str, colleagues: Mapping[str, str]
) -> DutyRoster:
    """Return who is on duty as it is stored; raises `RequestRefused` for what cannot be."""
    try:
        stored = hours_json(parse_hours(hours))
    except WorkingHoursError as error:
        # The text names the field and what it must be, and no value.
        refusal = _("The working hours: %(problem)s.", problem=error)
        raise _wrong(refusal, error.field, error.text) from error
    _need_colleagues(colleagues, "line", line)
    _need_colleagues(colleagues, "on_call", filter(None, [on_call]))
    if len(line) > MOST_IN_LINE or len(set(line)) != len(line):
        refusal = _("The line has each person once, at most %(most)s.", most=MOST_IN_LINE)
        raise _wrong(refusal, "line")
    # as it was read: a spelling that means the same is stored in one form
    return DutyRoster(hours=stored, line=line, on_call=on_call)


def check_absence(
    absence: Absence, colleagues: Mapping[str, str], others: Collection[Absence], now_ms: int
) -> None:
    """Raise `RequestRefused` for people or times of an absence that cannot be.

    `others` are the absences of the care unit that are not over.
    """
    if not absence.from_ms < absence.until_ms <= absence.from_ms + LONGEST_ABSENCE_MS:
        raise _wrong(_("An absence ends after it begins, within a year."), "last")
    if absence.until_ms <= now_ms:
        raise _wrong(_("An absence ends in the future."), "last")
    if absence.cover == absence.subject:
        raise _wrong(_("Nobody covers for themselves."), "cover")
    _need_colleagues(colleagues, "subject", [absence.subject])
    _need_colleagues(colleagues, "cover", filter(None, [absence.cover]))
    if not is_covered(absence, others):
        name = colleagues[absence.cover]
        raise _wrong(_("%(name)s is away then too: nobody would act.", name=name), "cover")


def _need_colleagues(known: Mapping[str, str], field: str, subjects: Iterable[str]) -> None:
    if not known.keys() >= set(subjects):
        raise _wrong(_("This care unit has no such colleague."), field)


def _wrong(detail: str, field: str, text: str = "") -> RequestRefused:
    """Return the refusal of a field; `text` is what is wrong with it, the detail unless given."""
    return RequestRefused(422, detail, [Violation(where="body", name=field, detail=text or detail)])


def _detail(absence: Absence) -> dict[str, Any]:
    return {
        "subject": absence.subject,
        "from_ms": absence.from_ms,
        "until_ms": absence.until_ms,
        "cover": absence.cover,
    }


async def _audit(scope: RequestScope, action: AuditAction, detail: dict[str, Any]) -> None:
    entry = audit.AuditEntry(at_ms=scope.now_ms, actor=scope.actor, action=action, detail=detail)
    # These rows are about the care unit and no patient.
    await audit.write_entry(scope.conn, replace(entry, object="duty"))
