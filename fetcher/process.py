"""The fetcher process: several attempts at once, and what is done beside them.

Any number of fetchers may run; the database shares the work among them. SIGTERM lets attempts end
that have begun. An unexpected error ends the process, and its supervisor starts it again.
"""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvloop
from prometheus_client import start_http_server

from fetcher.client import VendorClient
from fetcher.log import AnswerLog
from fetcher.metrics import make_fetcher_metrics
from fetcher.parts import FetchedVendor, FetcherParts
from fetcher.single import LEASE_MS, Done, attempt, take_ready
from fetcher.subscribing import reconcile_applications
from fetcher.tending import tend_accounts
from fetcher.token_spool import TokenSpool
from fetcher.tokens import take_up_refreshes
from fetcher.withdrawing import withdraw_next
from ingest.publisher import KafkaPublisher
from model.calendar import DAY_MS
from model.keyring import Keys
from model.topics import RAW
from runtime.log_lines import describe, get_logger
from runtime.stopping import wait_or_stop
from storage.bodies.body_store import open_bodies
from storage.bodies.wrapping import ForeignKeysError, check_keys
from storage.fetching.announced_fetches import fetch_counts
from storage.fetching.connections import connection_counts, prolong_leases
from storage.fetching.queue import TakenFetch, forget_done, give_up_fetches
from storage.fetching.withdrawals import end_revoked, withdraw_uncovered
from storage.pg.outages import is_outage
from storage.pg.pool import WORKER_LIMITS, open_pool
from storage.pg.roles import FETCHER

_RUNNING = 2  # attempts for each request under way
_LOOK_S = 1.0  # between two looks for work when there is none
_TIDY_S = 5.0
_FORGET_S = 3_600.0
_CRASHED = 1
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetcherPlan:
    """The settings of a fetcher.

    `spool` is the folder where new tokens outlast a kill of the process, None for none. `now`
    returns epoch ms. `vendors` are those that are asked. `at_once` is how many requests are
    under way at once. Rows of fetches that were done `keep_days` days ago are removed, none with 0.
    With `metrics_port` 0 no metrics are served.
    """

    brokers: str
    database: str
    bodies: str
    wrapping: Keys
    now: Callable[[], int]
    vendors: Mapping[str, FetchedVendor]
    at_once: int = 8
    keep_days: int = 90
    spool: Path | None = None
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 0


@dataclass(slots=True, kw_only=True)
class ClosedVendors:
    """Until when each vendor is closed (epoch ms), so that its fetches are not taken in vain."""

    until_ms: dict[str, int] = field(default_factory=dict)

    def open_ones(self, vendors: Mapping[str, FetchedVendor], now_ms: int) -> list[str]:
        """Return the vendors that may be asked at an instant."""
        return [name for name in vendors if self.until_ms.get(name, 0) <= now_ms]

    def note(self, done: Done) -> None:
        """Note that an attempt found a vendor closed."""
        if done.closed:
            self.until_ms[done.closed] = done.closed_until_ms


