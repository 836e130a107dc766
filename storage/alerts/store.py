"""Stores alerts with their findings and moves, and reads whom a mail could go to. Never judges.

Call it in the transaction of `rule_inputs.load_all`, which holds the patients' locks, so that two
judges never work on one patient. An alert's id is computed from its patient, family and number, so
judging the same facts twice raises the same alert.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from psycopg.types.json import Jsonb

from model import codec
from model.alert import Action, AlertState, Finding
from model.alerting.steps import Step, StepKind
from model.calendar import utc
from model.messages.alert_move import AlertMove
from model.messages.contact import Contact, Digest, QuietHours
from storage.alerts.moves import SYSTEM_ACTOR, put_move
from storage.pg import rows
from storage.pg.pool import Connection

WORKLIST = "the clinicians' worklist"

# No "on conflict": the patient is locked, so a second alert with one id is a bug and must fail.
_RAISE = """
insert into alert (id, patient, family, rule, rule_version, tier, state, raised_at, changed_at, \
unseen_since, sentence, is_demoted)
values (%(alert)s, %(patient)s, %(family)s, %(rule)s, %(rule_version)s, %(tier)s, %(state)s, \
%(at)s, %(at)s, %(at)s, %(sentence)s, %(is_demoted)s)"""
_CHANGE = """
update alert set rule = %(rule)s, rule_version = %(rule_version)s, tier = %(tier)s, \
state = %(state)s, changed_at = %(at)s, sentence = %(sentence)s, is_demoted = %(is_demoted)s,
  snoozed_until = case when %(state)s = 'snoozed' then coalesce(%(until)s, snoozed_until) end,
  retracted_from = case when %(state)s = 'retracted' then state end
where id = %(alert)s returning (select state from alert b where b.id = alert.id) as before"""
# evidence and rule stay as they are: time has changed nothing in them
_TICK = """
update alert set state = %(state)s, changed_at = %(at)s, escalations = escalations + %(passed)s,
  snoozed_until = null
where id = %(alert)s returning (select state from alert b where b.id = alert.id) as before"""
# it stays open, and is new on the worklist
_PROMOTE = """
update alert set tier = %(tier)s, is_demoted = false, changed_at = %(at)s, promoted_at = %(at)s, \
unseen_since = %(at)s, escalations = 0 where id = %(alert)s returning state"""
_ANEW = "update alert set unseen_since = %(at)s, escalations = 0 where id = %(alert)s"
_PASSED = "update alert set unseen_since = %(at)s where id = %(alert)s"
# A finding is not deleted while its alert exists, so that its evidence can still be shown. When it
# occurs again, the same row becomes current again.
_PUT_FINDING = """
insert into alert_finding (alert, key, rule, rule_version, tier, at, session, from_at, \
fresh_until, sentence,
  evidence, current, added_at, had_tier)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, true, %s, %s)
on conflict (alert, rule, key) do update set rule_version = excluded.rule_version, \
tier = excluded.tier,
  at = excluded.at, session = excluded.session, evidence = excluded.evidence, current = true,
  added_at = excluded.added_at, from_at = excluded.from_at, fresh_until = excluded.fresh_until,
  sentence = excluded.sentence,
  had_tier = least(coalesce(alert_finding.had_tier, alert_finding.tier), excluded.tier),
  dropped_at = case
    when excluded.tier <= coalesce(alert_finding.had_tier, alert_finding.tier) then null
    when excluded.tier > alert_finding.tier then excluded.added_at
    else alert_finding.dropped_at end"""
_DROP_FINDING = """
update alert_finding set current = false, dropped_at = %s
where alert = %s and rule = %s and key = %s"""
# a patient may have no responsible clinician; then every clinician of the unit is the contact
_CONTACTS = """
select c.subject, c.email, coalesce(c.id = p.clinician, false) as responsible,
  coalesce(r.way, 'email') as way, coalesce(r.phone, '') as phone, r.quiet_from, r.quiet_until,
  coalesce(r.digest, 'weekly') as digest
from patient p
join clinician c on c.id = p.clinician or c.care_unit = p.care_unit
left join clinician_reach r on r.clinician = c.id
where p.id = %(patient)s"""


async def apply_step(
    conn: Connection, number: int, patient: str, step: Step, now_ms: int
) -> tuple[AlertMove, ...]:
    """Carry out a step for a patient (id and pseudonym), and return its moves.

    Raises `KeyError` when a step that raises no alert names none.
    """
    alert = step.alert
    if step.kind is StepKind.RAISE:
        alert = await _next_id(conn, number, patient, step.family)
    if alert is None:
        raise KeyError(patient)
    row = _row(alert, number, step, now_ms)
    before = await _WAYS[step.kind](conn, row)
    await _put_evidence(conn, alert, step, now_ms)
    moves: list[AlertMove] = []
    for kind in step.moves:
        made = _move(alert, patient, step, kind, before, now_ms)
        moves.append(await put_move(conn, made))
        before = step.state
    return tuple(moves)


async def contacts(conn: Connection, number: int) -> list[Contact]:
    """Return a patient's (by id) responsible clinician and all clinicians of the care unit."""
    return await rows.fetch(conn, _CONTACTS, {"patient": number}, _contact)


