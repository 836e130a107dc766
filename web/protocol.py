"""uvicorn's HTTP protocol with limits: a thin shell that counts bytes and tells the guard what a connection waits for.

The numbers and the choice of who goes are `limits` and `connections`. It must never change a request that is within
the limits, nor write an answer into the middle of another.
"""

import asyncio
import socket
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from web.connections import Connection, Stage
from web.failures import PAUSE
from web.guard import Guard
from web.refusals import ANSWERS

# Linux ends a connection whose other side takes nothing of what we wrote for so long
_USER_TIMEOUT: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)


class BeyondLimitsError(Exception):
    """Stops the parser in the middle of what it was given."""


class GuardedProtocol(HttpToolsProtocol):
    """One connection of a guarded server."""

    def __init__(self, guard: Guard, **given: Any) -> None:  # noqa: ANN401 - passed on as uvicorn gives it
        super().__init__(**given)
        self._guard, self._limits = guard, guard.limits
        self._mine: Connection | None = None
        self._reads_body = self._is_over = False
        self._fault = "bad_request"
        self._pause_s = 0.0
        self._running: RequestResponseCycle | None = None

    @property
    def is_paused(self) -> bool:
        """Whether we read nothing at the moment."""
        return self.flow.read_paused

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Take the connection in, or end it where there are far too many."""
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
            self._running.disconnected = True  # uvicorn tells the newest request only
            self._running.message_event.set()

    def data_received(self, data: bytes) -> None:
        """Parse what came in and refuse what is beyond the limits."""
        mine = self._mine
        if mine is None:
            return
        mine.fed += len(data)
        if not self._is_over:
            super().data_received(data)
        if reason := self._beyond(mine):
            self.refuse(reason)
        else:
            self._settle(mine)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401 - as uvicorn has it
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def on_headers_complete(self) -> None:
        """Check a head, then let the request begin; raises `BeyondLimitsError` into the parser."""
        mine = self._mine
        if mine is None or (reason := self._head_fault(mine)):
            self._fault = reason if mine is not None else "pipelined"
            raise BeyondLimitsError(self._fault)
        self.scope["extensions"] = {
            PAUSE: cast("Any", self._pause)
        }  # ASGI's place for what is not in it
        super().on_headers_complete()
        self.headers = []  # trailers come into a list that no application sees
        mine.fed = mine.body = 0
        self._reads_body = True

    def on_body(self, body: bytes) -> None:
        """Count and pass on a piece of a body."""
        if self._mine is not None:
            self._mine.body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note the end of a request."""
        self._reads_body = False
        if self._mine is not None:
            self._mine.fed = self._mine.body = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Note the end of an answer; what the request still holds is now dropped."""
        if self._pause_s and self.pipeline:
            self.pipeline.clear()  # who is too fast already has no more of them answered
            self.refuse("pipelined")
        super().on_response_complete()
        mine = self._mine
        if mine is None or self.transport.is_closing():
            return
        if self._is_over:
            self.flow.pause_reading()
            return
        if self._reads_body:
            mine.fed = mine.body = 0
        if self._pause_s:
            self.flow.pause_reading()
            self.loop.call_later(self._pause_s, self._go_on)
            self._pause_s = 0.0
        self._settle(mine)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are not ours
        """Answer what the parser stopped at."""
        self.refuse(self._fault)

    def refuse(self, reason: str) -> None:
        """Answer with a refusal, where one is due, read no more, and end the connection a moment later."""
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
        self.flow.pause_reading()  # closing at once, with something unread, would take the answer back
        self._guard.moved(mine, Stage.OVER, self.loop)

    def _is_silent(self, mine: Connection) -> bool:
        """Return whether there is nothing to answer."""
        stage = self._stage(mine)
        return stage is Stage.IDLE or (stage is Stage.HEAD and not mine.fed)

    def _answer(self, mine: Connection, reason: str) -> None:
        """Write the answer of a refusal, unless there is or comes another; the request gets no other."""
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

    def _head_fault(self, mine: Connection) -> str:
        if (
            len(self.headers) > self._limits.headers
            or self._head_size(mine) > self._limits.head_bytes
        ):
            return "head_too_large"
        return "pipelined" if len(self.pipeline) >= self._limits.pipelined else ""

    def _head_size(self, mine: Connection) -> int:
        if mine.fed <= self._limits.head_bytes:  # then the head cannot be longer either
            return 0
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _beyond(self, mine: Connection) -> str:
        """Return why what was received so far is too much, or ""."""
        if self._is_over or self.transport.is_closing():
            return ""
        if mine.stage is Stage.DRAIN:
            return "drained" if mine.fed > self._limits.drain_bytes else ""
        if not self._reads_body:
            return "head_too_large" if mine.fed > self._guard.table.longest_head() else ""
        if mine.body > self._limits.body_bytes:
            return "too_large"
        framing = mine.fed - mine.body
        if (
            framing > self._limits.head_bytes + mine.body
            or len(self.headers) > self._limits.headers
        ):
            return "bad_framing"
        return ""

    def _settle(self, mine: Connection) -> None:
        """Tell the table what the connection waits for now."""
        if self._is_over or self.transport.is_closing():
            return
        stage = self._stage(mine)
        if stage is not mine.stage:
            self._guard.moved(mine, stage, self.loop)

    def _stage(self, mine: Connection) -> Stage:
        if self._is_answering():
            return Stage.BODY if self._reads_body else Stage.ANSWER
        if self._reads_body:
            return Stage.DRAIN
        if mine.fed or mine.stage is Stage.HEAD:
            return Stage.HEAD
        return Stage.IDLE

    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn says it is always there
        return cycle is not None and not cycle.response_complete

    def _pause(self, seconds: float) -> None:
        self._pause_s = seconds

    def _go_on(self) -> None:
        if not self.transport.is_closing():
            self.flow.resume_reading()
