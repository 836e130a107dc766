"""Waits until something holds, with a deadline.

It pauses between two looks for as long as a look takes, so that looking, which may start a process
each time, leaves at least half of a core to what is waited for.
"""

import time
from collections.abc import Callable

_UNTIL_S = 120.0
_PAUSE_S = 0.05


def until(
    holds: Callable[[], bool],
    *,
    seconds: float = _UNTIL_S,
    tell: Callable[[], str] = lambda: "it did not happen in time",
) -> None:
    """Return once `holds()`; fails after so many seconds, with what `tell()` returns then."""
    deadline = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        if holds():
            return
        ended = time.monotonic()
        assert ended < deadline, tell()
        time.sleep(max(_PAUSE_S, ended - began))
