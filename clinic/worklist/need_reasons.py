"""Why a patient needs the clinician: an alert's own sentence, else words of ours. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from clinic.pages import words
from clinic.worklist.needs import (
    Need,
    ShownConnection,
    broken_connections,
    leading_alert,
    need_of_row,
    renewal,
)
from model.calendar import DAY_MS, local_date
from model.prescribing.blocked_dates import NO_CONSENT, OBJECTED, RESTRICTED
from model.prescribing.changes import PAUSE_REASONS
from model.prescription import Prescription, all_paused, in_force
from model.words.language import N_, _, ngettext
from storage.reads.shown_values import AlertBrief, WorkRow


def need_and_reason(row: WorkRow, now_ms: int) -> tuple[Need, str]:
    """Return what a patient's row needs from the clinician, and why, in words."""
    lead = leading_alert(row)
    need = need_of_row(row, lead, now_ms)
    return need, _reason(row, need, lead, now_ms)


def freshness(last_data_ms: int | None, now_ms: int) -> str:
    """Return the age of the newest measurement in words."""
    if last_data_ms is None:
        return _("no data yet")
    return _("last data %(ago)s", ago=words.ago(last_data_ms, now_ms))


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
    return "; ".join(map(_connection_words, broken_connections(row, now_ms)))


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

# What to say of dates on which nothing is due because nothing may be known of them.
_BLOCKED: Mapping[str, str] = {
    NO_CONSENT: N_("No consent since %(day)s, so nothing is due"),
    RESTRICTED: N_("Data restricted since %(day)s, so nothing is due"),
    OBJECTED: N_("Objection to the use of data since %(day)s, so nothing is due"),
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
            if pause.why in _BLOCKED:
                yield _(_BLOCKED[pause.why], day=words.day(pause.first))
            else:
                why = words.label(pause.why).lower() if pause.why in PAUSE_REASONS else pause.why
                yield _("Paused until %(day)s: %(why)s", day=words.day(pause.last), why=why)
