"""Judges patients: their state and the clock give findings, and findings give steps of alerts.

All of that is one transaction. The table `due` lists who must be judged and is written together
with the facts. An event on `kadens.derived` only starts the judgement before the timer does, so a
lost or doubled event changes nothing. A row of `due` is taken in the judging transaction, so after
a crash it is still due.
"""

from collections.abc import Mapping, Sequence

from alerts import lifecycle, registry
from alerts.wording import mail
from model.alert import JudgementResult, Step
from model.calendar import MINUTE_MS
from model.messages.outgoing import MAIL
from runtime.log_lines import describe
from storage.alerts import due, outbox, rule_inputs, store
from storage.alerts.rule_inputs import Loaded
from storage.alerts.store import WORKLIST
from storage.facts.ids import lock_patients
from storage.pg.pool import Connection
from stream.collaborators import Collaborators
from stream.dead.isolate import blames_message
from stream.deriving.settings import derive_stale
from stream.faults import report_fault
from stream.log.messages import Run

_TAKE = 20  # patients judged in one transaction
LATER_MS = 15 * MINUTE_MS


async def judge_runs(_batch: Sequence[Run], parts: Collaborators) -> None:
    """Judge everyone who is due now; a batch of `kadens.derived` only shows that somebody is."""
    while await judge_due(parts):
        pass


async def judge_due(parts: Collaborators) -> int:
    """Judge up to `_TAKE` patients who are due; return how many.

    After an error that is no outage, each patient is judged alone. A patient who cannot be judged
    is due again after `LATER_MS`.
    """
    try:
        return await _judge(parts, _TAKE)
    except Exception as error:
        if not blames_message(error):
            raise
    judged = 0
    for _ in range(_TAKE):
        judged += await _judge_or_postpone(parts)
    return judged


async def _judge(parts: Collaborators, most: int) -> int:
    async with parts.pool.connection() as conn:
        now = parts.now()
        patients = await due.take_due(conn, now, most)
        if patients:
            await judge_patients(conn, patients, parts, now)
    return len(patients)


async def _judge_or_postpone(parts: Collaborators) -> int:
    """Judge the patient who has been due for longest, or postpone that patient by `LATER_MS`."""
    async with parts.pool.connection() as conn:
        patients = await due.take_due(conn, parts.now(), 1)
        try:
            # a savepoint: after a fault the outer transaction still writes the new due row
            async with conn.transaction():
                await judge_patients(conn, patients, parts, parts.now())
        except Exception as error:
            if not blames_message(error):
                raise
            report_fault(parts.metrics, "judge a patient", describe(error))
            await due.mark_all(conn, patients, parts.now() + LATER_MS, "fault")
    return len(patients)


async def judge_patients(
    conn: Connection, patients: Sequence[str], parts: Collaborators, now_ms: int
) -> None:
    """Judge patients as of `now_ms`, in the caller's transaction. Judging again changes nothing.

    What a prescription at the clinician door has made stale is derived first.
    """
    await derive_stale(conn, patients)
    loaded = await rule_inputs.load_all(conn, patients, now_ms)
    results = {patient: verdict(loaded[patient], now_ms) for patient in patients}
    await apply_judgements(conn, results, now_ms, link=parts.link)
    parts.metrics.judged.inc(len(patients))
    for result in results.values():
        for step in result.steps:
            parts.metrics.alerts.labels(step.kind.value).inc()


def verdict(on: Loaded, now_ms: int) -> JudgementResult:
    """Return the steps of alerts that a patient's state leads to, and the next due time. Pure."""
    findings = registry.judge(on.judgeable)
    steps = lifecycle.settle(on.live, on.recent, findings, now_ms)
    times = (registry.next_due(on.judgeable), lifecycle.wakes(on.recent, findings, now_ms))
    return JudgementResult(steps=tuple(steps), next_due_ms=_earliest(*times))


def _earliest(*times: int | None) -> int | None:
    """Return the earliest of some times (epoch ms), None if there is none."""
    return min((at for at in times if at is not None), default=None)


async def apply_judgements(
    conn: Connection, results: Mapping[str, JudgementResult], now_ms: int, *, link: str = WORKLIST
) -> None:
    """Apply the steps of patients, write their mails, and set when each patient is due next.

    It must run in the transaction that loaded the patients. `link` is the address that a mail leads
    to.
    """
    locked = await lock_patients(conn, results)
    numbers = {name: row.id for name, row in locked.items()}
    for patient, result in results.items():
        for step in result.steps:
            alert = await store.apply_step(conn, numbers[patient], patient, step, now_ms)
            if lifecycle.is_mailed(step):
                await _mail(conn, numbers[patient], step, alert, now_ms, link)
    # read after the steps, because a step may end a snooze
    snoozed = await store.snoozed_until(conn, list(numbers.values()))
    following: dict[str, int | None] = {}
    for patient, result in results.items():
        following[patient] = _earliest(result.next_due_ms, snoozed.get(numbers[patient]))
    await due.settle_all(conn, following)
    changed = [patient for patient, result in results.items() if result.steps]
    if changed:
        await outbox.notify(conn, changed)


async def _mail(
    conn: Connection, number: int, step: Step, alert: str, now_ms: int, link: str
) -> None:
    text = mail(step.tier, link)
    body = {"subject": text.subject, "text": text.text}
    for address in lifecycle.recipients(await store.contacts(conn, number)):
        # the key holds tier and address: the same mail is written once, however often it is judged
        key = f"{alert}/{step.tier.value}/{address}"
        await outbox.put_message(conn, MAIL, key, address, body, now_ms)
