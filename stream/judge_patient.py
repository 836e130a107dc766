"""Judging: a patient's state and the clock become findings, findings become steps of alerts, in one transaction.

The table `due` says who must be judged, and is written with the facts; an event on `kadens.derived` only makes it
happen at once instead of at the timer's next turn, so a lost or doubled event changes nothing. A due row is taken in
the judging transaction: after a crash it is due again.
"""

from collections.abc import Sequence

from ..alerts import lifecycle, rules
from ..storage import due, judging, verdicts
from ..storage.judging import Loaded
from ..storage.pool import Connection
from ..storage.verdicts import Verdict
from .messages import Run
from .parts import Parts

TAKE = 20  # patients judged in one transaction


async def judge_runs(_batch: Sequence[Run], parts: Parts) -> None:
    """Judge everyone who is due now: a batch of `kadens.derived` says that somebody is."""
    while await judge_due(parts):
        pass


async def judge_due(parts: Parts) -> int:
    """Judge up to `TAKE` patients whose time has come; return how many."""
    async with parts.pool.connection() as conn:
        now = parts.now()
        patients = await due.take(conn, now, TAKE)
        if patients:
            await judge_patients(conn, patients, parts, now)
    return len(patients)


async def judge_patients(conn: Connection, patients: Sequence[str], parts: Parts, now_ms: int) -> None:
    """Judge patients as of `now_ms`, in the caller's transaction. Judging again changes nothing."""
    loaded = await judging.load_all(conn, patients, now_ms)
    said = {patient: verdict(loaded[patient], now_ms) for patient in patients}
    await verdicts.apply_all(conn, said, now_ms, link=parts.link)
    parts.metrics.judged.inc(len(patients))
    for step in (step for one in said.values() for step in one.steps):
        parts.metrics.alerts.labels(step.kind.value).inc()


def verdict(on: Loaded, now_ms: int) -> Verdict:
    """Return what comes of what is known of a patient. Pure."""
    findings = rules.judge(on.judgeable)
    steps = lifecycle.settle(on.live, on.recent, findings, now_ms)
    times = (rules.next_due(on.judgeable), lifecycle.wakes(on.recent, findings, now_ms))
    return Verdict(steps=tuple(steps), next_due_ms=min((at for at in times if at is not None), default=None))
