"""Judges patients: their state and the clock give findings, and findings give steps of alerts.

All of that is one transaction. The table `due` lists who must be judged and is written together
with the facts. An event on `kadens.derived` only starts the judgement before the timer does, so a
lost or doubled event changes nothing. A row of `due` is taken in the judging transaction, so after
a crash it is still due.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

from alerts import lifecycle, registry
from alerts.announcing import ANNOUNCED, Announcing, announcements_of, digest_times, nudge_message
from alerts.silence_nudges import next_nudge_ms, silence_nudge
from model.alert import Action, Finding
from model.alerting.steps import JudgementResult, Step
from model.calendar import MINUTE_MS
from model.messages.outgoing import ONLY_MAIL, ReceiverKind
from model.messages.withdrawal import WithdrawalReason, withdrawal_reason
from runtime.log_lines import describe, get_logger
from storage.alerts import duty, outbox, rule_inputs, store, to_judge
from storage.alerts.rule_inputs import Loaded
from storage.alerts.store import WORKLIST
from storage.facts.ids import lock_patients
from storage.pg.pool import Connection
from storage.ruling.held_findings import drop_held, put_held, put_outage
from stream.collaborators import Collaborators
from stream.dead.isolate import blames_message
from stream.deriving.patient_inputs import derive_stale
from stream.duty_messages import tell_handed_over
from stream.faults import report_fault
from stream.log.messages import Run

_log = get_logger(__name__)
_TAKE = 20  # patients judged in one transaction
LATER_MS = 15 * MINUTE_MS


async def judge_runs(_batch: Sequence[Run], parts: Collaborators) -> None:
    """Judge everyone who is due now; a batch of `kadens.derived` only shows that somebody is."""
    while await judge_due(parts) == _TAKE:
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
        patients = await to_judge.take_due(conn, now, most)
        if patients:
            await judge_patients(conn, patients, parts, now)
    return len(patients)


async def _judge_or_postpone(parts: Collaborators) -> int:
    """Judge the patient who has been due for longest, or postpone that patient by `LATER_MS`."""
    async with parts.pool.connection() as conn:
        patients = await to_judge.take_due(conn, parts.now(), 1)
        try:
            # a savepoint: after a fault the outer transaction still writes the new due row
            async with conn.transaction():
                await judge_patients(conn, patients, parts, parts.now())
        except Exception as error:
            if not blames_message(error):
                raise
            report_fault(parts.metrics, "judge a patient", describe(error))
            for patient, causes in patients.items():
                for why in ("fault", *sorted(causes)):
                    await to_judge.mark_due(conn, patient, parts.now() + LATER_MS, why)
    return len(patients)


async def judge_patients(
    conn: Connection, due_by: Mapping[str, Collection[str]], parts: Collaborators, now_ms: int
) -> None:
    """Judge patients as of `now_ms`, in the caller's transaction. Judging again changes nothing.

    `due_by` says by pseudonym why each is due. What a prescription at the clinician door has made
    stale is derived first.
    """
    await derive_stale(conn, due_by)
    loaded = await rule_inputs.load_all(conn, due_by, now_ms)
    results = {
        patient: verdict(loaded[patient], now_ms, withdrawal_reason(causes))
        for patient, causes in due_by.items()
    }
    done = await apply_judgements(conn, results, now_ms, link=parts.link, ways=parts.ways)
    moved = [patient for patient, causes in due_by.items() if _has_moved(causes)]
    await tell_handed_over(conn, moved, now_ms, link=parts.link, ways=parts.ways)
    parts.metrics.judged.inc(len(due_by))
    for step in done:
        parts.metrics.alerts.labels(step.kind.value).inc()


def _has_moved(causes: Iterable[str]) -> bool:
    return any(cause.startswith(to_judge.MOVED) for cause in causes)


def verdict(
    on: Loaded, now_ms: int, why: WithdrawalReason = WithdrawalReason.CORRECTED
) -> JudgementResult:
    """Return the steps of alerts that a patient's state leads to, and the next due time. Pure.

    `why` is the reason for which alerts are withdrawn, if any are.
    """
    findings = registry.judge(on.judgeable)
    held = registry.held_back(on.judgeable, findings)
    findings = registry.of_alerts(on.judgeable, findings)
    back = lifecycle.returning_findings(on.live, on.recent, partial(_judged_at, on), now_ms)
    result = lifecycle.course_at(on.live, on.recent, findings, on.roster, now_ms, back, why)
    hours = lifecycle.hours_of(on.roster)
    return replace(
        result,
        next_due_ms=_earliest(
            registry.next_due(on.judgeable), result.next_due_ms, next_nudge_ms(on.judgeable)
        ),
        nudge=silence_nudge(on.judgeable),
        zone=hours.zone,
        digest_ms=digest_times(hours, now_ms) if result.steps else {},
        held=held,
        outages=registry.outages_of(on.judgeable, held),
    )


def _judged_at(on: Loaded, at_ms: int) -> tuple[Finding, ...]:
    """Return what judging finds in the facts of now as of an earlier instant."""
    then = replace(on.judgeable, now_ms=at_ms)
    return registry.of_alerts(then, registry.judge(then))


def _outages(results: Mapping[str, JudgementResult]) -> dict[str, tuple[int, int]]:
    """Return the vendors whose outage held back an alert, with their silent and all patients."""
    vendors: dict[str, tuple[int, int]] = {}
    for result in results.values():
        vendors |= result.outages
    return vendors


def _earliest(*times: int | None) -> int | None:
    """Return the earliest of some times (epoch ms), None if there is none."""
    return min((at for at in times if at is not None), default=None)


async def _hold(
    conn: Connection,
    results: Mapping[str, JudgementResult],
    numbers: Mapping[str, int],
    now_ms: int,
) -> None:
    """Write the silences that raise no alert of their own, and the outages that explain them."""
    for vendor, (silent, panel) in _outages(results).items():
        if await put_outage(conn, vendor, silent, panel, now_ms):
            _log.warning("a vendor delivers nothing to many patients", connector=vendor)
    for name, result in results.items():
        for silence in registry.silences_among(result.held):
            await drop_held(conn, numbers[name], silence.rule, silence.from_ms)
    await put_held(conn, {numbers[name]: result.held for name, result in results.items()}, now_ms)


async def apply_judgements(
    conn: Connection,
    results: Mapping[str, JudgementResult],
    now_ms: int,
    *,
    link: str = WORKLIST,
    ways: frozenset[str] = ONLY_MAIL,
) -> list[Step]:
    """Apply the steps of patients, write their messages, and set when each patient is due next.

    It returns the steps as they were applied. It must run in the transaction that loaded the
    patients. `link` is the address that a message leads to, and `ways` are the channels on which
    messages may leave.
    """
    locked = await lock_patients(conn, results)
    numbers = {name: row.id for name, row in locked.items()}
    # before any message is put: whoever waits for this lock holds no row that its holder waits for
    await duty.lock_budgets(conn, [numbers[name] for name in results if _needs_room(results[name])])
    await _hold(conn, results, numbers, now_ms)
    if ReceiverKind.NUDGE.value in ways:
        nudged = [(name, result.nudge) for name, result in results.items() if result.nudge]
        messages = [nudge_message(numbers[name], name, f"{nudge}/{name}") for name, nudge in nudged]
        await outbox.put_all(conn, messages, now_ms)
    done: dict[str, list[Step]] = {}
    for patient, result in results.items():
        by = Announcing(ways=ways, link=link, zone=result.zone, digest_ms=result.digest_ms)
        done[patient] = await _applied(conn, numbers[patient], patient, result, now_ms, by)
    nexts = {name: _next_due(result, done[name], now_ms) for name, result in results.items()}
    await to_judge.settle_all(conn, nexts)
    changed = [patient for patient, steps in done.items() if steps]
    if changed:
        await outbox.notify(conn, changed)
    return list(chain.from_iterable(done.values()))


def _needs_room(result: JudgementResult) -> bool:
    return any(map(lifecycle.needs_room, (*result.steps, *result.promotions)))


async def _applied(
    conn: Connection,
    number: int,
    patient: str,
    result: JudgementResult,
    now_ms: int,
    by: Announcing,
) -> list[Step]:
    """Apply the steps and promotions of a patient, and return those that were applied."""
    done: list[Step] = []
    for wish in (*result.steps, *result.promotions):
        step = await _budgeted(conn, number, wish, result.day_from_ms)
        if step is not None:
            await _apply(conn, number, patient, step, result, now_ms, by)
            done.append(step)
    return done


async def _budgeted(conn: Connection, number: int, step: Step, day_from_ms: int) -> Step | None:
    """Return a step as the budget of the working day leaves it, None for one that must wait."""
    if not lifecycle.needs_room(step):
        return step
    raised, panel = await duty.raised_since(conn, number, day_from_ms)
    return lifecycle.budgeted(step, raised, panel)


def _next_due(result: JudgementResult, done: Sequence[Step], now_ms: int) -> int | None:
    """Return when a patient is due next (epoch ms); what was demoted now is tried the next day."""
    times = [result.next_due_ms]
    if any(Action.DEMOTE in step.moves for step in done):
        times.append(lifecycle.tried_at(now_ms, result.day_until_ms))
    return _earliest(*times)


async def _apply(
    conn: Connection,
    number: int,
    patient: str,
    step: Step,
    result: JudgementResult,
    now_ms: int,
    by: Announcing,
) -> None:
    moves = await store.apply_step(conn, number, patient, step, now_ms)
    if step.is_demoted and Action.DEMOTE in step.moves:
        await duty.put_budget_notice(conn, number, step.rule, result.day_from_ms, now_ms)
    if moves and moves[0].kind in ANNOUNCED and lifecycle.is_news(step):
        contacts = await store.contacts(conn, number)
        messages = announcements_of(moves[0], number, contacts, by, step.rule)
        await outbox.put_all(conn, messages, now_ms)
