"""Restricts a door's metrics to Prometheus on this machine, or serves them at their own port.

The doors face the internet, and metrics show how many patients send what.
"""

from ipaddress import ip_address

from fastapi import FastAPI
from prometheus_client import start_http_server
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/metrics"
# With any of these headers, a proxy on this machine passes on a request from elsewhere.
RELAYED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class LocalMetrics:
    """ASGI middleware: `/metrics` is a 404 unless the client is on loopback, without a proxy."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 404."""
        if scope["type"] == "http" and scope["path"].rstrip("/") == PATH and not is_local(scope):
            await PlainTextResponse("Not Found\n", 404)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def is_local(scope: Scope) -> bool:
    """Return whether a request comes from a program on this machine."""
    headers = Headers(scope=scope)
    host = (scope.get("client") or ("", 0))[0]
    return _is_loopback(host) and not any(name in headers for name in RELAYED)


def publish(app: FastAPI, host: str, port: int) -> None:
    """Serve a door's metrics at `host:port`, and at the door itself for this machine alone.

    Port 0 opens no port of its own. Raises OSError for a port that is in use.
    """
    app.add_middleware(LocalMetrics)
    if port:
        start_http_server(port, addr=host, registry=app.state.registry)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
