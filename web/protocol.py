"""uvicorn's HTTP protocol with limits on what a client may cost.

It counts the bytes of a connection and reports to the guard what the connection waits for. The
limits are values of `limits`; `connections` chooses which connections are closed. The protocol
must never change a request that is within the limits, nor write an answer into the middle of
another.
"""

import asyncio
import socket
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from web.connections import ClientConnection, Stage
from web.failure_limit import PAUSE
from web.guard import Guard
from web.lingering import LingeringTransport
from web.refusals import ANSWERS

# Linux closes a connection whose peer acknowledges none of our bytes for this time
_USER_TIMEOUT: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)


class BeyondLimitsError(Exception):
    """Stops the parser before it has read all of its input."""


class GuardedProtocol(HttpToolsProtocol):
    """The protocol of a connection, with the limits of the guard's server."""

    def __init__(self, guard: Guard, **given: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(**given)
        self._guard, self._limits = guard, guard.limits
        self._mine: ClientConnection | None = None
        self._reads_body = self._is_over = self._ends_after_body = False
        self._fault = "bad_request"
        self._pause_s = 0.0
        self._running: RequestResponseCycle | None = None

    @property
    def is_paused(self) -> bool:
        """Whether the server has stopped reading from this connection for now."""
        return self.flow.read_paused

    # uvicorn narrows the transport's type in the same way
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Register the connection, or abort it where there are far too many."""
        super().connection_made(transport)
        self._mine = self._guard.opened(self, self.client[0] if self.client else "", self.loop)
        if self._mine is None:
            transport.abort()
        sock = transport.get_extra_info("socket")
        if _USER_TIMEOUT is not None and sock is not None and sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, int(self._limits.unread_s * 1000))

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self._mine is not None:
            self._guard.closed(self._mine)
        super().connection_lost(exc)
        self.pipeline.clear()
        if self._running is not None and not self._running.response_complete:
            # uvicorn reports a lost connection to the newest request only, and with pipelining that
            # need not be the request that the application is answering
            self._running.disconnected = True
            self._running.message_event.set()

    def data_received(self, data: bytes) -> None:
        """Parse the next bytes and refuse a request that is beyond the limits."""
        mine = self._mine
        if mine is None:
            return
        # counted before parsing: the parser's callbacks compare the count with the limits
        mine.fed += len(data)
        if not self._is_over:
            super().data_received(data)
        if reason := self._beyond(mine):
            self.refuse(reason)
        else:
            self._settle(mine)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401
        self._running = cycle
        lingering = LingeringTransport(self.transport, self._close_after_body)
        cycle.transport = cast("asyncio.Transport", lingering)
        super()._start_asgi_task(cycle, app)

    def _close_after_body(self) -> None:
        """Close the connection when the request has arrived in full, which may be now."""
        self._ends_after_body = self._reads_body
        if not self._reads_body:
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Check a head, then let the request begin.

        Raises `BeyondLimitsError`, which stops the parser; uvicorn then calls `send_400_response`.
        """
        mine = self._mine
        if mine is None or (reason := self._head_fault(mine)):
            self._fault = reason if mine is not None else "pipelined"
            raise BeyondLimitsError(self._fault)
        # `extensions` is the part of the ASGI scope for what the standard does not define
        self.scope["extensions"] = {PAUSE: cast("Any", self._pause)}
        super().on_headers_complete()
        # the parser adds trailers to this list; a new list keeps them out of the request's headers
        self.headers = []
        mine.fed = mine.body = 0
        self._reads_body = True

    def on_body(self, body: bytes) -> None:
        """Count a piece of a body and pass it on."""
        if self._mine is not None:
            self._mine.body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note the end of a request."""
        self._reads_body = False
        if self._mine is not None:
            self._mine.fed = self._mine.body = 0
        super().on_message_complete()
        if self._ends_after_body:
            self.transport.close()

    def on_response_complete(self) -> None:
        """Note the end of an answer. The rest of the request's body is dropped from now on."""
        if self._pause_s and self.pipeline:
            # a client that is being slowed down gets no answer to the requests it sent ahead
            self.pipeline.clear()
            self.refuse("pipelined")
        super().on_response_complete()
        mine = self._mine
        if mine is None or self.transport.is_closing():
            return
        if self._is_over:
            self.flow.pause_reading()
            return
        if self._reads_body:
            # from here on the counts bound what is read and dropped (`Stage.DRAIN`)
            mine.fed = mine.body = 0
        if self._pause_s:
            self.flow.pause_reading()
            self.loop.call_later(self._pause_s, self._go_on)
            self._pause_s = 0.0
        self._settle(mine)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are not ours
        """Refuse the request that stopped the parser."""
        self.refuse(self._fault)

    def refuse(self, reason: str) -> None:
        """Answer with a refusal and stop reading; the guard closes the connection a moment later.

        A connection that waits for no answer is closed at once.
        """
        mine = self._mine
        if mine is None or self.transport.is_closing():
            return
        if reason != "drained":
            self._guard.count(reason)
        if self._is_over or self._is_silent(mine):
            self._end()
            return
        self._answer(mine, reason)
        self._is_over = True
        self._unset_keepalive_if_required()
        # a socket that is closed with unread bytes sends a reset, and the client loses the answer
        self.flow.pause_reading()
        self._guard.moved(mine, Stage.OVER, self.loop)

    def _is_silent(self, mine: ClientConnection) -> bool:
        """Return whether no request has begun, so that there is nothing to answer."""
        stage = self._stage(mine)
        return stage is Stage.IDLE or (stage is Stage.HEAD and not mine.fed)

    def _answer(self, mine: ClientConnection, reason: str) -> None:
        """Write the answer of a refusal, and take the request away from the application.

        Nothing is written where an answer has begun or where earlier requests wait for theirs.
        """
        under_way = self._is_answering() and (self.cycle.response_started or bool(self.pipeline))
        if under_way or self._stage(mine) is Stage.DRAIN or not ANSWERS[reason]:
            return
        self.transport.write(ANSWERS[reason])
        if self.transport.can_write_eof():
            self.transport.write_eof()
        if self._is_answering():
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _end(self) -> None:
        if self._is_answering():
            self.transport.abort()
        else:
            self.transport.close()

    def _head_fault(self, mine: ClientConnection) -> str:
        if (
            len(self.headers) > self._limits.headers
            or self._head_size(mine) > self._limits.head_bytes
        ):
            return "head_too_large"
        return "pipelined" if len(self.pipeline) >= self._limits.pipelined else ""

    def _head_size(self, mine: ClientConnection) -> int:
        # The head is a part of the bytes received: adding up its fields is needed only above this.
        if mine.fed <= self._limits.head_bytes:
            return 0
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _beyond(self, mine: ClientConnection) -> str:
        """Return the reason to refuse what was received so far, or "" when it is within limits."""
        if self._is_over or self.transport.is_closing():
            return ""
        if mine.stage is Stage.DRAIN:
            return "drained" if mine.fed > self._limits.drain_bytes else ""
        if not self._reads_body:
            return "head_too_large" if mine.fed > self._guard.table.longest_head() else ""
        if mine.body > self._limits.body_bytes:
            return "too_large"
        # chunk sizes and trailers may cost as much as the body itself: a body in chunks of a single
        # byte is mostly framing, and the limit on bodies alone would not see it
        framing = mine.fed - mine.body
        if (
            framing > self._limits.head_bytes + mine.body
            or len(self.headers) > self._limits.headers
        ):
            return "bad_framing"
        return ""

    def _settle(self, mine: ClientConnection) -> None:
        """Report to the guard what the connection waits for now, where that changed."""
        if self._is_over or self.transport.is_closing():
            return
        stage = self._stage(mine)
        if stage is not mine.stage:
            self._guard.moved(mine, stage, self.loop)

    def _stage(self, mine: ClientConnection) -> Stage:
        if self._is_answering():
            return Stage.BODY if self._reads_body else Stage.ANSWER
        if self._reads_body:
            return Stage.DRAIN
        if mine.fed or mine.stage is Stage.HEAD:
            return Stage.HEAD
        return Stage.IDLE

    def _is_answering(self) -> bool:
        # uvicorn types `cycle` as always set; before the first request it is None
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _pause(self, seconds: float) -> None:
        self._pause_s = seconds

    def _go_on(self) -> None:
        if not self.transport.is_closing():
            self.flow.resume_reading()
