"""The worklist: the patients of a care unit, in order of need. Pure.

Grey means no data; it is never shown as red.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from alerts.connecting import ConnectionState, connected
from clinic.pages import words
from clinic.pages.weeks import WeekView, last_four
from clinic.worklist.groups import QUIET_MS, SILENT_MS, group_of_family
from model.calendar import DAY_MS, local_date, monday
from model.prescribing.changes import PAUSE_REASONS
from model.prescribing.consent_gaps import NO_CONSENT
from model.prescribing.renewal import ending_soon
from model.prescription import Prescription, all_paused, in_force
from model.words.language import N_, _, ngettext
from storage.reads.views import AlertBrief, PatientBrief, WorkRow


class Need(StrEnum):
    """What a row needs from the clinician; the order is that of the worklist."""

    TIER_A = "a"
    TIER_B = "b"
    TIER_C = "c"
    NO_DATA = "nodata"
    CONNECTION = "connection"
    NOT_STARTED = "notstarted"
    NO_PLAN = "noplan"
    RENEW = "renew"
    SNOOZED = "snoozed"
    ON_TRACK = "ontrack"


ORDER = {need: rank for rank, need in enumerate(Need)}
NEED_WORDS: dict[Need, str] = {
    Need.TIER_A: N_("Tier A: same day"),
    Need.TIER_B: N_("Tier B: within 2 days"),
    Need.TIER_C: N_("Tier C: digest"),
    Need.NO_DATA: N_("No data"),
    Need.CONNECTION: N_("Connection ended"),
    Need.NOT_STARTED: N_("Not started"),
    Need.NO_PLAN: N_("No prescription"),
    Need.RENEW: N_("Ends soon"),
    Need.SNOOZED: N_("Snoozed"),
    Need.ON_TRACK: N_("On track"),
}
NEED_ICONS: dict[Need, str] = {
    Need.TIER_A: "alert",
    Need.TIER_B: "review",
    Need.TIER_C: "note",
    Need.NO_DATA: "nodata",
    Need.CONNECTION: "nodata",
    Need.NOT_STARTED: "nodata",
    Need.NO_PLAN: "nodata",
    Need.RENEW: "note",
    Need.SNOOZED: "snooze",
    Need.ON_TRACK: "check",
}
# Needs that an open alert says itself, where alerts are shown: no head repeats them there.
NEEDS_OF_ALERTS = frozenset({Need.TIER_A, Need.TIER_B, Need.TIER_C, Need.NO_DATA, Need.SNOOZED})
# These alerts are about missing data, and are shown as such.
SILENT_FAMILIES = frozenset({"data", "no_data", "silence"})
# An account in one of these states sends nothing until the patient acts.
BROKEN = frozenset({ConnectionState.RECONNECT, ConnectionState.REVOKED, ConnectionState.EXPIRED})
_GROUP_OF_NEED: dict[Need, str] = {
    Need.NO_DATA: "data",
    Need.CONNECTION: "data",
    Need.NO_PLAN: "renew",
    Need.RENEW: "renew",
    Need.SNOOZED: "later",
    Need.ON_TRACK: "track",
}
# Good news needs nobody: it is told with a patient who is on track, and leads no row.
GOOD_NEWS_FAMILIES = frozenset({"progress"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownConnection:
    """How an account of a patient is connected, and since when in epoch ms, where that is known."""

    connector: str
    state: ConnectionState
    since_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the worklist.

    `weeks` are the four weeks before the current week, oldest first; None for a week without a row.
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
    weeks: tuple[WeekView | None, ...]
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


def worklist_lines(
    rows: tuple[WorkRow, ...], names: Mapping[str, str], now_ms: int
) -> tuple[Line, ...]:
    """Return the worklist in order of need, then by age of the alert or last data, then by name."""
    return tuple(sorted((worklist_line(row, names, now_ms) for row in rows), key=_rank))


def worklist_line(row: WorkRow, names: Mapping[str, str], now_ms: int) -> Line:
    """Return the row of a patient."""
    patient = row.patient
    lead = _lead(row)
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
        weeks=last_four(row.weeks, row.prescriptions, monday(today)),
        last_data_ms=patient.last_data_ms,
        silent=silent(patient, now_ms),
        freshness=freshness(patient.last_data_ms, now_ms),
        group=_group(row, need, lead, today),
        renew_on=renewal(row.prescriptions, today),
        reviewed_ms=row.review.reviewed_ms if row.review else None,
        reviewed_by=row.review.name if row.review else "",
        contacted_ms=row.contacted_ms,
        connections=_connections(row, now_ms),
        tags=row.tags,
        sites=row.sites,
    )


def renewal(prescriptions: Sequence[Prescription], today: date) -> date | None:
    """Return the earliest last date of what ends within 14 days and is not renewed, else None."""
    return min((item.valid_to for item in ending_soon(prescriptions, today)), default=None)


def _connections(row: WorkRow, now_ms: int) -> tuple[ShownConnection, ...]:
    shown: list[ShownConnection] = []
    for item in row.connections:
        state = connected(item, now_ms)
        shown.append(
            ShownConnection(connector=item.connector, state=state.state, since_ms=state.since_ms)
        )
    return tuple(shown)


def _broken(row: WorkRow, now_ms: int) -> list[ShownConnection]:
    return [item for item in _connections(row, now_ms) if item.state in BROKEN]


def _group(row: WorkRow, need: Need, lead: AlertBrief | None, today: date) -> str:
    if need in _GROUP_OF_NEED:
        return _GROUP_OF_NEED[need]
    if lead is not None:
        return group_of_family(lead.family)
    if not row.prescriptions:
        return "renew"
    return "data" if in_force(row.prescriptions, today) else "before"


def need_and_reason(row: WorkRow, now_ms: int) -> tuple[Need, str]:
    """Return what a patient's row needs from the clinician, and why, in words."""
    lead = _lead(row)
    need = _need(row, lead, now_ms)
    return need, _reason(row, need, lead, now_ms)