def run_fetcher_until_stopped(plan: FetcherPlan) -> int:
    """Run until SIGTERM or SIGINT (returns 0) or until something unexpected happens (returns 1)."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(plan))
    except Exception as error:  # noqa: BLE001 - the last host there is; it ends the process
        is_safe = isinstance(error, ForeignKeysError)
        _log.critical("the fetcher ends", reason=str(error) if is_safe else describe(error))
        return _CRASHED
    return 0


async def _serve(plan: FetcherPlan) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_fetcher(plan) as parts:
        if plan.metrics_port:
            start_http_server(
                plan.metrics_port, addr=plan.metrics_host, registry=parts.metrics.registry
            )
        log_hosts(plan.vendors)
        closed = ClosedVendors()
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_fetching(parts, closed, stop, plan.at_once))
            group.create_task(_keep_tidy(parts, stop))
            group.create_task(_keep_leases(parts, stop))
            group.create_task(_keep_forgetting(parts, stop, plan.keep_days))
            group.create_task(_keep_tending(parts, stop))


@asynccontextmanager
async def open_fetcher(plan: FetcherPlan) -> AsyncIterator[FetcherParts]:
    """Open pool, log and client; raises `ForeignKeysError` for the keys of another database."""
    pool = await open_pool(
        plan.database,
        min_size=1,
        # an attempt uses one at a time; the others are for leases, tending and tidying
        max_size=_RUNNING * plan.at_once + 3,
        limits=WORKER_LIMITS,
        role=FETCHER,
    )
    publisher = KafkaPublisher(plan.brokers, max_message=RAW.max_message_bytes)
    client = VendorClient(at_once=plan.at_once)
    async with pool:
        async with pool.connection() as conn:
            await check_keys(conn, plan.wrapping(), plan.now(), record=False)
        await publisher.start()
        try:
            yield FetcherParts(
                pool=pool,
                log=AnswerLog(publisher=publisher, bodies=open_bodies(plan.bodies)),
                client=client,
                vendors=plan.vendors,
                wrapping=plan.wrapping,
                now=plan.now,
                chance=random.random,
                metrics=make_fetcher_metrics(),
                spool=TokenSpool(plan.spool),
            )
        finally:
            await client.close()
            await publisher.stop()


def log_hosts(vendors: Mapping[str, FetchedVendor]) -> None:
    """Write a line for each host outside the EU at which we have an application."""
    for vendor in vendors.values():
        is_set_up = vendor.client is not None or vendor.api_key or vendor.callback
        if is_set_up and not vendor.api.is_in_eu:
            for host in (vendor.api.host, *vendor.api.hosts):
                _log.warning("a host outside the EU may be asked", connector=vendor.name, host=host)


async def keep_fetching(
    parts: FetcherParts, closed: ClosedVendors, stop: asyncio.Event, at_once: int
) -> None:
    """Keep so many attempts running that the requests under way never lack a successor.

    While half of the attempts wait for an answer, the others are before or behind their request.
    """
    running: set[asyncio.Task[None]] = set()
    async with asyncio.TaskGroup() as group:
        stopping = group.create_task(_until_set(stop))
        while not stop.is_set():
            room = _RUNNING * at_once - len(running)
            taken: Sequence[TakenFetch] = ()
            # in handfuls: a look for each single spot that gets free would load the database
            if room > at_once // 2:
                async with _through_outages():
                    taken = await _due(parts, closed, room)
            for fetch in taken:
                running.add(group.create_task(_run(parts, closed, fetch)))
            # an account that is let go may have its next fetch due at once
            waited = {stopping, *running}
            await asyncio.wait(waited, timeout=_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
            running = {task for task in running if not task.done()}


async def _until_set(event: asyncio.Event) -> None:
    await event.wait()


async def _run(parts: FetcherParts, closed: ClosedVendors, taken: TakenFetch) -> None:
    async with _through_outages():
        closed.note(await attempt(parts, taken))


async def _due(parts: FetcherParts, closed: ClosedVendors, most: int) -> Sequence[TakenFetch]:
    """Take what is due at the vendors that are open."""
    names = closed.open_ones(parts.vendors, parts.now())
    return await take_ready(parts, names, most) if names else ()


async def fetch_once(parts: FetcherParts, closed: ClosedVendors) -> bool:
    """Work off one fetch of the vendors that are open; return whether there was any."""
    taken = await _due(parts, closed, 1)
    for fetch in taken:
        closed.note(await attempt(parts, fetch))
    return bool(taken)


async def _keep_tidy(parts: FetcherParts, stop: asyncio.Event) -> None:
    while not stop.is_set():
        async with _through_outages():
            await tidy(parts)
        await wait_or_stop(stop, _TIDY_S)


async def _keep_tending(parts: FetcherParts, stop: asyncio.Event) -> None:
    at_start = True
    while not stop.is_set():
        async with _through_outages():
            await reconcile_applications(parts, at_start=at_start)
            # only after it worked, so that an outage at the start does not put it off by a day
            at_start = False
            await tend_accounts(parts)
        await wait_or_stop(stop, _TIDY_S)


async def _keep_forgetting(parts: FetcherParts, stop: asyncio.Event, keep_days: int) -> None:
    while keep_days and not stop.is_set():
        async with _through_outages():
            await forget_old(parts, keep_days)
        await wait_or_stop(stop, _FORGET_S)


async def forget_old(parts: FetcherParts, keep_days: int) -> int:
    """Remove rows that were done long ago; return how many. What was given up stays listed."""
    forgotten = 0
    before_ms = parts.now() - keep_days * DAY_MS
    while True:
        async with parts.pool.connection() as conn:
            number = await forget_done(conn, before_ms)
        if not number:
            return forgotten
        forgotten += number


async def _keep_leases(parts: FetcherParts, stop: asyncio.Event) -> None:
    while not stop.is_set():
        async with _through_outages():
            await prolong(parts)
        # four times within a lease (this is in seconds), so that one slow round loses no account
        await wait_or_stop(stop, LEASE_MS / 4000)


async def prolong(parts: FetcherParts) -> None:
    """Hold on to the accounts of the attempts that run."""
    if leases := list(parts.attempts.leases):
        async with parts.pool.connection() as conn:
            await prolong_leases(conn, leases, parts.now() + LEASE_MS)


async def tidy(parts: FetcherParts) -> None:
    """Take up what was left behind, end what nothing covers, count rows for the metrics."""
    # first, because a vendor takes the old token only for a while after it gave the new ones
    await take_up_refreshes(parts.refresh_means(None), parts.now())
    async with parts.pool.connection() as conn:
        # before what nothing covers: a vendor that revoked by itself need not be told of it
        await end_revoked(conn, parts.now())
        await withdraw_uncovered(conn, parts.now())
        for name, vendor in parts.vendors.items():
            if vendor.api.gone:
                await give_up_fetches(conn, name, vendor.api.gone, parts.now())
    # a connection of its own for each: a vendor that is slow must not hold the one above
    while await withdraw_next(parts):
        pass
    async with parts.pool.connection() as conn:
        counts = (
            (parts.metrics.rows, await fetch_counts(conn)),
            (parts.metrics.connections, await connection_counts(conn)),
        )
    for gauge, numbers in counts:
        gauge.clear()  # a state that nothing is in any more
        for labels, number in numbers.items():
            gauge.labels(*labels).set(number)


@asynccontextmanager
async def _through_outages() -> AsyncIterator[None]:
    """Go on when the database does not answer; what was taken is due again after its lease.

    Ending the process would also end other attempts, which may have tokens that are not stored yet.
    """
    try:
        yield
    except Exception as error:
        if not is_outage(error):
            raise
        _log.warning("the database does not answer", error=type(error).__name__)
