"""Stores alerts with their findings and moves, and reads whom a mail could go to. Never judges.

Call it in the transaction of `rule_inputs.load_all`, which holds the patients' locks, so that two
judges never work on one patient. An alert's id is computed from its patient, family and number, so
judging the same facts twice raises the same alert.
"""

from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from psycopg.types.json import Jsonb

from model import codec
from model.alert import Contact, Finding, Step, StepKind
from model.calendar import utc
from storage.pg import rows
from storage.pg.pool import Connection

WORKLIST = "the clinicians' worklist"

# No "on conflict": the patient is locked, so a second alert with one id is a bug and must fail.
_RAISE = """
insert into alert (id, patient, family, rule, rule_version, tier, state, raised_at, changed_at, \
sentence)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_CHANGE = """
update alert set rule = %s, rule_version = %s, tier = %s, state = %s, changed_at = %s, \
sentence = %s,
  snoozed_until = case when %s = 'snoozed' then snoozed_until end
where id = %s"""
# A finding is not deleted while its alert exists, so that its evidence can still be shown. When it
# occurs again, the same row becomes current again.
_PUT_FINDING = """
insert into alert_finding (alert, key, rule, rule_version, tier, at, session, from_at, \
fresh_until, sentence,
  evidence, current, added_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, true, %s)
on conflict (alert, rule, key) do update set rule_version = excluded.rule_version, \
tier = excluded.tier,
  at = excluded.at, session = excluded.session, evidence = excluded.evidence, current = true,
  added_at = excluded.added_at, from_at = excluded.from_at, fresh_until = excluded.fresh_until,
  sentence = excluded.sentence"""
_DROP_FINDING = (
    "update alert_finding set current = false where alert = %s and rule = %s and key = %s"
)
_MOVE = (
    "insert into alert_move (alert, at, actor, from_state, to_state, reason) "
    "values (%s, %s, 'kadens', %s, %s, %s)"
)
# a patient may have no responsible clinician; then every clinician of the unit is the contact
_CONTACTS = """
select c.email, coalesce(c.id = p.clinician, false) as responsible
from patient p
join clinician c on c.id = p.clinician or c.care_unit = p.care_unit
where p.id = %(patient)s"""
# the judge must look again when the first snooze ends, even if no new data come
_SNOOZED = """
select patient, min(snoozed_until) as at_ms from alert \
where patient = any(%(patients)s) and state = 'snoozed'
group by patient"""


async def apply_step(conn: Connection, number: int, patient: str, step: Step, now_ms: int) -> str:
    """Carry out a step for a patient (id and pseudonym), and return the id of its alert.

    Raises `KeyError` when a step that raises no alert names none.
    """
    if step.kind is StepKind.RAISE:
        return await _raise(conn, number, patient, step, now_ms)
    if step.alert is None:
        raise KeyError(patient)
    await _change(conn, step, step.alert, now_ms)
    return step.alert


async def contacts(conn: Connection, number: int) -> list[Contact]:
    """Return a patient's (by id) responsible clinician and all clinicians of the care unit."""
    return await rows.fetch_as(conn, _CONTACTS, {"patient": number}, Contact)


async def snoozed_until(conn: Connection, numbers: Sequence[int]) -> dict[int, int]:
    """Return when the earliest snooze of each patient ends, in epoch ms by patient id.

    Patients without a snoozed alert are left out.
    """
    arguments: rows.Row = {"patients": list(numbers)}
    ends = await rows.fetch(conn, _SNOOZED, arguments, lambda row: (row["patient"], row["at_ms"]))
    return dict(ends)


async def _raise(conn: Connection, number: int, patient: str, step: Step, now_ms: int) -> str:
    id_ = await _next_id(conn, number, patient, step.family)
    at = utc(now_ms)
    result = [step.rule, step.rule_version, step.tier.value, step.state.value]
    await conn.execute(_RAISE, [id_, number, step.family, *result, at, at, step.sentence])
    await conn.execute(_MOVE, [id_, at, None, step.state.value, step.reason])
    await _put_findings(conn, id_, step.findings, now_ms)
    return id_


async def _change(conn: Connection, step: Step, alert: str, now_ms: int) -> None:
    before = await (await conn.execute("select state from alert where id = %s", [alert])).fetchone()
    result = [step.rule, step.rule_version, step.tier.value, step.state.value]
    await conn.execute(_CHANGE, [*result, utc(now_ms), step.sentence, step.state.value, alert])
    if before and before[0] != step.state.value:
        await conn.execute(_MOVE, [alert, utc(now_ms), before[0], step.state.value, step.reason])
    if step.kind is StepKind.APPEND:
        await _put_findings(conn, alert, step.findings, now_ms)
    else:
        async with conn.cursor() as cursor:
            await cursor.executemany(_DROP_FINDING, [(alert, f.rule, f.key) for f in step.findings])


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
    return (alert, *result, Jsonb(finding.evidence, dumps=codec.dumps), utc(now_ms))


async def _next_id(conn: Connection, number: int, patient: str, family: str) -> str:
    # Alerts are deleted only with their patient, so the count never names an id twice. The
    # patient's lock keeps it from changing meanwhile.
    matches = await conn.execute(
        "select count(*) from alert where patient = %s and family = %s", [number, family]
    )
    row = await matches.fetchone()
    return str(uuid5(NAMESPACE_URL, f"kadens:alert:{patient}:{family}:{row[0] if row else 0}"))