def _lead(row: WorkRow) -> AlertBrief | None:
    needing = [alert for alert in row.alerts if alert.family not in GOOD_NEWS_FAMILIES]
    awake = [alert for alert in needing if alert.state != "snoozed"]
    # Alerts come by tier and age, so the first one leads; a snoozed alert leads only alone.
    return next(iter(awake or needing), None)


def silent(patient: PatientBrief, now_ms: int) -> bool:
    """Return whether no measurement of the last 48 hours has arrived.

    It is 7 days for a patient who wears nothing that records all day.
    """
    allowed = SILENT_MS if patient.worn else QUIET_MS
    return patient.last_data_ms is None or now_ms - patient.last_data_ms >= allowed


def freshness(last_data_ms: int | None, now_ms: int) -> str:
    """Return the age of the newest measurement in words."""
    if last_data_ms is None:
        return _("no data yet")
    return _("last data %(ago)s", ago=words.ago(last_data_ms, now_ms))


def _need(row: WorkRow, lead: AlertBrief | None, now_ms: int) -> Need:
    if lead is None:
        return _need_without_alert(row, now_ms)
    if lead.state == "snoozed":
        return Need.SNOOZED
    # An alert about missing data is shown as no data, whatever its tier.
    return Need.NO_DATA if lead.family in SILENT_FAMILIES else Need(lead.tier.lower())


def _need_without_alert(row: WorkRow, now_ms: int) -> Need:
    today = local_date(now_ms, row.patient.zone)
    has_begun = any(item.valid_from <= today for item in row.prescriptions)
    # Nothing is on track before it has begun: there is nothing to compare, or nothing to show.
    if not has_begun or row.patient.last_data_ms is None:
        return Need.NOT_STARTED
    if not in_force(row.prescriptions, today):
        return Need.NO_PLAN
    is_expected = not all_paused(row.prescriptions, today)
    if is_expected and silent(row.patient, now_ms):
        return Need.NO_DATA
    if _broken(row, now_ms):
        return Need.CONNECTION
    return Need.RENEW if renewal(row.prescriptions, today) else Need.ON_TRACK


