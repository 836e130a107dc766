"""Loads everything that rules may look at of a patient, and the patient's alerts.

It reads and locks, and changes nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from operator import attrgetter
from typing import Any, TypeAlias, TypedDict, TypeVar

from model.alert import (
    AboveCeiling,
    Alert,
    AlertState,
    Finding,
    LostFinding,
    PainRating,
    RuleInput,
    SessionBrief,
    SignAnswer,
    Tier,
    Watermark,
    is_contact,
)
from model.calendar import DAY_MS, local_date
from model.derived import FAR_ABOVE_CEILING, NOT_ANSWERED
from model.facts import (
    UNWORN_METHODS,
    UNWORN_TYPES,
    AttributedFact,
    Instrument,
    Phase,
    Report,
)
from model.intensity import HeartProfile
from model.messages.alert_move import DutyRoster
from model.prescribing.rule_settings import RuleSettings
from model.prescription import Prescription
from model.vendors.rhythm_notices import RHYTHM_NOTICE
from storage.alerts.duty import load_rosters
from storage.alerts.rhythm_notices import notices_in, notices_within
from storage.alerts.rule_samples import rule_samples, turns_rule_on
from storage.alerts.weighings import WEIGHT, weighed_within, weighings_in
from storage.derived import derived_rows
from storage.facts.ids import PatientRow, lock_patients
from storage.facts.reported import current_reports
from storage.people.profiles import profiles_of
from storage.pg import rows
from storage.pg.pool import Connection
from storage.ruling.held import restricted_of
from storage.ruling.settings import rule_settings_of

LOOK_BACK_DAYS = 70  # longer than any rule looks back
EARLIER_DAYS = 182  # for the weeks of a beginning with which later weeks are compared
# what was resolved within this time may keep a rule from raising the same again
RECENT_MS = 60 * DAY_MS
_T = TypeVar("_T")
_Of: TypeAlias = Mapping[int, tuple[str, PatientRow]]  # by surrogate


_LIVE = "('open', 'acknowledged', 'in_progress', 'snoozed')"
# Each query serves many patients: its arguments are a list of (patient, first date). "offset 0"
# keeps the lateral sub-query as it is written, so that each patient is looked up in an index.
_SINCE = "from unnest(%(patients)s::int[], %(sinces)s::date[]) as k (patient, since)"
_PRESCRIPTIONS = """
select patient, body, annotation_pauses(patient) as pauses, recorded_at as recorded_ms \
from prescription \
where patient = any(%(patients)s) \
order by patient, prescription, version"""
_WEEKS = f"""
select x.* {_SINCE} cross join lateral (
  select patient, {", ".join(derived_rows.WEEK_COLUMNS[1:])} from week
  where patient = k.patient and monday >= k.since - %(earlier)s::int offset 0) x
