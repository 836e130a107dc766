"""Waiting on conditions, with a deadline and with work to do meanwhile.

Nothing here sleeps in the hope that a time is enough.
"""

import time
from collections.abc import Callable

_STEP_S = 0.02


class Late(AssertionError):  # noqa: N818 - reads as what happened
    """A condition did not come true in time."""


def waited_for(
    holds: Callable[[], bool],
    seconds: float,
    what: str,
    meanwhile: Callable[[], None] | None = None,
) -> None:
    """Return once `holds()`, doing `meanwhile` at each look; raises `Late` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        if holds():
            return
        if time.monotonic() > deadline:
            raise Late(f"{what}: not within {seconds:g} s")
        if meanwhile is not None:
            meanwhile()
        # looking connects to the database: it leaves half of a core to what is waited for
        time.sleep(max(_STEP_S, time.monotonic() - began))


def let_pass(seconds: float, meanwhile: Callable[[], None]) -> None:
    """Let a stretch of a schedule pass; only here the wait is the test itself."""
    over = time.monotonic() + seconds
    waited_for(lambda: time.monotonic() >= over, seconds + 60, "time", meanwhile)
