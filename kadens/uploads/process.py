"""The loop of `kadens uploads`: finds complete uploads and takes each to the log, short ones first.

An error of the database or the log costs a pause and nothing else.
"""

import asyncio
import signal
from dataclasses import dataclass, field

from ingest.uploads.upload import UploadState
from kadens.uploads.taking import Taking
from runtime.log_lines import get_logger
from runtime.stopping import wait_or_stop

CUT_AT_ONCE = 2
MOST_RUNNING = 200  # most of them wait for their readers
_LOOK_S = 0.5
_AGAIN_S = 5.0
_log = get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class UploadLoop:
    """The running uploads. `final` holds those of which nothing more will come."""

    taking: Taking
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    final: set[str] = field(default_factory=set)
    cutting: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CUT_AT_ONCE))

    async def run(self, stop: asyncio.Event) -> None:
        """Take uploads until `stop` is set; what is under way goes on with the next start."""
        await self.taking.publisher.start()
        try:
            while not stop.is_set():
                await self._look()
                await wait_or_stop(stop, _LOOK_S)
        finally:
            for task in self.running.values():
                task.cancel()
            await asyncio.gather(*self.running.values(), return_exceptions=True)
            await self.taking.publisher.stop()

    async def _look(self) -> None:
        for name in [name for name, task in self.running.items() if task.done()]:
            del self.running[name]
        for name in await asyncio.to_thread(self._complete):
            if len(self.running) >= MOST_RUNNING:
                return
            if name not in self.running:
                self.running[name] = asyncio.create_task(self._take(name))

    def _complete(self) -> list[str]:
        """Return the complete uploads whose result is not final, the shortest first."""
        shelf = self.taking.shelf
        shelf.beat()
        shelf.sweep(self.taking.now())
        names = dict(shelf.names())
        # forgets what was removed; otherwise this set would grow for ever
        self.final &= names.keys()
        pending = []
        for name in names.keys() - self.final:
            result = shelf.result(name)
            if result.is_final:
                self.final.add(name)
            elif result.state is not UploadState.RECEIVING:
                pending.append(name)
        return sorted(pending, key=lambda name: (names[name].length, name))

    async def _take(self, name: str) -> None:
        try:
            # only cutting is bounded: an upload that waits for its readers holds nobody up
            async with self.cutting:
                await self.taking.bring(name)
            await self.taking.settle(name)
        except Exception as error:  # noqa: BLE001 - whatever it was, the other uploads go on
            # only its class: the text of an error may quote data
            _log.error("an upload waits after an error", error=type(error).__name__)
            await asyncio.sleep(_AGAIN_S)


async def run_until_signal(loop: UploadLoop) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await loop.run(stop)
