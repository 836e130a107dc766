"""Loads everything that rules may look at of a patient, and the patient's alerts.

It reads and locks, and changes nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeAlias, TypeVar

from model.alert import LIVE_STATES, Alert, RuleInput, is_contact
from model.alerting.rule_rows import AboveCeiling, SessionBrief, Watermark
from model.calendar import DAY_MS, local_date
from model.columns.window import SampleColumn
from model.derived.days import Day, Week
from model.derived.sessions import FAR_ABOVE_CEILING
from model.facts import AttributedFact
from model.intensity import HeartProfile
from model.messages.alert_move import DutyRoster
from model.prescribing.rule_settings import RuleSettings
from model.prescription import Prescription
from model.vendors.rhythm_notices import RHYTHM_NOTICE
from model.words.not_counted import NOT_ANSWERED
from storage.alerts.duty import load_rosters
from storage.alerts.recent_alerts import RECENT_MS, recent_alerts
from storage.alerts.report_answers import is_cardiac, pain_ratings, sign_answers
from storage.alerts.rhythm_notices import notices_in, notices_within
from storage.alerts.rule_samples import rule_samples, turns_rule_on
from storage.alerts.watermarks import silent_patients, watermarks_of
from storage.alerts.weighings import WEIGHT, weighed_within, weighings_in
from storage.derived import row_conversion
from storage.facts.ids import PatientRow, lock_patients
from storage.facts.reported import current_reports
from storage.people.profiles import profiles_of
from storage.pg import rows
from storage.pg.pool import Connection
from storage.prescribing.effective import DAYS_OFF, effective_version
from storage.ruling.held_findings import restricted_of
from storage.ruling.settings import rule_settings_of

LOOK_BACK_DAYS = 70  # longer than any rule looks back
EARLIER_DAYS = 182  # for the weeks of a beginning with which later weeks are compared
_T = TypeVar("_T")
_Of: TypeAlias = Mapping[int, tuple[str, PatientRow]]  # by surrogate


# Each query serves many patients: its arguments are a list of (patient, first date). "offset 0"
# keeps the lateral sub-query as it is written, so that each patient is looked up in an index.
_SINCE = "from unnest(%(patients)s::int[], %(sinces)s::date[]) as k (patient, since)"
_PRESCRIPTIONS = f"""
select r.patient, r.body, {DAYS_OFF}, r.recorded_at as recorded_ms,
  (select zone from patient p where p.id = r.patient) as zone
from prescription r
where r.patient = any(%(patients)s)
order by r.patient, r.prescription, r.version"""  # noqa: S608 - a constant of this package
_WEEKS = f"""
select x.* {_SINCE} cross join lateral (
  select patient, {", ".join(row_conversion.WEEK_COLUMNS[1:])} from week
  where patient = k.patient and monday >= k.since - %(earlier)s::int offset 0) x
order by x.patient, x.monday"""  # noqa: S608 - constants of this package
_DAYS = f"""
select x.* {_SINCE} cross join lateral (
  select patient, {", ".join(row_conversion.DAY_COLUMNS[1:])} from day
  where patient = k.patient and local_date >= k.since offset 0) x
order by x.patient, x.local_date"""  # noqa: S608 - constants of this package
_SESSIONS = f"""
select x.* {_SINCE} cross join lateral (
  select patient, session as id, start_at as start_ms, end_at as end_ms, local_date, type, record,
    exertion_cr10, extract(epoch from end_at - start_at) * 1000 - paused_ms as timer_ms,
    case when counts then jsonb_path_query_first(zone_times_by_method,
      '$[*] ? (@.scheme == "prescribed" && @.valid == true)') -> 'ms' end as range_ms,
    jsonb_path_query_array(flags, '$[*] ? (@.what like_regex "above_ceiling$")') as above_ceiling
  from session
  where patient = k.patient and local_date >= k.since and why <> all(%(unanswered)s) offset 0) x
