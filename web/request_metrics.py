"""Counts and times the requests of an application by route, for /metrics. ASGI.

A label is a path template, a method or a status; it must never hold what a client sent.
"""

import time
from typing import Protocol

from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST"})
NO_RESPONSE = 500  # an application that fails before it answers is answered so by the server


class RequestObserver(Protocol):
    """Takes what is known of one answered request."""

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request to a path template that took so many seconds."""


class RequestMetrics:
    """ASGI middleware: tells `observer` of every HTTP request when its last byte is sent."""

    def __init__(self, app: ASGIApp, observer: RequestObserver) -> None:
        self._app, self._observer = app, observer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on; anything but an HTTP request passes untouched."""
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
    """Return the path template that a request matched; "other" when it matched none."""
    route = scope.get("route")
    return route.path if isinstance(route, Route) else "other"


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in KNOWN_METHODS else "other"
