"""What a patient needs from the clinician: by the alert that leads, else by what is known. Pure.

No data is a need of its own; it must never be shown as red.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from clinic.worklist.groups import QUIET_MS, SILENT_MS
from model.calendar import local_date
from model.connection_state import ConnectionState, connected
from model.prescribing.renewal import ending_soon
from model.prescription import Prescription, all_paused, in_force
from model.words.language import N_
from storage.reads.shown_values import AlertBrief, PatientBrief, WorkRow


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
# Good news needs nobody: it is told with a patient who is on track, and leads no row.
GOOD_NEWS_FAMILIES = frozenset({"progress"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownConnection:
    """How an account of a patient is connected, and since when in epoch ms, where that is known."""

    connector: str
    state: ConnectionState
    since_ms: int | None


def shown_connections(row: WorkRow, now_ms: int) -> tuple[ShownConnection, ...]:
    """Return the patient's accounts, each as it is connected now."""
    shown: list[ShownConnection] = []
    for item in row.connections:
        state = connected(item, now_ms)
        shown.append(
            ShownConnection(connector=item.connector, state=state.state, since_ms=state.since_ms)
        )
    return tuple(shown)


def broken_connections(row: WorkRow, now_ms: int) -> list[ShownConnection]:
    """Return the accounts that send nothing until the patient acts."""
    return [item for item in shown_connections(row, now_ms) if item.state in BROKEN]


def renewal(prescriptions: Sequence[Prescription], today: date) -> date | None:
    """Return the earliest last date of what ends within 14 days and is not renewed, else None."""
    return min((item.valid_to for item in ending_soon(prescriptions, today)), default=None)


def leading_alert(row: WorkRow) -> AlertBrief | None:
    """Return the alert that a row shows, None where none needs anybody."""
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


def need_of_row(row: WorkRow, lead: AlertBrief | None, now_ms: int) -> Need:
    """Return what a row needs, whose leading alert is `lead`."""
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
    if broken_connections(row, now_ms):
        return Need.CONNECTION
    return Need.RENEW if renewal(row.prescriptions, today) else Need.ON_TRACK
