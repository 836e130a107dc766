"""The Faust app and the life of a worker: start, watch, stop.

Faust runs as a service inside our own loop, so that we decide about signals, the exit status and
the order of closing. It has no tables, no web server and no assignor of its own, and it creates no
topics: the database holds the state, and the program creates the topics. A worker never goes on
after an unexpected error. The process ends with status 1, and its supervisor starts it again.
"""

import asyncio
import faulthandler
import os
import signal
from collections.abc import Coroutine, Iterable
from typing import Any

import faust
from faust.exceptions import ConsumerNotStarted
from mode import CrashingSupervisor
from yarl import URL

from stream.log.messages import Partition
from stream.log.transport import KafkaTransport

GROUP = "kadens"
MOCK_SESSION_S = 6.0  # the mock broker waits this long after the last member left
STOP_WITHIN_S = 20.0
BLOCKED_S = 60.0
AGENT_BUFFER = 64  # messages that wait for an agent, each of up to half a megabyte
EXIT_CRASHED = 1


class _TablelessApp(faust.App):
    """A Faust app that keeps no table on disk."""

    def _create_directories(self) -> None:
        """Create no folder: it would stay empty, and a killed worker would leave it behind."""


def make_app(
    *,
    brokers: str,
    worker_id: str,
    mock: bool,
    commit_interval_s: float,
    session_s: float,
) -> faust.App:
    """Return the Faust app without agents.

    `session_s` is the time after which the partitions of a killed worker move to another, unless it
    comes back under the same instance id before.
    """
    urls = [URL(f"kafka://{item}") for item in brokers.split(",")]
    app = _TablelessApp(
        GROUP,
        broker=urls,
        store="memory://",
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        agent_supervisor=CrashingSupervisor,
        stream_wait_empty=False,
        stream_buffer_maxsize=AGENT_BUFFER,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=None if mock else worker_id or None,
        consumer_max_fetch_size=4 * 1024 * 1024,
        producer_acks=-1,
        broker_commit_interval=commit_interval_s,
        broker_session_timeout=MOCK_SESSION_S if mock else session_s,
        broker_heartbeat_interval=1.0,
    )
    app.transport = KafkaTransport(urls, app)
    return app


def assigned(app: faust.App) -> frozenset[Partition]:
    """Return the partitions that this worker has now."""
    try:
        return frozenset((tp.topic, tp.partition) for tp in app.consumer.assignment())
    except ConsumerNotStarted:
        return frozenset()


async def serve(
    app: faust.App, failed: asyncio.Future[None], loops: Iterable[Coroutine[Any, Any, None]]
) -> None:
    """Run the app and the endless `loops` until SIGTERM or SIGINT.

    Raises the error that ended any of them, or that `failed` holds.
    """
    stop = asyncio.Event()
    running = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(number, stop.set)
    parts = (stop.wait(), _run(app), _stay_alive(), *loops)
    tasks: list[asyncio.Task[Any]] = list(map(asyncio.create_task, parts))
    try:
        finished, _ = await asyncio.wait([failed, *tasks], return_when=asyncio.FIRST_COMPLETED)
        # raises the error of the part that ended; after a signal there is none
        for task in finished:
            await task
    finally:
        await _close(app, tasks)


async def _stay_alive() -> None:
    """End the process when its loop is blocked for `BLOCKED_S`.

    A thread ends it unless this loop puts that off, once a second. The watchdog cannot do this,
    because it runs in the loop itself. The trace names lines of code and no values.
    """
    try:
        while True:
            faulthandler.dump_traceback_later(BLOCKED_S, exit=True)
            await asyncio.sleep(1)
    finally:
        faulthandler.cancel_dump_traceback_later()


async def _run(app: faust.App) -> None:
    await app.start()
    await app.wait_until_stopped()
    # nobody stops the app before `_close` does, so reaching this line is always an error
    raise app.crash_reason or RuntimeError("the stream ended by itself")


async def _close(app: faust.App, tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Stop everything within `STOP_WITHIN_S`, so that no part that hangs keeps the worker alive."""
    # if closing hangs, this ends the process with the status of a crash
    asyncio.get_running_loop().call_later(STOP_WITHIN_S, os._exit, EXIT_CRASHED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await app.stop()
