"""Assembles the worker process: the agents, the timers beside them, and their collaborators.

`run_until_stopped` returns an exit status. A worker must never go on after an unexpected error: it
ends, and its supervisor starts it again. Any number of workers may run; with the mock broker only
one.
"""

import asyncio
import functools
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvloop
from prometheus_client import start_http_server

from alerts.delivery.channel import Channel
from alerts.delivery.channels import open_channels
from alerts.delivery.spreading import spread_changes
from model.keyring import Keys
from model.messages.outgoing import MAIL, Receiver
from model.privacy.closing import ClosingTerms
from model.topics import DERIVED, FACTS, FACTS_LARGE, RAW, RAW_LARGE
from parsers.formats import load_readers
from runtime.log_lines import describe, get_logger
from storage.alerts.store import WORKLIST
from storage.bodies.body_store import open_bodies
from storage.bodies.wrapping import check_keys
from storage.people import link_tokens
from storage.pg.pool import WORKER_LIMITS, Pool, open_pool
from storage.pg.roles import WORKER
from stream.agents import TopicHandler, add_agents, rewind
from stream.app import GROUP, assigned, make_app, serve
from stream.batching import BatchLimits
from stream.collaborators import Collaborators
from stream.dead.isolate import Handle, Isolated
from stream.delivering import deliver_message
from stream.deriving.derive_batch import derive_runs, send_changes, send_marks, set_fact_aside
from stream.duty_messages import tell_covers
from stream.faults import VALUE_FREE, WorkerError, without_values
from stream.housekeeping import Horizon, clean_up, sweep_sealed, sweep_settled
from stream.intake.quarantine import expire_quarantine, release_quarantine
from stream.judge_patient import judge_due, judge_runs
from stream.log.ledger import Ledger
from stream.log.look import LogView, open_log
from stream.log.messages import Partition
from stream.log.producer import open_producer
from stream.log.watch import watch
from stream.metrics import WorkerMetrics, make_metrics
from stream.normalise import normalise_runs, set_body_aside
from stream.readers.pool import Reader, open_reader_pool
from stream.readers.zygote import Zygote, open_zygote
from stream.revocations import publish_waiting_revocations
from stream.rights.closing import AccountTender, close_wished, remove_old_support, tend_lives
from stream.rights.late_requests import tend_requests
from stream.rights.objecting import pause_objected
from stream.rollup_refresh import refresh_rollups
from stream.statistics_collection import collect_statistics

CONSUMED = (RAW.name, RAW_LARGE.name, FACTS.name, FACTS_LARGE.name, DERIVED.name)
# The offset ledger leaves kadens.derived out: that topic only wakes the judge, and the table `due`
# holds what must be done.
LEDGER_TOPICS = CONSUMED[:-1]
# Facts of a large body are written in small transactions, so that other batches get their turn.
LARGE_FACTS_BYTES = 2 * 1024 * 1024
_LIMITS: Mapping[str, BatchLimits] = {
    RAW.name: BatchLimits(max_in_flight=2),
    RAW_LARGE.name: BatchLimits(max_messages=1),
    FACTS.name: BatchLimits(max_in_flight=2),
    FACTS_LARGE.name: BatchLimits(max_bytes=LARGE_FACTS_BYTES),
    # a patient is judged once for all that comes in meanwhile, and many cost little more than one
    DERIVED.name: BatchLimits(rest=2.0),
}
TIMER_CONNECTIONS = 8  # connections for the timers, and for sending changes
POOL_SIZE = sum(limits.max_in_flight for limits in _LIMITS.values()) + TIMER_CONNECTIONS
CRASHED = 1
_log = get_logger(__name__)

