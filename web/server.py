"""Serves an ASGI application over HTTP with limits, under uvicorn, for every door.

It must withstand clients without a proxy in front of it. With a proxy, the proxy's address is a
setting.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from web.failure_limit import FailureLimit
from web.guard import Guard
from web.limits import ServerLimits
from web.protocol import GuardedProtocol
from web.rates import Buckets

RESERVED_FILES = 256  # descriptors kept for the log, bodies and the rest
STARTUP_FAILURE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Where and how a door is served.

    A peer may cause `failures` failed requests a second, and `failures_at_once` of them at once.
    Requests under way have `graceful_s` seconds to finish when the server stops.
    """

    host: str
    port: int
    limits: ServerLimits = field(default_factory=ServerLimits)
    failures: float = 0.0
    failures_at_once: float = 0.0
    graceful_s: int = 15


def _nothing(_reason: str) -> None:
    """Count nothing."""


def serve_http(app: ASGIApp, serving: Serving, count: Callable[[str], None] = _nothing) -> None:
    """Serve until SIGTERM or SIGINT; exit with status 3 when the server could not start."""
    # Without a free descriptor, accept() fails and no limit of ours is applied: the bound on
    # connections must lie below what the process may open.
    files = raise_files_limit()
    bounded = (
        min(serving.limits.connections, max(files - RESERVED_FILES, 1))
        if files
        else serving.limits.connections
    )
    made = server(app, replace(serving, limits=replace(serving.limits, connections=bounded)), count)
    with suppress(KeyboardInterrupt):
        made.run()
    if not made.started:
        sys.exit(STARTUP_FAILURE)


def server(
    app: ASGIApp, serving: Serving, count: Callable[[str], None] = _nothing
) -> uvicorn.Server:
    """Return the server for an application.

    `count` is called with the reason of each request that the server itself refuses; the reasons
    are those of `refusals`.
    """
    guard = Guard(serving.limits, count)
    buckets = Buckets(rate=serving.failures, burst=serving.failures_at_once)
    config = uvicorn.Config(
        cast("Any", FailureLimit(app, buckets, count)),
        host=serving.host,
        port=serving.port,
        http=cast("Any", partial(GuardedProtocol, guard)),  # uvicorn only calls it, as a class
        ws="none",
        log_config=None,  # its lines take the way of all others
        log_level="error",  # a bad request is no line in the log
        access_log=False,
        proxy_headers=bool(serving.limits.trusted),
        forwarded_allow_ips=[str(network) for network in serving.limits.trusted],
        timeout_keep_alive=serving.limits.idle_s,
        timeout_graceful_shutdown=serving.graceful_s,
    )
    return uvicorn.Server(config)


def raise_files_limit() -> int:
    """Raise the limit on open files to the most that this process may have, and return it.

    Returns 0 where the limit is not known, or where there is none.
    """
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return 0
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 0 if soft == resource.RLIM_INFINITY else soft
