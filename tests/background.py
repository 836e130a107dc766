"""Looks at a running system again and again, in a thread, for as long as a block runs."""

import threading
from types import TracebackType
from typing import Self


class Background:
    """Calls `look` every `pause_s` seconds until the block is left. Enter it once."""

    def __init__(self, pause_s: float) -> None:
        self._pause_s = pause_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self.run, name=type(self).__name__, daemon=True)

    def look(self) -> None:
        """Look once."""
        raise NotImplementedError

    def run(self) -> None:
        """Look until the block is left."""
        while self.goes_on():
            self.look()

    def goes_on(self) -> bool:
        """Wait for the pause; return False once the block is left."""
        return not self._over.wait(self._pause_s)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
