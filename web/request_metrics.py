"""ASGI middleware that counts and times an application's requests by route, for /metrics.

A label is a path template, a method or a status; it must never hold what a client sent.
"""

import time
from typing import Protocol

from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST"})
NO_RESPONSE = 500  # the server's answer where the application fails before it answers


class RequestObserver(Protocol):
    """Receives the figures of each answered request."""

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request to the path template `route` that took `seconds`."""


class RequestMetrics:
    """ASGI middleware that reports every HTTP request to `observer` once it is answered."""

    def __init__(self, app: ASGIApp, observer: RequestObserver) -> None:
        self._app, self._observer = app, observer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; anything but an HTTP request passes unchanged."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        status = NO_RESPONSE

        async def noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting_status)
        finally:
            seconds = time.perf_counter() - begun
            self._observer.observe(route_of(scope), _method(scope), status, seconds)


def route_of(scope: Scope) -> str:
    """Return the path template that a request matched, "other" when it matched none."""
    route = scope.get("route")
    return route.path if isinstance(route, Route) else "other"


def _method(scope: Scope) -> str:
    # a client may send any word as a method, and each new label value would cost memory for good
    method: str = scope["method"]
    return method if method in KNOWN_METHODS else "other"
