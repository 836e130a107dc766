"""A Unix socket before the database: it can be slow, drop clients, or change the server.

It copies bytes and must never look into them. It runs in a thread of its own.
"""

import asyncio
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

SOCKET = ".s.PGSQL.5432"
_PIECE = 64 * 1024


class Proxy:
    """The socket in `folder` at which workers reach the database.

    `delay_s` delays every piece, in both directions.
    """

    def __init__(self, folder: Path, server: Path) -> None:
        """`server` is the folder of the real server's socket."""
        self.folder, self.delay_s = folder, 0.0
        self._server = server
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._ready, self._over = threading.Event(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def dsn(self, database: str) -> str:
        """Give the connection string of a database through the proxy."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def lead_to(self, server: Path) -> None:
        """Send new clients to another server's socket folder, and drop the present clients."""
        self._server = server
        self.cut()

    def cut(self) -> None:
        """Drop every connection."""
        self._loop.call_soon_threadsafe(self._abort)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_unix_server(self._client, self.folder / SOCKET)
        self._ready.set()
        await self._over.wait()
        server.close()
        self._abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._note(asyncio.current_task())
        try:
            answers, asks = await asyncio.open_unix_connection(self._server / SOCKET)
        except OSError:  # no server: the client sees its connection end, as it would see a refusal
            writer.close()
            return
        self._open |= {writer, asks}
        await asyncio.gather(
            self._pump(reader, asks), self._pump(answers, writer), return_exceptions=True
        )
        self._open -= {writer, asks}

    def _note(self, task: "asyncio.Task[None] | None") -> None:
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(_PIECE):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                writer.write(piece)
                await writer.drain()
        finally:
            writer.close()

    def _abort(self) -> None:
        for writer in self._open:
            writer.transport.abort()
