"""What a judge needs of one patient, and what judging changes: alerts, their findings and moves, mail, the next look.

Both run in one transaction under the patient's lock, so two judges never meet. An alert's id comes from its patient,
family and number, so judging the same facts twice raises the same alert.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from psycopg.types.json import Jsonb

from ..alerts.lifecycle import Step, StepKind
from ..alerts.wording import mail
from ..model import codec
from ..model.alert import Alert, Finding, Judgeable, PainRating, SessionBrief, State, Tier, Watermark
from ..model.calendar import DAY_MS, local_date, utc
from ..model.facts import Instrument, Phase, Report
from ..model.prescription import Prescription
from . import derived_rows, due, outbox, rows
from .pool import Connection
from .surrogates import PatientRow, lock_patient
from .windows import reports_since

LOOK_BACK_DAYS = 120  # longer than any rule looks back
RECENT_MS = 60 * DAY_MS
MAILED = frozenset({Tier.A, Tier.B})
MAIL = "email"
WORKLIST = "the clinicians' worklist"

_LIVE = "('open', 'acknowledged', 'in_progress', 'snoozed')"
_PRESCRIPTIONS = "select body from prescription where patient = %(patient)s order by prescription, version"
_WEEKS = f"{derived_rows.WEEKS} where patient = %(patient)s and monday >= %(since)s order by monday"
_DAYS = f"{derived_rows.DAYS} where patient = %(patient)s and local_date >= %(since)s order by local_date"
_SESSIONS = """
select session as id, start_at as start_ms, end_at as end_ms, local_date, type, record from session
where patient = %(patient)s and local_date >= %(since)s order by start_at, session"""
_WATERMARKS = """
select s.vendor, least(max(w.time), to_timestamp(%(now)s / 1000.0)) as time_ms
from watermark w join source s on s.id = w.source where w.patient = %(patient)s group by s.vendor order by s.vendor"""
_ALERTS = f"""
select id, family, rule, tier, state, raised_at as raised_ms, changed_at as changed_ms, sentence, resolution from alert
where patient = %(patient)s and (state in {_LIVE} or changed_at >= to_timestamp(%(recent)s / 1000.0))
order by family, raised_at, id"""  # noqa: S608 - a constant of this file
_FINDINGS = """
select f.alert, a.family, f.key, f.rule, f.rule_version, f.tier, f.at as at_ms, f.session, f.evidence
from alert_finding f join alert a on a.id = f.alert where a.id::text = any(%(alerts)s) and f.stands"""
_WAKE = """
update alert set state = 'open', snoozed_until = null, changed_at = %(now)s
where patient = %(patient)s and state = 'snoozed' and snoozed_until <= %(now)s returning id"""
_RAISE = """
insert into alert (id, patient, family, rule, rule_version, tier, state, raised_at, changed_at, sentence)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_CHANGE = """
update alert set rule = %s, rule_version = %s, tier = %s, state = %s, changed_at = %s, sentence = %s,
  snoozed_until = case when %s = 'snoozed' then snoozed_until end
where id = %s"""
_PUT_FINDING = """
insert into alert_finding (alert, key, rule, rule_version, tier, at, session, evidence, stands, added_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, true, %s)
on conflict (alert, rule, key) do update set rule_version = excluded.rule_version, tier = excluded.tier,
  at = excluded.at, session = excluded.session, evidence = excluded.evidence, stands = true,
  added_at = excluded.added_at"""
_DROP_FINDING = "update alert_finding set stands = false where alert = %s and rule = %s and key = %s"
_MOVE = "insert into alert_move (alert, at, actor, from_state, to_state, reason) values (%s, %s, 'kadens', %s, %s, %s)"
_RECIPIENTS = """
select c.email from patient p join clinician c on c.id = p.clinician where p.id = %(patient)s and c.email <> ''
union
select c.email from patient p join clinician c on c.care_unit = p.care_unit
where p.id = %(patient)s and p.clinician is null and c.email <> '' order by 1"""
_SNOOZED = "select min(snoozed_until) as at_ms from alert where patient = %(patient)s and state = 'snoozed'"


