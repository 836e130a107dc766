"""What judging changes: alerts, their findings and moves, mail, and when to look again. It never judges.

In the transaction of `judging.load_all`, under the patients' locks, so two judges never meet. An alert's id comes from
its patient, family and number, so judging the same facts twice raises the same alert.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from psycopg.types.json import Jsonb

from alerts.lifecycle import Step, StepKind
from alerts.wording import mail
from model import codec
from model.alert import Finding, Tier
from model.calendar import utc
from storage.alerts import due, outbox
from storage.facts.ids import lock_patients
from storage.pg import rows
from storage.pg.pool import Connection

MAILED = frozenset({Tier.A, Tier.B})
MAIL = "email"
WORKLIST = "the clinicians' worklist"

_RAISE = """
insert into alert (id, patient, family, rule, rule_version, tier, state, raised_at, changed_at, sentence)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_CHANGE = """
update alert set rule = %s, rule_version = %s, tier = %s, state = %s, changed_at = %s, sentence = %s,
  snoozed_until = case when %s = 'snoozed' then snoozed_until end
where id = %s"""
_PUT_FINDING = """
insert into alert_finding (alert, key, rule, rule_version, tier, at, session, from_at, fresh_until, sentence,
  evidence, stands, added_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, true, %s)
on conflict (alert, rule, key) do update set rule_version = excluded.rule_version, tier = excluded.tier,
  at = excluded.at, session = excluded.session, evidence = excluded.evidence, stands = true,
  added_at = excluded.added_at, from_at = excluded.from_at, fresh_until = excluded.fresh_until,
  sentence = excluded.sentence"""
_DROP_FINDING = (
    "update alert_finding set stands = false where alert = %s and rule = %s and key = %s"
)
_MOVE = "insert into alert_move (alert, at, actor, from_state, to_state, reason) values (%s, %s, 'kadens', %s, %s, %s)"
_RECIPIENTS = """
select c.email from patient p join clinician c on c.id = p.clinician where p.id = %(patient)s and c.email <> ''
union
select c.email from patient p join clinician c on c.care_unit = p.care_unit
where p.id = %(patient)s and p.clinician is null and c.email <> '' order by 1"""
_SNOOZED = """
select patient, min(snoozed_until) as at_ms from alert where patient = any(%(patients)s) and state = 'snoozed'
group by patient"""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementResult:
    """What came of judging one patient: the steps of `lifecycle.settle`, and when to look again (None: never)."""

    steps: tuple[Step, ...]
    next_due_ms: int | None


async def apply_all(
    conn: Connection, verdicts: Mapping[str, JudgementResult], now_ms: int, *, link: str = WORKLIST
) -> None:
    """Carry out the steps, mail what is new or graver (tiers A and B), and set the next look at each patient.

    In the transaction of `load_all`. `link` is where a mail sends its reader.
    """
    numbers = {name: row.id for name, row in (await lock_patients(conn, verdicts)).items()}
    for patient, verdict in verdicts.items():
        for step in verdict.steps:
            await _take(conn, numbers[patient], patient, step, now_ms, link)
    requested: rows.Row = {"patients": list(numbers.values())}
    snoozed = dict(
        await rows.fetch(conn, _SNOOZED, requested, lambda row: (row["patient"], row["at_ms"]))
    )
    times = {
        name: (verdict.next_due_ms, snoozed.get(numbers[name]))
        for name, verdict in verdicts.items()
    }
    nexts = {
        name: min((at for at in both if at is not None), default=None)
        for name, both in times.items()
    }
    await due.settle_all(conn, nexts)
    changed = [patient for patient, verdict in verdicts.items() if verdict.steps]
    if changed:
        await outbox.notify(conn, changed)


async def _take(
    conn: Connection, number: int, patient: str, step: Step, now_ms: int, link: str
) -> None:
    if step.kind is StepKind.RAISE:
        await _raise(conn, number, patient, step, now_ms)
    else:
        await _change(conn, step, now_ms)
    if step.tier in MAILED and (
        step.kind is StepKind.RAISE or (step.kind is StepKind.APPEND and step.reason)
    ):
        await _mail(conn, number, step, await _alert_id(conn, number, patient, step), now_ms, link)


async def _raise(conn: Connection, number: int, patient: str, step: Step, now_ms: int) -> None:
    id_ = await _next_id(conn, number, patient, step.family)
    at = utc(now_ms)
    result = [step.rule, step.rule_version, step.tier.value, step.state.value]
    await conn.execute(_RAISE, [id_, number, step.family, *result, at, at, step.sentence])
    await conn.execute(_MOVE, [id_, at, None, step.state.value, step.reason])
    await _put_findings(conn, id_, step.findings, now_ms)


async def _change(conn: Connection, step: Step, now_ms: int) -> None:
    before = await (
        await conn.execute("select state from alert where id = %s", [step.alert])
    ).fetchone()
    result = [step.rule, step.rule_version, step.tier.value, step.state.value]
    await conn.execute(_CHANGE, [*result, utc(now_ms), step.sentence, step.state.value, step.alert])
    if before and before[0] != step.state.value:
        await conn.execute(
            _MOVE, [step.alert, utc(now_ms), before[0], step.state.value, step.reason]
        )
    if step.kind is StepKind.APPEND:
        await _put_findings(conn, step.alert or "", step.findings, now_ms)
    else:
        async with conn.cursor() as cursor:
            await cursor.executemany(
                _DROP_FINDING, [(step.alert, f.rule, f.key) for f in step.findings]
            )


async def _put_findings(
    conn: Connection, alert: str, findings: Sequence[Finding], now_ms: int
) -> None:
    async with conn.cursor() as cursor:
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
    matches = await conn.execute(
        "select count(*) from alert where patient = %s and family = %s", [number, family]
    )
    row = await matches.fetchone()
    return str(uuid5(NAMESPACE_URL, f"kadens:alert:{patient}:{family}:{row[0] if row else 0}"))


async def _alert_id(conn: Connection, number: int, patient: str, step: Step) -> str:
    """Return the id of the alert that a step concerns; one just raised is the family's live one."""
    if step.alert is not None:
        return step.alert
    matches = await conn.execute(
        "select id from alert where patient = %s and family = %s order by raised_at desc, changed_at desc limit 1",
        [number, step.family],
    )
    row = await matches.fetchone()
    if row is None:
        raise KeyError(patient)
    return str(row[0])


async def _mail(
    conn: Connection, number: int, step: Step, alert: str, now_ms: int, link: str
) -> None:
    result = mail(step.tier, link)
    for address in await rows.fetch(
        conn, _RECIPIENTS, {"patient": number}, lambda row: str(row["email"])
    ):
        key = f"{alert}/{step.tier.value}/{address}"
        await outbox.put(
            conn, MAIL, key, address, {"subject": result.subject, "text": result.text}, now_ms
        )
