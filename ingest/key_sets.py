"""The public keys with which vendors sign, as they publish them: loaded off the request path.

A set is loaded when the door starts, once a day, and soon after a body whose key no set has. While
its vendor does not answer, the last set stays for a week, and then none is left: the door refuses
what it cannot prove. A set decides nothing here; `proving` reads it.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ingest.proving.tink import tink_keys
from runtime.log_lines import get_logger

RELOAD_S, KEPT_S = 86_400.0, 7 * 86_400.0
_AGAIN_S = 300.0  # after a set that could not be loaded
_SOON_S = 60.0  # between two loads, however many bodies name a key that is not known
_FIRST_S = 5.0  # so long the start of a door waits for its sets
MOST_KEY_SET = 256 * 1024

# Returns the set as the vendor publishes it; raises OSError or TimeoutError.
LoadKeySet: TypeAlias = Callable[[], Awaitable[bytes]]
_log = get_logger(__name__)


class NoKeySets:
    """`ports.KeySets` of a door whose vendors publish no keys."""

    async def start(self) -> None:
        """Do nothing."""
        await asyncio.sleep(0)

    async def stop(self) -> None:
        """Do nothing."""
        await asyncio.sleep(0)

    def known(self, connector: str) -> Sequence[str]:
        """Return no set."""
        del connector
        return ()

    def missed(self, connector: str) -> None:
        """Do nothing."""
        del connector


@dataclass(slots=True)
class _Loaded:
    """A set, and when it was loaded (loop time)."""

    text: str
    at_s: float


class KeySetFollower:
    """`ports.KeySets` over functions that load a set, by connector."""

    def __init__(
        self, loads: Mapping[str, LoadKeySet], clock_s: Callable[[], float] | None = None
    ) -> None:
        """Load nothing yet; `clock_s` is a steady clock in seconds, that of the loop by default."""
        self._loads, self._clock_s = loads, clock_s
        self._sets: dict[str, _Loaded] = {}
        self._wanted = {name: asyncio.Event() for name in loads}
        self._tasks: list[asyncio.Task[None]] = []
        self._first = asyncio.Event()

    async def start(self) -> None:
        """Begin to load; returns once every set was tried, or after `_FIRST_S`."""
        first = [asyncio.create_task(self._follow(name)) for name in self._loads]
        self._tasks += first
        # A vendor that does not answer must not keep the door from opening.
        tried = asyncio.create_task(self._first.wait())
        if first:
            await asyncio.wait({tried}, timeout=_FIRST_S)
        tried.cancel()

    async def stop(self) -> None:
        """Stop loading."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def known(self, connector: str) -> Sequence[str]:
        """Return the set of a connector, none where it is not known or older than a week."""
        loaded = self._sets.get(connector)
        # a key that the vendor withdrew must not be believed for ever because its host is down
        is_current = loaded is not None and self._now_s() - loaded.at_s <= KEPT_S
        return (loaded.text,) if loaded is not None and is_current else ()

    def missed(self, connector: str) -> None:
        """Note that a body names a key that is not known, so that the set is loaded soon."""
        if connector in self._wanted:
            self._wanted[connector].set()

    async def look(self, connector: str) -> bool:
        """Load the set of a connector once; return whether there is a new one that can be used."""
        try:
            text = (await self._loads[connector]()).decode()
            usable = len(text) <= MOST_KEY_SET and bool(tink_keys(text))
        except (OSError, TimeoutError, ValueError) as error:
            _log.warning("a set of keys stays", connector=connector, error=type(error).__name__)
            return False
        # a set without any key in use would lock the vendor out, as an error of its own would
        if usable:
            self._sets[connector] = _Loaded(text, self._now_s())
        return usable

    async def _follow(self, connector: str) -> None:
        wanted = self._wanted[connector]
        while True:
            loaded = await self.look(connector)
            if len(self._sets) == len(self._loads) or not loaded:
                self._first.set()
            # Whoever sends forged bodies must not make us ask the vendor for each of them.
            await asyncio.sleep(_SOON_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout((RELOAD_S if loaded else _AGAIN_S) - _SOON_S):
                    await wanted.wait()
            # before the load: a body that is missed during it asks for another one
            wanted.clear()

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time() if self._clock_s is None else self._clock_s()