async def load(conn: Connection, patient: str, now_ms: int) -> tuple[Judgeable, tuple[Alert, ...], tuple[Alert, ...]]:
    """Return what the rules may look at, the live alerts, and those closed within 60 days.

    Locks the patient until the transaction ends, and wakes alerts that were snoozed until now. Raises `KeyError`
    when there is no such patient.
    """
    row = await lock_patient(conn, patient)
    await _wake(conn, row.id, now_ms)
    alerts = await _alerts(conn, row.id, patient, now_ms)
    live = tuple(alert for alert in alerts if f"'{alert.state.value}'" in _LIVE)
    recent = tuple(alert for alert in alerts if alert not in live)
    return await _judgeable(conn, patient, row, now_ms), live, recent


async def apply(
    conn: Connection, patient: str, steps: Sequence[Step], now_ms: int, next_due_ms: int | None, *, link: str = WORKLIST
) -> None:
    """Carry out the steps of `lifecycle.settle`, mail what is new or graver (tiers A and B), and set the next look.

    In the transaction of `load`. `link` is where a mail sends its reader.
    """
    number = (await lock_patient(conn, patient)).id
    for step in steps:
        if step.kind is StepKind.RAISE:
            await _raise(conn, number, patient, step, now_ms)
        else:
            await _change(conn, step, now_ms)
        if step.tier in MAILED and (step.kind is StepKind.RAISE or (step.kind is StepKind.APPEND and step.reason)):
            await _mail(conn, number, step, await _alert_id(conn, number, patient, step), now_ms, link)
    snoozed = (await rows.fetch(conn, _SNOOZED, {"patient": number}, lambda row: row["at_ms"]))[0]
    await due.settle(conn, patient, min((at for at in (next_due_ms, snoozed) if at is not None), default=None))
    if steps:
        await outbox.notify(conn, [patient])


async def _judgeable(conn: Connection, patient: str, row: PatientRow, now_ms: int) -> Judgeable:
    since = local_date(now_ms, row.zone) - timedelta(days=LOOK_BACK_DAYS)
    asked: rows.Row = {"patient": row.id, "since": since, "now": now_ms}
    sessions = await rows.fetch(conn, _SESSIONS, asked, lambda said: (said.pop("record"), SessionBrief(**said)))
    return Judgeable(
        patient=patient,
        zone=row.zone,
        now_ms=now_ms,
        prescriptions=tuple(await rows.fetch(conn, _PRESCRIPTIONS, asked, _prescription)),
        weeks=tuple(await rows.fetch(conn, _WEEKS, asked, derived_rows.read_week)),
        days=tuple(await rows.fetch(conn, _DAYS, asked, derived_rows.read_day)),
        sessions=tuple(session for _, session in sessions),
        pain=await _pain(conn, row, now_ms - LOOK_BACK_DAYS * DAY_MS, {name: one.id for name, one in sessions}),
        watermarks=tuple(await rows.fetch(conn, _WATERMARKS, asked, lambda said: Watermark(**said))),
    )


async def _pain(conn: Connection, row: PatientRow, since_ms: int, sessions: dict[str, str]) -> tuple[PainRating, ...]:
    told = await reports_since(conn, row.id, since_ms)
    said = [one.fact for one in told if isinstance(one.fact, Report) and one.fact.instrument is Instrument.PAIN]
    return tuple(
        PainRating(
            record=fact.head.record,
            at_ms=fact.head.start_ms,
            local_date=local_date(fact.head.start_ms, row.zone),
            phase=Phase(fact.phase),
            value=fact.value,
            scale=fact.scale,
            session=sessions.get(fact.session) or sessions.get(fact.head.record),
            instrument=fact.instrument,
        )
        for fact in said
        if fact.value is not None
    )