order by x.patient, x.start_ms, x.id"""  # noqa: S608 - constants of this file
_RESOLVED = """
select patient, family, resolution, changed_at as changed_ms from alert
where patient = any(%(patients)s) and state = 'resolved'
  and changed_at >= to_timestamp(%(recent)s / 1000.0) order by patient, changed_at"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The input of the rules for one patient, the live alerts, and the recent ones.

    `recent` are alerts that are no longer live and changed within `RECENT_MS`, 60 days. `roster` is
    who may have to act.
    """

    judgeable: RuleInput
    live: tuple[Alert, ...]
    recent: tuple[Alert, ...]
    roster: DutyRoster = field(default_factory=DutyRoster)


async def load_all(conn: Connection, patients: Collection[str], now_ms: int) -> dict[str, Loaded]:
    """Return the input of the rules and the alerts of each patient, by pseudonym.

    The number of statements does not depend on the number of patients. Locks the patients until
    the transaction ends. Raises `KeyError` for a patient that does not exist.
    """
    known = await lock_patients(conn, patients)
    patients_by_id: dict[int, tuple[str, PatientRow]] = {}
    names: dict[int, str] = {}
    for patient in patients:
        row = known[patient]
        patients_by_id[row.id], names[row.id] = (patient, row), patient
    alerts = await recent_alerts(conn, names, now_ms)
    judgeable = await read_inputs(conn, patients_by_id, now_ms)
    rosters = await load_rosters(conn, list(patients_by_id), now_ms)
    return {
        patient: _loaded(judgeable[number], alerts[number], rosters[number])
        for number, patient in names.items()
    }


def _loaded(judgeable: RuleInput, alerts: Sequence[Alert], roster: DutyRoster) -> Loaded:
    live: list[Alert] = []
    recent: list[Alert] = []
    for alert in alerts:
        kind = live if alert.state in LIVE_STATES else recent
        kind.append(alert)
    return Loaded(judgeable=judgeable, live=tuple(live), recent=tuple(recent), roster=roster)


async def read_inputs(conn: Connection, patients_by_id: _Of, now_ms: int) -> dict[int, RuleInput]:
    """Return the input of the rules of each patient by id.

    `patients_by_id` has pseudonym and row. It locks nothing: only a judgement that is stored
    needs the patient's lock.
    """
    # a patient's date: "70 days ago" begins at the patient's midnight, not at that of UTC
    since: dict[int, date] = {}
    for number, (_, row) in patients_by_id.items():
        since[number] = local_date(now_ms, row.zone) - timedelta(days=LOOK_BACK_DAYS)
    read = await _read_rows(conn, patients_by_id, since, now_ms)
    return {
        number: _input(read, number, patient, row.zone, since[number])
        for number, (patient, row) in patients_by_id.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReadRows:
    """What was read of all patients, by id; `profiles` by pseudonym, `silent` by vendor."""

    now_ms: int
    sessions: Mapping[int, Sequence[tuple[str, SessionBrief]]]  # with the record of each
    prescriptions: Mapping[int, Sequence[tuple[Prescription, int]]]  # with the time of recording
    weeks: Mapping[int, Sequence[Week]]
    days: Mapping[int, Sequence[Day]]
    watermarks: Mapping[int, Sequence[Watermark]]
    resolved: Mapping[int, Sequence[rows.Row]]
    reports: Mapping[int, Sequence[AttributedFact]]
    settings: Mapping[int, RuleSettings]
    restricted: Mapping[int, tuple[tuple[int, int], ...]]
    weights: Mapping[int, Sequence[SampleColumn]]
    notices: Mapping[int, Sequence[SampleColumn]]
    profiles: Mapping[str, Sequence[HeartProfile]]
    silent: Mapping[str, tuple[int, int]]


async def _read_rows(
    conn: Connection, patients_by_id: _Of, since: Mapping[int, date], now_ms: int
) -> _ReadRows:
    patients = list(patients_by_id)
    # pain that names a session within another is matched by time, and so passes to the other
    params: rows.Row = {
        "patients": patients,
        "sinces": [since[number] for number in patients],
        "earlier": EARLIER_DAYS - LOOK_BACK_DAYS,
        "recent": now_ms - RECENT_MS,
        "unanswered": list(NOT_ANSWERED),
    }
    prescriptions = await _each(conn, _PRESCRIPTIONS, params, _prescription)
    watermarks = await watermarks_of(conn, patients, now_ms)
    turned_on = [number for number in patients_by_id if turns_rule_on(_rows(prescriptions[number]))]
    return _ReadRows(
        now_ms=now_ms,
        sessions=await _each(conn, _SESSIONS, params, _session),
        prescriptions=prescriptions,
        weeks=await _each(conn, _WEEKS, params, row_conversion.read_week),
        days=await _each(conn, _DAYS, params, row_conversion.read_day),
        watermarks=watermarks,
        resolved=await _each(conn, _RESOLVED, params, lambda row: row),
        reports=await current_reports(conn, patients, now_ms - LOOK_BACK_DAYS * DAY_MS),
        settings=await rule_settings_of(conn, patients),
        restricted=await restricted_of(conn, patients),
        weights=await rule_samples(conn, turned_on, WEIGHT, weighed_within(now_ms)),
        notices=await rule_samples(conn, turned_on, RHYTHM_NOTICE, notices_within(now_ms)),
        profiles=await profiles_of(conn, [patient for patient, _ in patients_by_id.values()]),
        silent=await silent_patients(conn, watermarks, now_ms),
    )


def _input(read: _ReadRows, number: int, patient: str, zone: str, since: date) -> RuleInput:
    """Return the input of a patient; weeks before `since` are the earlier ones."""
    weeks, prescriptions = read.weeks[number], read.prescriptions[number]
    sessions, reports, now_ms = read.sessions[number], read.reports[number], read.now_ms
    late = [week for week in weeks if week.monday >= since]
    return RuleInput(
        patient=patient,
        zone=zone,
        now_ms=now_ms,
        prescriptions=tuple(_rows(prescriptions)),
        recorded={(item.id, item.version): ms for item, ms in prescriptions},
        weeks=tuple(late),
        earlier_weeks=tuple(weeks[: len(weeks) - len(late)]),
        days=tuple(read.days[number]),
        sessions=tuple(item for _, item in sessions),
        settings=read.settings.get(number, RuleSettings()),
        restricted=read.restricted.get(number, ()),
        contacts=_contacts(read.resolved[number]),
        silent_patients=read.silent,
        signs=sign_answers(reports, zone),
        pain=pain_ratings(reports, zone, dict(sessions)),
        weighings=weighings_in(read.weights.get(number, ()), now_ms),
        rhythm_notices=notices_in(read.notices.get(number, ()), now_ms),
        cardiac=is_cardiac(read.profiles.get(patient, ()), local_date(now_ms, zone)),
        watermarks=tuple(read.watermarks[number]),
    )


async def _each(
    conn: Connection, query: str, value: rows.Row, make: Callable[[rows.Row], _T]
) -> dict[int, list[_T]]:
    """Return the rows of each patient, in the order of the query."""
    values: dict[int, list[_T]] = defaultdict(list)
    for number, item in await rows.fetch(
        conn, query, value, lambda row: (row.pop("patient"), make(row))
    ):
        values[number].append(item)
    return values


def _rows(recorded: Iterable[tuple[Prescription, int]]) -> list[Prescription]:
    return [row for row, _ in recorded]


def _contacts(resolved: Iterable[rows.Row]) -> dict[str, tuple[int, ...]]:
    """Return when alerts were resolved by a contact, by family, in the order of the rows."""
    contacts: dict[str, tuple[int, ...]] = {}
    for row in resolved:
        if is_contact(row["resolution"]):
            family = row["family"]
            contacts[family] = (*contacts.get(family, ()), row["changed_ms"])
    return contacts


def _session(row: rows.Row) -> tuple[str, SessionBrief]:
    ms = row["range_ms"]
    typed = {
        "timer_ms": int(row["timer_ms"]),
        "range_ms": tuple(ms) if ms else None,
        "above_ceiling": tuple(map(_above, row["above_ceiling"])),
    }
    return row.pop("record"), SessionBrief(**{**row, **typed})


def _above(flag: Mapping[str, Any]) -> AboveCeiling:
    far = flag["what"] == FAR_ABOVE_CEILING
    return AboveCeiling(start_ms=flag["start_ms"], end_ms=flag["end_ms"], n=flag["n"], far=far)


def _prescription(row: rows.Row) -> tuple[Prescription, int]:
    return effective_version(row, row["zone"]), row["recorded_ms"]
