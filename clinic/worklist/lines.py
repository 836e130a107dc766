"""The worklist: the patients of a care unit, in order of need. Pure.

Each patient has one row, in the group of what is gravest; grey means no data.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from clinic.pages.weeks import LastFour
from clinic.worklist.groups import group_of_family
from clinic.worklist.need_reasons import freshness, need_and_reason
from clinic.worklist.needs import (
    ORDER,
    Need,
    ShownConnection,
    leading_alert,
    renewal,
    shown_connections,
    silent,
)
from model.calendar import local_date
from model.prescription import in_force
from storage.reads.shown_values import AlertBrief, WorkRow

_GROUP_OF_NEED: dict[Need, str] = {
    Need.NO_DATA: "data",
    Need.CONNECTION: "data",
    Need.NO_PLAN: "renew",
    Need.RENEW: "renew",
    Need.SNOOZED: "later",
    Need.ON_TRACK: "track",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the worklist.

    `weeks` are the four weeks before the current one, empty until `with_weeks` has put them in.
    `group` is the key of the group that shows the patient, once, by what is gravest. `renew_on` is
    the last date of the prescriptions where that is near. Instants are epoch ms.
    """

    pseudonym: str
    name: str
    zone: str
    need: Need
    reason: str
    alert: AlertBrief | None
    more_alerts: int
    last_data_ms: int | None
    silent: bool
    freshness: str
    group: str
    renew_on: date | None = None
    reviewed_ms: int | None = None
    reviewed_by: str = ""
    contacted_ms: int | None = None
    connections: tuple[ShownConnection, ...] = ()
    tags: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    weeks: LastFour = ()


def worklist_lines(
    rows: tuple[WorkRow, ...], names: Mapping[str, str], now_ms: int
) -> tuple[Line, ...]:
    """Return the worklist in order of need, then by age of the alert or last data, then by name."""
    return tuple(sorted((worklist_line(row, names, now_ms) for row in rows), key=_rank))


def with_weeks(lines: Iterable[Line], weeks: Mapping[str, LastFour]) -> tuple[Line, ...]:
    """Return lines with their weeks, which are by pseudonym."""
    return tuple(replace(line, weeks=weeks[line.pseudonym]) for line in lines)


def worklist_line(row: WorkRow, names: Mapping[str, str], now_ms: int) -> Line:
    """Return the row of a patient."""
    patient = row.patient
    lead = leading_alert(row)
    need, reason = need_and_reason(row, now_ms)
    today = local_date(now_ms, patient.zone)
    return Line(
        pseudonym=patient.pseudonym,
        name=names.get(patient.pseudonym, patient.pseudonym),
        zone=patient.zone,
        need=need,
        reason=reason,
        alert=lead,
        more_alerts=len(row.alerts) - (lead is not None),
        last_data_ms=patient.last_data_ms,
        silent=silent(patient, now_ms),
        freshness=freshness(patient.last_data_ms, now_ms),
        group=_group(row, need, lead, today),
        renew_on=renewal(row.prescriptions, today),
        reviewed_ms=row.review.reviewed_ms if row.review else None,
        reviewed_by=row.review.name if row.review else "",
        contacted_ms=row.contacted_ms,
        connections=shown_connections(row, now_ms),
        tags=row.tags,
        sites=row.sites,
    )


def _group(row: WorkRow, need: Need, lead: AlertBrief | None, today: date) -> str:
    if need in _GROUP_OF_NEED:
        return _GROUP_OF_NEED[need]
    if lead is not None:
        return group_of_family(lead.family)
    if not row.prescriptions:
        return "renew"
    return "data" if in_force(row.prescriptions, today) else "before"


def _rank(item: Line) -> tuple[int, int, str]:
    since = item.alert.raised_ms if item.alert else (item.last_data_ms or 0)
    # Rows on track have no age: only their names order them.
    age = since if item.need is not Need.ON_TRACK else 0
    return ORDER[item.need], age, item.name.casefold()