async def _alerts(conn: Connection, number: int, patient: str, now_ms: int) -> list[Alert]:
    asked: rows.Row = {"patient": number, "recent": now_ms - RECENT_MS}
    found = await rows.fetch(conn, _ALERTS, asked, lambda row: row)
    standing = await rows.fetch(conn, _FINDINGS, {"alerts": [row["id"] for row in found]}, _finding)
    typed = [{**row, "tier": Tier(row["tier"]), "state": State(row["state"])} for row in found]
    return [
        Alert(patient=patient, findings={f"{f.rule}:{f.key}": f for id_, f in standing if id_ == row["id"]}, **row)
        for row in typed
    ]


async def _wake(conn: Connection, number: int, now_ms: int) -> None:
    woken = await conn.execute(_WAKE, {"patient": number, "now": utc(now_ms)})
    for (alert,) in await woken.fetchall():
        await conn.execute(_MOVE, [alert, utc(now_ms), "snoozed", "open", "the time asked for is over"])


async def _raise(conn: Connection, number: int, patient: str, step: Step, now_ms: int) -> None:
    id_ = await _next_id(conn, number, patient, step.family)
    at = utc(now_ms)
    said = [step.rule, step.rule_version, step.tier.value, step.state.value]
    await conn.execute(_RAISE, [id_, number, step.family, *said, at, at, step.sentence])
    await conn.execute(_MOVE, [id_, at, None, step.state.value, step.reason])
    await _put_findings(conn, id_, step.findings, now_ms)


async def _change(conn: Connection, step: Step, now_ms: int) -> None:
    before = await (await conn.execute("select state from alert where id = %s", [step.alert])).fetchone()
    said = [step.rule, step.rule_version, step.tier.value, step.state.value]
    await conn.execute(_CHANGE, [*said, utc(now_ms), step.sentence, step.state.value, step.alert])
    if before and before[0] != step.state.value:
        await conn.execute(_MOVE, [step.alert, utc(now_ms), before[0], step.state.value, step.reason])
    if step.kind is StepKind.APPEND:
        await _put_findings(conn, step.alert or "", step.findings, now_ms)
    else:
        async with conn.cursor() as cursor:
            await cursor.executemany(_DROP_FINDING, [(step.alert, f.rule, f.key) for f in step.findings])


async def _put_findings(conn: Connection, alert: str, findings: Sequence[Finding], now_ms: int) -> None:
    async with conn.cursor() as cursor:
        await cursor.executemany(_PUT_FINDING, [_finding_row(alert, finding, now_ms) for finding in findings])


def _finding_row(alert: str, finding: Finding, now_ms: int) -> tuple[Any, ...]:
    said = (finding.key, finding.rule, finding.rule_version, finding.tier.value, utc(finding.at_ms), finding.session)
    return (alert, *said, Jsonb(finding.evidence, dumps=codec.dumps), utc(now_ms))


async def _next_id(conn: Connection, number: int, patient: str, family: str) -> str:
    found = await conn.execute("select count(*) from alert where patient = %s and family = %s", [number, family])
    row = await found.fetchone()
    return str(uuid5(NAMESPACE_URL, f"kadens:alert:{patient}:{family}:{row[0] if row else 0}"))


async def _alert_id(conn: Connection, number: int, patient: str, step: Step) -> str:
    """Return the id of the alert that a step concerns; one just raised is the family's live one."""
    if step.alert is not None:
        return step.alert
    found = await conn.execute(
        "select id from alert where patient = %s and family = %s order by raised_at desc, changed_at desc limit 1",
        [number, step.family],
    )
    row = await found.fetchone()
    if row is None:
        raise KeyError(patient)
    return str(row[0])


async def _mail(conn: Connection, number: int, step: Step, alert: str, now_ms: int, link: str) -> None:
    said = mail(step.tier, link)
    for address in await rows.fetch(conn, _RECIPIENTS, {"patient": number}, lambda row: str(row["email"])):
        key = f"{alert}/{step.tier.value}/{address}"
        await outbox.put(conn, MAIL, key, address, {"subject": said.subject, "text": said.text}, now_ms)


def _finding(row: rows.Row) -> tuple[str, Finding]:
    return row.pop("alert"), Finding(**{**row, "tier": Tier(row["tier"])})


def _prescription(row: rows.Row) -> Prescription:
    return rows.prescription(row["body"])