def _contact(row: rows.Row) -> Contact:
    start, end = row.pop("quiet_from"), row.pop("quiet_until")
    quiet = None if start is None else QuietHours(from_min=start, until_min=end)
    return Contact(**{**row, "quiet": quiet, "digest": Digest(row["digest"])})


async def _raise(conn: Connection, row: rows.Row) -> AlertState | None:
    await conn.execute(_RAISE, row)
    return None


async def _change(conn: Connection, row: rows.Row) -> AlertState | None:
    [before] = await rows.fetch_column(conn, _CHANGE, row)
    if row["is_anew"]:
        await conn.execute(_ANEW, row)
    return AlertState(before)


async def _tick(conn: Connection, row: rows.Row) -> AlertState | None:
    [before] = await rows.fetch_column(conn, _TICK, row)
    # An alert that was passed on, or is awake again, waits anew for somebody to acknowledge it.
    await conn.execute(_PASSED if row["passed"] else _ANEW, row)
    return AlertState(before)


async def _promote(conn: Connection, row: rows.Row) -> AlertState | None:
    [before] = await rows.fetch_column(conn, _PROMOTE, row)
    return AlertState(before)


_WAYS: dict[StepKind, Callable[[Connection, rows.Row], Awaitable[AlertState | None]]] = {
    StepKind.RAISE: _raise,
    StepKind.APPEND: _change,
    StepKind.DROP: _change,
    StepKind.RETRACT: _change,
    StepKind.RESTORE: _change,
    StepKind.WAKE: _tick,
    StepKind.ESCALATE: _tick,
    StepKind.EXPIRE: _tick,
    StepKind.PROMOTE: _promote,
}


def _row(alert: str, number: int, step: Step, now_ms: int) -> rows.Row:
    until_ms = step.snoozed_until_ms
    return {
        "alert": alert,
        "patient": number,
        "family": step.family,
        "rule": step.rule,
        "rule_version": step.rule_version,
        "tier": step.tier.value,
        "state": step.state.value,
        "at": utc(now_ms),
        "sentence": step.sentence,
        "is_demoted": step.is_demoted,
        "until": None if until_ms is None else utc(until_ms),
        "is_anew": Action.WORSEN in step.moves or _is_back_unseen(step),
        "passed": int(step.kind is StepKind.ESCALATE),
    }


def _is_back_unseen(step: Step) -> bool:
    return Action.RESTORE in step.moves and step.state is AlertState.OPEN


def _move(
    alert: str, patient: str, step: Step, kind: Action, before: AlertState | None, now_ms: int
) -> AlertMove:
    return AlertMove(
        id=0,
        alert=alert,
        patient=patient,
        at_ms=now_ms,
        actor=SYSTEM_ACTOR,
        kind=kind,
        from_state=before,
        to_state=step.state,
        tier=step.tier,
        reason=step.reason,
        responsible=step.responsible,
    )


async def _put_evidence(conn: Connection, alert: str, step: Step, now_ms: int) -> None:
    if not step.findings:
        return
    if step.kind in {StepKind.RAISE, StepKind.RESTORE, StepKind.APPEND}:
        await _put_findings(conn, alert, step.findings, now_ms)
        return
    async with conn.cursor() as cursor:
        at = utc(now_ms)
        await cursor.executemany(_DROP_FINDING, [(at, alert, f.rule, f.key) for f in step.findings])


async def _put_findings(
    conn: Connection, alert: str, findings: Sequence[Finding], now_ms: int
) -> None:
    async with conn.cursor() as cursor:
        # a step has a few findings; psycopg sends them in one round trip
        await cursor.executemany(
            _PUT_FINDING, [_finding_row(alert, finding, now_ms) for finding in findings]
        )


def _finding_row(alert: str, finding: Finding, now_ms: int) -> tuple[Any, ...]:
    result = (
        finding.key,
        finding.rule,
        finding.rule_version,
        finding.tier.value,
        utc(finding.at_ms),
        finding.session,
        utc(finding.from_ms),
        utc(finding.fresh_until_ms),
        finding.sentence,
    )
    evidence = Jsonb(finding.evidence, dumps=codec.dumps)
    return (alert, *result, evidence, utc(now_ms), finding.tier.value)


async def _next_id(conn: Connection, number: int, patient: str, family: str) -> str:
    # Alerts are deleted only with their patient, so the count never names an id twice. The
    # patient's lock keeps it from changing meanwhile.
    cursor = await conn.execute(
        "select count(*) from alert where patient = %s and family = %s", [number, family]
    )
    row = await cursor.fetchone()
    return str(uuid5(NAMESPACE_URL, f"kadens:alert:{patient}:{family}:{row[0] if row else 0}"))
