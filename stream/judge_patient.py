"""Judging: a patient's state and the clock become findings, findings become steps of alerts, in one transaction.

The table `due` says who must be judged, and is written with the facts; an event on `kadens.derived` only makes it
happen at once instead of at the timer's next turn, so a lost or doubled event changes nothing. A due row is taken in
the judging transaction: after a crash it is due again.
"""

from ..alerts import lifecycle, rules
from ..storage import due, judging
from ..storage.pool import Connection
from .messages import Run
from .parts import Parts

TAKE = 20  # patients judged in one transaction


async def judge_run(_run: Run, parts: Parts) -> None:
    """Judge everyone who is due now: a run of `kadens.derived` says that somebody is."""
    while await judge_due(parts):
        pass


async def judge_due(parts: Parts) -> int:
    """Judge up to `TAKE` patients whose time has come; return how many."""
    async with parts.pool.connection() as conn:
        now = parts.now()
        patients = await due.take(conn, now, TAKE)
        for patient in patients:
            await judge_patient(conn, patient, parts, now)
    return len(patients)


async def judge_patient(conn: Connection, patient: str, parts: Parts, now_ms: int) -> None:
    """Judge one patient as of `now_ms`, in the caller's transaction. Judging again changes nothing."""
    judgeable, live, recent = await judging.load(conn, patient, now_ms)
    findings = rules.judge(judgeable)
    steps = lifecycle.settle(live, recent, findings, now_ms)
    times = (rules.next_due(judgeable), lifecycle.wakes(recent, findings, now_ms))
    due_ms = min((at for at in times if at is not None), default=None)
    await judging.apply(conn, patient, steps, now_ms, due_ms, link=parts.link)
    parts.metrics.judged.inc()
    for step in steps:
        parts.metrics.alerts.labels(step.kind.value).inc()