_Step = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPlan:
    """The settings of a worker.

    `now` returns epoch ms. `worker_id` must differ between workers ("": none).
    `group_session_s` is the time without a heartbeat after which its partitions move to another
    worker. With an empty `smtp` no mail is delivered; `receivers` get what else leaves this system.
    `clinic_url` is the address that mails lead to. `closing` says when accounts close.
    With `metrics_port` 0 no metrics are served, otherwise on `metrics_host` only. With
    `accept_loss` it goes on although log and database disagree. That is a person's decision, see
    `ledger`.
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
    receivers: tuple[Receiver, ...] = ()
    clinic_url: str = WORKLIST
    closing: ClosingTerms = field(default_factory=ClosingTerms)
    commit_interval_s: float = 1.0
    stall_s: float = 60.0
    group_session_s: float = 10.0
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 0
    accept_loss: bool = False


def run_until_stopped(plan: WorkerPlan) -> int:
    """Run until SIGTERM or SIGINT (returns 0) or until something unexpected happens (returns 1)."""
    # Faust fetches in a thread with a loop of its own, which the policy reaches too
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    _freeze_what_is_loaded()
    try:
        # forked before there is a thread: a fork would copy a lock that a thread holds
        with open_zygote() as zygote, asyncio.Runner() as runner:
            runner.run(_work(plan, zygote))
    except Exception as error:  # noqa: BLE001 - the last place there is; it ends the process
        is_safe = isinstance(error, (*VALUE_FREE, WorkerError))
        _log.critical("the worker ends", reason=str(error) if is_safe else describe(error))
        return CRASHED
    return 0


def _freeze_what_is_loaded() -> None:
    """Exclude modules and tables, which are never freed, from all later garbage collections."""
    load_readers()  # before the fork: a forked reader would import them for each payload
    gc.collect()
    gc.freeze()


async def _work(plan: WorkerPlan, zygote: Zygote) -> None:
    metrics = make_metrics()
    done: dict[Partition, int] = {}
    async with (
        open_reader_pool(zygote) as reader,
        open_log(plan.brokers) as view,
        _open_parts(plan, view, reader, metrics) as parts,
        open_channels(plan.smtp, plan.mail_from, plan.receivers) as channels,
    ):
        app = make_app(
            brokers=plan.brokers,
            worker_id=plan.worker_id,
            mock=plan.mock,
            commit_interval_s=plan.commit_interval_s,
            session_s=plan.group_session_s,
        )
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        add_agents(app, _handlers(parts), done, metrics, failed)
        if plan.metrics_port:
            start_http_server(plan.metrics_port, addr=plan.metrics_host, registry=metrics.registry)
        guard = watch(
            view,
            group=GROUP,
            topics=CONSUMED,
            assigned=functools.partial(assigned, app),
            done=done,
            ledger=functools.partial(_read_ledger, parts),
            rewind=functools.partial(rewind, app),
            mock=plan.mock,
            stall_s=plan.stall_s,
            metrics=metrics,
        )
        await serve(app, failed, [guard, *_timers(plan, channels, parts, view)])


async def _read_ledger(parts: Collaborators) -> Mapping[Partition, int]:
    async with without_values("read the offset ledger"), parts.pool.connection() as conn:
        return await parts.ledger.finished(conn, LEDGER_TOPICS)


def _handlers(parts: Collaborators) -> dict[str, TopicHandler]:
    # a single lock for all handlers: two suspect messages must not be in work at once (`Isolated`)
    exclusive = asyncio.Lock()
    normalise = _isolated(normalise_runs, set_body_aside, parts, exclusive)
    derive = _isolated(derive_runs, set_fact_aside, parts, exclusive)
    handlers: dict[str, Handle] = {
        RAW.name: normalise,
        RAW_LARGE.name: normalise,
        FACTS.name: derive,
        FACTS_LARGE.name: derive,
        DERIVED.name: functools.partial(judge_runs, parts=parts),
    }
    by_topic: dict[str, TopicHandler] = {}
    for topic, handler in handlers.items():
        by_topic[topic] = TopicHandler(handler=handler, limits=_LIMITS[topic])
    return by_topic


def _isolated(
    step: Callable[..., Awaitable[None]],
    aside: Callable[..., Awaitable[None]],
    parts: Collaborators,
    exclusive: asyncio.Lock,
) -> Isolated:
    handle, set_aside = functools.partial(step, parts=parts), functools.partial(aside, parts=parts)
    return Isolated(parts=parts, handle=handle, set_aside=set_aside, exclusive=exclusive)


def _timers(
    plan: WorkerPlan, channels: Sequence[Channel], parts: Collaborators, view: LogView
) -> list[Coroutine[Any, Any, None]]:
    """Return the endless loops that run beside the agents.

    Each row of the list has a name, the seconds between two steps, and the step.
    """
    sweep = functools.partial(sweep_settled, parts, view, LEDGER_TOPICS, Horizon())
    steps: list[tuple[str, float, _Step]] = [
        ("judge who is due", 1.0, functools.partial(judge_due, parts)),
        ("send changes", 5.0, functools.partial(send_changes, parts)),
        ("send marks", 1.0, functools.partial(send_marks, parts)),
        ("spread changes of alerts", 1.0, functools.partial(_spread, plan, parts)),
        ("publish revocations", 1.0, functools.partial(publish_waiting_revocations, parts)),
        ("release quarantine", 2.0, functools.partial(release_quarantine, parts)),
        ("expire quarantine", 10.0, functools.partial(expire_quarantine, parts)),
        ("refresh rollups", 5.0, functools.partial(refresh_rollups, parts)),
        ("tend accounts", 600.0, functools.partial(tend_lives, _tender(plan, parts))),
        ("close accounts as asked", 600.0, functools.partial(close_wished, _tender(plan, parts))),
        ("tell who covers", 60.0, functools.partial(tell_covers, parts)),
        ("pause at objections", 60.0, functools.partial(pause_objected, parts)),
        ("look for late requests", 600.0, functools.partial(tend_requests, parts)),
        ("remove support cases", 600.0, _support_removal(parts)),
        ("collect statistics", 3_600.0, functools.partial(collect_statistics, parts)),
        ("clean up", 600.0, functools.partial(clean_up, parts)),
        ("sweep incoming bodies", 600.0, sweep),
        ("sweep sealed bodies", 3_600.0, functools.partial(sweep_sealed, parts)),
    ]
    # a loop for each channel, so that a receiver that is slow holds back no other
    deliveries = (functools.partial(deliver_message, parts, channel) for channel in channels)
    steps.extend(("deliver messages", 1.0, step) for step in deliveries)
    return [_every(name, seconds, step) for name, seconds, step in steps]


async def _every(name: str, seconds: float, step: _Step) -> None:
    """Repeat a step for ever: at once if it did something, otherwise after `seconds`."""
    while True:
        async with without_values(name):
            did_something = await step()
        await asyncio.sleep(0 if did_something else seconds)


async def _spread(plan: WorkerPlan, parts: Collaborators) -> int:
    return await spread_changes(parts.pool, plan.receivers, plan.clinic_url, parts.now())


def _tender(plan: WorkerPlan, parts: Collaborators) -> AccountTender:
    return AccountTender(pool=parts.pool, terms=plan.closing, ways=parts.ways, now=parts.now)


def _support_removal(parts: Collaborators) -> _Step:
    return functools.partial(remove_old_support, parts.pool, parts.now)


async def _open_ledger(plan: WorkerPlan, view: LogView, pool: Pool) -> Ledger:
    """Return the offset ledger, after keys and log were compared with the database."""
    ledger = Ledger(cluster=await view.identity(mock=plan.mock))
    async with pool.connection() as conn:
        await check_keys(conn, plan.wrapping(), plan.now(), record=True)
        bounds = await view.bounds(LEDGER_TOPICS)
        mismatches = await ledger.open(conn, bounds, accept=plan.accept_loss)
        await link_tokens.publish_again(conn, plan.now())
    for topic, partition in mismatches:
        _log.warning(
            "the worker goes on although log and database do not meet, as accepted",
            topic=topic,
            partition=partition,
        )
    return ledger


@asynccontextmanager
async def _open_parts(
    plan: WorkerPlan, view: LogView, reader: Reader, metrics: WorkerMetrics
) -> AsyncIterator[Collaborators]:
    """Open pool, producer and body store, and compare the offset ledger with the log.

    Raises `ForeignKeysError` if the keys belong to another database, and `LogMismatchError` if log
    and ledger disagree.
    """
    pool = await open_pool(
        plan.database,
        min_size=1,
        max_size=POOL_SIZE + 1 + len(plan.receivers),
        limits=WORKER_LIMITS,
        role=WORKER,
    )
    async with pool, open_producer(plan.brokers) as producer:
        ledger = await _open_ledger(plan, view, pool)
        yield Collaborators(
            pool=pool,
            producer=producer,
            ledger=ledger,
            bodies=open_bodies(plan.bodies),
            reader=reader,
            wrapping=plan.wrapping,
            now=plan.now,
            metrics=metrics,
            link=plan.clinic_url,
            ways=frozenset({MAIL, *(receiver.name for receiver in plan.receivers)}),
        )
