"""Who may read a door's metrics: Prometheus on this machine, at the door or at a port of its own.

The doors face the internet, and metrics show how many patients send what. Nothing else is decided
here.
"""

from ipaddress import ip_address

from fastapi import FastAPI
from prometheus_client import start_http_server
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/metrics"
RELAYED = (
    "forwarded",
    "x-forwarded-for",
    "x-real-ip",
    "via",
)  # a proxy passes on a request of somebody else


class LocalMetrics:
    """ASGI middleware: `/metrics` is a 404 unless the client is on loopback, without a proxy."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer that there is nothing."""
        if scope["type"] == "http" and scope["path"].rstrip("/") == PATH and not is_local(scope):
            await PlainTextResponse("Not Found\n", 404)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def is_local(scope: Scope) -> bool:
    """Tell whether a request comes from a program on this machine."""
    headers = Headers(scope=scope)
    host = (scope.get("client") or ("", 0))[0]
    return _is_loopback(host) and not any(name in headers for name in RELAYED)


def publish(app: FastAPI, host: str, port: int) -> None:
    """Serve a door's metrics at `host:port`, and at the door itself for this machine alone.

    Port 0 is for none of its own. Raises OSError for a port that is taken.
    """
    app.add_middleware(LocalMetrics)
    if port:
        start_http_server(port, addr=host, registry=app.state.registry)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
