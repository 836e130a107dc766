"""ASGI middleware that answers HEAD wherever a door answers GET, by the same checks and rows.

Within it the request is a GET, so nothing is judged otherwise; only the body is left out. It must
be the innermost middleware: those around it count and describe the request as it came.
"""

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ENDLESS = "text/event-stream"
_REFUSED_METHOD = 405
_BODY, _START = "http.response.body", "http.response.start"


class AnswerHeads:
    """ASGI middleware that turns a HEAD into a GET, and leaves out the body of the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; anything but HTTP passes unchanged."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["method"] != "HEAD":
            await self._app(scope, receive, _naming_heads(send))
        else:
            await self._head(scope, receive, _naming_heads(send))

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        inner = {**scope, "method": "GET"}
        is_endless = is_done = False

        async def without_body(message: Message) -> None:
            nonlocal is_endless, is_done
            if message["type"] == _START:
                # for the metrics, which read the route where the server put the request
                scope.update({"route": inner["route"]} if "route" in inner else {})
                kind = MutableHeaders(scope=message).get("content-type", "")
                is_endless = kind.startswith(_ENDLESS)
                await send(message)
            elif not is_done:
                is_done = True
                await send({"type": _BODY, "body": b"", "more_body": False})
            if is_done and is_endless:
                # what has no end is told that nobody reads on
                raise OSError

        try:
            await self._app(inner, receive, without_body)
        except (OSError, ClientDisconnect):
            if not (is_done and is_endless):
                raise


def _naming_heads(send: Send) -> Send:
    """Return a `send` whose refusals of a method name HEAD where they name GET."""

    async def naming(message: Message) -> None:
        if message["type"] == _START and message["status"] == _REFUSED_METHOD:
            headers = MutableHeaders(scope=message)
            allowed = headers.get("allow", "").split(", ")
            if "GET" in allowed and "HEAD" not in allowed:
                headers["allow"] = ", ".join([*allowed, "HEAD"])
        await send(message)

    return naming
