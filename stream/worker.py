"""The worker process, put together: three agents, the timers beside them, and what they work with.

`run_worker` returns an exit status; it never tries to go on after an unexpected error. Whoever starts it starts it
again. Any number of workers may run, one with the mock broker.
"""

import asyncio
import functools
import gc
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvloop
from prometheus_client import start_http_server

from ..alerts.delivery import Send, deliver, read_smtp, smtp_sender
from ..model.keyring import Keys
from ..storage import link_tokens
from ..storage.body_store import open_bodies
from ..storage.pool import open_pool
from ..storage.verdicts import WORKLIST
from ..storage.wrapping import check_keys
from .agents import Handling, add_agents, rewind
from .app import GROUP, assigned, make_app, serve
from .derive_batch import derive_runs, send_changes
from .faults import TOLD, WorkerError, describe, without_values
from .housekeeping import clean_up
from .judge_patient import judge_due, judge_runs
from .ledger import Ledger
from .log import LogView, open_log
from .metrics import Metrics, make_metrics
from .normalise import expire_quarantine, normalise_runs, release_quarantine
from .parts import Parts
from .producer import open_producer
from .refresh import refresh_bands
from .revocations import publish_revocations
from .topics import DERIVED, FACTS, RAW
from .watch import watch
from .watchdog import Place

READ = (RAW.name, FACTS.name, DERIVED.name)
ACCOUNTED = (RAW.name, FACTS.name)  # kadens.derived only wakes the judge: the table `due` holds what must be done
ABREAST = {RAW.name: 2, FACTS.name: 2, DERIVED.name: 1}
POOL = sum(ABREAST.values()) + 6  # agents, timers and what sends changes
CRASHED = 1
log = logging.getLogger(__name__)

Step = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPlan:
    """The plain values a worker needs. `now` gives epoch ms; `worker_id` must differ between workers ("": none).

    `group_session_s` after its last heartbeat a worker's partitions move. `smtp` "" delivers no mail, `clinic_url` is
    where mails send their readers; `metrics_port` 0 serves no metrics. `accept_loss` goes on where log and database do
    not meet: a person's decision, see `ledger`.
    """

    brokers: str
    database: str
    bodies: str
    wrapping: Keys
    now: Callable[[], int]
    worker_id: str = ""
    mock: bool = False
    smtp: str = ""
    mail_from: str = "kadens@localhost"
    clinic_url: str = WORKLIST
    commit_interval_s: float = 1.0
    stall_s: float = 60.0
    group_session_s: float = 10.0
    metrics_port: int = 0
    accept_loss: bool = False


def run_worker(plan: WorkerPlan) -> int:
    """Run a worker until SIGTERM or SIGINT (status 0) or until something unexpected happens (status 1)."""
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # for the thread in which Faust fetches
    _spare_the_collector()
    try:
        with asyncio.Runner() as runner:
            runner.run(_work(plan))
    except Exception as error:  # noqa: BLE001 - the last place there is; it ends the process
        log.critical("the worker ends: %s", error if isinstance(error, (*TOLD, WorkerError)) else describe(error))
        return CRASHED
    return 0


def _spare_the_collector() -> None:
    """Leave what is there for good, modules and tables, out of every collection that follows."""
    gc.collect()
    gc.freeze()


async def _work(plan: WorkerPlan) -> None:
    metrics = make_metrics()
    done: dict[tuple[str, int], int] = {}
    with TemporaryDirectory(prefix="kadens-worker-") as folder:
        async with open_log(plan.brokers) as view, _open_parts(plan, view, metrics) as parts:
            app = make_app(
                brokers=plan.brokers,
                worker_id=plan.worker_id,
                mock=plan.mock,
                commit_interval_s=plan.commit_interval_s,
                session_s=plan.group_session_s,
                folder=Path(folder),
            )
            failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            add_agents(app, _handlers(parts), done, metrics, failed)
            if plan.metrics_port:
                start_http_server(plan.metrics_port, registry=metrics.registry)
            guard = watch(
                view,
                group=GROUP,
                topics=READ,
                assigned=functools.partial(assigned, app),
                done=done,
                account=functools.partial(_account, parts),
                rewind=functools.partial(rewind, app),
                mock=plan.mock,
                stall_s=plan.stall_s,
                metrics=metrics,
            )
            await serve(app, failed, [guard, *_timers(plan, parts)])


async def _account(parts: Parts) -> Mapping[Place, int]:
    async with without_values("read the account"), parts.pool.connection() as conn:
        return await parts.ledger.finished(conn, ACCOUNTED)


def _handlers(parts: Parts) -> dict[str, Handling]:
    steps = {RAW.name: normalise_runs, FACTS.name: derive_runs, DERIVED.name: judge_runs}
    return {
        topic: Handling(handler=functools.partial(step, parts=parts), abreast=ABREAST[topic])
        for topic, step in steps.items()
    }


def _timers(plan: WorkerPlan, parts: Parts) -> list[Coroutine[Any, Any, None]]:
    steps: list[tuple[str, float, Step]] = [
        ("judge who is due", 1.0, functools.partial(judge_due, parts)),
        ("send changes", 5.0, functools.partial(send_changes, parts)),
        ("publish revocations", 1.0, functools.partial(publish_revocations, parts)),
        ("release quarantine", 2.0, functools.partial(release_quarantine, parts)),
        ("expire quarantine", 10.0, functools.partial(expire_quarantine, parts)),
        ("refresh bands", 5.0, functools.partial(refresh_bands, parts)),
        ("clean up", 600.0, functools.partial(clean_up, parts)),
    ]
    if plan.smtp:
        send = smtp_sender(read_smtp(plan.smtp), plan.mail_from)
        steps.append(("deliver mail", 1.0, functools.partial(_mail, parts, send)))
    return [_every(name, seconds, step) for name, seconds, step in steps]


async def _every(name: str, seconds: float, step: Step) -> None:
    """Take a step for ever; at once again while it says that it found something."""
    while True:
        async with without_values(name):
            found = await step()
        await asyncio.sleep(0 if found else seconds)


async def _mail(parts: Parts, send: Send) -> int:
    sent, failed = await deliver(parts.pool, send, parts.now())
    parts.metrics.mails.labels("sent").inc(sent)
    parts.metrics.mails.labels("failed").inc(failed)
    return sent + failed


@asynccontextmanager
async def _open_parts(plan: WorkerPlan, view: LogView, metrics: Metrics) -> AsyncIterator[Parts]:
    """Open pool, producer and body store, and hold the account of offsets against the log."""
    pool = await open_pool(plan.database, min_size=1, max_size=POOL)
    async with pool, open_producer(plan.brokers) as producer:
        ledger = Ledger(cluster=await view.identity(mock=plan.mock))
        async with pool.connection() as conn:
            await check_keys(conn, plan.wrapping(), plan.now(), record=True)
            apart = await ledger.open(conn, await view.bounds(ACCOUNTED), accept=plan.accept_loss)
            await link_tokens.publish_again(conn, plan.now())
        for topic, partition in apart:
            log.warning("%s[%d]: accepted that log and database do not meet", topic, partition)
        yield Parts(
            pool=pool,
            producer=producer,
            ledger=ledger,
            bodies=open_bodies(plan.bodies),
            wrapping=plan.wrapping,
            now=plan.now,
            metrics=metrics,
            link=plan.clinic_url,
        )
