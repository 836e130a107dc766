"""ASGI middleware that says for the audit log from where a request came.

That is the door, and the class of the address. It never keeps an address.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from model.audit_log.origins import AccessOrigin, address_class, coming_from


class AuditOrigin:
    """ASGI middleware: whatever a request does came from this door."""

    def __init__(self, app: ASGIApp, door: str) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its origin set."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # behind a trusted proxy the server has put the caller's own address here
        client = scope.get("client") or ("",)
        with coming_from(AccessOrigin(door=self._door, address=address_class(client[0]))):
            await self._app(scope, receive, send)
