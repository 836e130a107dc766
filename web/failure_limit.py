"""ASGI middleware that answers 429 to a peer whose requests fail too often, and reads it slowly.

A request that succeeds is never changed: another sender behind the same address must still get
through.
"""

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.limits import peer_key
from web.problems import PROBLEM_TYPE
from web.rates import Buckets, retry_after
from web.refusals import TOO_MANY, problem_json

_FAILURES = frozenset({400, 401, 403, 404, 405, 408, 411, 413, 414, 415, 422})
# an extension of the scope: a function that stops reading the connection for some seconds
PAUSE = "kadens.pause"
_LONGEST_PAUSE_S = 1.0
_BODY = problem_json(TOO_MANY, "Too many requests of this address failed.", "failures")


class FailureLimit:
    """ASGI middleware that limits each peer's failed requests by `buckets`, whose keys are peers.

    `count` is called with a reason for each request that is refused here.
    """

    def __init__(
        self,
        app: ASGIApp,
        buckets: Buckets,
        count: Callable[[str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._buckets, self._count, self._now = app, buckets, count, now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; its failure may become a 429."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        replaced = False

        async def checked(message: Message) -> None:
            nonlocal replaced
            if message["type"] != "http.response.start":
                if not replaced:
                    await send(message)
                return
            # only the answer's status shows that a request failed, so the request has run by now; a
            # 429 takes the answer's place, and the rest of the application's messages are dropped
            wait_s = self._wait(scope, message["status"])
            replaced = wait_s > 0
            if replaced or message["status"] == TOO_MANY:
                _pause(scope)
            if replaced:
                self._count("failures")
                await _refuse(send, wait_s)
            else:
                await send(message)

        await self._app(scope, receive, checked)

    def _wait(self, scope: Scope, status: int) -> float:
        client = scope.get("client")
        if status not in _FAILURES or client is None:
            return 0.0
        return self._buckets.take(peer_key(client[0]), self._now())


async def _refuse(send: Send, wait_s: float) -> None:
    headers = [
        (b"content-type", PROBLEM_TYPE.encode()),
        (b"content-length", str(len(_BODY)).encode()),
        (b"retry-after", retry_after(wait_s).encode()),
    ]
    await send({"type": "http.response.start", "status": int(TOO_MANY), "headers": headers})
    await send({"type": "http.response.body", "body": _BODY})


def _pause(scope: Scope) -> None:
    """Stop reading this connection for a while; do nothing where the server cannot do that."""
    pause = (scope.get("extensions") or {}).get(PAUSE)
    if pause is not None:
        pause(_LONGEST_PAUSE_S)
