"""Clocks: the instant in epoch ms, from the machine or from a file that a test or a player writes.

Only processes and commands read a clock. Everything below them takes `now` as an argument.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

_Clock: TypeAlias = Callable[[], int]
SYSTEM = "system"


def clock(text: str) -> _Clock:
    """Return the clock that KADENS_CLOCK names; it returns epoch ms.

    That is `system`, `fixed:EPOCH_MS`, or `file:PATH` of a file that holds EPOCH_MS. Raises
    ValueError for any other text.
    """
    kind, _, rest = text.partition(":")
    if kind == SYSTEM and not rest:
        return lambda: time.time_ns() // 1_000_000
    if kind == "fixed":
        fixed = int(rest)
        return lambda: fixed
    if kind == "file" and rest:
        path = Path(rest)
        return lambda: int(path.read_text(encoding="ascii"))
    raise ValueError(f"KADENS_CLOCK={text!r}: must be system, fixed:EPOCH_MS or file:PATH")