def _reason(row: WorkRow, need: Need, lead: AlertBrief | None, now_ms: int) -> str:
    if lead is not None:
        return lead.sentence
    today = local_date(now_ms, row.patient.zone)
    if need in _REASONS:
        return _REASONS[need](row, today, now_ms)
    if not all_paused(row.prescriptions, today):
        return next((alert.sentence for alert in row.alerts), _("No rule met"))
    # Several prescriptions often pause for the same reason, which is shown once.
    return "; ".join(dict.fromkeys(_pauses(row.prescriptions, today)))


def _silent_reason(row: WorkRow, _today: date, now_ms: int) -> str:
    silent_days = (now_ms - (row.patient.last_data_ms or 0)) // DAY_MS
    return ngettext("No data for %(num)s day", "No data for %(num)s days", silent_days)


def _connection_reason(row: WorkRow, _today: date, now_ms: int) -> str:
    return "; ".join(map(_connection_words, _broken(row, now_ms)))


def _no_plan_reason(row: WorkRow, _today: date, _now_ms: int) -> str:
    ended = max(item.valid_to for item in row.prescriptions)
    return _(
        "The last prescription ended on %(day)s: write a new one, or none is due",
        day=words.day(ended),
    )


def _renew_reason(row: WorkRow, today: date, _now_ms: int) -> str:
    last = renewal(row.prescriptions, today) or today
    return _("The prescription ends on %(day)s: renew?", day=words.day(last))


def _not_started_reason(row: WorkRow, today: date, _now_ms: int) -> str:
    return _not_started(row.prescriptions, today, row.patient.last_data_ms)


# The reasons of rows without an alert; those on track and those that wait have words of their own.
_REASONS: Mapping[Need, Callable[[WorkRow, date, int], str]] = {
    Need.NO_DATA: _silent_reason,
    Need.CONNECTION: _connection_reason,
    Need.NO_PLAN: _no_plan_reason,
    Need.RENEW: _renew_reason,
    Need.NOT_STARTED: _not_started_reason,
}


def _connection_words(item: ShownConnection) -> str:
    return f"{words.vendor(item.connector)}: {words.label(item.state.value).lower()}"


def _not_started(prescriptions: Sequence[Prescription], today: date, last: int | None) -> str:
    """Return what is missing before there is anything to compare, and what to do about it."""
    if not prescriptions:
        return _("No prescription yet: write one")
    first = min(item.valid_from for item in prescriptions)
    if first > today:
        return _("The prescription begins on %(day)s", day=words.day(first))
    if last is None:
        return _("No data yet: check that a source is linked and that consent is given")
    return _("Nothing to compare yet")


def _pauses(prescriptions: Sequence[Prescription], on: date) -> Iterator[str]:
    """Yield each pause that holds on a date in words."""
    for prescription in in_force(prescriptions, on):
        for pause in prescription.pauses:
            if not pause.first <= on <= pause.last:
                continue
            if pause.why == NO_CONSENT:
                since = words.day(pause.first)
                yield _("No consent since %(day)s, so nothing is due", day=since)
            else:
                why = words.label(pause.why).lower() if pause.why in PAUSE_REASONS else pause.why
                yield _("Paused until %(day)s: %(why)s", day=words.day(pause.last), why=why)


def _rank(item: Line) -> tuple[int, int, str]:
    since = item.alert.raised_ms if item.alert else (item.last_data_ms or 0)
    # Rows on track have no age: only their names order them.
    age = since if item.need is not Need.ON_TRACK else 0
    return ORDER[item.need], age, item.name.casefold()