order by x.patient, x.monday"""  # noqa: S608 - constants of this package
_DAYS = f"""
select x.* {_SINCE} cross join lateral (
  select patient, {", ".join(derived_rows.DAY_COLUMNS[1:])} from day
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
# A device whose clock is ahead counts as having delivered up to now, not beyond.
_WATERMARKS = """
select w.patient, s.vendor, k.worn, least(max(w.time), to_timestamp(%(now)s / 1000.0)) as time_ms
from watermark w join source s on s.id = w.source
cross join lateral (select not (s.device_type = any(%(unworn_types)s)
  or s.method = any(%(unworn_methods)s)) as worn) k
where w.patient = any(%(patients)s)
group by w.patient, s.vendor, k.worn order by w.patient, s.vendor, k.worn"""
# Whom the vendor delivered to within four weeks, and to whom of them not for two days. A silent
# patient counts only if what was measured last came as it was measured, and on several days: a
# history that is loaded ends in the past too, and its vendor has not stopped.
_SILENT = """
select vendor, count(*) filter (where late)::int as silent, count(*)::int as patients
from (select w.patient, s.vendor, max(w.time) as at, array_agg(w.source) as sources,
    max(w.time) < to_timestamp(%(now)s / 1000.0) - interval '2 days' as late
  from watermark w join source s on s.id = w.source
  where s.vendor = any(%(vendors)s) and not (s.device_type = any(%(unworn_types)s)
    or s.method = any(%(unworn_methods)s)) group by w.patient, s.vendor) k
where at >= to_timestamp(%(now)s / 1000.0) - interval '28 days' and (not late or (
  select max(f.received_at) - min(f.received_at) >= interval '1 day' from fact f
  where f.patient = k.patient and f.kind in ('samples', 'workout', 'day')
    and f.start_at >= k.at - interval '7 days' and f.start_at <= k.at and f.source = any(k.sources)
    and f.received_at <= f.end_at + interval '2 days'))
group by vendor"""
_UNWORN: rows.Row = {
    "unworn_types": [item.value for item in UNWORN_TYPES],
    "unworn_methods": [item.value for item in UNWORN_METHODS],
}
_LONG_MS = 2 * DAY_MS
_ALERTS = f"""
select patient, id, family, rule, tier, state, raised_at as raised_ms, changed_at as changed_ms, \
sentence, resolution, assignee, unseen_since as unseen_since_ms, escalations,
  snoozed_until as snoozed_until_ms, mutes, is_demoted, retracted_from
from alert
where patient = any(%(patients)s) \
and (state in {_LIVE} or changed_at >= to_timestamp(%(recent)s / 1000.0))
order by patient, family, raised_at, id"""  # noqa: S608 - a constant of this file
_RESOLVED = """
select patient, family, resolution, changed_at as changed_ms from alert
where patient = any(%(patients)s) and state = 'resolved'
  and changed_at >= to_timestamp(%(recent)s / 1000.0) order by patient, changed_at"""
_FINDINGS = """
select f.alert, a.family, f.key, f.rule, f.rule_version, f.tier, f.at as at_ms, f.session, \
f.evidence,
  f.from_at as from_ms, f.fresh_until as fresh_until_ms, f.sentence,
  f.current or a.state = 'retracted' as is_own, coalesce(f.had_tier, f.tier) as had_tier,
  coalesce(f.dropped_at, f.added_at) as lost_ms
from alert_finding f join alert a on a.id = f.alert \
where f.alert = any(%(alerts)s::uuid[]) and (f.current or a.state <> 'resolved')"""


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
    the transaction ends. Raises `KeyError` for a
    patient that does not exist.
    """
    known = await lock_patients(conn, patients)
    of: dict[int, tuple[str, PatientRow]] = {}
    names: dict[int, str] = {}
    for patient in patients:
        row = known[patient]
        of[row.id], names[row.id] = (patient, row), patient
    alerts = await _alerts(conn, names, now_ms)
    judgeable = await read_inputs(conn, of, now_ms)
    rosters = await load_rosters(conn, list(of), now_ms)
    return {
        patient: _loaded(judgeable[number], alerts[number], rosters[number])
        for number, patient in names.items()
    }


def _loaded(judgeable: RuleInput, alerts: Sequence[Alert], roster: DutyRoster) -> Loaded:
    # the quotes matter: a state that is part of another state's name must not match
    live: list[Alert] = []
    recent: list[Alert] = []
    for alert in alerts:
        kind = live if f"'{alert.state.value}'" in _LIVE else recent
        kind.append(alert)
    return Loaded(judgeable=judgeable, live=tuple(live), recent=tuple(recent), roster=roster)


async def read_inputs(conn: Connection, of: _Of, now_ms: int) -> dict[int, RuleInput]:
    """Return the input of the rules of each patient by id; `of` has pseudonym and row by id.

    It locks nothing: only a judgement that is stored needs the patient's lock.
    """
    # a patient's date: "70 days ago" begins at the patient's midnight, not at that of UTC
    since = [
        local_date(now_ms, row.zone) - timedelta(days=LOOK_BACK_DAYS) for _, row in of.values()
    ]
    # pain that names a session within another is matched by time, and so passes to the other
    requested: rows.Row = {
        "patients": list(of),
        "sinces": since,
        "earlier": EARLIER_DAYS - LOOK_BACK_DAYS,
        "now": now_ms,
        "recent": now_ms - RECENT_MS,
        "unanswered": list(NOT_ANSWERED),
        **_UNWORN,
    }
    sessions = await _each(conn, _SESSIONS, requested, _session)
    prescriptions = await _each(conn, _PRESCRIPTIONS, requested, _prescription)
    weeks = await _each(conn, _WEEKS, requested, derived_rows.read_week)
    days = await _each(conn, _DAYS, requested, derived_rows.read_day)
    watermarks = await _each(conn, _WATERMARKS, requested, lambda row: Watermark(**row))
    settings = await rule_settings_of(conn, list(of))
    restricted = await restricted_of(conn, list(of))
    resolved = await _each(conn, _RESOLVED, requested, lambda row: row)
    silent = await _silent_patients(conn, watermarks, now_ms)
    asking = [number for number in of if turns_rule_on(_rows(prescriptions[number]))]
    weights = await rule_samples(conn, asking, WEIGHT, weighed_within(now_ms))
    notices = await rule_samples(conn, asking, RHYTHM_NOTICE, notices_within(now_ms))
    profiles = await profiles_of(conn, [patient for patient, _ in of.values()])
    reports = await current_reports(conn, list(of), now_ms - LOOK_BACK_DAYS * DAY_MS)
    inputs: dict[int, RuleInput] = {}
    for (number, (patient, row)), since_day in zip(of.items(), since, strict=True):
        by_record = dict(sessions[number])
        late = [week for week in weeks[number] if week.monday >= since_day]
        inputs[number] = RuleInput(
            patient=patient,
            zone=row.zone,
            now_ms=now_ms,
            prescriptions=tuple(item for item, _ in prescriptions[number]),
            recorded={(item.id, item.version): ms for item, ms in prescriptions[number]},
            weeks=tuple(late),
            earlier_weeks=tuple(weeks[number][: len(weeks[number]) - len(late)]),
            days=tuple(days[number]),
            sessions=tuple(item for _, item in sessions[number]),
            settings=settings.get(number, RuleSettings()),
            restricted=restricted.get(number, ()),
            contacts=_contacts(resolved[number]),
            silent_patients=silent,
            signs=sign_answers(reports[number], row.zone),
            pain=pain_ratings(reports[number], row.zone, by_record),
            weighings=weighings_in(weights.get(number, ()), now_ms),
            rhythm_notices=notices_in(notices.get(number, ()), now_ms),
            cardiac=is_cardiac(profiles.get(patient, ()), local_date(now_ms, row.zone)),
            watermarks=tuple(watermarks[number]),
        )
    return inputs


async def _silent_patients(
    conn: Connection, watermarks: Mapping[int, Sequence[Watermark]], now_ms: int
) -> dict[str, tuple[int, int]]:
    """Return the silent and all patients of each vendor of a patient who is silent for long."""
    vendors: set[str] = set()
    for marks in watermarks.values():
        worn = [mark for mark in marks if mark.worn]
        if worn and max(mark.time_ms for mark in worn) < now_ms - _LONG_MS:
            vendors |= {mark.vendor for mark in worn}
    if not vendors:  # nearly always: who delivers needs no comparison with others
        return {}
    arguments: rows.Row = {"vendors": sorted(vendors), "now": now_ms, **_UNWORN}
    counted = await rows.fetch(
        conn, _SILENT, arguments, lambda row: (row["vendor"], (row["silent"], row["patients"]))
    )
    return dict(counted)


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


def is_cardiac(profiles: Iterable[HeartProfile], today: date) -> bool:
    """Return whether the profile that holds on a date names a disease of the heart."""
    held = [row for row in profiles if row.valid_from <= today]
    last = max(held, key=attrgetter("valid_from"), default=None)
    return last is not None and (last.coronary_disease or last.heart_failure)


def pain_ratings(
    attributed_facts: Iterable[AttributedFact], zone: str, sessions: Mapping[str, SessionBrief]
) -> tuple[PainRating, ...]:
    """Return the pain answers among current reports, each with its session; `sessions` by record.

    `zone` is the patient's IANA zone.
    """
    ratings: list[PainRating] = []
    for item in attributed_facts:
        fact = item.fact
        if not isinstance(fact, Report) or fact.instrument is not Instrument.PAIN:
            continue
        # a report without a number gives no rule anything to weigh
        if fact.value is not None:
            ratings.append(_rating(fact, fact.value, zone, sessions))
    return tuple(ratings)


def sign_answers(attributed_facts: Iterable[AttributedFact], zone: str) -> tuple[SignAnswer, ...]:
    """Return the answers of yes about warning signs among current reports, by time."""
    answers: list[SignAnswer] = []
    for item in attributed_facts:
        fact = item.fact
        if isinstance(fact, Report) and fact.instrument is Instrument.RED_FLAG and fact.value:
            at_ms = fact.head.start_ms
            answers.append(
                SignAnswer(
                    record=fact.head.record,
                    at_ms=at_ms,
                    local_date=local_date(at_ms, zone),
                    sign=fact.reason,
                )
            )
    return tuple(sorted(answers, key=attrgetter("at_ms", "record")))


def _rating(
    fact: Report, value: float, zone: str, sessions: Mapping[str, SessionBrief]
) -> PainRating:
    # a report names its session, or declares a session of its own under its own record
    session = sessions.get(fact.session) or sessions.get(fact.head.record)
    return PainRating(
        record=fact.head.record,
        at_ms=fact.head.start_ms,
        local_date=local_date(fact.head.start_ms, zone),
        phase=Phase(fact.phase),
        value=value,
        scale=fact.scale,
        session=session.id if session else None,
        instrument=fact.instrument,
    )


class _Evidence(TypedDict):
    """What an alert rests on, and what it has lost, by rule and key."""

    findings: dict[str, Finding]
    lost: dict[str, LostFinding]


async def _alerts(
    conn: Connection, names: Mapping[int, str], now_ms: int
) -> dict[int, list[Alert]]:
    requested: rows.Row = {"patients": list(names), "recent": now_ms - RECENT_MS}
    matches = await rows.fetch(conn, _ALERTS, requested, lambda row: row)
    findings = await _findings(conn, [row["id"] for row in matches])
    alerts: dict[int, list[Alert]] = defaultdict(list)
    for row in matches:
        number = row.pop("patient")
        mutes = {Tier(tier): until_ms for tier, until_ms in row["mutes"].items()}
        enums = {"tier": Tier(row["tier"]), "state": AlertState(row["state"])}
        before = AlertState(row["retracted_from"]) if row["retracted_from"] else None
        typed = {**row, **enums, "mutes": mutes, "retracted_from": before}
        alerts[number].append(Alert(patient=names[number], **findings[row["id"]], **typed))
    return alerts


async def _findings(conn: Connection, alerts: Sequence[str]) -> dict[str, _Evidence]:
    """Return the current findings of each alert (id) and the lost ones, by rule and key.

    All of a retracted alert count as its own.
    """
    evidence: dict[str, _Evidence] = defaultdict(lambda: _Evidence(findings={}, lost={}))
    if not alerts:  # most patients have none, and a query costs a round trip
        return evidence
    for row in await rows.fetch(conn, _FINDINGS, {"alerts": list(alerts)}, dict):
        is_own, lost_ms, had = row.pop("is_own"), row.pop("lost_ms"), Tier(row.pop("had_tier"))
        id_, finding = _finding(row)
        name = finding.name
        if is_own:
            evidence[id_]["findings"][name] = finding
        # of what is milder than it was, the grave form is lost
        if not is_own or had is not finding.tier:
            grave = replace(finding, tier=had)
            evidence[id_]["lost"][name] = LostFinding(finding=grave, lost_ms=lost_ms)
    return evidence


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


def _finding(row: rows.Row) -> tuple[str, Finding]:
    return row.pop("alert"), Finding(**{**row, "tier": Tier(row["tier"])})


def _prescription(row: rows.Row) -> tuple[Prescription, int]:
    return rows.prescription(row["body"], row["pauses"]), row["recorded_ms"]
